/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event at every instruction of the world switch and around it, one distance after the other: the manager's timer while it
 * runs a guest; NMIs, which the core sends to the other CPU for an interrupt or a shootdown while a guest is run there; NMIs one upon the
 * other.  No event is lost, no register is seen or changed, the core lives.
 */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"
#include "tests/tiny/tiny_trap.h"

#define VECTOR_PF         14u
#define TIMER_VECTOR      0x40u
#define GUEST_VECTOR      0x51u
#define MSR_LVT_TIMER     0x832u
#define MSR_INITIAL_COUNT 0x838u
#define MSR_DIVIDE        0x83eu
#define DIVIDE_BY_1       0xbu
#define LONG              0x10000000u
#define PATIENCE          2000000u /* ticks after which an event counts as lost */
#define DISTANCES         2400u    /* instructions: a switch to the guest and back, and some of the guest */
#define GUEST_TURNS       200u
#define STORM             5000u
#define SHIFT_BAD         32u

static void open_interrupts(void)
{
    __asm__ volatile("sti\n\tnop\n\tcli" ::: "memory");
}

/* --- in the guest ------------------------------------------------------------------------------------------ */

#define PATTERN "0x1f2e3d4c5b6a7"
#define FILL                                                                                                 \
    "movabsq $" PATTERN "903, %rbx\n\tmovabsq $" PATTERN "902, %rdx\n\tmovabsq $" PATTERN                    \
    "905, %rbp\n\tmovabsq $" PATTERN "906, %rsi\n\tmovabsq $" PATTERN "907, %rdi\n\tmovabsq $" PATTERN       \
    "908, %r8\n\tmovabsq $" PATTERN "909, %r9\n\tmovabsq $" PATTERN "90a, %r10\n\tmovabsq $" PATTERN         \
    "90b, %r11\n\tmovabsq $" PATTERN "90c, %r12\n\tmovabsq $" PATTERN "90d, %r13\n\tmovabsq $" PATTERN       \
    "90e, %r14\n\tmovabsq $" PATTERN "90f, %r15\n\t"
#define CHECK(number, reg) "movabsq $" PATTERN number ", %rcx\n\txorq %rcx, " reg "\n\torq " reg ", %rax\n\t"

/* Spins with all registers full: uint64_t filled_while(const volatile uint64_t *at, uint64_t is), as long as *at is that;
 * uint64_t filled_for(uint64_t turns).  They return 0 if no register has changed. */
uint64_t filled_while(const volatile uint64_t *at, uint64_t is);
uint64_t filled_for(uint64_t turns);
#define SAVE "pushq %rbx\n\tpushq %rbp\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
__asm__("filled_while:\n\t" SAVE "movq %rdi, %rcx\n\tmovq %rsi, %rax\n\t" FILL
        "1:\tpause\n\tcmpq %rax, (%rcx)\n\tje 1b\n\tjmp filled_check\n"
        "filled_for:\n\t" SAVE "movq %rdi, %rcx\n\t" FILL "1:\tpause\n\tdecq %rcx\n\tjnz 1b\n"
        "filled_check:\n\txorl %eax, %eax\n\t" CHECK("903", "%rbx") CHECK("902", "%rdx") CHECK("905", "%rbp")
            CHECK("906", "%rsi") CHECK("907", "%rdi") CHECK("908", "%r8") CHECK("909", "%r9")
                CHECK("90a", "%r10") CHECK("90b", "%r11") CHECK("90c", "%r12") CHECK("90d", "%r13")
                    CHECK("90e", "%r14") CHECK("90f", "%r15") "popq %r15\n\tpopq %r14\n\tpopq %r13\n\t"
                                                              "popq %r12\n\tpopq %rbp\n\tpopq %rbx\n\tret\n");

/* Says how often it was here, and how often that was wrong. */
static void spins_and_says(void)
{
    uint64_t bad = 0;

    /* Bochs keeps an interrupt that ends the run for as long as the guest has interrupts off. */
    __asm__ volatile("sti");
    for (uint64_t n = 0;; n++) {
        guest_say(n | bad << SHIFT_BAD);
        bad += filled_for(GUEST_TURNS) != 0;
    }
}

/* The same at each interrupt: between two it never exits by itself. */
static void says_at_interrupts(void)
{
    uint64_t bad = 0;

    tiny_interrupts = 0; /* of the manager, whose image this is a copy of */
    __asm__ volatile("sti");
    for (uint64_t n = 0;; n++) {
        guest_say(n | bad << SHIFT_BAD);
        bad += filled_while(&tiny_interrupts, n) != 0;
    }
}

