/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/torture/machine.h"

#include <setjmp.h>
#include <string.h>

#include "abi/boot_info.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/cpu_bugs.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/shootdown.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/vmxon.h"
#include "arch/x86_64/window.h"
#include "ept/ept_flush.h"
#include "ept/table.h"
#include "isolation/frame_grant.h"
#include "isolation/isolation.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "vmx/capability.h"
#include "vmx/cpuid_policy.h"
#include "vmx/entry.h"
#include "vmx/manager_start.h"
#include "vmx/msr_policy.h"
#include "vmx/port_policy.h"
#include "vmx/vcpu_frames.h"
#include "vmx/vmcs_control.h"
#include "vmx/vmcs_field.h"

#define REVISION     0x0b0c5u
#define VMCS_FIELDS  1024u
#define CORE_FRAMES  (VCPUS_MAX * VCPU_FRAMES)
#define CACHED       64u
#define NO_SLOT      0xffffffffu
#define XMM_OFFSET   160u
#define MXCSR_OFFSET 24u
#define TICKS        40u
#define LEAF_RIGHTS  7u
#define EXECUTE      4u
#define LARGE        0x80u
#define ADDRESS      0x000ffffffffff000ull

struct frame frames[FRAMES_MAX];
struct table tables[TABLES_MAX] __attribute__((aligned(4096)));
struct table_tag table_tags[TABLES_MAX];
struct percpu percpus[CPUS_MAX];
struct capability capability = {.primary = PRIMARY_MOV_DR_EXITING,
                                .primary_guest = PRIMARY_MOV_DR_EXITING,
                                .has_perf_global_ctrl = true,
                                .has_xsaves = true,
                                .has_encls_exiting = true};
struct cpu_bugs cpu_bugs;
struct machine machine;

static uint8_t ram[MACHINE_LIMIT][FRAME_SIZE] __attribute__((aligned(4096)));
static uint8_t core[CORE_FRAMES][FRAME_SIZE] __attribute__((aligned(4096)));
static uint64_t vmcs[VCPUS_MAX][VMCS_FIELDS];
static uint32_t current = NO_SLOT;
static jmp_buf entered;
static struct {
    uint64_t root, gfn, entry;
    bool valid;
} cache[CACHED];

/* --- memory ------------------------------------------------------------------------------------ */

static uint8_t *frame_at(hfn_t hfn)
{
    if (hfn >= MACHINE_RAM_FIRST && hfn < MACHINE_LIMIT) {
        return ram[hfn];
    }
    if (hfn >= MACHINE_CORE_HFN && hfn < MACHINE_CORE_HFN + CORE_FRAMES) {
        return core[hfn - MACHINE_CORE_HFN];
    }
    machine_fails("a window on a frame that is none", hfn, 0);
}

uint64_t machine_word(uint64_t hfn)
{
    return *(const uint64_t *)frame_at(hfn);
}

uint64_t machine_last_word(uint64_t hfn)
{
    return *(const uint64_t *)(frame_at(hfn) + FRAME_SIZE - sizeof(uint64_t));
}

void machine_set_words(uint64_t hfn, uint64_t word)
{
    *(uint64_t *)frame_at(hfn) = word;
    *(uint64_t *)(frame_at(hfn) + FRAME_SIZE - sizeof(uint64_t)) = word;
}

void *window_open(hfn_t frame)
{
    percpus[0].window_open++;
    if (percpus[0].window_open != 1) {
        machine_fails("a window is opened twice", frame, 0);
    }
    return frame_at(frame);
}

const void *window_open_read(hfn_t frame)
{
    return window_open(frame);
}

void window_close(void)
{
    percpus[0].window_open--;
}

void window_scrub(hfn_t frame)
{
    memset(frame_at(frame), 0, FRAME_SIZE);
    if (frame >= MACHINE_CORE_HFN && (frame - MACHINE_CORE_HFN) % VCPU_FRAMES == 0) {
        memset(vmcs[(frame - MACHINE_CORE_HFN) / VCPU_FRAMES], 0, sizeof(vmcs[0]));
    }
}

void window_map_state(hfn_t first)
{
    percpus[0].state_window = frame_at(first);
}

/* --- translations --------------------------------------------------------------------------------- */

