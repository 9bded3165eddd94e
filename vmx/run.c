/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/run.h"

#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "vmx/capability.h"
#include "vmx/gpr.h"
#include "vmx/stepping.h"
#include "vmx/tdvmcall.h"
#include "vmx/vcpu_state.h"
#include "vmx/vlapic.h"
#include "vmx/vmcs.h"
#include "vmx/world.h"

/* The longest and the shortest slice, in TSC ticks.  A short one would be a single-stepper's. */
#define RUN_SLICE_MAX 0x40000000ull
#define RUN_SLICE_MIN 2000ull

#define ALL_REGISTERS TDVMCALL_MASK_ALLOWED

static enum exit_next say(enum run_exit kind, uint64_t mask, uint64_t value, uint64_t detail)
{
    struct percpu *this = percpu_this();

    this->run_kind = kind;
    this->run_mask = mask;
    this->run_value = value;
    this->run_detail = detail;
    return NEXT_MANAGER;
}

enum exit_next run_return_interrupted(void)
{
    const struct percpu *this = percpu_this();

    stepping_note(this->vcpu, insn_rdtsc() - this->run_start);
    return say(RUN_INTERRUPTED, 0, 0, 0);
}

enum exit_next run_return_guest_call(uint64_t mask)
{
    return say(RUN_GUEST_CALL, mask, 0, 0);
}

enum exit_next run_return_halted(uint64_t deadline)
{
    vcpu_state()->halted = 1;
    return say(RUN_HALTED, 0, deadline, 0);
}

enum exit_next run_return_killed(enum kill_reason reason, uint64_t detail)
{
    partition_kill(percpu_this()->partition, reason, detail);
    return say(RUN_KILLED, 0, reason, detail);
}

enum exit_next run_return_fatal_error(uint64_t mask)
{
    partition_kill(percpu_this()->partition, KILL_FATAL_ERROR, 0);
    return say(RUN_KILLED, mask, KILL_FATAL_ERROR, 0);
}

/* The vCPU last ran elsewhere, or never: no translation of its VPID may be left on this CPU. */
static void arrive(uint32_t slot)
{
    struct percpu *this = percpu_this();

    if (vcpus[slot].last_cpu == this->cpu) {
        return;
    }
    /* Its VMCS is active on the CPU it ran on: VMCLEAR there comes with many-CPU scheduling. */
    if (vcpus[slot].last_cpu != VCPU_NO_CPU) {
        panic(PANIC_INVARIANT, slot, vcpus[slot].last_cpu);
    }
    if (!insn_invvpid(INVVPID_SINGLE_CONTEXT, (uint16_t)(slot + 1))) {
        panic(PANIC_INVALIDATE, slot, 0);
    }
    vcpus[slot].last_cpu = this->cpu;
}

static void refuse_run(struct gpr_file *manager, uint64_t status)
{
    manager->rax = status;
    manager->rcx = 0;
}

void run_start(void)
{
    struct percpu *this = percpu_this();
    struct gpr_file *manager = &vcpu_state()->gpr;
    struct gpr_file reply = gpr_disclosed(manager, ALL_REGISTERS);
    uint64_t slice = manager->rbp;
    struct answer claim = vcpu_claim(manager->rcx);
    uint32_t slot;

    if (claim.status != STATUS_OK) {
        refuse_run(manager, claim.status);
        return;
    }
    slot = (uint32_t)claim.value;
    if (stepping_is_refused(slot)) {
        vcpu_release(slot);
        refuse_run(manager, STATUS_BUSY);
        return;
    }
    world_save();
    world_select(slot, vcpus[slot].partition);
    arrive(slot);
    world_restore();
    tdvmcall_reply(&reply);
    if (slice == 0 || slice > RUN_SLICE_MAX) {
        slice = RUN_SLICE_MAX;
    } else if (slice < RUN_SLICE_MIN) {
        slice = RUN_SLICE_MIN;
    }
    this->run_start = insn_rdtsc();
    this->run_slice_end = this->run_start + slice;
}

/* The vCPU halted, or waits for the reply to its call: has what it waits for come? */
static __attribute__((noinline)) enum exit_next still_waits(struct vcpu_state *state)
{
    if (state->call_mask != 0) {
        return run_return_guest_call(state->call_mask); /* ask again */
    }
    if (!vlapic_has_deliverable()) {
        return run_return_halted(vlapic_next_deadline());
    }
    state->halted = 0;
    return NEXT_RESUME;
}

enum exit_next run_before_entry(void)
{
    struct percpu *this = percpu_this();
    struct vcpu_state *state = vcpu_state();
    uint64_t now = insn_rdtsc();
    uint64_t until = this->run_slice_end;

    if ((state->call_mask | state->halted) != 0 && still_waits(state) == NEXT_MANAGER) {
        return NEXT_MANAGER;
    }
    if (now >= until) {
        return run_return_interrupted();
    }
    if (!vlapic_is_quiet(now)) {
        vlapic_prepare_entry();
    }
    if (vlapic_next_deadline() < until) {
        until = vlapic_next_deadline();
    }
    vmcs_write(VMCS_PREEMPTION_TIMER, until > now ? (until - now) >> capability.preemption_shift : 0);
    return NEXT_RESUME;
}

static uint64_t exit_word(const struct percpu *this)
{
    return this->run_kind | this->run_mask << RUN_EXIT_REGISTERS_SHIFT;
}

void run_finish(void)
{
    struct percpu *this = percpu_this();
    struct gpr_file disclosed = gpr_disclosed(&vcpu_state()->gpr, this->run_mask);
    uint32_t slot = this->vcpu;
    struct gpr_file *manager;

    if (this->run_kind != RUN_INTERRUPTED) {
        stepping_forget(slot);
    }
    world_save();
    world_select(this->manager_vcpu, PARTITION_MANAGER);
    vcpu_release(slot);
    world_restore();
    manager = &vcpu_state()->gpr;
    disclosed.rbp = manager->rbp;
    disclosed.rax = STATUS_OK;
    disclosed.rcx = exit_word(this);
    if (this->run_mask == 0) {
        disclosed.rdx = this->run_value;
        disclosed.rsi = this->run_detail;
    }
    *manager = disclosed;
}
