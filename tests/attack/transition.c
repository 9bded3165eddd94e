/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state against every call through real VMCALLs (tests/transition/transition.h), by a manager, its user mode and a guest: the
 * guest is a puppet that does what the reply to its port access says.
 */
#include "tests/transition/transition.h"

#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "lib/memory.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_user.h"

#define FRAME      4096u
#define WORDS      (FRAME / 8u)
#define VECTOR_UD  6u
#define VECTOR_PF  14u
#define VECTOR_VE  20u
#define SLICE      200000000u
#define SLICE_SPIN 4000u
#define GUARD      64u  /* frames before the model's, nobody's to give */
#define GROUND     256u /* the model's */
#define ASK_MASK   TDVMCALL_MASK_ALLOWED

/* The puppet's pages, and what stands in them. */
enum { PAGE_CODE, PAGE_IDT, PAGE_STACK, PAGE_PML4, PAGE_PDPT, PAGE_PRIVATE, PAGE_SHARED, PAGES };
#define PUPPET_GFN    0x300u
#define PUPPET_AT(p)  ((PUPPET_GFN + (p)) * (uint64_t)FRAME)
#define SHARED_LINEAR 0x40000000ull
#define PRESENT_WRITE 3u
#define LARGE         0x80u
#define STUB_BYTES    8u

/* What it is told, in RBX; operands in RSI, RDI, R8, R9, R15; it answers in RSI, RDI, R8. */
enum order { ORDER_TDCALL = 1, ORDER_TOUCH, ORDER_VMCALL, ORDER_SPIN, ORDER_DIE };

extern const uint8_t puppet[], puppet_gdt[], puppet_stubs[], puppet_end[];
__asm__("    .pushsection .rodata\n"
        "puppet:\n"
        "    lgdt puppet_gdtr(%rip)\n"
        "    lidt puppet_idtr(%rip)\n"
        "    jmp 2f\n"
        "1:  movl $0x302ff0, %esp\n" /* the end of PAGE_STACK */
        "2:  xorl %eax, %eax\n"      /* TDG.VP.VMCALL: 4 bytes out to port 0x500 */
        "    movl $0xffcc, %ecx\n"
        "    xorl %r10d, %r10d\n"
        "    movl $30, %r11d\n"
        "    movl $4, %r12d\n"
        "    movl $1, %r13d\n"
        "    movl $0x500, %r14d\n"
        "    .byte 0x66, 0x0f, 0x01, 0xcc\n"
        "    movl $0x302ff0, %esp\n"
        "    cmpq $1, %rbx\n"
        "    je 3f\n"
        "    cmpq $2, %rbx\n"
        "    je 4f\n"
        "    cmpq $3, %rbx\n"
        "    je 5f\n"
        "    cmpq $4, %rbx\n"
        "    je 6f\n"
        "    lidt puppet_none(%rip)\n"
        "    ud2\n"
        "3:  movq %rsi, %rax\n"
        "    movq %rdi, %rcx\n"
        "    xorl %r10d, %r10d\n"
        "    movq %r8, %r11\n"
        "    movq %r9, %r12\n"
        "    movq %r15, %r13\n"
        "    .byte 0x66, 0x0f, 0x01, 0xcc\n"
        "    movq %rax, %rsi\n"
        "    movq %r10, %rdi\n"
        "    movq %r11, %r8\n"
        "    jmp 1b\n"
        "4:  movq (%rsi), %rdi\n"
        "    cmpq %rdi, 4088(%rsi)\n"
        "    je 7f\n"
        "    notq %rdi\n"
        "7:  movq %r8, (%rsi)\n"
        "    movq %r8, 4088(%rsi)\n"
        "    movl $0xff, %esi\n"
        "    jmp 1b\n"
        "5:  movq %rsi, %rax\n"
        "    movq %rdi, %rcx\n"
        "    movq %r9, %rsi\n"
        "    movq %r15, %rdx\n"
        "    vmcall\n"
        "    movl $0xff, %esi\n"
        "    jmp 1b\n"
        "6:  movl $5000, %ecx\n"
        "8:  pause\n"
        "    decl %ecx\n"
        "    jnz 8b\n"
        "    jmp 1b\n"
        /* A fault ends the order: its vector in RSI; the information of a #VE is taken. */
        "9:  popq %rsi\n"
        "    cmpl $20, %esi\n"
        "    jne 1b\n"
        "    movl $3, %eax\n"
        "    .byte 0x66, 0x0f, 0x01, 0xcc\n"
        "    jmp 1b\n"
        "    .balign 8\n"
        "puppet_stubs:\n"
        "    .set puppet_vector, 0\n"
        "    .rept 32\n"
        "    .balign 8\n"
        "    pushq $puppet_vector\n"
        "    jmp 9b\n"
        "    .set puppet_vector, puppet_vector + 1\n"
        "    .endr\n"
        "    .balign 8\n"
        "puppet_gdt: .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff\n"
        "puppet_gdtr: .word 23\n"
        "    .quad 0x300000 + puppet_gdt - puppet\n"
        "puppet_idtr: .word 511\n"
        "    .quad 0x301000\n"
        "puppet_none: .word 0\n"
        "    .quad 0\n"
        "puppet_end:\n"
        "    .popsection\n");

