/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/torture/party.h"

#include <stdio.h>
#include <string.h>

#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/percpu.h"
#include "tests/torture/machine.h"
#include "vmx/exit_reason.h"
#include "vmx/vmcs_control.h"
#include "vmx/vmcs_field.h"

#define TAG_SHIFT      48u
#define TAG_FIRST      (HOSTILE_TAG << 8) /* and the vCPU's slot: the high half-word of what a partition holds */
#define NO_SLOT        0xffffffffu
#define GPRS           15u
#define PAGES_OF_GUEST 80u
#define RECENT         8u
#define SAMPLES        3u
#define STEPPING_WAIT  0x400000u
#define ENTRY_FAILURE  0x80000000u
#define VECTOR_UD      6u
#define VECTOR_DF      8u
#define VECTOR_GP      13u
#define VECTOR_PF      14u
#define VECTOR_NMI     2u
#define VECTOR_MC      18u

const char *const party_names[PARTY_RESOURCES] = {
    "hypercalls", "vCPU runs", "guest calls", "page conversions", "memory",
    "ports",      "MSRs",      "interrupts",  "instructions",     "failed entries",
};
struct party_count party_counts[PARTY_RESOURCES];
uint64_t party_entries, party_kills;
char party_last[256];
struct model party_model;

/* What a vCPU left in the CPU when it was there last. */
struct shadow {
    struct gpr_file gpr;
    struct machine cpu;
    uint64_t reply; /* registers its call named, that the manager answers */
    bool halted, kept;
};
static struct shadow shadows[VCPUS_MAX];
static uint64_t running;       /* id of the guest's vCPU that runs */
static uint32_t running_guest; /* of the model, or MODEL_NO_GUEST: the manager runs */

static uint64_t recent[RECENT]; /* frames that were converted or donated last */
static uint32_t recents;

static void note_frame(uint64_t hfn)
{
    recent[recents++ % RECENT] = hfn;
}

/* What the step may do to the guest that makes it. */
static bool may_kill, must_kill;
static uint64_t disclosed; /* registers the guest named */

/* Registers by number, as in TDVMCALL; RSP has none. */
static uint64_t *by_number(struct gpr_file *gpr, uint32_t number)
{
    uint64_t *const at[16] = {&gpr->rax, &gpr->rcx, &gpr->rdx, &gpr->rbx, NULL,      &gpr->rbp,
                              &gpr->rsi, &gpr->rdi, &gpr->r8,  &gpr->r9,  &gpr->r10, &gpr->r11,
                              &gpr->r12, &gpr->r13, &gpr->r14, &gpr->r15};

    return at[number];
}

static struct gpr_file registers_now(void)
{
    return ((struct vcpu_state *)percpus[0].state_window)->gpr;
}

static uint64_t secret(struct hostile *hostile, uint32_t slot)
{
    return (hostile_number(hostile) >> 16) | (uint64_t)(TAG_FIRST + slot) << TAG_SHIFT;
}

static bool is_anothers(uint64_t value, uint32_t slot)
{
    const uint64_t tag = value >> TAG_SHIFT;

    return tag >= TAG_FIRST && tag < TAG_FIRST + VCPUS_MAX && tag != TAG_FIRST + slot;
}

/* The vCPU that runs fills all registers that it can fill by itself. */
static void fill(struct hostile *hostile, struct gpr_file *gpr)
{
    const uint32_t slot = percpus[0].vcpu;
    uint64_t *words = &gpr->r15;

    for (uint32_t n = 0; n < GPRS; n++) {
        words[n] = secret(hostile, slot);
    }
    machine.cr2 = secret(hostile, slot);
    for (uint32_t n = 0; n < 4 && (machine_vmcs(VMCS_PRIMARY_CONTROLS) & PRIMARY_MOV_DR_EXITING) == 0; n++) {
        machine.dr[n] = secret(hostile, slot);
    }
    machine.msr[machine_msr_place(MSR_IA32_KERNEL_GS_BASE)] = secret(hostile, slot);
    machine.msr[machine_msr_place(MSR_IA32_SPEC_CTRL)] = secret(hostile, slot);
    if ((machine.xcr0 & 6) == 6) {
        for (uint32_t n = 0; n < MACHINE_VECTOR_WORDS; n++) {
            machine.vector[n] = secret(hostile, slot);
        }
    }
    ((struct vcpu_state *)percpus[0].state_window)->gpr = *gpr;
    shadows[slot].cpu = machine;
    shadows[slot].kept = true;
}

/* --- what is seen at an entry -------------------------------------------------------------------------- */

static void same(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted) {
        machine_fails(what, got, wanted);
    }
}

static const uint32_t switched_msrs[] = {MSR_IA32_STAR,     MSR_IA32_LSTAR,   MSR_IA32_CSTAR,
                                         MSR_IA32_FMASK,    MSR_IA32_TSC_AUX, MSR_IA32_KERNEL_GS_BASE,
                                         MSR_IA32_SPEC_CTRL};

static void sees_nothing_of_others(uint32_t slot, uint64_t except)
{
    struct gpr_file now = registers_now();

    for (uint32_t n = 0; n < 16; n++) {
        if (n != GUEST_RSP && (except >> n & 1) == 0 && is_anothers(*by_number(&now, n), slot)) {
            machine_fails("a general register holds another's", n, *by_number(&now, n));
        }
    }
    for (uint32_t n = 0; n < MACHINE_VECTOR_WORDS; n++) {
        if ((machine.xcr0 & 6) == 6 && is_anothers(machine.vector[n], slot)) {
            machine_fails("a vector register holds another's", n, machine.vector[n]);
        }
    }
    for (uint32_t n = 0; n < 4; n++) {
        if (is_anothers(machine.dr[n], slot)) {
            machine_fails("a debug register holds another's", n, machine.dr[n]);
        }
    }
    if (is_anothers(machine.cr2, slot)) {
        machine_fails("CR2 holds another's", machine.cr2, slot);
    }
    for (uint32_t n = 0; n < sizeof(switched_msrs) / sizeof(switched_msrs[0]); n++) {
        if (is_anothers(machine.msr[machine_msr_place(switched_msrs[n])], slot)) {
            machine_fails("an MSR holds another's", switched_msrs[n],
                          machine.msr[machine_msr_place(switched_msrs[n])]);
        }
    }
}

