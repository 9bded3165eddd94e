/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/vmx_fake.h"

#include "tests/unit/unit.h"

#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/cr.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/window.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "vmx/capability.h"
#include "vmx/debug_registers.h"
#include "vmx/kick.h"
#include "vmx/vlapic.h"
#include "vmx/vmcs_control.h"
#include "vmx/world.h"

struct fake fake;
struct capability capability;
static uint64_t vmcs[0x7000];
static struct vcpu_state state;
static struct percpu cpu;
struct percpu percpus[CPUS_MAX];
struct partition partitions[PARTITIONS_MAX];
gfn_t shared_bit_gfn = FAKE_SHARED_BIT / FRAME_SIZE;

uint64_t vmcs_read(enum vmcs_field field)
{
    assert_in_range(field, 0, sizeof(vmcs) / sizeof(vmcs[0]) - 1);
    return vmcs[field];
}

void vmcs_write(enum vmcs_field field, uint64_t value)
{
    assert_in_range(field, 0, sizeof(vmcs) / sizeof(vmcs[0]) - 1);
    vmcs[field] = value;
}

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(&capability, 0, sizeof(capability));
    memset(vmcs, 0, sizeof(vmcs));
    memset(&state, 0, sizeof(state));
    memset(&cpu, 0, sizeof(cpu));
    cpu.self = (uint64_t)&cpu;
    cpu.state_window = &state;
    cpu.partition = FAKE_PARTITION;
    cpu.vcpu = 8;
    cpu.apic_id = 3;
    vcpu_init();
    partitions[FAKE_PARTITION] = (struct partition){
        .state = PARTITION_LIVE, .vcpu_first = cpu.vcpu, .vcpu_limit = FAKE_VCPUS, .vcpu_count = 0};
    for (uint32_t n = 0; n < FAKE_VCPUS; n++) {
        vcpu_release(vcpu_make(FAKE_PARTITION));
    }
    percpus[0] = (struct percpu){.apic_id = cpu.apic_id, .manager_runs = SMP_MANAGER_RUNS};
    percpus[1] = (struct percpu){.apic_id = FAKE_OTHER_APIC_ID, .manager_runs = SMP_MANAGER_RUNS};
    percpus[2] = (struct percpu){.apic_id = FAKE_PARKED_APIC_ID};
    partitions[PARTITION_MANAGER].vcpu_count = 3;
    fake.cpuid = fake_cpuid_rich;
    fake.page_status = STATUS_OK;
    fake.page_state = PAGE_PRIVATE;
    fake.tsc = 1000000;
    vlapic_reset(&state.vlapic);
    state.xcr0 = XCR0_X87;
    vmcs[VMCS_GUEST_RFLAGS] = RFLAGS_FIXED | RFLAGS_IF;
    vmcs[VMCS_GUEST_CS_ACCESS_RIGHTS] = 0xa09b;
    vmcs[VMCS_GUEST_SS_ACCESS_RIGHTS] = 0xc093;
    vmcs[VMCS_EXIT_INSTRUCTION_LENGTH] = 2;
}

static bool is_any(uint32_t leaf, uint32_t last)
{
    return leaf == 0 || (leaf <= last && leaf != 4);
}

/* Every bit of every leaf, but for sizes and subleaves that end lists. */
struct cpuid_result fake_cpuid_rich(uint32_t leaf, uint32_t subleaf)
{
    const struct cpuid_result all = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

    switch (leaf) {
    case 0:
        return (struct cpuid_result){0x1f, 0x756e6547, 0x6c65746e, 0x49656e69};
    case 4:
        return (struct cpuid_result){0x1000u + subleaf, 0, 0, 0};
    case 0x80000000:
        return (struct cpuid_result){0x80000008, 0, 0, 0};
    default:
        return is_any(leaf & 0x7fffffff, 0x1f) ? all : (struct cpuid_result){0, 0, 0, 0};
    }
}