static struct model model;
static struct transition_place place;
static struct tiny_run run;
static uint32_t running_guest; /* of the model, or MODEL_NO_GUEST */
static uint64_t halted;        /* a vCPU that is, or 0 */
static uint64_t next_word = 0x1000001;
static bool changed; /* since all was compared */

/* --- what is wrong ---------------------------------------------------------------------------------------- */

_Noreturn void step_fails(const char *what)
{
    tiny_text("FAIL in state \"");
    tiny_text(transition_state);
    tiny_text("\": ");
    tiny_text(what);
    tiny_text("\r\n");
    tiny_check("every state and call", false);
    tiny_end();
}

static void same(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted) {
        tiny_text("  got ");
        tiny_hex(got);
        tiny_text(", wanted ");
        tiny_hex(wanted);
        tiny_text("\r\n");
        step_fails(what);
    }
}

static void agrees(bool right)
{
    if (!right) {
        same(model.complaint, model.got, model.wanted);
        step_fails(model.complaint);
    }
}

/* --- memory ---------------------------------------------------------------------------------------------------- */

static void compare_frame(uint64_t hfn)
{
    const uint32_t at = model_manager_reaches(&model, hfn);
    const uint64_t *page = tiny_at(hfn);
    uint64_t word;
    const uint32_t fault = tiny_try_read((uint64_t)page, &word);

    if (model_is_being_swept(&model, hfn - model.first)) {
        return;
    }
    same("the manager's reach is not the model's", fault, at == MODEL_NO_FRAME ? VECTOR_PF : TINY_NO_FAULT);
    if (at != MODEL_NO_FRAME) {
        agrees(model_read(&model, at, word));
        agrees(!model.frame[at].known || model_read(&model, at, page[WORDS - 1]));
    }
}

static void compare_all(void)
{
    for (uint64_t f = 0; f < model.count; f++) {
        compare_frame(model.first + f);
    }
    changed = false;
}

/* After what changed nothing a few frames: what changed all the same is seen when all are compared. */
static void compare_some(void)
{
    const uint64_t some[] = {place.first,
                             place.first + 3,
                             place.first + TRANSITION_FRAMES - 1,
                             place.first + TRANSITION_FRAMES,
                             place.neighbour,
                             place.other};

    for (uint32_t n = 0; n < sizeof(some) / sizeof(some[0]); n++) {
        compare_frame(some[n]);
    }
}

static void fill(uint32_t at)
{
    uint64_t *page = tiny_at(model.first + at);

    page[0] = next_word;
    page[WORDS - 1] = next_word;
    model_wrote(&model, at, next_word++);
}

static void gate(uint64_t *idt, uint32_t vector)
{
    const uint64_t stub = PUPPET_AT(PAGE_CODE) + (uint64_t)(puppet_stubs - puppet) + vector * STUB_BYTES;

    idt[2 * vector] = (stub & 0xffff) | 8u << 16 | 0x8e00ull << 32 | (stub >> 16) << 48;
    idt[2 * vector + 1] = 0;
}