/* The vCPU that is entered finds what it left, registers of `but` aside. */
static void finds_its_own(uint32_t slot, uint64_t but)
{
    struct gpr_file now = registers_now();
    struct shadow *left = &shadows[slot];

    if (!left->kept) {
        return;
    }
    for (uint32_t n = 0; n < 16; n++) {
        if (n != GUEST_RSP && (but >> n & 1) == 0) {
            same("a general register is not what its vCPU left", *by_number(&now, n),
                 *by_number(&left->gpr, n));
        }
    }
    same("XCR0 is not what its vCPU left", machine.xcr0, left->cpu.xcr0);
    for (uint32_t n = 0; n < MACHINE_VECTOR_WORDS && (machine.xcr0 & 6) == 6; n++) {
        same("a vector register is not what its vCPU left", machine.vector[n], left->cpu.vector[n]);
    }
    for (uint32_t n = 0; n < 4; n++) {
        same("a debug register is not what its vCPU left", machine.dr[n], left->cpu.dr[n]);
    }
    same("KERNEL_GS_BASE is not what its vCPU left", machine.msr[machine_msr_place(MSR_IA32_KERNEL_GS_BASE)],
         left->cpu.msr[machine_msr_place(MSR_IA32_KERNEL_GS_BASE)]);
    same("SPEC_CTRL is not what its vCPU left", machine.msr[machine_msr_place(MSR_IA32_SPEC_CTRL)],
         left->cpu.msr[machine_msr_place(MSR_IA32_SPEC_CTRL)]);
}

/* What an entry injects: the manager faults of its own making, guests also interrupts that may be. */
static void injects_what_it_may(bool guest)
{
    const uint64_t info = machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO);
    const uint64_t type = info >> INTERRUPTION_TYPE_SHIFT & INTERRUPTION_TYPE_MASK;
    const uint64_t vector = info & INTERRUPTION_VECTOR_MASK;

    if ((info & INTERRUPTION_VALID) == 0) {
        return;
    }
    if (type == INTERRUPTION_EXTERNAL) {
        if (!guest || vector < 16) {
            machine_fails("an interrupt is injected that must not be", info, guest);
        }
    } else if (vector == VECTOR_MC || vector == VECTOR_NMI || vector > 31) {
        machine_fails("an exception is injected that must not be", info, guest);
    }
}

static void fails_by_model(void)
{
    machine_fails(party_model.complaint, party_model.got, party_model.wanted);
}

static uint64_t expected_entry(uint32_t at, bool of_manager, bool shared)
{
    /* Write-back and IPAT; what is lent is not executable, nor what the manager has as data. */
    return (party_model.first + at) << 12 | (shared || of_manager ? 0x73 : 0x77);
}

/* A translation of the partition in slot `partition` is what the model says. */
static void compare_page(uint32_t partition, uint32_t guest, uint64_t gfn, bool shared)
{
    const uint32_t at = guest == MODEL_NO_GUEST ? model_manager_reaches(&party_model, gfn)
                                                : model_guest_reaches(&party_model, guest, gfn, shared);
    uint64_t entry = 0;
    const bool there = machine_walk(partition, gfn + (shared ? MACHINE_SHARED_GFN : 0), &entry);

    if (guest == MODEL_NO_GUEST && model_is_being_swept(&party_model, gfn - party_model.first)) {
        return;
    }
    if (there != (at != MODEL_NO_FRAME)) {
        machine_fails("a partition's reach is not the model's", gfn, entry);
    }
    if (there && (entry & ~0x80ull) != expected_entry(at, guest == MODEL_NO_GUEST, shared)) {
        machine_fails("a translation is not the model's", entry,
                      expected_entry(at, guest == MODEL_NO_GUEST, shared));
    }
}

static void compare_guest_page(uint32_t g, uint64_t gfn)
{
    const struct model_guest *guest = &party_model.guest[g];
    const uint32_t slot = (uint32_t)(guest->id % PARTITIONS_MAX);

    if (guest->life == MODEL_LIVE || guest->life == MODEL_SEALED) {
        compare_page(slot, g, gfn, false);
        compare_page(slot, g, gfn, true);
    }
}

static void compare_manager(void)
{
    for (uint64_t hfn = 0; hfn < MACHINE_LIMIT + 64; hfn++) {
        compare_page(PARTITION_MANAGER, MODEL_NO_GUEST, hfn, false);
    }
}

void party_compare_all(void)
{
    compare_manager();
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        for (uint64_t gfn = 0; gfn < MODEL_PAGES; gfn++) {
            compare_guest_page(g, gfn);
        }
    }
}

static void compare_some(struct hostile *hostile)
{
    for (uint32_t n = 0; n < SAMPLES; n++) {
        compare_page(PARTITION_MANAGER, MODEL_NO_GUEST, hostile_below(hostile, MACHINE_LIMIT + 8), false);
        compare_guest_page((uint32_t)hostile_below(hostile, MODEL_GUESTS),
                           hostile_below(hostile, MODEL_PAGES));
    }
}

/* --- one exit ------------------------------------------------------------------------------------------- */

