/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that do their worst, each while another guest goes on counting. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME      4096u
#define SLICE      200000u
#define VECTOR_UD  6u
#define VECTOR_GP  13u
#define VECTOR_VE  20u
#define NEVER_SAID 0ull

static struct tiny_guest witness;
static struct tiny_run witness_run;
static uint64_t witness_count;

static void count_for_ever(void)
{
    for (uint64_t n = 1;; n++) {
        guest_say(n);
    }
}

/* The other guest must still count, by one. */
static void check_witness(void)
{
    uint64_t said = 0;
    bool ran = tiny_guest_run(&witness_run, 100, &said);

    tiny_check("another guest goes on", ran && said == witness_count + 1);
    witness_count = said;
}

static void no_idt(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = {0, 0};

    __asm__ volatile("lidt %0" ::"m"(idtr));
}

static void triple_fault(void)
{
    no_idt();
    __asm__ volatile("ud2");
}

static void private_absent(void)
{
    *(volatile uint64_t *)(TINY_PRIVATE + 0x20000000) = 1;
}

/* #VE for ever: the handler's own port access is a #VE before the information was taken. */
static void ve_loop(void)
{
    no_idt();
    __asm__ volatile("inb %%dx, %%al" ::"d"((uint16_t)0x80), "a"(0));
}

static void spin(void)
{
    __asm__ volatile("cli\n1:\tjmp 1b");
}

/* A data breakpoint on the stack that the #DB handler pushes to. */
static void debug_loop(void)
{
    uint64_t stack;

    __asm__ volatile("mov %%rsp, %0" : "=r"(stack));
    __asm__ volatile("mov %0, %%dr0" ::"r"((stack & ~7ull) - 64));
    __asm__ volatile("mov %0, %%dr7" ::"r"(0x400ull | 1 | 3ull << 16 | 3ull << 18));
    for (uint64_t n = 0; n < 64; n++) {
        __asm__ volatile("push %%rax\n\tpop %%rax" ::: "memory");
    }
    spin();
}

static void fatal_error(void)
{
    guest_vmcall(TDVMCALL_REPORT_FATAL_ERROR, 0x77, 0, 0, 0, NULL);
}

#define FAULT_OF(instruction)                                                                                \
    ({                                                                                                       \
        uint64_t vector;                                                                                     \
        __asm__ volatile("8:\t" instruction "\n\tmov $0xff, %%eax\n9:\n\t"                                   \
                         ".pushsection .fixups, \"a\"\n\t.quad 8b, 9b\n\t.popsection"                        \
                         : "=a"(vector)                                                                      \
                         : "a"(0), "c"(0), "d"(0)                                                            \
                         : "rbx", "memory", "cc");                                                           \
        vector;                                                                                              \
    })

static void privileged_instructions(void)
{
    static uint64_t operand[2];
    uint64_t value;

    guest_say(FAULT_OF("vmcall") == VECTOR_UD);
    guest_say(FAULT_OF("vmxoff") == VECTOR_UD);
    guest_say(FAULT_OF("vmlaunch") == VECTOR_UD);
    guest_say(FAULT_OF("vmresume") == VECTOR_UD);
    guest_say(FAULT_OF("vmfunc") == VECTOR_UD);
    guest_say(FAULT_OF("getsec") == VECTOR_UD || FAULT_OF("getsec") == VECTOR_GP);
    guest_say(FAULT_OF("monitor") == VECTOR_UD);
    guest_say(FAULT_OF("mwait") == VECTOR_UD);
    guest_say(FAULT_OF("rdpmc") == VECTOR_GP || FAULT_OF("rdpmc") == VECTOR_VE);
    guest_say(FAULT_OF("ud2") == VECTOR_UD);
    guest_say(FAULT_OF("hlt") == VECTOR_VE);
    guest_say(FAULT_OF("invd") == TINY_NO_FAULT || FAULT_OF("invd") == VECTOR_VE);
    guest_say(FAULT_OF("wbinvd") == TINY_NO_FAULT || FAULT_OF("wbinvd") == VECTOR_VE);
    __asm__ volatile("" ::"m"(operand));
    guest_say(tiny_try_rdmsr(0x480, &value) != TINY_NO_FAULT); /* VMX capabilities */
    guest_say(tiny_try_wrmsr(0x3a, 5) != TINY_NO_FAULT);       /* FEATURE_CONTROL */
    guest_say(tiny_try_wrmsr(0x79, 0) != TINY_NO_FAULT);       /* microcode */
    guest_say(tiny_try_wrmsr(0x10, 0) != TINY_NO_FAULT);       /* TSC */
    guest_say(tiny_try_wrmsr(0x1d9, 1) != TINY_NO_FAULT);      /* LBR */
    guest_say(tiny_try_wrmsr(0xda0, 0x100) != TINY_NO_FAULT);  /* XSS */
    guest_say(tiny_try_wrmsr(0x38f, 1) != TINY_NO_FAULT);      /* PMU */
    guest_say(tiny_try_rdmsr(0x8ff, &value) == VECTOR_GP);     /* beyond the x2APIC */
}
#define PRIVILEGED_CHECKS 21u