/* The same where it halts between two.  It asks with interrupts off: one that comes then ends the halt. */
static void halts_for_interrupts(void)
{
    tiny_interrupts = 0;
    for (uint64_t n = 0;; n++) {
        guest_say(n);
        while (tiny_interrupts == n) {
            guest_halt();
            open_interrupts();
        }
    }
}

/* --- distances --------------------------------------------------------------------------------------------- */

/* `count` instructions, at most DISTANCES. */
void wait_for(uint64_t count);
__asm__("    .set DISTANCES, 2400\n"
        "wait_for:\n\tleaq nops_end(%rip), %rax\n\tsubq %rdi, %rax\n\tjmp *%rax\n"
        "    .fill DISTANCES, 1, 0x90\n"
        "nops_end:\n\tret\n");
_Static_assert(DISTANCES == 2400, "the number of NOPs");

/* --- the timer -------------------------------------------------------------------------------------------- */

/* A run that was interrupted says nothing of the guest. */
static uint64_t disclosed(const struct tiny_run *run)
{
    uint64_t all = run->exit >> RUN_EXIT_REGISTERS_SHIFT;

    for (uint32_t n = GUEST_RDX; n < 16; n++) {
        all |= n == GUEST_RSP || n == GUEST_RBP ? 0 : run->reg[n];
    }
    return all;
}

static struct {
    uint64_t interrupted, lost, seen, wrong;
} timer;

/* The timer comes after `distance` ticks, the guest is run, and then goes on until it says `next`. */
static bool timer_at(struct tiny_run *run, uint64_t distance, uint64_t next)
{
    const uint64_t before = tiny_interrupts;
    uint64_t said = 0;

    tiny_try_wrmsr(MSR_INITIAL_COUNT, distance + 1);
    tiny_vcpu_run(run);
    if (run->status == STATUS_OK && tiny_run_kind(run) == RUN_INTERRUPTED) {
        timer.interrupted++;
        timer.seen += disclosed(run) != 0;
    }
    for (uint64_t end = tiny_rdtsc() + PATIENCE; tiny_interrupts == before && tiny_rdtsc() < end;) {
        open_interrupts();
    }
    timer.lost += tiny_interrupts != before + 1;
    if (run->status == STATUS_OK && tiny_run_kind(run) == RUN_GUEST_CALL) {
        said = run->reg[GUEST_R15];
        run->reg[GUEST_R10] = TDVMCALL_SUCCESS;
    } else if (!tiny_guest_run(run, 100, &said)) {
        return false;
    }
    timer.wrong += said != next;
    return true;
}

static void timer_everywhere(void)
{
    struct tiny_guest guest;
    struct tiny_run run = {.slice = LONG};
    uint64_t n = 0;

    if (!tiny_guest_make(&guest, spins_and_says)) {
        tiny_check("a guest", false);
        return;
    }
    run.vcpu = guest.vcpu;
    tiny_try_wrmsr(MSR_LVT_TIMER, TIMER_VECTOR);
    tiny_try_wrmsr(MSR_DIVIDE, DIVIDE_BY_1);
    while (n < DISTANCES && timer_at(&run, n, n)) {
        n++;
    }
    tiny_check_equal("the timer at every distance", n, DISTANCES);
    tiny_text("  runs interrupted: ");
    tiny_decimal(timer.interrupted);
    tiny_text("\r\n");
    tiny_check("some before the guest says something, some after it",
               timer.interrupted > 500 && timer.interrupted < DISTANCES);
    tiny_check_equal("interrupts of the timer lost, or too many", timer.lost, 0);
    tiny_check_equal("interrupted runs that disclose something", timer.seen, 0);
    tiny_check_equal("wrong counts or registers of the guest", timer.wrong, 0);
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}

/* --- the other CPU ---------------------------------------------------------------------------------------- */

static struct tiny_run other_run;
static volatile uint64_t runs;      /* 1: CPU 1 is to run other_run until it is refused */
static volatile uint64_t says;      /* how often the guest has said something there */
static volatile uint64_t what;      /* and what it said last */
static volatile uint64_t revealing; /* ends of its runs that disclosed something and must not */
static volatile uint64_t wakes;     /* interrupts requested, for a guest that halts */

static void halted(uint64_t after)
{
    while (wakes == after && runs != 0) {
        tiny_pause();
    }
}

static void run_on(void)
{
    for (;;) {
        const uint64_t before = wakes;

        tiny_vcpu_run(&other_run);
        if (other_run.status != STATUS_OK || tiny_run_kind(&other_run) == RUN_KILLED) {
            return;
        }
        if (tiny_run_kind(&other_run) == RUN_GUEST_CALL) {
            what = other_run.reg[GUEST_R15];
            other_run.reg[GUEST_R10] = TDVMCALL_SUCCESS;
            says++;
        } else if (tiny_run_kind(&other_run) == RUN_HALTED) {
            halted(before);
        } else {
            revealing += disclosed(&other_run) != 0;
        }
    }
}