static bool walk_from(uint64_t root, uint64_t gfn, uint64_t *entry)
{
    uint64_t table = root;

    for (int level = 3; level >= 0; level--) {
        if (table < MACHINE_TABLES_HFN || table >= MACHINE_TABLES_HFN + MACHINE_TABLES) {
            machine_fails("an EPT names a frame that is no table", table, gfn);
        }
        *entry = tables[table - MACHINE_TABLES_HFN].entry[gfn >> (9 * level) & 511];
        if ((*entry & LEAF_RIGHTS) == 0) {
            return false;
        }
        if (level > 0 && (*entry & LARGE) != 0) {
            *entry += (gfn & ((1ull << (9 * level)) - 1)) * FRAME_SIZE;
            return true;
        }
        table = (*entry & ADDRESS) / FRAME_SIZE;
    }
    return true;
}

bool machine_walk(uint32_t partition, uint64_t gfn, uint64_t *entry)
{
    const uint32_t root = table_roots[2 * partition];

    return root != TABLE_NONE && walk_from(MACHINE_TABLES_HFN + root, gfn, entry);
}

bool machine_reach(uint64_t gfn, uint64_t *hfn, bool *executable)
{
    const uint64_t root = (machine_vmcs(VMCS_EPT_POINTER) & ADDRESS) / FRAME_SIZE;
    uint64_t entry = 0;
    const uint32_t place = (uint32_t)(gfn % CACHED);

    if (cache[place].valid && cache[place].root == root && cache[place].gfn == gfn) {
        entry = cache[place].entry;
    } else if (!walk_from(root, gfn, &entry)) {
        return false;
    }
    cache[place].root = root;
    cache[place].gfn = gfn;
    cache[place].entry = entry;
    cache[place].valid = true;
    *hfn = (entry & ADDRESS) / FRAME_SIZE;
    *executable = (entry & EXECUTE) != 0;
    return true;
}

uint32_t shootdown_this_cpu(void)
{
    return 0;
}

void shootdown_nmi(uint32_t cpu)
{
    machine_fails("an NMI to a CPU that is not there", cpu, 0);
}

void shootdown_invept(uint64_t eptp)
{
    for (uint32_t n = 0; n < CACHED; n++) {
        cache[n].valid = cache[n].valid && cache[n].root != (eptp & ADDRESS) / FRAME_SIZE;
    }
}

void shootdown_invept_all(void)
{
    for (uint32_t n = 0; n < CACHED; n++) {
        cache[n].valid = false;
    }
}

bool insn_invept(enum invept_type type, uint64_t eptp)
{
    if (type == INVEPT_GLOBAL) {
        shootdown_invept_all();
    } else {
        shootdown_invept(eptp);
    }
    return true;
}

bool insn_invvpid(enum invvpid_type type, uint16_t vpid)
{
    (void)type;
    return vpid != 0;
}

/* --- VMCSs -------------------------------------------------------------------------------------------- */

static uint32_t slot_at(uint64_t address)
{
    const uint64_t frame = address / FRAME_SIZE - MACHINE_CORE_HFN;

    if (frame >= CORE_FRAMES || frame % VCPU_FRAMES != 0) {
        machine_fails("a VMCS that is none", address, 0);
    }
    return (uint32_t)(frame / VCPU_FRAMES);
}

bool insn_vmclear(uint64_t address)
{
    if (slot_at(address) == current) {
        current = NO_SLOT;
    }
    return true;
}

bool insn_vmptrld(uint64_t address)
{
    current = slot_at(address);
    return *(uint32_t *)core[current * VCPU_FRAMES] == REVISION;
}

/* Width, type and index of a field's encoding. */
static uint32_t field_place(uint64_t field)
{
    if (field > 0x6fff || (field >> 1 & 0x1ff) > 63) {
        machine_fails("a VMCS field that is none", field, 0);
    }
    return (uint32_t)((field >> 13 & 3) << 8 | (field >> 10 & 3) << 6 | (field >> 1 & 63));
}

bool insn_vmread(uint64_t field, uint64_t *value)
{
    if (current == NO_SLOT) {
        return false;
    }
    *value = vmcs[current][field_place(field)];
    return true;
}

bool insn_vmwrite(uint64_t field, uint64_t value)
{
    if (current == NO_SLOT) {
        return false;
    }
    vmcs[current][field_place(field)] = value;
    return true;
}

uint64_t machine_vmcs(uint64_t field)
{
    return vmcs[current][field_place(field)];
}

void machine_set_vmcs(uint64_t field, uint64_t value)
{
    vmcs[current][field_place(field)] = value;
}