/* Run the guest `entry` to its end: how it ended. */
static void expect_killed(const char *name, void (*entry)(void), uint64_t reason)
{
    struct tiny_guest guest;
    struct tiny_run run = {.slice = SLICE};
    uint64_t said;

    if (!tiny_guest_make(&guest, entry)) {
        tiny_check(name, false);
        return;
    }
    run.vcpu = guest.vcpu;
    tiny_check(name,
               !tiny_guest_run(&run, 1000, &said) && tiny_run_kind(&run) == RUN_KILLED &&
                   (reason == KILL_FATAL_ERROR ? run.reg[GUEST_R12] == 0x77 : run.reg[GUEST_RDX] == reason));
    tiny_vcpu_run(&run);
    tiny_check("a killed guest does not run again", run.status != 0);
    check_witness();
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}

/* A guest that never ends is stopped by its slice, again and again. */
static void expect_stoppable(const char *name, void (*entry)(void))
{
    struct tiny_guest guest;
    struct tiny_run run = {.slice = SLICE};
    bool stopped = true;

    if (!tiny_guest_make(&guest, entry)) {
        tiny_check(name, false);
        return;
    }
    run.vcpu = guest.vcpu;
    for (uint32_t n = 0; n < 5; n++) {
        uint64_t start = tiny_rdtsc();

        tiny_vcpu_run(&run);
        stopped = stopped && run.status == 0 &&
                  (tiny_run_kind(&run) == RUN_KILLED || tiny_rdtsc() - start < 10 * SLICE);
        if (tiny_run_kind(&run) == RUN_KILLED) {
            break;
        }
    }
    tiny_check(name, stopped);
    check_witness();
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}

static void expect_faults(void)
{
    struct tiny_guest guest;
    struct tiny_run run = {0};
    uint64_t said = 0;
    uint32_t denied = 0;

    if (!tiny_guest_make(&guest, privileged_instructions)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = guest.vcpu;
    for (uint32_t n = 0; n < PRIVILEGED_CHECKS; n++) {
        if (!tiny_guest_run(&run, 1000, &said)) {
            tiny_text("  the guest stopped: ");
            tiny_hex(run.reg[GUEST_RDX]);
            tiny_hex(run.reg[GUEST_RSI]);
            tiny_text("\r\n");
            break;
        }
        if (said != 1) {
            tiny_text("  instruction not denied: number ");
            tiny_decimal(n);
            tiny_text("\r\n");
        }
        denied += said == 1;
    }
    tiny_check_equal("every privileged instruction and MSR is denied", denied, PRIVILEGED_CHECKS);
    check_witness();
}

void tiny_main(const struct boot_info *boot)
{
    if (!tiny_guest_make(&witness, count_for_ever)) {
        tiny_check("a guest can be made", false);
        return;
    }
    witness_run.vcpu = witness.vcpu;
    witness_run.slice = SLICE;
    check_witness();
    expect_killed("a triple fault stops the guest", triple_fault, KILL_TRIPLE_FAULT);
    expect_killed("a private page that is absent stops the guest", private_absent, KILL_PRIVATE_ABSENT);
    expect_killed("the guest may give up", fatal_error, KILL_FATAL_ERROR);
    expect_killed("a #VE without a handler stops the guest", ve_loop, KILL_TRIPLE_FAULT);
    expect_stoppable("a guest that spins with interrupts off is stopped", spin);
    expect_stoppable("a guest in endless #DB is stopped", debug_loop);
    expect_faults();
}