/* The guest is gone from the CPU, and the manager knows why. */
static void manager_is_back(struct gpr_file manager)
{
    struct gpr_file now = registers_now();
    const uint64_t kind = now.rcx & RUN_EXIT_KIND_MASK;
    const uint64_t named = now.rcx >> RUN_EXIT_REGISTERS_SHIFT & 0xffff;
    struct model_vcpu *vcpu = model_vcpu_of(&party_model, running, &running_guest);
    const bool answers = kind == RUN_GUEST_CALL || kind == RUN_KILLED;

    same("a run that ends is not OK", now.rax, STATUS_OK);
    same("RBP is not the manager's", now.rbp, manager.rbp);
    if ((named & ~disclosed) != 0 || (named != 0 && !answers)) {
        machine_fails("registers are disclosed that the guest did not name", named, disclosed);
    }
    for (uint32_t n = 0; n < 16; n++) {
        const bool said = n == GUEST_RDX || n == GUEST_RSI;

        if (n == GUEST_RSP || n == GUEST_RAX || n == GUEST_RCX || n == GUEST_RBP || (named >> n & 1) != 0) {
            continue;
        }
        if (named != 0 || !said) {
            same("a register not named is not zero", *by_number(&now, n), 0);
        }
    }
    sees_nothing_of_others(percpus[0].vcpu, named);
    finds_its_own(percpus[0].vcpu, 0xffff);
    if (kind == RUN_KILLED) {
        if (!may_kill && !must_kill && !party_model.guest[running_guest].killed) {
            machine_fails("a guest is stopped that did nothing", now.rdx, now.rsi);
        }
        model_killed(&party_model, running_guest);
        party_kills++;
    } else if (must_kill) {
        machine_fails("a guest goes on that must be stopped", kind, now.rdx);
    }
    if (vcpu != NULL) {
        vcpu->waits = kind == RUN_GUEST_CALL;
        vcpu->interrupted = kind == RUN_INTERRUPTED;
    }
    running_guest = MODEL_NO_GUEST;
}

static bool manager_runs(void)
{
    return percpus[0].partition == PARTITION_MANAGER;
}

/* After a step by a guest: it goes on, or the manager is back with what it may know. */
static void after_guest(struct hostile *hostile, uint32_t slot, uint64_t but)
{
    injects_what_it_may(!manager_runs());
    if (manager_runs()) {
        manager_is_back(shadows[percpus[0].vcpu].gpr);
    } else {
        same("another vCPU goes on", percpus[0].vcpu, slot);
        if (must_kill) {
            machine_fails("a guest goes on that must be stopped", slot, 0);
        }
        if (but != 0xffff) {
            struct gpr_file now = registers_now();

            for (uint32_t n = 0; n < 16; n++) {
                if (n != GUEST_RSP && (but >> n & 1) == 0) {
                    same("a register not named has changed", *by_number(&now, n),
                         *by_number(&shadows[slot].gpr, n));
                }
            }
        }
        sees_nothing_of_others(slot, 0);
    }
    compare_some(hostile);
}

/* A step of the guest that runs: `gpr` is in its registers, it exits for `reason`; `but` may change. */
static void guest_exits(struct hostile *hostile, uint32_t reason, const struct gpr_file *gpr, uint64_t but)
{
    const uint32_t slot = percpus[0].vcpu;

    shadows[slot].gpr = *gpr;
    machine_exit(reason, gpr);
    after_guest(hostile, slot, but);
    /* Its slice was over: what the call answered is in its registers when it is entered again. */
    if (manager_runs() && but != 0) {
        shadows[slot].kept = false;
    }
}

/* --- the manager ---------------------------------------------------------------------------------------- */

static void say(const char *what, uint64_t a, uint64_t b, uint64_t c)
{
    snprintf(party_last, sizeof(party_last), "%s %#llx %#llx %#llx", what, (unsigned long long)a,
             (unsigned long long)b, (unsigned long long)c);
}

static void count(enum party_resource resource, bool denied)
{
    party_counts[resource].calls++;
    party_counts[resource].denied += denied;
}

static void put_arguments(struct gpr_file *gpr, const struct model_call *call)
{
    gpr->rax = call->number;
    gpr->rdi = call->argument[0];
    gpr->rsi = call->argument[1];
    gpr->rdx = call->argument[2];
    gpr->r10 = call->argument[3];
    gpr->r8 = call->argument[4];
}

static uint64_t call_with(const struct model_call *call, struct gpr_file gpr, uint64_t *value)
{
    struct gpr_file now;

    snprintf(party_last, sizeof(party_last), "hypercall %#llx (%#llx, %#llx, %#llx, %#llx, %#llx)",
             (unsigned long long)call->number, (unsigned long long)call->argument[0],
             (unsigned long long)call->argument[1], (unsigned long long)call->argument[2],
             (unsigned long long)call->argument[3], (unsigned long long)call->argument[4]);
    put_arguments(&gpr, call);
    machine_exit(EXIT_VMCALL, &gpr);
    now = registers_now();
    if (!manager_runs()) {
        machine_fails("a call enters a guest", percpus[0].partition, 0);
    }
    *value = now.rdx;
    if (!model_hypercall(&party_model, call, now.rax, now.rdx)) {
        fails_by_model();
    }
    for (uint32_t n = 0; n < 16; n++) {
        if (n != GUEST_RSP && n != GUEST_RAX && n != GUEST_RDX) {
            same("a register has changed", *by_number(&now, n), *by_number(&gpr, n));
        }
    }
    injects_what_it_may(false);
    sees_nothing_of_others(percpus[0].vcpu, 0);
    finds_its_own(percpus[0].vcpu, 0xffff);
    count(PARTY_HYPERCALL, now.rax != STATUS_OK && now.rax != STATUS_RETRY);
    return now.rax;
}

/* The new vCPU's slot held somebody before, whose interrupts may have it refused for a while yet. */
static void forget_new(const struct model_call *call, uint64_t status, uint64_t value)
{
    if (call->number == HYPERCALL_VCPU_CREATE && status == STATUS_OK) {
        machine.tsc += STEPPING_WAIT;
        memset(&shadows[value % VCPUS_MAX], 0, sizeof(shadows[0]));
    }
}

static void manager_calls(struct hostile *hostile, const struct gpr_file *gpr)
{
    struct model_call call;
    uint64_t value = 0;
    uint64_t status;

    hostile_hypercall(hostile, &party_model, &call);
    if (call.number == HYPERCALL_FRAME_DONATE) {
        note_frame(call.argument[2]);
    }
    status = call_with(&call, *gpr, &value);
    forget_new(&call, status, value);
    if (status == STATUS_OK && call.number == HYPERCALL_FRAME_RECLAIM) {
        compare_manager();
    }
    compare_some(hostile);
}

