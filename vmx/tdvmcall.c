/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/tdvmcall.h"

#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "lib/addr.h"
#include "vmx/cpuid_policy.h"
#include "vmx/msr_policy.h"
#include "vmx/vlapic.h"

enum io_limits {
    IO_DIRECTIONS = 2, /* 0 in or read, 1 out or write */
    IO_PORTS = 0x10000,
    IO_PORT_BYTES_MAX = 4,
    IO_MEMORY_BYTES_MAX = 8,
};

/* Every call that is made names R10 and R11. */
/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    assigns state->gpr.r10, state->gpr.r11;
    ensures answer: \result == NEXT_RESUME && state->gpr.r10 == status && state->gpr.r11 == value;
*/
static enum exit_next finish(struct vcpu_state *state, uint64_t status, uint64_t value)
{
    state->gpr.r10 = status;
    state->gpr.r11 = value;
    return NEXT_RESUME;
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    assigns state->gpr.r10, state->gpr.r11;
    ensures refused: \result == NEXT_RESUME && tdvmcall_refused;
*/
static enum exit_next refuse_call(struct vcpu_state *state)
{
    return finish(state, TDVMCALL_INVALID_OPERAND, 0);
}

/* The guest can halt with interrupts off: what is pending wakes it all the same. */
/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    assigns state->gpr.r10, state->gpr.r11, state->vlapic, state->virtual_apic[0 .. VIRTUAL_APIC_WORDS - 1], state->halted, vcpus[0 .. VCPUS_MAX - 1],
            percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail;
    ensures answer: state->gpr.r10 == TDVMCALL_SUCCESS && state->gpr.r11 == 0;
    ensures told: \result == NEXT_RESUME || (\result == NEXT_MANAGER && percpu_here.run_mask == 0);
*/
static enum exit_next halt(struct vcpu_state *state)
{
    finish(state, TDVMCALL_SUCCESS, 0);
    return vlapic_has_deliverable() ? NEXT_RESUME : run_return_halted(vlapic_next_deadline());
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx) && percpu_here.vcpu < VCPUS_MAX;
    assigns state->gpr.r10, state->gpr.r11, state->gpr.r12, state->gpr.r13, state->gpr.r14, state->gpr.r15;
    ensures answer: \result == NEXT_RESUME && state->gpr.r10 == TDVMCALL_SUCCESS && state->gpr.r11 == 0;
    ensures r12: gpr_named(state->gpr.rcx, 4096) != 1 ==> state->gpr.r12 == \old(state->gpr.r12);
    ensures r13: gpr_named(state->gpr.rcx, 8192) != 1 ==> state->gpr.r13 == \old(state->gpr.r13);
    ensures r14: gpr_named(state->gpr.rcx, 16384) != 1 ==> state->gpr.r14 == \old(state->gpr.r14);
    ensures r15: gpr_named(state->gpr.rcx, 32768) != 1 ==> state->gpr.r15 == \old(state->gpr.r15);
*/
static enum exit_next cpuid(struct vcpu_state *state)
{
    const uint64_t mask = state->gpr.rcx;
    const struct cpuid_context context = {
        .kind = CPUID_GUEST,
        .apic_id = vcpus[percpu_this()->vcpu].index,
        .xcr0 = state->xcr0,
        .osxsave = true,
    };
    const struct cpuid_result result =
        cpuid_policy_answer(&context, low_half(state->gpr.r12), low_half(state->gpr.r13));

    state->gpr.r12 = gpr_mask_taken(mask, GPR_MASK_OF(GUEST_R12), result.eax, state->gpr.r12);
    state->gpr.r13 = gpr_mask_taken(mask, GPR_MASK_OF(GUEST_R13), result.ebx, state->gpr.r13);
    state->gpr.r14 = gpr_mask_taken(mask, GPR_MASK_OF(GUEST_R14), result.ecx, state->gpr.r14);
    state->gpr.r15 = gpr_mask_taken(mask, GPR_MASK_OF(GUEST_R15), result.edx, state->gpr.r15);
    return finish(state, TDVMCALL_SUCCESS, 0);
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    assigns state->gpr.r10, state->gpr.r11;
    ensures next: \result == NEXT_RESUME;
    ensures answer: guest_msr_readable(state->gpr.r12) ==> state->gpr.r10 == TDVMCALL_SUCCESS && state->gpr.r11 == guest_msr_value(state->gpr.r12);
    ensures refused: !guest_msr_readable(state->gpr.r12) ==> tdvmcall_refused;
*/
static enum exit_next read_msr(struct vcpu_state *state)
{
    uint64_t value = 0;