static void make_puppet(void)
{
    uint64_t *page[PAGES];

    for (uint32_t n = 0; n < PAGES; n++) {
        page[n] = tiny_at(place.system + n);
        memset(page[n], 0, FRAME);
    }
    memcpy(page[PAGE_CODE], puppet, (uint64_t)(puppet_end - puppet));
    for (uint32_t vector = 0; vector < 32; vector++) {
        gate(page[PAGE_IDT], vector);
    }
    page[PAGE_PML4][0] = PUPPET_AT(PAGE_PDPT) | PRESENT_WRITE;
    page[PAGE_PDPT][0] = PUPPET_AT(PAGE_PRIVATE) | PRESENT_WRITE;
    page[PAGE_PDPT][SHARED_LINEAR >> 30] = PUPPET_AT(PAGE_SHARED) | PRESENT_WRITE;
    for (uint64_t n = 0; n < 4; n++) {
        page[PAGE_PRIVATE][n] = n << 21 | PRESENT_WRITE | LARGE;
        page[PAGE_SHARED][n] = model.shared_bit | n << 21 | PRESENT_WRITE | LARGE;
    }
}

/* --- the manager ------------------------------------------------------------------------------------------- */

static void changes(uint64_t status)
{
    changed = changed || status == STATUS_OK || status == STATUS_RETRY;
}

uint64_t step_call(const struct model_call *call, uint64_t *value)
{
    const uint64_t *a = call->argument;
    const struct tiny_answer answer = tiny_call(call->number, a[0], a[1], a[2], a[3], a[4]);

    *value = answer.value;
    agrees(model_hypercall(&model, call, answer.status, answer.value));
    changes(answer.status);
    if (answer.status == STATUS_OK && call->number == HYPERCALL_VCPU_INTERRUPT && a[0] == halted) {
        halted = 0;
    }
    return answer.status;
}

void step_user_call(const struct model_call *call)
{
    const uint64_t *a = call->argument;
    const uint64_t of[7] = {call->number, a[0], a[1], a[2], a[3], a[4], a[0]};

    same("user mode's hypercall is not #UD", tiny_user_vmcall(of), VECTOR_UD);
    compare_some();
}

static void end_of(uint64_t id)
{
    struct model_call call = {HYPERCALL_PARTITION_DESTROY, {id}};
    uint64_t value;

    if (model.guest[model_guest_of(&model, id)].life != MODEL_DESTROYING) {
        step_call(&call, &value);
    }
    call.number = HYPERCALL_FRAME_RECLAIM;
    while (step_call(&call, &value) == STATUS_RETRY) {
    }
}

void step_start(void)
{
    if (changed) {
        compare_all();
    }
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        if (model.guest[g].life != MODEL_ABSENT) {
            end_of(model.guest[g].id);
        }
    }
    running_guest = MODEL_NO_GUEST;
    halted = 0;
    compare_all();
    for (uint32_t n = 0; n < TRANSITION_FRAMES + 1; n++) {
        fill((uint32_t)(place.first - model.first) + n);
    }
    make_puppet();
    for (uint32_t n = 0; n < PAGES; n++) {
        model.frame[place.system - model.first + n].known = false;
    }
}

void step_compare(void)
{
    if (changed) {
        compare_all();
    } else {
        compare_some();
    }
}

/* --- the guest ------------------------------------------------------------------------------------------------- */

static bool asks(void)
{
    return run.status == STATUS_OK && tiny_run_kind(&run) == RUN_GUEST_CALL &&
           run.exit >> RUN_EXIT_REGISTERS_SHIFT == ASK_MASK && run.reg[GUEST_R14] == 0x500;
}