static void run_is_refused(uint64_t id, const struct gpr_file *gpr)
{
    struct gpr_file now = registers_now();
    const uint64_t kind = now.rcx & RUN_EXIT_KIND_MASK;
    uint32_t g;
    struct model_vcpu *vcpu = model_vcpu_of(&party_model, id, &g);
    const bool entered = now.rax == STATUS_OK && kind != RUN_KILLED;

    same("RBP is not the manager's", now.rbp, gpr->rbp);
    /* It may run, and has nothing to do, or no time. */
    if (entered && model_may_run(&party_model, id)) {
        if (kind == RUN_HALTED ? !shadows[id % VCPUS_MAX].halted : kind != RUN_INTERRUPTED) {
            machine_fails("a run ends for no reason", kind, id);
        }
        vcpu->interrupted = kind == RUN_INTERRUPTED;
        return;
    }
    if (!model_run_refused(&party_model, id, now.rax, now.rax == STATUS_OK && kind == RUN_KILLED)) {
        fails_by_model();
    }
    if (now.rax % STATUS_OPERAND_UNIT == STATUS_BUSY) {
        machine.tsc += STEPPING_WAIT;
    }
    count(PARTY_RUN, true);
}

static void run_with(struct gpr_file *gpr, uint64_t id, uint64_t slice)
{
    const uint32_t manager = percpus[0].vcpu;
    uint32_t slot;
    uint64_t named;

    gpr->rax = HYPERCALL_VCPU_RUN;
    gpr->rcx = id;
    gpr->rbp = slice;
    say("run", id, gpr->rbp, 0);
    shadows[manager].gpr = *gpr;
    machine_exit(EXIT_VMCALL, gpr);
    injects_what_it_may(!manager_runs());
    if (manager_runs()) {
        run_is_refused(id, gpr);
        sees_nothing_of_others(manager, 0);
        finds_its_own(manager, 0xffff);
        return;
    }
    slot = percpus[0].vcpu;
    count(PARTY_RUN, false);
    party_entries++;
    if (!model_may_run(&party_model, id)) {
        machine_fails("a vCPU runs that must not", id, slot);
    }
    running = id;
    model_vcpu_of(&party_model, id, &running_guest);
    named = shadows[slot].reply;
    shadows[slot].reply = 0;
    shadows[slot].halted = false;
    for (uint32_t n = 0; n < 16; n++) {
        struct gpr_file now = registers_now();

        if (n != GUEST_RSP && (named >> n & 1) != 0) {
            same("a reply is not the manager's", *by_number(&now, n), *by_number(gpr, n));
        }
    }
    /* A vCPU that never ran finds what VCPU_CREATE said: RSI, of the manager's making. */
    sees_nothing_of_others(slot, named | 1u << GUEST_RSI);
    finds_its_own(slot, named);
}

static void manager_runs_vcpu(struct hostile *hostile, struct gpr_file *gpr)
{
    const uint64_t id = hostile_vcpu(hostile, &party_model);

    run_with(gpr, id, hostile_chance(hostile, 80) ? 0 : hostile_below(hostile, 100000));
}

static void manager_touches(struct hostile *hostile, const struct gpr_file *gpr)
{
    const uint64_t hfn = hostile_chance(hostile, 70) ? recent[hostile_below(hostile, RECENT)]
                                                     : hostile_below(hostile, MACHINE_LIMIT + 8);
    const uint32_t at = model_manager_reaches(&party_model, hfn);
    uint64_t reached = 0;
    bool executable;
    bool delivers;
    const bool there = machine_reach(hfn, &reached, &executable);

    say("the manager touches frame", hfn, there, at);
    count(PARTY_MEMORY, !there);
    if (model_is_being_swept(&party_model, hfn - party_model.first)) {
        const struct model_frame *frame = &party_model.frame[hfn - party_model.first];

        /* What was lent stays lent until the sweep comes. */
        if (there && (machine_word(reached) | machine_last_word(reached)) != 0 &&
            !(frame->shared && machine_word(reached) == frame->word)) {
            machine_fails("a frame comes back with its contents", machine_word(reached), hfn);
        }
        return;
    }
    if (there != (at != MODEL_NO_FRAME) || (there && reached != hfn)) {
        machine_fails("the manager reaches what is not its own, or not its own", hfn, reached);
    }
    if (there) {
        if (!model_read(&party_model, at, machine_word(hfn)) ||
            !model_read(&party_model, at, machine_last_word(hfn))) {
            fails_by_model();
        }
        model_wrote(&party_model, at, hostile_number(hostile));
        machine_set_words(hfn, party_model.frame[at].word);
        return;
    }
    machine_set_vmcs(VMCS_GUEST_PHYSICAL_ADDRESS, hfn << 12);
    machine_set_vmcs(VMCS_EXIT_QUALIFICATION, 0x181);
    delivers = hostile_chance(hostile, 10);
    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, delivers ? INTERRUPTION_VALID | 3u << 8 | VECTOR_PF : 0);
    machine_exit(EXIT_EPT_VIOLATION, gpr);
    same("no page fault is raised, or no double fault where one was being delivered",
         machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VECTOR_MASK,
         delivers ? VECTOR_DF : VECTOR_PF);
}

static bool raised(uint32_t vector)
{
    return (machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO) & (INTERRUPTION_VALID | INTERRUPTION_VECTOR_MASK)) ==
           (INTERRUPTION_VALID | vector);
}

static void manager_uses_port(struct hostile *hostile, const struct gpr_file *gpr)
{
    const uint64_t port = hostile_below(hostile, 0x10000);

    say("the manager's port", port, 0, 0);
    machine_set_vmcs(VMCS_EXIT_QUALIFICATION, port << 16 | hostile_below(hostile, 64));
    machine_exit(EXIT_IO_INSTRUCTION, gpr);
    count(PARTY_PORT, raised(VECTOR_GP));
    if (!raised(VECTOR_GP)) {
        machine_fails("a port is not denied", port, 0);
    }
}