/* A CPU that ends its list at leaf 4 and answers beyond as it does for leaf 4, as real ones do. */
struct cpuid_result fake_cpuid_poor(uint32_t leaf, uint32_t subleaf)
{
    switch (leaf) {
    case 0:
        return (struct cpuid_result){4, 0x756e6547, 0x6c65746e, 0x49656e69};
    case 1:
        return (struct cpuid_result){0x306c3, 0x00080800, 0, 0x1};
    case 0x80000000:
        return (struct cpuid_result){0x80000001, 0, 0, 0};
    case 0x80000001:
        return (struct cpuid_result){0, 0, 0, 1u << 29};
    default:
        return (struct cpuid_result){UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    }
}

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
    return fake.cpuid(leaf, subleaf);
}

uint64_t insn_rdmsr(uint32_t msr)
{
    return fake.native_msr[msr % 0x1000];
}

void insn_wrmsr(uint32_t msr, uint64_t value)
{
    fake.wrmsr_index = msr;
    fake.wrmsr_value = value;
    fake.wrmsr_count++;
}

/* vmx/world.c */
bool world_write_msr(uint32_t msr, uint64_t value)
{
    if (fake.refuse_msr) {
        return false;
    }
    insn_wrmsr(msr, value);
    return true;
}

void insn_xsetbv(uint32_t index, uint64_t value)
{
    assert_int_equal(index, 0);
    fake.xcr0 = value;
    fake.xsetbv_count++;
}

uint64_t insn_read_dr6(void)
{
    return fake.dr6;
}

/* vmx/debug_registers.c */
void debug_registers_use(void)
{
    vcpu_state()->uses_debug = 1;
}

void insn_write_dr6(uint64_t value)
{
    assert_int_equal(state.uses_debug, 1); /* else the next vCPU would find it */
    fake.dr6 = value;
}

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    return *(uint64_t *)((uint8_t *)&cpu + offset);
}

uint64_t tsc_read(void)
{
    return fake.tsc;
}

/* The rest of the core, as told by the contracts in vmx/exit.h. */

static enum exit_next said(enum fake_return kind, uint64_t value, uint64_t detail)
{
    fake.returned = kind;
    fake.return_value = value;
    fake.return_detail = detail;
    return NEXT_MANAGER;
}

enum exit_next run_return_interrupted(void)
{
    return said(FAKE_INTERRUPTED, 0, 0);
}

enum exit_next run_return_wake(void)
{
    return said(FAKE_WAKE, cpu.wake_mask, 0);
}

enum exit_next run_return_guest_call(uint64_t mask)
{
    return said(FAKE_CALL, mask, 0);
}

enum exit_next run_return_halted(uint64_t deadline)
{
    return said(FAKE_HALTED, deadline, 0);
}

enum exit_next run_return_killed(enum kill_reason reason, uint64_t detail)
{
    return said(FAKE_KILLED, reason, detail);
}

enum exit_next run_return_fatal_error(uint64_t mask)
{
    return said(FAKE_FATAL, mask, 0);
}

void exit_skip_bytes(uint64_t length)
{
    fake.skipped += length;
    vmcs[VMCS_GUEST_RIP] += length;
    vmcs[VMCS_GUEST_INTERRUPTIBILITY] &= ~(uint64_t)(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS);
}

void exit_skip_instruction(void)
{
    exit_skip_bytes(vmcs[VMCS_EXIT_INSTRUCTION_LENGTH]);
}

static void inject(uint32_t vector, uint32_t type, uint32_t flags)
{
    /* A handler that overwrites an event loses it. */
    assert_int_equal(vmcs[VMCS_ENTRY_INTERRUPTION_INFO], 0);
    vmcs[VMCS_ENTRY_INTERRUPTION_INFO] =
        vector | type << INTERRUPTION_TYPE_SHIFT | flags | INTERRUPTION_VALID;
}

void event_inject_exception(uint32_t vector)
{
    inject(vector, INTERRUPTION_HARDWARE_EXCEPTION, 0);
}

void event_inject_exception_with_code(uint32_t vector, uint32_t error_code)
{
    vmcs[VMCS_ENTRY_EXCEPTION_ERROR_CODE] = error_code;
    inject(vector, INTERRUPTION_HARDWARE_EXCEPTION, INTERRUPTION_HAS_ERROR_CODE);
}

void event_inject_interrupt(uint32_t vector)
{
    inject(vector, INTERRUPTION_EXTERNAL, 0);
}