bool step_run(uint64_t vcpu)
{
    const bool may = model_may_run(&model, vcpu);

    memset(&run, 0, sizeof(run));
    run.vcpu = vcpu;
    run.slice = SLICE;
    run.reg[GUEST_RBX] = ORDER_SPIN; /* where it waits for an answer */
    tiny_vcpu_run(&run);
    if (may && vcpu == halted) {
        same("a halted vCPU is entered", run.status << 8 | tiny_run_kind(&run), RUN_HALTED);
        return false;
    }
    if (may) {
        model_vcpu_of(&model, vcpu, &running_guest);
        same("a vCPU does not run that may", asks(), true);
        return true;
    }
    agrees(model_run_refused(&model, vcpu, run.status,
                             run.status == STATUS_OK && tiny_run_kind(&run) == RUN_KILLED));
    return false;
}

static void tell(enum order order, uint64_t rsi, uint64_t rdi)
{
    const uint64_t vcpu = run.vcpu;
    const uint64_t r8 = run.reg[GUEST_R8];
    const uint64_t r9 = run.reg[GUEST_R9];
    const uint64_t r15 = run.reg[GUEST_R15];

    memset(&run, 0, sizeof(run));
    run.vcpu = vcpu;
    run.slice = order == ORDER_SPIN ? SLICE_SPIN : SLICE;
    run.reg[GUEST_RBX] = order;
    run.reg[GUEST_RSI] = rsi;
    run.reg[GUEST_RDI] = rdi;
    run.reg[GUEST_R8] = r8;
    run.reg[GUEST_R9] = r9;
    run.reg[GUEST_R15] = r15;
    tiny_vcpu_run(&run);
}

/* It obeys, and asks for the next order. */
static void order(enum order what, uint64_t rsi, uint64_t rdi, uint64_t r8, uint64_t r9, uint64_t r15)
{
    run.reg[GUEST_R8] = r8;
    run.reg[GUEST_R9] = r9;
    run.reg[GUEST_R15] = r15;
    tell(what, rsi, rdi);
    same("the guest does not go on", asks(), true);
}

/* The guest's reach of a page is the model's, and it finds there what it may.  A private page that is absent would end it. */
static void compare_page(uint64_t gfn, bool shared)
{
    const uint32_t at = model_guest_reaches(&model, running_guest, gfn, shared);
    const uint64_t word = next_word++;

    if (at == MODEL_NO_FRAME && !shared) {
        return;
    }
    order(ORDER_TOUCH, gfn * FRAME + (shared ? SHARED_LINEAR : 0), 0, word, 0, 0);
    same("a guest's reach is not the model's", run.reg[GUEST_RSI],
         at == MODEL_NO_FRAME ? VECTOR_VE : TINY_NO_FAULT);
    if (at != MODEL_NO_FRAME) {
        agrees(model_read(&model, at, run.reg[GUEST_RDI]));
        model_wrote(&model, at, word);
    }
}

static void compare_pages(uint64_t start)
{
    const uint64_t gfn = (start & ~model.shared_bit) / FRAME;
    const uint64_t pages[] = {
        gfn, gfn + 1, gfn + FRAME_BATCH_MAX - 1, gfn + FRAME_BATCH_MAX, 3, TRANSITION_FRAMES - 1};

    for (uint32_t n = 0; n < sizeof(pages) / sizeof(pages[0]); n++) {
        for (uint32_t shared = 0; shared < 2 && pages[n] < 2 * TRANSITION_FRAMES; shared++) {
            compare_page(pages[n], shared != 0);
        }
    }
}

void step_map(uint64_t start, uint64_t bytes)
{
    order(ORDER_TDCALL, TDG_VP_VMCALL, 0xfc00, TDVMCALL_MAP_GPA, start, bytes);
    same("MapGPA is no TDCALL", run.reg[GUEST_RSI], TDX_SUCCESS);
    agrees(model_map_gpa(&model, running_guest, start, bytes, run.reg[GUEST_RDI], run.reg[GUEST_R8]));
    changed = true;
    compare_pages(start);
}

void step_accept(uint64_t operand)
{
    order(ORDER_TDCALL, TDG_MEM_PAGE_ACCEPT, operand, 0, 0, 0);
    agrees(model_accept(&model, running_guest, operand, run.reg[GUEST_RSI]));
}