static uint64_t some_msr(struct hostile *hostile)
{
    static const uint32_t likely[] = {
        0x10,  0x1b,  0x3a,  0x48,  0x49,       0x79,       0x8b,       0x10a,
        0x10b, 0x174, 0x1a0, 0x1d9, 0x277,      0x2ff,      0x38f,      0x480,
        0x600, 0x6e0, 0x6e1, 0xda0, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000103,
    };

    switch (hostile_below(hostile, 4)) {
    case 0:
        return hostile_below(hostile, 0x2000) | (hostile_chance(hostile, 30) ? 0xc0000000 : 0);
    case 1:
        return 0x800 + hostile_below(hostile, 0x100);
    default:
        return likely[hostile_below(hostile, sizeof(likely) / sizeof(likely[0]))];
    }
}

static void access_msr(struct hostile *hostile, struct gpr_file *gpr)
{
    gpr->rcx = some_msr(hostile);
    gpr->rdx >>= 32; /* so that the value is marked */
    if (hostile_chance(hostile, 60)) {
        gpr->rax = hostile_below(hostile, 0x2000);
        gpr->rdx = hostile_below(hostile, 4);
    }
    machine_set_vmcs(VMCS_EXIT_INSTRUCTION_LENGTH, 2);
}

static void manager_uses_msr(struct hostile *hostile, struct gpr_file *gpr)
{
    const bool writes = hostile_chance(hostile, 60);

    access_msr(hostile, gpr);
    say(writes ? "the manager writes MSR" : "the manager reads MSR", gpr->rcx, gpr->rax, gpr->rdx);
    machine_exit(writes ? EXIT_WRMSR : EXIT_RDMSR, gpr);
    count(PARTY_MSR, raised(VECTOR_GP));
}

/* Exits of instructions that the manager may or may not have. */
static void manager_executes(struct hostile *hostile, struct gpr_file *gpr)
{
    static const uint32_t reasons[] = {
        EXIT_MOV_DR,   EXIT_CPUID,   EXIT_GETSEC,  EXIT_INVD,    EXIT_RDPMC,    EXIT_VMCLEAR,
        EXIT_VMLAUNCH, EXIT_VMPTRLD, EXIT_VMPTRST, EXIT_VMREAD,  EXIT_VMRESUME, EXIT_VMWRITE,
        EXIT_VMXOFF,   EXIT_VMXON,   EXIT_XSETBV,  EXIT_MWAIT,   EXIT_MONITOR,  EXIT_INVEPT,
        EXIT_INVVPID,  EXIT_WBINVD,  EXIT_VMFUNC,  EXIT_ENCLS,   EXIT_TDCALL,   EXIT_INIT,
        EXIT_SIPI,     EXIT_RSM,     EXIT_XSAVES,  EXIT_XRSTORS, EXIT_INVPCID,  EXIT_PREEMPTION_TIMER,
    };
    const uint32_t reason = reasons[hostile_below(hostile, sizeof(reasons) / sizeof(reasons[0]))];

    if (reason == EXIT_XSETBV && hostile_chance(hostile, 70)) {
        gpr->rcx = 0;
        gpr->rax = hostile_below(hostile, 8);
        gpr->rdx = 0;
    }
    say("the manager exits for", reason, gpr->rcx, gpr->rax);
    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, 0);
    machine_set_vmcs(VMCS_EXIT_INSTRUCTION_LENGTH, 3);
    machine_exit(reason, gpr);
    count(PARTY_INSTRUCTION, (machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID) != 0);
}

/* VMCALL in the manager's user mode: nobody there has hypercalls. */
static void call_from_user_mode(struct gpr_file *gpr)
{
    const uint64_t rights = machine_vmcs(VMCS_GUEST_SS_ACCESS_RIGHTS);

    say("the manager calls from user mode", gpr->rax, 0, 0);
    machine_set_vmcs(VMCS_GUEST_SS_ACCESS_RIGHTS, rights | 0x60);
    machine_exit(EXIT_VMCALL, gpr);
    if (!manager_runs() || !raised(VECTOR_UD)) {
        machine_fails("a hypercall from user mode is not #UD", gpr->rax, 0);
    }
    machine_set_vmcs(VMCS_GUEST_SS_ACCESS_RIGHTS, rights);
    count(PARTY_HYPERCALL, true);
}

static void step_of_manager(struct hostile *hostile)
{
    struct gpr_file gpr;
    const uint32_t slot = percpus[0].vcpu;
    const uint64_t kind = hostile_below(hostile, 100);

    fill(hostile, &gpr);
    may_kill = false;
    must_kill = false;
    disclosed = 0;
    if (kind < 45) {
        manager_calls(hostile, &gpr);
        return;
    }
    if (kind < 72) {
        manager_runs_vcpu(hostile, &gpr);
        return;
    }
    if (kind < 88) {
        manager_touches(hostile, &gpr);
    } else if (kind < 92) {
        manager_uses_port(hostile, &gpr);
    } else if (kind < 96) {
        manager_uses_msr(hostile, &gpr);
    } else if (kind < 97) {
        gpr.rax = hostile_below(hostile, 0x100);
        call_from_user_mode(&gpr);
    } else {
        manager_executes(hostile, &gpr);
    }
    if (!manager_runs()) {
        machine_fails("an exit of the manager enters a guest", percpus[0].partition, 0);
    }
    injects_what_it_may(false);
    sees_nothing_of_others(slot, 0);
}

/* --- guests ------------------------------------------------------------------------------------------------ */