    if (state->gpr.r12 > UINT32_MAX || !msr_policy_guest_call_read(low_half(state->gpr.r12), &value)) {
        return refuse_call(state);
    }
    return finish(state, TDVMCALL_SUCCESS, value);
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    assigns state->gpr.r10, state->gpr.r11;
    ensures next: \result == NEXT_RESUME;
    ensures answer: guest_msr_writable(state->gpr.r12, state->gpr.r13) ==> state->gpr.r10 == TDVMCALL_SUCCESS && state->gpr.r11 == 0;
    ensures refused: !guest_msr_writable(state->gpr.r12, state->gpr.r13) ==> tdvmcall_refused;
*/
static enum exit_next write_msr(struct vcpu_state *state)
{
    if (state->gpr.r12 > UINT32_MAX ||
        !msr_policy_guest_call_write(low_half(state->gpr.r12), state->gpr.r13)) {
        return refuse_call(state);
    }
    return finish(state, TDVMCALL_SUCCESS, 0);
}

/*@ assigns \nothing;
    ensures \result <==> access_size(size) && size <= most;
*/
static bool is_access_size(uint64_t size, uint64_t most)
{
    return (size == 1u || size == 2u || size == 4u || size == 8u) && size <= most;
}

/* Is it one access to one port there can be? */
/*@ assigns \nothing;
    ensures \result <==> port_access_ok(size, direction, port);
*/
static bool is_port_access(uint64_t size, uint64_t direction, uint64_t port)
{
    return is_access_size(size, IO_PORT_BYTES_MAX) && direction < IO_DIRECTIONS && port < IO_PORTS;
}

/* Is it one access within one page, to a shared address? */
/*@ requires shared_bit_gfn <= GFN_LIMIT / 2;
    assigns \nothing;
    ensures \result <==> memory_access_ok(size, direction, address);
*/
static bool is_memory_access(uint64_t size, uint64_t direction, uint64_t address)
{
    const uint64_t shared_bit = address_of_frame(shared_bit_gfn);

    return is_access_size(size, IO_MEMORY_BYTES_MAX) && direction < IO_DIRECTIONS &&
           address % FRAME_SIZE + size <= FRAME_SIZE && address >= shared_bit &&
           address - shared_bit < shared_bit;
}

/* Ports and device memory are the manager's: only what the guest names goes there. */
/*@ requires state == &state_here;
    assigns state->call_function, state->call_mask, percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail;
    ensures asked: \result == NEXT_MANAGER && state->call_mask == state->gpr.rcx && state->call_function == state->gpr.r11;
    ensures disclosed: percpu_here.run_kind == RUN_GUEST_CALL && percpu_here.run_mask == state->gpr.rcx;
*/
static enum exit_next ask_manager(struct vcpu_state *state)
{
    state->call_function = state->gpr.r11;
    state->call_mask = state->gpr.rcx;
    return run_return_guest_call(state->call_mask);
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    assigns state->gpr.r10, state->gpr.r11, state->call_function, state->call_mask, percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail;
    ensures asked: asks ==> \result == NEXT_MANAGER && percpu_here.run_kind == RUN_GUEST_CALL &&
      percpu_here.run_mask == state->gpr.rcx && state->call_mask == state->gpr.rcx && state->call_function == \old(state->gpr.r11);
    ensures refused: !asks ==> \result == NEXT_RESUME && tdvmcall_refused && state->call_mask == \old(state->call_mask);
*/
static enum exit_next access(struct vcpu_state *state, bool asks)
{
    return asks ? ask_manager(state) : refuse_call(state);
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx);
    requires map_gpa_ready;
    assigns state->gpr.r10, state->gpr.r11, held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures next: \result == NEXT_RESUME;
    ensures refused: !map_gpa_ok(\old(state->gpr.r12), \old(state->gpr.r13)) ==>
      state->gpr.r10 == TDVMCALL_INVALID_OPERAND && state->gpr.r11 == \old(state->gpr.r12);
*/
static enum exit_next map(struct vcpu_state *state)
{
    const struct map_gpa_answer answered = map_gpa(state->gpr.r12, state->gpr.r13);

    return finish(state, answered.status, answered.next);
}

/*@ requires state == &state_here && gpr_mask_ok(state->gpr.rcx) && percpu_here.vcpu < VCPUS_MAX;
    requires map_gpa_ready;
    assigns state->gpr.r10, state->gpr.r11, state->gpr.r12, state->gpr.r13, state->gpr.r14, state->gpr.r15, state->vlapic, state->halted, state->virtual_apic[0 .. VIRTUAL_APIC_WORDS - 1],
            state->call_function, state->call_mask, percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value,
            percpu_here.run_detail, held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures unknown: !tdvmcall_known(\old(state->gpr.r11)) ==> \result == NEXT_RESUME && tdvmcall_refused;
    ensures port: \old(state->gpr.r11) == TDVMCALL_IO ==> (\result == NEXT_MANAGER <==>
      port_access_ok(\old(state->gpr.r12), \old(state->gpr.r13), \old(state->gpr.r14)));
    ensures memory: \old(state->gpr.r11) == TDVMCALL_MMIO ==> (\result == NEXT_MANAGER <==>
      memory_access_ok(\old(state->gpr.r12), \old(state->gpr.r13), \old(state->gpr.r14)));
    ensures told: \result == NEXT_MANAGER ==> \old(state->gpr.r11) != TDVMCALL_HLT ==> percpu_here.run_mask == state->gpr.rcx;
    ensures halted: \result == NEXT_MANAGER ==> \old(state->gpr.r11) == TDVMCALL_HLT ==> percpu_here.run_mask == 0;
*/
static enum exit_next call(struct vcpu_state *state)
{
    const struct gpr_file *gpr = &state->gpr;

    switch (gpr->r11) {
    case TDVMCALL_CPUID:
        return cpuid(state);
    case TDVMCALL_HLT:
        return halt(state);
    case TDVMCALL_IO:
        return access(state, is_port_access(gpr->r12, gpr->r13, gpr->r14));
    case TDVMCALL_RDMSR:
        return read_msr(state);
    case TDVMCALL_WRMSR:
        return write_msr(state);
    case TDVMCALL_MMIO:
        return access(state, is_memory_access(gpr->r12, gpr->r13, gpr->r14));
    case TDVMCALL_MAP_GPA:
        return map(state);
    case TDVMCALL_REPORT_FATAL_ERROR:
        return run_return_fatal_error(gpr->rcx);
    default:
        break;
    }
    return refuse_call(state);
}

enum exit_next tdvmcall(void)
{
    struct vcpu_state *state = vcpu_state();

    /* Does it name the registers of the call, and none that must not be disclosed? */
    if (!gpr_mask_is_valid(state->gpr.rcx)) {
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
    gpr_take_named(&state->gpr, mask, reply);
}