bool event_pending(void)
{
    return vmcs[VMCS_ENTRY_INTERRUPTION_INFO] != 0;
}

uint32_t fake_injected(void)
{
    return vmcs[VMCS_ENTRY_INTERRUPTION_INFO] & INTERRUPTION_VECTOR_MASK;
}

bool fake_raises(uint32_t vector)
{
    const uint64_t info = vmcs[VMCS_ENTRY_INTERRUPTION_INFO];

    return (info & ~(uint64_t)INTERRUPTION_HAS_ERROR_CODE) ==
               (vector | INTERRUPTION_HARDWARE_EXCEPTION << INTERRUPTION_TYPE_SHIFT | INTERRUPTION_VALID) &&
           ((info & INTERRUPTION_HAS_ERROR_CODE) == 0 || vmcs[VMCS_ENTRY_EXCEPTION_ERROR_CODE] == 0);
}

void fake_clear_injected(void)
{
    vmcs[VMCS_ENTRY_INTERRUPTION_INFO] = 0;
}

void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    fail_msg("the core panics: %d", reason);
    abort();
}

bool kick_vcpu(uint32_t slot)
{
    fake.kicked |= 1ull << vcpus[slot].index;
    return (fake.running >> vcpus[slot].index & 1) != 0;
}

/* isolation/ */

void lock_acquire(void)
{
    assert_false(fake.locked);
    fake.locked = true;
}

void lock_release(void)
{
    assert_true(fake.locked);
    fake.locked = false;
}

uint32_t partition_find(uint64_t id)
{
    return PARTITION_NONE;
}

uint64_t partition_id(uint32_t slot)
{
    return partitions[slot].generation * PARTITIONS_MAX + slot;
}

bool partition_runs(uint32_t slot)
{
    return true;
}

uint64_t table_translate(uint32_t space, gfn_t gfn)
{
    assert_int_equal(space, table_ept_space(FAKE_PARTITION));
    assert_true(fake.locked);
    /* Every frame is there with the shared bit, too: what is shared is mapped as well. */
    if (gfn >= shared_bit_gfn && gfn - shared_bit_gfn < FAKE_GUEST_FRAMES) {
        return address_of_frame(FAKE_FIRST_FRAME + gfn - shared_bit_gfn) + EPT_LEAF_SHARED;
    }
    if (gfn >= FAKE_GUEST_FRAMES || fake.absent[gfn]) {
        return 0;
    }
    return address_of_frame(FAKE_FIRST_FRAME + gfn) + EPT_LEAF_OWNED;
}

const void *window_open_read(hfn_t frame)
{
    assert_true(fake.locked);
    assert_false(fake.window_open);
    assert_in_range(frame, FAKE_FIRST_FRAME, FAKE_FIRST_FRAME + FAKE_GUEST_FRAMES - 1);
    fake.window_open = true;
    fake.windows++;
    return fake.memory[frame - FAKE_FIRST_FRAME];
}

void window_close(void)
{
    assert_true(fake.window_open);
    fake.window_open = false;
}

static struct answer convert(bool to_shared, uint32_t slot, uint64_t gfn, uint64_t count)
{
    assert_int_equal(slot, FAKE_PARTITION);
    assert_in_range(count, 1, FRAME_BATCH_MAX);
    assert_true(gfn + count <= shared_bit_gfn);
    fake.page_shared = to_shared;
    fake.page_gfn = gfn;
    fake.page_count = count;
    fake.page_calls++;
    return answer(fake.page_status, fake.page_status == STATUS_OK ? count : 0);
}

struct answer page_share(uint32_t slot, uint64_t gfn, uint64_t count)
{
    return convert(true, slot, gfn, count);
}

struct answer page_unshare(uint32_t slot, uint64_t gfn, uint64_t count)
{
    return convert(false, slot, gfn, count);
}

enum page_state page_state(uint32_t slot, gfn_t gfn)
{
    assert_int_equal(slot, FAKE_PARTITION);
    return gfn < shared_bit_gfn ? fake.page_state : PAGE_ABSENT;
}

void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    fake.audited++;
    fake.audit_event = event;
    fake.audit_a = a;
}