/* --- registers ----------------------------------------------------------------------------------------- */

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
    (void)subleaf;
    if (leaf == 0 || leaf == 0x80000000) {
        return (struct cpuid_result){leaf == 0 ? 0x1f : 0x80000008, 0x756e6547, 0x6c65746e, 0x49656e69};
    }
    return (struct cpuid_result){leaf == 4 ? 0 : 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
}

uint64_t insn_rdtsc(void)
{
    machine.tsc += TICKS;
    return machine.tsc;
}

uint64_t tsc_read(void)
{
    return insn_rdtsc();
}

uint64_t tsc_khz(void)
{
    return 1000000;
}

uint32_t machine_msr_place(uint32_t msr)
{
    return (msr & 0xfff) | (msr >> 31) << 12;
}

uint64_t insn_rdmsr(uint32_t msr)
{
    return msr == MSR_IA32_VMX_CR4_FIXED1 ? 0xffffffff : machine.msr[machine_msr_place(msr)];
}

/* What the core may write on anybody's behalf, and how. */
static bool may_write(uint32_t msr, uint64_t value)
{
    switch (msr) {
    case MSR_IA32_STAR:
    case MSR_IA32_LSTAR:
    case MSR_IA32_CSTAR:
    case MSR_IA32_FMASK:
    case MSR_IA32_KERNEL_GS_BASE:
    case MSR_IA32_TSC_AUX:
    case MSR_IA32_SPEC_CTRL:
    case MSR_IA32_PRED_CMD:
    case MSR_IA32_FLUSH_CMD:
        return true;
    case MSR_IA32_X2APIC_ICR: /* fixed delivery of an interrupt */
        return (value & 0x700) == 0 && (value & 0xff) >= 32;
    case MSR_IA32_X2APIC_LVT_TIMER:
        return (value & 0x700) == 0 && ((value & 0xff) >= 32 || (value & 0x10000) != 0);
    default:
        return false;
    }
}

void insn_wrmsr(uint32_t msr, uint64_t value)
{
    if (!may_write(msr, value)) {
        machine_fails("the core writes an MSR for somebody", msr, value);
    }
    machine.msr[machine_msr_place(msr)] = value;
}

bool msr_safe_read(uint32_t msr, uint64_t *value);
bool msr_safe_read(uint32_t msr, uint64_t *value)
{
    *value = insn_rdmsr(msr);
    return true;
}

bool msr_safe_write(uint32_t msr, uint64_t value);
bool msr_safe_write(uint32_t msr, uint64_t value)
{
    insn_wrmsr(msr, value);
    return true;
}

#define REGISTER(name, place)                                                                                \
    uint64_t insn_read_##name(void)                                                                          \
    {                                                                                                        \
        return place;                                                                                        \
    }                                                                                                        \
    void insn_write_##name(uint64_t value)                                                                   \
    {                                                                                                        \
        place = value;                                                                                       \
    }
REGISTER(cr2, machine.cr2)
REGISTER(dr0, machine.dr[0])
REGISTER(dr1, machine.dr[1])
REGISTER(dr2, machine.dr[2])
REGISTER(dr3, machine.dr[3])
REGISTER(dr6, machine.dr6)

uint64_t insn_read_cr0(void)
{
    return 0x80010033;
}

uint64_t insn_read_cr4(void)
{
    return 0x42020;
}

void insn_xsetbv(uint32_t index, uint64_t value)
{
    if (index != 0 || (value & 1) == 0) {
        machine_fails("XSETBV faults in the core", index, value);
    }
    machine.xcr0 = value;
}

/* Components that XCR0 has not are neither saved nor restored. */
static bool has_vectors(uint64_t mask)
{
    return (machine.xcr0 & mask & 6) == 6;
}

void insn_xsave(void *area, uint64_t mask)
{
    if (has_vectors(mask)) {
        memcpy((uint8_t *)area + XMM_OFFSET, machine.vector, sizeof(machine.vector));
    }
}

void insn_xrstor(const void *area, uint64_t mask)
{
    if (has_vectors(mask)) {
        memcpy(machine.vector, (const uint8_t *)area + XMM_OFFSET, sizeof(machine.vector));
    }
}

void insn_unblock_nmi(void)
{
}

#define NOTHING_TO_SEE(name)                                                                                 \
    void insn_##name(void)                                                                                   \
    {                                                                                                        \
    }
