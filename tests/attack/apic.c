/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual x2APIC of a guest whose vCPU moves between two CPUs at every word it says: every register of it, interrupts
 * in service and pending, what of it reaches the CPU's own APIC, and what the next guest finds.  For both ways: delivered
 * by the CPU, or by the core (apicv=off). */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define SLICE     0x10000000u
#define VECTOR_GP 13u
#define DONE      1ull /* no check stands in line 0 */

enum msr {
    FIRST = 0x800,
    VERSION = 0x803,
    TPR = 0x808,
    PPR = 0x80a,
    EOI = 0x80b,
    SPURIOUS = 0x80f,
    ISR = 0x810,
    IRR = 0x820,
    ESR = 0x828,
    ICR = 0x830,
    SELF_IPI = 0x83f,
    LAST = 0x8ff,
};
#define SELF              (1u << 18) /* shorthand of the ICR */
#define ASSERT            (1u << 14)
#define ERROR_SEND_VECTOR (1u << 5)

/* A check of the guest's: its place in the source, and whether it held. */
#define SAYS(passed) guest_say((uint64_t)__LINE__ << 1 | ((passed) ? 1u : 0u))

/* Interrupts taken by handlers that leave them in service. */
static volatile uint64_t taken[3];
#define VECTOR(n) (0x31u + (n)*0x10u)

__attribute__((naked)) static void take_0(void)
{
    __asm__ volatile("incq %0\n\tiretq" : "+m"(taken[0]));
}

__attribute__((naked)) static void take_1(void)
{
    __asm__ volatile("incq %0\n\tiretq" : "+m"(taken[1]));
}

__attribute__((naked)) static void take_2(void)
{
    __asm__ volatile("incq %0\n\tiretq" : "+m"(taken[2]));
}

static void lead(uint32_t vector, void (*handler)(void))
{
    const uint64_t to = (uint64_t)handler;
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr;
    volatile uint16_t *gate;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    gate = (uint16_t *)(idtr.base + vector * 16ull);
    gate[0] = (uint16_t)to;
    gate[3] = (uint16_t)(to >> 16);
}

static void leave_in_service(void)
{
    lead(VECTOR(0), take_0);
    lead(VECTOR(1), take_1);
    lead(VECTOR(2), take_2);
}

static uint64_t get(uint32_t msr)
{
    uint64_t value = ~0ull;

    tiny_try_rdmsr(msr, &value);
    return value;
}

static bool set(uint32_t msr, uint64_t value)
{
    return tiny_try_wrmsr(msr, value) == TINY_NO_FAULT;
}

static void open(void)
{
    __asm__ volatile("sti\n\tnop\n\tnop\n\tcli" ::: "memory");
}

/* Is it in this set of eight registers? */
static bool has(uint32_t first, uint32_t vector)
{
    return (get(first + vector / 32) >> vector % 32 & 1) != 0;
}

static bool took(uint64_t first, uint64_t second, uint64_t third)
{
    return taken[0] == first && taken[1] == second && taken[2] == third;
}

static bool is_readable(uint32_t msr)
{
    switch (msr) {
    case 0x802:
    case VERSION:
    case TPR:
    case PPR:
    case 0x80d:
    case SPURIOUS:
    case ICR:
    case 0x83e:
        return true;
    default:
        return (msr >= ISR && msr <= ESR) || (msr >= 0x832 && msr <= 0x839);
    }
}

static bool is_writable(uint32_t msr)
{
    switch (msr) {
    case TPR:
    case EOI:
    case SPURIOUS:
    case ESR:
    case ICR:
    case 0x838:
    case 0x83e:
    case SELF_IPI:
        return true;
    default:
        return msr >= 0x832 && msr <= 0x837;
    }
}

/* Whoever had this vCPU's frames before has left nothing, and there is nothing beside the registers. */
static void every_register(void)
{
    uint64_t left = 0;
    uint32_t wrong = 0;

    for (uint32_t msr = FIRST; msr <= LAST; msr++) {
        uint64_t value = 0;

        wrong += (tiny_try_rdmsr(msr, &value) == TINY_NO_FAULT) != is_readable(msr);
        if (msr == TPR || msr == PPR || (msr >= ISR && msr < ESR)) {
            left |= value;
        }
        wrong += msr != ICR && set(msr, 1ull << 33);
        if (!is_writable(msr)) {
            wrong += set(msr, 0);
        }
    }
    SAYS(wrong == 0);
    SAYS(left == 0);
    SAYS(!set(TPR, 0x100) && !set(EOI, 1) && !set(SELF_IPI, 0x100));
    SAYS(get(VERSION) == 0x50014);
}

/* All of it beside what the vCPU has been through in between: each SAYS has it go on on the other CPU. */
static void priorities(void)
{
    SAYS(set(SELF_IPI, VECTOR(1)) && set(ICR, SELF | VECTOR(2)) && set(SELF_IPI, VECTOR(0)));
    SAYS(has(IRR, VECTOR(0)) && has(IRR, VECTOR(1)) && has(IRR, VECTOR(2)) && took(0, 0, 0));
    set(TPR, VECTOR(1) & 0xf0);
    open();
    SAYS(took(0, 0, 1) && has(ISR, VECTOR(2)) && !has(IRR, VECTOR(2)));
    SAYS(get(PPR) == 0x50);
    __asm__ volatile("mov %0, %%cr8" ::"r"(0ull));
    SAYS(get(TPR) == 0);
    open();
    SAYS(took(0, 0, 1)); /* one in service holds back those below */
    set(EOI, 0);
    open();
    SAYS(took(0, 1, 1) && has(ISR, VECTOR(1)) && has(IRR, VECTOR(0)));
    set(SELF_IPI, VECTOR(2)); /* and not those above */
    SAYS(has(IRR, VECTOR(2)));
    open();
    SAYS(took(0, 1, 2) && has(ISR, VECTOR(1)) && has(ISR, VECTOR(2)) && get(PPR) == 0x50);
    set(EOI, 0);
    SAYS(get(PPR) == 0x40 && !has(ISR, VECTOR(2)));
    open();
    SAYS(took(0, 1, 2));
    set(EOI, 0);
    open();
    SAYS(took(1, 1, 2) && get(PPR) == 0x30);
    set(EOI, 0);
    set(EOI, 0); /* one too many */
    open();
    SAYS(took(1, 1, 2) && get(PPR) == 0);
}