static void map_with(struct hostile *hostile, struct gpr_file *gpr, uint64_t start, uint64_t bytes)
{
    const uint32_t guest = running_guest;
    struct gpr_file now;

    gpr->rax = TDG_VP_VMCALL;
    gpr->rcx = 0xfc00;
    gpr->r10 = 0;
    gpr->r11 = TDVMCALL_MAP_GPA;
    gpr->r12 = start;
    gpr->r13 = bytes;
    say("MapGPA", gpr->r12, gpr->r13, running);
    shadows[percpus[0].vcpu].gpr = *gpr;
    machine_exit(EXIT_TDCALL, gpr);
    /* The slice may be over: then what it says is in its registers when it is entered again, which is soon. */
    while (manager_runs()) {
        struct gpr_file again = {.rax = HYPERCALL_VCPU_RUN, .rcx = running};

        machine.tsc += STEPPING_WAIT;
        shadows[percpus[0].vcpu].gpr = again;
        machine_exit(EXIT_VMCALL, &again);
    }
    now = registers_now();
    if (!model_map_gpa(&party_model, guest, gpr->r12, gpr->r13, now.r10, now.r11)) {
        fails_by_model();
    }
    count(PARTY_MAP_GPA, now.r10 == TDVMCALL_INVALID_OPERAND);
    after_guest(hostile, percpus[0].vcpu, 1u << GUEST_RAX | 1u << GUEST_R10 | 1u << GUEST_R11);
}

static void note_pages(uint64_t start)
{
    const uint64_t gfn = (start & ~party_model.shared_bit) >> 12;

    if (running_guest != MODEL_NO_GUEST && gfn < MODEL_PAGES &&
        party_model.guest[running_guest].page[gfn] != MODEL_NO_FRAME) {
        note_frame(party_model.first + party_model.guest[running_guest].page[gfn]);
    }
}

static void guest_maps(struct hostile *hostile, struct gpr_file *gpr)
{
    uint64_t start;
    uint64_t bytes;

    hostile_map(hostile, &party_model, 0, PAGES_OF_GUEST, &start, &bytes);
    note_pages(start);
    map_with(hostile, gpr, start, bytes);
}

static void accept_with(struct hostile *hostile, struct gpr_file *gpr, uint64_t operand)
{
    gpr->rax = TDG_MEM_PAGE_ACCEPT;
    gpr->rcx = operand;
    say("PAGE_ACCEPT", gpr->rcx, running, 0);
    guest_exits(hostile, EXIT_TDCALL, gpr, 1u << GUEST_RAX);
    if (!manager_runs()) {
        struct gpr_file now = registers_now();

        if (!model_accept(&party_model, running_guest, gpr->rcx, now.rax)) {
            fails_by_model();
        }
        count(PARTY_GUEST_CALL, now.rax != TDX_SUCCESS);
    }
}

static void guest_accepts(struct hostile *hostile, struct gpr_file *gpr)
{
    const uint64_t page =
        hostile_below(hostile, PAGES_OF_GUEST + 4) << 12 | (hostile_chance(hostile, 20) ? 1 : 0);

    accept_with(hostile, gpr, hostile_chance(hostile, 10) ? hostile_number(hostile) : page);
}

static uint64_t some_mask(struct hostile *hostile)
{
    return hostile_chance(hostile, 80) ? 0xc00 | (hostile_number(hostile) & TDVMCALL_MASK_ALLOWED)
                                       : hostile_number(hostile) >> hostile_below(hostile, 64);
}

/* TDVMCALL with what is in the registers. */
static void vmcall_with(struct hostile *hostile, struct gpr_file *gpr)
{
    const uint32_t slot = percpus[0].vcpu;
    const bool answered = (gpr->rcx & ~TDVMCALL_MASK_ALLOWED) == 0 && (gpr->rcx & 0xc00) == 0xc00;
    const bool good = answered && gpr->r10 == 0;

    disclosed = good && (gpr->r11 == TDVMCALL_IO || gpr->r11 == TDVMCALL_MMIO ||
                         gpr->r11 == TDVMCALL_REPORT_FATAL_ERROR)
                    ? gpr->rcx
                    : 0;
    must_kill = good && gpr->r11 == TDVMCALL_REPORT_FATAL_ERROR;
    say("TDVMCALL", gpr->r11, gpr->rcx, gpr->r12);
    guest_exits(hostile, EXIT_TDCALL, gpr, 1u << GUEST_RAX | (answered ? gpr->rcx : 0));
    shadows[slot].halted = good && gpr->r11 == TDVMCALL_HLT;
    if (manager_runs()) {
        uint32_t g;
        const struct model_vcpu *vcpu = model_vcpu_of(&party_model, running, &g);

        shadows[slot].reply = vcpu != NULL && vcpu->waits ? gpr->rcx : 0;
        if (shadows[slot].reply != 0) {
            /* Nothing was answered yet but RAX. */
            shadows[slot].gpr.rax = TDX_SUCCESS;
            shadows[slot].kept = true;
        }
        count(PARTY_GUEST_CALL, false);
    } else {
        count(PARTY_GUEST_CALL, !good || registers_now().r10 == TDVMCALL_INVALID_OPERAND);
    }
}

/* Any TDVMCALL but MapGPA, and the end of the guest, seldom. */
static void guest_calls(struct hostile *hostile, struct gpr_file *gpr)
{
    static const uint64_t functions[] = {
        TDVMCALL_CPUID,
        TDVMCALL_HLT,
        TDVMCALL_IO,
        TDVMCALL_IO,
        TDVMCALL_RDMSR,
        TDVMCALL_WRMSR,
        TDVMCALL_MMIO,
        TDVMCALL_MMIO,
        TDVMCALL_GET_INFO,
        TDVMCALL_GET_QUOTE,
        TDVMCALL_IO,
        TDVMCALL_SETUP_EVENT_NOTIFY,
        0,
        65,
        TDVMCALL_MMIO + 1ull,
        1ull << 40,
    };

    gpr->rax = TDG_VP_VMCALL;
    gpr->rcx = some_mask(hostile);
    gpr->r10 = hostile_chance(hostile, 95) ? 0 : hostile_number(hostile);
    gpr->r11 = functions[hostile_below(hostile, 16)];
    if (hostile_below(hostile, 400) == 0) {
        gpr->r11 = TDVMCALL_REPORT_FATAL_ERROR;
    }
    gpr->r12 = gpr->r11 == TDVMCALL_RDMSR || gpr->r11 == TDVMCALL_WRMSR ? some_msr(hostile)
                                                                        : 1ull << hostile_below(hostile, 5);
    gpr->r13 = hostile_chance(hostile, 90) ? hostile_below(hostile, 2) : gpr->r13;
    gpr->r14 = hostile_chance(hostile, 80) ? hostile_below(hostile, 0x10000) |
                                                 (gpr->r11 == TDVMCALL_MMIO ? MACHINE_SHARED_GFN << 12 : 0)
                                           : gpr->r14;
    vmcall_with(hostile, gpr);
}

