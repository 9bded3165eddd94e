/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/kick.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/smp.h"
#include "isolation/lock.h"
#include "isolation/vcpu.h"
#include "vmx/vcpu_blank.h"
#include "vmx/vmcs_field.h"

static uint32_t stopping; /* under the ownership lock but for reading: 1 from the first POWER on */

static void nmi(uint32_t cpu)
{
    lapic_send_nmi(percpus[cpu].apic_id);
}

bool kick_vcpu(uint32_t slot)
{
    const uint32_t cpu = vcpu_runs_on(slot);

    if (cpu != VCPU_NO_CPU && cpu != percpu_this()->cpu) {
        nmi(cpu);
    }
    return cpu != VCPU_NO_CPU;
}

void kick_clear_vmcs(uint32_t slot)
{
    const uint32_t cpu = vcpus[slot].last_cpu;
    const uint32_t order = slot + 1u;
    uint32_t none = 0;

    if (cpu == VCPU_NO_CPU) {
        return;
    }
    if (cpu == percpu_this()->cpu) {
        vcpu_clear(slot);
        return;
    }
    /* One order at a time; the CPU takes each at its next NMI. */
    while (!__atomic_compare_exchange_n(&percpus[cpu].clear_order, &none, order, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
        none = 0;
        insn_pause();
    }
    nmi(cpu);
    while (__atomic_load_n(&percpus[cpu].clear_order, __ATOMIC_ACQUIRE) == order) {
        insn_pause();
    }
}

static void obey_clear_order(struct percpu *this)
{
    const uint32_t order = __atomic_load_n(&this->clear_order, __ATOMIC_ACQUIRE);

    if (order != 0) {
        vcpu_clear(order - 1u);
        __atomic_store_n(&this->clear_order, 0, __ATOMIC_RELEASE);
    }
}

void kick_acknowledge(void)
{
    struct percpu *this = percpu_this();

    obey_clear_order(this);
    /* It may be just about to enter a guest, and past its look at the requests: then it comes out at once. */
    if (this->partition >= PARTITION_FIRST_GUEST) {
        (void)insn_vmwrite(VMCS_PREEMPTION_TIMER, 0);
    }
}

bool kick_is_stopping(void)
{
    return __atomic_load_n(&stopping, __ATOMIC_ACQUIRE) != 0;
}

_Noreturn void kick_stop(void)
{
    __atomic_store_n(&percpu_this()->manager_runs, SMP_MANAGER_STOPPED, __ATOMIC_RELEASE);
    smp_halt();
}

void kick_stop_others(void)
{
    const uint32_t this = percpu_this()->cpu;
    uint32_t pauses = SMP_NMI_PAUSES;
    uint32_t first;

    /* From here on no CPU is given to the manager (hypercall_cpu_start). */
    lock_acquire();
    first = __atomic_exchange_n(&stopping, 1u, __ATOMIC_SEQ_CST) == 0;
    lock_release();
    if (!first) {
        kick_stop();
    }
    /* An NMI that comes in VMX root operation has no effect: again, and never twice at the same distance, lest it meet
     * the same instruction of a loop for ever. */
    for (uint32_t cpu = 0; cpu < smp_cpus(); cpu++) {
        while (cpu != this && __atomic_load_n(&percpus[cpu].manager_runs, __ATOMIC_ACQUIRE) != 0 &&
               __atomic_load_n(&percpus[cpu].manager_runs, __ATOMIC_ACQUIRE) != SMP_MANAGER_STOPPED) {
            nmi(cpu);
            for (uint32_t n = 0; n < pauses; n++) {
                insn_pause();
            }
            pauses++;
        }
    }
}
