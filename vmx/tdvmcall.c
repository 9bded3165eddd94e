/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/tdvmcall.h"

#include "abi/guest_call.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "lib/addr.h"
#include "vmx/cpuid_policy.h"
#include "vmx/gpr.h"
#include "vmx/guest_register.h"
#include "vmx/map_gpa.h"
#include "vmx/msr_policy.h"
#include "vmx/vlapic.h"

#define MASK_OF(number) (1ull << (number))
/* Without these two there is no call and no answer. */
#define MASK_NEEDED (MASK_OF(GUEST_R10) | MASK_OF(GUEST_R11))

enum io_limits {
    IO_DIRECTIONS = 2, /* 0 in or read, 1 out or write */
    IO_PORTS = 0x10000,
    IO_PORT_BYTES_MAX = 4,
    IO_MEMORY_BYTES_MAX = 8,
};

/* A register that the guest did not name is not changed. */
static void give(struct vcpu_state *state, uint32_t number, uint64_t value)
{
    if ((state->gpr.rcx & MASK_OF(number)) != 0) {
        *guest_register(&state->gpr, number) = value;
    }
}

static enum exit_next finish(struct vcpu_state *state, uint64_t status, uint64_t value)
{
    give(state, GUEST_R10, status);
    give(state, GUEST_R11, value);
    return NEXT_RESUME;
}

static enum exit_next refuse_call(struct vcpu_state *state)
{
    return finish(state, TDVMCALL_INVALID_OPERAND, 0);
}

/* The guest can halt with interrupts off: what is pending wakes it all the same. */
static enum exit_next halt(struct vcpu_state *state)
{
    finish(state, TDVMCALL_SUCCESS, 0);
    return vlapic_has_deliverable() ? NEXT_RESUME : run_return_halted(vlapic_next_deadline());
}

static enum exit_next cpuid(struct vcpu_state *state)
{
    const struct cpuid_context context = {
        .kind = CPUID_GUEST,
        .apic_id = vcpus[percpu_this()->vcpu].index,
        .xcr0 = state->xcr0,
        .osxsave = true,
    };
    const struct cpuid_result result =
        cpuid_policy_answer(&context, (uint32_t)state->gpr.r12, (uint32_t)state->gpr.r13);

    give(state, GUEST_R12, result.eax);
    give(state, GUEST_R13, result.ebx);
    give(state, GUEST_R14, result.ecx);
    give(state, GUEST_R15, result.edx);
    return finish(state, TDVMCALL_SUCCESS, 0);
}

static enum exit_next read_msr(struct vcpu_state *state)
{
    uint64_t value = 0;

    if (state->gpr.r12 > UINT32_MAX || !msr_policy_guest_call_read((uint32_t)state->gpr.r12, &value)) {
        return refuse_call(state);
    }
    return finish(state, TDVMCALL_SUCCESS, value);
}

static enum exit_next write_msr(struct vcpu_state *state)
{
    if (state->gpr.r12 > UINT32_MAX ||
        !msr_policy_guest_call_write((uint32_t)state->gpr.r12, state->gpr.r13)) {
        return refuse_call(state);
    }
    return finish(state, TDVMCALL_SUCCESS, 0);
}

static bool is_access_size(uint64_t size, uint64_t most)
{
    return size != 0 && size <= most && (size & (size - 1)) == 0;
}

/* Ports and device memory are the manager's: only what the guest names goes there. */
static enum exit_next ask_manager(struct vcpu_state *state)
{
    state->call_function = state->gpr.r11;
    state->call_mask = state->gpr.rcx;
    return run_return_guest_call(state->call_mask);
}

static enum exit_next port_access(struct vcpu_state *state)
{
    /* Is it one access to one port there can be? */
    if (!is_access_size(state->gpr.r12, IO_PORT_BYTES_MAX) || state->gpr.r13 >= IO_DIRECTIONS ||
        state->gpr.r14 >= IO_PORTS) {
        return refuse_call(state);
    }
    return ask_manager(state);
}

static enum exit_next memory_access(struct vcpu_state *state)
{
    const uint64_t shared_bit = address_of_frame(shared_bit_gfn);
    const uint64_t address = state->gpr.r14;

    /* Is it one access within one page, to a shared address? */
    if (!is_access_size(state->gpr.r12, IO_MEMORY_BYTES_MAX) || state->gpr.r13 >= IO_DIRECTIONS ||
        address % FRAME_SIZE + state->gpr.r12 > FRAME_SIZE || address < shared_bit ||
        address - shared_bit >= shared_bit) {
        return refuse_call(state);
    }
    return ask_manager(state);
}

static enum exit_next map(struct vcpu_state *state)
{
    const struct map_gpa_answer answered = map_gpa(state->gpr.r12, state->gpr.r13);

    return finish(state, answered.status, answered.next);
}

static enum exit_next call(struct vcpu_state *state)
{
    switch (state->gpr.r11) {
    case TDVMCALL_CPUID:
        return cpuid(state);
    case TDVMCALL_HLT:
        return halt(state);
    case TDVMCALL_IO:
        return port_access(state);
    case TDVMCALL_RDMSR:
        return read_msr(state);
    case TDVMCALL_WRMSR:
        return write_msr(state);
    case TDVMCALL_MMIO:
        return memory_access(state);
    case TDVMCALL_MAP_GPA:
        return map(state);
    case TDVMCALL_REPORT_FATAL_ERROR:
        return run_return_fatal_error(state->gpr.rcx);
    default:
        return refuse_call(state);
    }
}

enum exit_next tdvmcall(void)
{
    struct vcpu_state *state = vcpu_state();
    const uint64_t mask = state->gpr.rcx;

    /* Does it name the registers of the call, and none that must not be disclosed? */
    if ((mask & ~TDVMCALL_MASK_ALLOWED) != 0 || (mask & MASK_NEEDED) != MASK_NEEDED) {
        state->gpr.rax = TDX_OPERAND_INVALID;
        return NEXT_RESUME;
    }
    state->gpr.rax = TDX_SUCCESS;
    /* Is it one of the standard calls? */
    if (state->gpr.r10 != 0) {
        return refuse_call(state);
    }
    return call(state);
}

void tdvmcall_reply(const struct gpr_file *reply)
{
    struct vcpu_state *state = vcpu_state();
    const uint64_t mask = state->call_mask;

    state->call_mask = 0;
    gpr_take_named(&state->gpr, mask & TDVMCALL_MASK_ALLOWED, reply);
}