static void guest_leaf(struct hostile *hostile, struct gpr_file *gpr)
{
    static const uint64_t leaves[] = {
        TDG_VP_INFO,        TDG_MR_RTMR_EXTEND, TDG_VP_VEINFO_GET, TDG_MR_REPORT,
        TDG_VP_CPUIDVE_SET, TDG_VM_RD,          TDG_VM_WR,         9};

    gpr->rax =
        hostile_chance(hostile, 90) ? leaves[hostile_below(hostile, 8)] : hostile_number(hostile) | 1u << 8;
    say("TDCALL leaf", gpr->rax, 0, 0);
    guest_exits(hostile, EXIT_TDCALL, gpr, 0xffff);
    count(PARTY_GUEST_CALL, !manager_runs() && registers_now().rax != TDX_SUCCESS);
}

static void guest_touches(struct hostile *hostile, const struct gpr_file *gpr)
{
    const bool shared = hostile_chance(hostile, 40);
    const uint64_t gfn = hostile_below(hostile, PAGES_OF_GUEST);
    const uint32_t at = model_guest_reaches(&party_model, running_guest, gfn, shared);
    uint64_t hfn = 0;
    bool executable = false;
    bool there;

    /* A private page that is absent ends the guest: seldom. */
    if (at == MODEL_NO_FRAME && !shared && hostile_below(hostile, 100) != 0) {
        return;
    }
    there = machine_reach(gfn + (shared ? MACHINE_SHARED_GFN : 0), &hfn, &executable);
    say("the guest touches page", gfn, shared, hfn);
    count(PARTY_MEMORY, !there);
    if (there != (at != MODEL_NO_FRAME) || (there && hfn != party_model.first + at) ||
        (there && shared && executable)) {
        machine_fails("a guest reaches what is not its own, or not its own", gfn, hfn);
    }
    if (there) {
        if (!model_read(&party_model, at, machine_word(hfn)) ||
            !model_read(&party_model, at, machine_last_word(hfn))) {
            fails_by_model();
        }
        model_wrote(&party_model, at, hostile_number(hostile));
        machine_set_words(hfn, party_model.frame[at].word);
        return;
    }
    must_kill = !shared;
    may_kill = true;
    machine_set_vmcs(VMCS_GUEST_PHYSICAL_ADDRESS, (gfn + (shared ? MACHINE_SHARED_GFN : 0)) << 12);
    machine_set_vmcs(VMCS_EXIT_QUALIFICATION, 0x181);
    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, 0);
    guest_exits(hostile, EXIT_EPT_VIOLATION, gpr, 0);
}

static void guest_is_interrupted(struct hostile *hostile, const struct gpr_file *gpr)
{
    static const uint32_t reasons[] = {EXIT_EXTERNAL_INTERRUPT,
                                       EXIT_EXTERNAL_INTERRUPT,
                                       EXIT_PREEMPTION_TIMER,
                                       EXIT_INTERRUPT_WINDOW,
                                       EXIT_INIT,
                                       EXIT_SIPI};
    const uint32_t reason = reasons[hostile_below(hostile, 6)];

    machine.tsc += hostile_below(hostile, 100000);
    say("the guest is interrupted", reason, running, 0);
    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, 0);
    guest_exits(hostile, reason, gpr, 0);
    count(PARTY_INTERRUPT, false);
}

/* From now on it has debug registers, and fills them. */
static void guest_moves_dr(struct hostile *hostile, const struct gpr_file *gpr)
{
    say("the guest moves DR", running, 0, 0);
    guest_exits(hostile, EXIT_MOV_DR, gpr, 0);
    count(PARTY_INSTRUCTION, false);
}

static void guest_uses_msr(struct hostile *hostile, struct gpr_file *gpr)
{
    const bool writes = hostile_chance(hostile, 70);

    access_msr(hostile, gpr);
    say(writes ? "the guest writes MSR" : "the guest reads MSR", gpr->rcx, gpr->rax, gpr->rdx);
    guest_exits(hostile, writes ? EXIT_WRMSR : EXIT_RDMSR, gpr,
                writes ? 0 : 1u << GUEST_RAX | 1u << GUEST_RDX);
    count(PARTY_MSR,
          !manager_runs() && (machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID) != 0);
}

/* Any exit there is, and some there are not, with anything in the fields that tell more: contained.  NMIs and machine checks are
 * the machine's, not a guest's. */
static void guest_exits_somehow(struct hostile *hostile, struct gpr_file *gpr)
{
    uint32_t reason = (uint32_t)hostile_below(hostile, 80);

    reason = reason == EXIT_TDCALL ? EXIT_CPUID : reason;
    may_kill = true;
    machine_set_vmcs(VMCS_EXIT_QUALIFICATION, hostile_number(hostile) >> hostile_below(hostile, 64));
    machine_set_vmcs(VMCS_EXIT_INTERRUPTION_INFO,
                     INTERRUPTION_VALID | 3u << 8 | (hostile_chance(hostile, 50) ? 1u : 6u));
    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, 0);
    machine_set_vmcs(VMCS_EXIT_INSTRUCTION_LENGTH, 1 + hostile_below(hostile, 15));
    machine_set_vmcs(VMCS_GUEST_PHYSICAL_ADDRESS, hostile_number(hostile) >> 12);
    say("the guest exits for", reason, machine_vmcs(VMCS_EXIT_QUALIFICATION), 0);
    guest_exits(hostile, reason, gpr, 0xffff);
    count(PARTY_INSTRUCTION,
          manager_runs() || (machine_vmcs(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID) != 0);
}

