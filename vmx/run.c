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
#include "vmx/kick.h"
#include "vmx/stepping.h"
#include "vmx/tdvmcall.h"
#include "vmx/vcpu_state.h"
#include "vmx/vlapic.h"
#include "vmx/vmcs.h"
#include "vmx/vmcs_setup.h"
#include "vmx/world.h"

/* The longest and the shortest slice, in TSC ticks.  A short one would be a single-stepper's. */
#define RUN_SLICE_MAX 0x40000000ull
#define RUN_SLICE_MIN 2000ull

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

enum exit_next run_return_stopped(enum kill_reason reason)
{
    return say(RUN_KILLED, 0, reason, 0);
}

enum exit_next run_return_wake(void)
{
    return say(RUN_WAKE, 0, percpu_this()->wake_mask, 0);
}

enum exit_next run_return_fatal_error(uint64_t mask)
{
    partition_kill(percpu_this()->partition, KILL_FATAL_ERROR, 0);
    return say(RUN_KILLED, mask, KILL_FATAL_ERROR, 0);
}

/* The current vCPU last ran elsewhere, or never: no translation of its VPID may be left on this CPU. */
static __attribute__((noinline)) void arrive(struct percpu *this, uint32_t slot)
{
    if (!insn_invvpid(INVVPID_SINGLE_CONTEXT, (uint16_t)(slot + 1))) {
        panic(PANIC_INVALIDATE, slot, 0);
    }
    vmcs_setup_host(this->cpu);
    /* Sequentially consistent: whoever requests an interrupt sees where it is, or it sees the request. */
    __atomic_store_n(&vcpus[slot].last_cpu, this->cpu, __ATOMIC_SEQ_CST);
}

static void refuse_run(struct gpr_file *manager, uint64_t status)
{
    manager->rax = status;
    manager->rcx = 0;
}

static uint64_t bounded_slice(uint64_t asked)
{
    if (asked == 0 || asked > RUN_SLICE_MAX) {
        return RUN_SLICE_MAX;
    }
    return asked < RUN_SLICE_MIN ? RUN_SLICE_MIN : asked;
}

/* The vCPU ran on another CPU last, or never. */
static EXIT_HANDLER void switch_and_arrive(struct percpu *this, uint32_t slot)
{
    kick_clear_vmcs(slot); /* where it ran last */
    world_switch(slot, vcpus[slot].partition);
    arrive(this, slot);
}

/* The manager's registers are the reply to the call that the vCPU waits for. */
static EXIT_HANDLER void enter_guest(struct percpu *this, const struct gpr_file *manager, uint32_t slot)
{
    struct gpr_file reply;

    gpr_take_high(&reply, manager);
    gpr_take_low(&reply, manager);
    this->run_slice_end = bounded_slice(manager->rbp); /* as a length until the guest is there */
    if (vcpus[slot].last_cpu == this->cpu) {
        world_switch(slot, vcpus[slot].partition);
    } else {
        switch_and_arrive(this, slot);
    }
    tdvmcall_reply(&reply);
    this->run_start = insn_rdtsc();
    this->run_slice_end += this->run_start;
}

void run_start(void)
{
    struct gpr_file *manager = &vcpu_state()->gpr;
    struct answer claim = vcpu_claim(manager->rcx);

    if (claim.status != STATUS_OK) {
        refuse_run(manager, claim.status);
        return;
    }
    if (stepping_is_refused((uint32_t)claim.value)) {
        vcpu_release((uint32_t)claim.value);
        refuse_run(manager, STATUS_BUSY);
        return;
    }
    enter_guest(percpu_this(), manager, (uint32_t)claim.value);
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

/* For the first tick after the end of the slice or the last quiet one of the guest's own timer, rounded up. */
static void arm_timer(uint64_t ticks)
{
    vmcs_write(VMCS_PREEMPTION_TIMER, (ticks >> capability.preemption_shift) + 1u);
}

static EXIT_HANDLER enum exit_next before_entry_with_events(struct percpu *this, uint64_t now)
{
    struct vcpu_state *state = this->state_window;

    if ((state->call_mask | state->halted) != 0 && still_waits(state) == NEXT_MANAGER) {
        return NEXT_MANAGER;
    }
    if (now >= this->run_slice_end) {
        return run_return_interrupted();
    }
    do {
        uint64_t until = this->run_slice_end;

        vlapic_prepare_entry();
        if (vlapic_timer_quiet_until(&state->vlapic) < until) {
            until = vlapic_timer_quiet_until(&state->vlapic);
        }
        arm_timer(until > now ? until - now : 0);
    } while (vlapic_is_requested(this->vcpu));
    return NEXT_RESUME;
}

enum exit_next run_before_entry(struct percpu *this)
{
    const struct vcpu_state *state = this->state_window;
    const uint64_t now = insn_rdtsc();
    uint64_t until = vlapic_timer_quiet_until(&state->vlapic);

    if (this->run_slice_end < until) {
        until = this->run_slice_end;
    }
    if ((state->call_mask | state->halted) != 0 || now >= until) {
        return before_entry_with_events(this, now);
    }
    /* The timer before the look at the requests: a kick that comes after the look sets it to 0. */
    arm_timer(until - now);
    if (!vlapic_is_quiet(&state->vlapic, this->vcpu)) {
        return before_entry_with_events(this, now);
    }
    return NEXT_RESUME;
}

static uint64_t exit_word(const struct percpu *this)
{
    return this->run_kind | this->run_mask << RUN_EXIT_REGISTERS_SHIFT;
}

/* A function of its own: what is disclosed stays in memory while the world is switched, not in registers to be saved. */
static EXIT_HANDLER void disclose(struct gpr_file *to, uint64_t mask)
{
    if (mask == GPR_HIGH_REGISTERS) { /* the usual call: no other register of `to` is looked at */
        gpr_take_high(to, &vcpu_state()->gpr);
        return;
    }
    *to = (struct gpr_file){0};
    gpr_take_named(to, mask, &vcpu_state()->gpr);
}

/* The manager's registers after VCPU_RUN, but RBP, which stays as it was. */
static void give_disclosed(struct gpr_file *manager, const struct gpr_file *disclosed,
                           const struct percpu *this)
{
    gpr_take_high(manager, disclosed);
    if (this->run_mask == GPR_HIGH_REGISTERS) {
        manager->r9 = 0;
        manager->r8 = 0;
        manager->rdi = 0;
        manager->rsi = 0;
        manager->rbx = 0;
        manager->rdx = 0;
    } else {
        gpr_take_low(manager, disclosed);
    }
    if (this->run_mask == 0) {
        manager->rdx = this->run_value;
        manager->rsi = this->run_detail;
    }
    manager->rax = STATUS_OK;
    manager->rcx = exit_word(this);
}

void run_finish(void)
{
    struct percpu *this = percpu_this();
    const uint32_t slot = this->vcpu;
    struct gpr_file disclosed;

    disclose(&disclosed, this->run_mask);
    if (this->run_kind != RUN_INTERRUPTED) {
        stepping_forget(slot);
    }
    world_switch(this->manager_vcpu, PARTITION_MANAGER);
    vcpu_release(slot);
    /* Was it interrupted while it halted?  Whoever did so saw it running, and tells nobody. */
    if (this->run_kind == RUN_HALTED && vlapic_is_requested(slot)) {
        this->run_kind = RUN_INTERRUPTED;
        this->run_value = 0;
    }
    give_disclosed(&vcpu_state()->gpr, &disclosed, this);
}