void step_guest_hypercall(const struct model_call *call)
{
    const uint64_t *a = call->argument;

    order(ORDER_VMCALL, call->number, a[0], a[4], a[1], a[2]);
    same("a guest's hypercall is not #UD", run.reg[GUEST_RSI], VECTOR_UD);
    changed = true;
}

/* It asks already. */
void step_wait(void)
{
    running_guest = MODEL_NO_GUEST;
}

void step_halt(void)
{
    halted = run.vcpu;
    run.reg[GUEST_R8] = TDVMCALL_HLT;
    run.reg[GUEST_R9] = 0;
    run.reg[GUEST_R15] = 0;
    tell(ORDER_TDCALL, TDG_VP_VMCALL, 0x1c00);
    same("it does not halt", run.status << 8 | tiny_run_kind(&run), RUN_HALTED);
    running_guest = MODEL_NO_GUEST;
}

void step_interrupt(void)
{
    tell(ORDER_SPIN, 0, 0);
    same("the end of its slice does not end its run", run.status << 8 | tiny_run_kind(&run), RUN_INTERRUPTED);
    running_guest = MODEL_NO_GUEST;
}

void step_triple_fault(void)
{
    const uint32_t guest = running_guest;

    tell(ORDER_DIE, 0, 0);
    same("a triple fault is survived", run.status << 8 | tiny_run_kind(&run), RUN_KILLED);
    model_killed(&model, guest);
    running_guest = MODEL_NO_GUEST;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

/* The frames before the model's are another guest's, for the whole time. */
static bool guard(void)
{
    const uint64_t frames = tiny_frames(GUARD);
    const uint64_t id = tiny_call(HYPERCALL_PARTITION_CREATE, GUARD, 1, 0, 0, 0).value;
    uint64_t status = STATUS_OK;

    for (uint32_t n = 0; n < GUARD && status == STATUS_OK; n += FRAME_BATCH_MAX) {
        status = tiny_call(HYPERCALL_FRAME_DONATE, id, n, frames + n, FRAME_BATCH_MAX, 0).status;
    }
    return status == STATUS_OK;
}

static uint64_t not_the_managers(const struct boot_info *boot)
{
    uint64_t hfn = 256;

    for (uint32_t n = 0; n < boot->range_count; n++) {
        if (hfn >= boot->ranges[n].first && hfn < boot->ranges[n].first + boot->ranges[n].count) {
            hfn = boot->ranges[n].first + boot->ranges[n].count;
        }
    }
    return hfn;
}

static void find_place(const struct boot_info *boot)
{
    model.count = GROUND;
    model.first = tiny_frames(GROUND);
    model.limit = tiny_call(HYPERCALL_INFO, INFO_FRAMES_LIMIT, 0, 0, 0, 0).value;
    model.shared_bit = 1ull << tiny_call(HYPERCALL_INFO, INFO_SHARED_BIT, 0, 0, 0, 0).value;
    model.vcpus_max = 512;
    model.room = 8;
    model_init(&model);
    place = (struct transition_place){
        .first = model.first + 8,
        .neighbour = model.first + 100,
        .other = model.first + 150,
        .below = model.first - 1,
        .last = model.first - 1, /* above the model's may be the boot information */
        .core = not_the_managers(boot),
        .limit = model.limit,
        .shared_gfn = model.shared_bit / FRAME,
        .slots = 256,
        .system = model.first + 200,
        .system_gfn = PUPPET_GFN,
        .system_count = PAGES,
        .rip = PUPPET_AT(PAGE_CODE),
        .cr3 = PUPPET_AT(PAGE_PML4),
    };
}

void tiny_main(const struct boot_info *boot)
{
    find_place(boot);
    tiny_check("the frames before are a guest's", guard());
    tiny_user_init();
    transition_all(&place);
    tiny_text("TABLE machine, every state and call|");
    tiny_decimal(transition_counts.passed);
    tiny_text("|");
    tiny_decimal(transition_counts.calls);
    tiny_text("|");
    tiny_decimal(transition_counts.refused);
    tiny_text("|0\r\n");
    tiny_check("every state and call", true);
}