static void other_cpu(uint32_t cpu)
{
    for (;;) {
        if (runs != 0) {
            run_on();
            runs = 0;
        }
        __asm__ volatile("sti; pause; cli" ::: "memory");
    }
}

static bool begin(struct tiny_guest *guest, void (*entry)(void), bool again)
{
    if (!tiny_guest_make_vcpus(guest, entry, 1, again)) {
        tiny_check("a guest", false);
        return false;
    }
    says = 0;
    what = 0;
    other_run = (struct tiny_run){.vcpu = guest->vcpu, .slice = LONG};
    runs = 1;
    return true;
}

static void end(struct tiny_guest *guest)
{
    tiny_check("it is unmade under way", tiny_guest_unmake(guest));
    wakes++;
    while (runs != 0) {
        tiny_pause();
    }
}

/* Has the guest said so much, in time? */
static bool comes_to(uint64_t count)
{
    for (uint64_t until = tiny_rdtsc() + PATIENCE; says < count;) {
        if (tiny_rdtsc() > until) {
            return false;
        }
    }
    return true;
}

static bool interrupt(const struct tiny_guest *guest, uint64_t vector)
{
    const bool done = tiny_call(HYPERCALL_VCPU_INTERRUPT, guest->vcpu, vector, 0, 0, 0).status == STATUS_OK;

    wakes++;
    return done;
}

/* One interrupt after the other, each at another distance from what the guest said last. */
static void interrupts_everywhere(struct tiny_guest *guest, const char *name, void (*entry)(void), bool again)
{
    uint64_t d = 0;

    if (!begin(guest, entry, again)) {
        return;
    }
    while (d < DISTANCES && comes_to(d + 1)) {
        wait_for(d);
        if (!interrupt(guest, GUEST_VECTOR)) {
            break;
        }
        d++;
    }
    tiny_check_equal(name, d, DISTANCES);
    tiny_check("the last one came, too", comes_to(d + 1));
    tiny_check_equal("and its registers were its own", what, d);
    end(guest);
}

/* Frames are given away while the other CPU switches between its guest and the manager. */
static void shootdowns_everywhere(struct tiny_guest *guest)
{
    const uint64_t first = tiny_frames(DISTANCES);
    const uint64_t partition = tiny_call(HYPERCALL_PARTITION_CREATE, DISTANCES, 1, 0, 0, 0).value;
    uint64_t d = 0;
    uint64_t reached = 0;

    if (!begin(guest, spins_and_says, true)) {
        return;
    }
    while (d < DISTANCES && comes_to(says + 1)) {
        wait_for(d);
        if (tiny_call(HYPERCALL_FRAME_DONATE, partition, d, first + d, 1, 0).status != STATUS_OK) {
            break;
        }
        reached += tiny_try_write((uint64_t)tiny_at(first + d), 1) != VECTOR_PF;
        d++;
    }
    tiny_check_equal("shootdowns at every distance", d, DISTANCES);
    tiny_check_equal("frames still reached", reached, 0);
    tiny_check("the guest goes on", comes_to(says + 2));
    tiny_check_equal("and its registers were its own", what >> SHIFT_BAD, 0);
    end(guest);
    tiny_call(HYPERCALL_PARTITION_DESTROY, partition, 0, 0, 0, 0);
    while (tiny_call(HYPERCALL_FRAME_RECLAIM, partition, 0, 0, 0, 0).status == STATUS_RETRY) {
    }
}

/* NMIs as fast as they can be had. */
static void storm(struct tiny_guest *guest)
{
    uint64_t done = 0;

    if (!begin(guest, spins_and_says, true)) {
        return;
    }
    tiny_check("a guest runs", comes_to(2));
    for (uint32_t n = 0; n < STORM; n++) {
        done += interrupt(guest, 32 + n % 64);
    }
    tiny_check_equal("a storm of requests", done, STORM);
    tiny_check("the guest goes on", comes_to(says + 2));
    tiny_check_equal("and its registers were its own", what >> SHIFT_BAD, 0);
    end(guest);
}

void tiny_main(const struct boot_info *info)
{
    static struct tiny_guest guest;

    timer_everywhere();
    tiny_check_equal("CPU 1 starts", tiny_cpu_start(1, other_cpu), STATUS_OK);
    interrupts_everywhere(&guest, "interrupts at every distance from a guest that spins", says_at_interrupts,
                          false);
    interrupts_everywhere(&guest, "interrupts at every distance from a guest that halts",
                          halts_for_interrupts, true);
    shootdowns_everywhere(&guest);
    storm(&guest);
    tiny_check_equal("ends of runs that disclosed something", revealing, 0);
}