static void illegal_vectors(void)
{
    for (uint32_t vector = 0; vector < 16; vector++) {
        set(SELF_IPI, vector);
    }
    open();
    set(ESR, 0);
    SAYS(get(ESR) == ERROR_SEND_VECTOR && get(IRR) == 0 && get(ISR) == 0);
}

/* The task priority holds one back: the halt lasts until the manager sends one above it. */
static void halts(void)
{
    set(SELF_IPI, VECTOR(0));
    set(TPR, 0x30);
    guest_halt();
    SAYS(has(IRR, VECTOR(0)));
    open();
    SAYS(took(1, 1, 3) && has(IRR, VECTOR(0)));
    set(EOI, 0);
    set(TPR, 0);
    guest_halt(); /* goes on at once */
    open();
    SAYS(took(2, 1, 3));
    set(EOI, 0);
}

static void guest(void)
{
    taken[0] = taken[1] = taken[2] = 0; /* in a copy of the manager's image, who may have taken some */
    leave_in_service();
    set(SPURIOUS, 0x1ff);
    every_register();
    priorities();
    illegal_vectors();
    halts();
    /* It ends with all of it in use. */
    set(SELF_IPI, VECTOR(2));
    open();
    set(SELF_IPI, VECTOR(1));
    set(TPR, 0xff);
    guest_say(DONE);
}

static volatile uint32_t run_there;
static struct tiny_run run;

static void other_cpu(uint32_t cpu)
{
    for (;;) {
        if (run_there != 0) {
            tiny_vcpu_run(&run);
            run_there = 0;
        }
        tiny_pause();
    }
}

static void run_on(bool there)
{
    if (!there) {
        tiny_vcpu_run(&run);
        return;
    }
    run_there = 1;
    while (run_there != 0) {
        tiny_pause();
    }
}

struct result {
    uint64_t last; /* what it said last */
    uint32_t passed, failed, halts;
};

static struct result run_guest(uint64_t vcpu)
{
    struct result result = {0};
    bool there = false;

    run = (struct tiny_run){.vcpu = vcpu, .slice = SLICE};
    while (result.last != DONE) {
        run_on(there);
        there = !there;
        if (run.status != STATUS_OK || tiny_run_kind(&run) == RUN_KILLED) {
            break;
        }
        if (tiny_run_kind(&run) == RUN_HALTED) {
            result.halts++;
            tiny_call(HYPERCALL_VCPU_INTERRUPT, vcpu, VECTOR(2), 0, 0, 0);
        }
        if (tiny_run_kind(&run) != RUN_GUEST_CALL) {
            continue;
        }
        result.last = run.reg[GUEST_R15];
        result.passed += result.last != DONE && (result.last & 1) != 0;
        if ((result.last & 1) == 0) {
            result.failed++;
            tiny_text("  guest: the check in line ");
            tiny_decimal(result.last >> 1);
            tiny_text(" does not hold\r\n");
        }
        run.reg[GUEST_R10] = TDVMCALL_SUCCESS;
    }
    return result;
}

static void judge(const char *whose, const struct result *result)
{
    tiny_text(whose);
    tiny_text("\r\n");
    tiny_check("it comes to its end", result->last == DONE);
    tiny_check_equal("no check of its fails", result->failed, 0);
    tiny_check("it has checked", result->passed != 0);
    tiny_check_equal("it halted once", result->halts, 1);
}

void tiny_main(const struct boot_info *info)
{
    struct tiny_guest made;
    struct result result;

    if (!tiny_guest_make(&made, guest)) {
        tiny_check("a guest can be made", false);
        return;
    }
    tiny_check_equal("CPU 1 starts", tiny_cpu_start(1, other_cpu), STATUS_OK);
    leave_in_service(); /* after CPU 1, which makes the IDT again */
    /* One of the manager's own is in service all the while. */
    set(ICR, SELF | ASSERT | VECTOR(0));
    open();
    tiny_check("the manager's interrupt", taken[0] == 1 && has(ISR, VECTOR(0)));
    set(TPR, 0x20);
    result = run_guest(made.vcpu);
    judge("a guest", &result);
    tiny_check("it is in service as before, and nothing else", get(ISR + 1) == 1u << (VECTOR(0) % 32) &&
                                                                   get(ISR + 2) == 0 && get(IRR + 1) == 0 &&
                                                                   get(IRR + 2) == 0);
    tiny_check_equal("the manager's task priority", get(TPR), 0x20);
    tiny_check("no interrupt of the guest's came to the manager", took(1, 0, 0));
    set(EOI, 0);
    set(TPR, 0);
    tiny_check("the guest is unmade", tiny_guest_unmake(&made));
    if (!tiny_guest_make_vcpus(&made, guest, 1, true)) {
        tiny_check("another guest can be made", false);
        return;
    }
    result = run_guest(made.vcpu);
    judge("the next one", &result);
}
