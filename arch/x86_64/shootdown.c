/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/shootdown.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"

uint32_t shootdown_this_cpu(void)
{
    return percpu_this()->cpu;
}

void shootdown_nmi(uint32_t cpu)
{
    lapic_send_nmi(percpus[cpu].apic_id);
}

void shootdown_invept(uint64_t eptp)
{
    if (!insn_invept(INVEPT_SINGLE_CONTEXT, eptp)) {
        panic(PANIC_INVALIDATE, INVEPT_SINGLE_CONTEXT, eptp);
    }
}

void shootdown_invept_all(void)
{
    if (!insn_invept(INVEPT_GLOBAL, 0)) {
        panic(PANIC_INVALIDATE, INVEPT_GLOBAL, 0);
    }
}