static void entry_fails(struct hostile *hostile, const struct gpr_file *gpr)
{
    static const uint32_t reasons[] = {EXIT_ENTRY_FAILURE_GUEST_STATE, EXIT_ENTRY_FAILURE_MSR_LOADING, 5, 63};
    const uint32_t slot = percpus[0].vcpu;

    must_kill = true;
    say("an entry fails", running, 0, 0);
    count(PARTY_ENTRY_FAILURE, true);
    shadows[slot].gpr = *gpr;
    if (hostile_chance(hostile, 50)) {
        machine_exit(ENTRY_FAILURE | reasons[hostile_below(hostile, 4)], gpr);
    } else {
        ((struct vcpu_state *)percpus[0].state_window)->gpr = *gpr;
        machine_entry_refused(7);
    }
    after_guest(hostile, slot, 0);
}

static void step_of_guest(struct hostile *hostile)
{
    struct gpr_file gpr;
    const uint64_t kind = hostile_below(hostile, 1000);

    fill(hostile, &gpr);
    may_kill = false;
    must_kill = false;
    disclosed = 0;
    if (kind < 300) {
        guest_maps(hostile, &gpr);
    } else if (kind < 350) {
        guest_accepts(hostile, &gpr);
    } else if (kind < 500) {
        guest_calls(hostile, &gpr);
    } else if (kind < 540) {
        guest_leaf(hostile, &gpr);
    } else if (kind < 800) {
        guest_touches(hostile, &gpr);
    } else if (kind < 810) {
        guest_moves_dr(hostile, &gpr);
    } else if (kind < 930) {
        guest_is_interrupted(hostile, &gpr);
    } else if (kind < 970) {
        guest_uses_msr(hostile, &gpr);
    } else if (kind < 997) {
        guest_exits_somehow(hostile, &gpr);
    } else {
        entry_fails(hostile, &gpr);
    }
}

void party_start(void)
{
    memset(shadows, 0, sizeof(shadows));
    memset(recent, 0, sizeof(recent));
    recents = 0;
    machine_boot();
    party_model.first = MACHINE_RAM_FIRST;
    party_model.count = MACHINE_LIMIT - MACHINE_RAM_FIRST;
    party_model.limit = MACHINE_LIMIT;
    party_model.shared_bit = MACHINE_SHARED_GFN << 12;
    party_model.vcpus_max = VCPUS_MAX;
    /* VCPUS_MAX has a gap for MODEL_VCPUS between any two guests and the manager's. */
    party_model.room = 3;
    memset(party_model.guest, 0, sizeof(party_model.guest));
    model_init(&party_model);
    running_guest = MODEL_NO_GUEST;
    snprintf(party_last, sizeof(party_last), "power on");
}

/* Steps that a test chooses: registers are full all the same. */
static struct hostile chosen = {.state = 1};

static struct gpr_file begin(void)
{
    struct gpr_file gpr;

    fill(&chosen, &gpr);
    may_kill = false;
    must_kill = false;
    disclosed = 0;
    return gpr;
}

uint64_t party_call(const struct model_call *call, uint64_t *value)
{
    const struct gpr_file gpr = begin();
    const uint64_t status = call_with(call, gpr, value);

    forget_new(call, status, *value);
    return status;
}

bool party_run(uint64_t id)
{
    struct gpr_file gpr = begin();

    run_with(&gpr, id, 0);
    return !manager_runs();
}

void party_map(uint64_t start, uint64_t bytes)
{
    struct gpr_file gpr = begin();

    map_with(&chosen, &gpr, start, bytes);
}

void party_accept(uint64_t operand)
{
    struct gpr_file gpr = begin();

    accept_with(&chosen, &gpr, operand);
}

void party_user_call(const struct model_call *call)
{
    struct gpr_file gpr = begin();

    put_arguments(&gpr, call);
    call_from_user_mode(&gpr);
}

void party_guest_hypercall(const struct model_call *call)
{
    struct gpr_file gpr = begin();

    put_arguments(&gpr, call);
    gpr.rcx = call->argument[0]; /* VCPU_RUN's */
    say("the guest makes a hypercall", gpr.rax, 0, 0);
    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, 0);
    guest_exits(&chosen, EXIT_VMCALL, &gpr, 0);
    if (manager_runs() || !raised(VECTOR_UD)) {
        machine_fails("a hypercall of a guest is not #UD", gpr.rax, 0);
    }
    count(PARTY_INSTRUCTION, true);
}

static void guest_call_of(uint64_t function)
{
    struct gpr_file gpr = begin();

    gpr.rax = TDG_VP_VMCALL;
    gpr.rcx = 0xfc00;
    gpr.r10 = 0;
    gpr.r11 = function;
    gpr.r12 = function == TDVMCALL_IO ? 4 : 0;
    gpr.r13 = 1;
    gpr.r14 = 0x500;
    vmcall_with(&chosen, &gpr);
    if (!manager_runs()) {
        machine_fails("a guest call is not the manager's to answer", function, 0);
    }
}

void party_wait(void)
{
    guest_call_of(TDVMCALL_IO);
}

void party_halt(void)
{
    guest_call_of(TDVMCALL_HLT);
}

void party_interrupt(void)
{
    const struct gpr_file gpr = begin();

    machine_set_vmcs(VMCS_IDT_VECTORING_INFO, 0);
    machine.tsc += STEPPING_WAIT;
    guest_exits(&chosen, EXIT_EXTERNAL_INTERRUPT, &gpr, 0);
}

void party_triple_fault(void)
{
    const struct gpr_file gpr = begin();

    must_kill = true;
    guest_exits(&chosen, EXIT_TRIPLE_FAULT, &gpr, 0);
}

void party_step(struct hostile *hostile)
{
    if (manager_runs()) {
        step_of_manager(hostile);
    } else {
        step_of_guest(hostile);
    }
}