NOTHING_TO_SEE(mfence)
NOTHING_TO_SEE(lfence)
NOTHING_TO_SEE(pause)
NOTHING_TO_SEE(wbinvd)

void insn_clflush(const void *at)
{
    (void)at;
}

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    uint64_t value;

    memcpy(&value, (const uint8_t *)&percpus[0] + offset, sizeof(value));
    return value;
}

/* --- the rest of arch/ ------------------------------------------------------------------------------------ */

void cpu_bugs_flush(void)
{
}

void cpu_bugs_barrier(void)
{
}

uint64_t paging_root(void)
{
    return 0x1000;
}

uint64_t paging_physical_of_image(const void *in_image)
{
    (void)in_image;
    return 0x2000;
}

uint64_t cpu_gdt_base(uint32_t cpu)
{
    return cpu;
}

uint64_t cpu_tss_base(uint32_t cpu)
{
    return cpu;
}

uint64_t cpu_idt_base(void)
{
    return 0;
}

uint32_t vmxon_revision(void)
{
    return REVISION;
}

/* There is one CPU. */
uint32_t smp_cpus(void)
{
    return 1;
}

bool smp_give(uint32_t cpu, uint64_t entry, uint64_t value)
{
    (void)cpu;
    (void)entry;
    (void)value;
    return false;
}

void smp_wake(uint32_t cpu)
{
    machine_fails("a CPU that is not there is woken", cpu, 0);
}

_Noreturn void smp_halt(void)
{
    machine_fails("the CPU is halted", 0, 0);
}

void lapic_send_nmi(uint32_t apic_id)
{
    machine_fails("an NMI to a CPU that is not there", apic_id, 0);
}

void window_init_state(void)
{
}

void panic_join(void)
{
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    (void)b;
    machine_fails("the core panics", reason, a);
}

_Noreturn void mce_report(void);
_Noreturn void mce_report(void)
{
    machine_fails("a machine check where none was", 0, 0);
}

void console_line(const char *line);
void console_line(const char *line)
{
    (void)line;
}

_Noreturn void power_off(void);
_Noreturn void power_off(void)
{
    machine_fails("the machine goes off", 0, 0);
}

_Noreturn void power_reset(void);
_Noreturn void power_reset(void)
{
    machine_fails("the machine is reset", 0, 0);
}

void vmx_exit_entry(void)
{
}

_Noreturn void vmx_enter(void)
{
    longjmp(entered, 1);
}

/* --- power on, and exits ----------------------------------------------------------------------------------- */

static bool make_machine(void)
{
    memset(&machine, 0, sizeof(machine));
    memset(core, 0xa5, sizeof(core));
    memset(ram, 0xa5, sizeof(ram));
    memset(tables, 0xa5, sizeof(tables));
    memset(cache, 0, sizeof(cache));
    memset(&percpus[0], 0, sizeof(percpus[0]));
    percpus[0].self = (uint64_t)&percpus[0];
    machine.tsc = 1000000;
    machine.xcr0 = 1;
    machine.dr6 = 0xffff0ff0;
    current = NO_SLOT;
    cpuid_policy_init(tsc_khz(), true);
    msr_policy_init(false);
    port_policy_init(false);
    vcpu_frames_init(MACHINE_CORE_HFN);
    ept_flush_init();
    return isolation_init(MACHINE_LIMIT, MACHINE_TABLES, MACHINE_TABLES_HFN, MACHINE_SHARED_GFN, 1) &&
           frame_grant(MACHINE_RAM_FIRST, MACHINE_LIMIT - MACHINE_RAM_FIRST, GRANT_LARGE);
}

void machine_boot(void)
{
    if (!make_machine()) {
        machine_fails("the core refuses the machine", 0, 0);
    }
    if (setjmp(entered) == 0) {
        manager_start(0x100000, 0x101000);
    }
}

void machine_exit(uint32_t reason, const struct gpr_file *gpr)
{
    struct vcpu_state *state = percpus[0].state_window;

    state->gpr = *gpr;
    machine_set_vmcs(VMCS_EXIT_REASON, reason);
    /* The event of the last entry was delivered. */
    machine_set_vmcs(VMCS_ENTRY_INTERRUPTION_INFO,
                     machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO) & ~(uint64_t)INTERRUPTION_VALID);
    exit_dispatch();
}

void machine_entry_refused(uint64_t error)
{
    machine_set_vmcs(VMCS_INSTRUCTION_ERROR, error);
    exit_entry_refused();
}
