/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's registers after its end: CPU 1 ran its vCPU last, or runs it, and CPU 0 destroys it.  No partition can see what the
 * core keeps, so tests/attack/test_scrub.py looks at the machine's memory from outside, wherever this waits for a key. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define COM1        0x3f8u
#define COM1_STATUS 0x3fdu
#define COM1_CAME   1u
#define SLICE       0x10000000u
#define SETTLE      2000000u
#define CR0_MP      2u
#define CR0_EM      4u
#define CR4_OSFXSR  (1u << 9)
#define CR4_OSXSAVE (1u << 18)

/* The secret is made in registers, of two words that stand in the code: SECRET + 0 ... SECRET + 11, test_scrub.py. */
#define SECRET    0x00006a09e667f300ull
#define HALF      0x0123456789abcdefull
#define LSTAR     "0xc0000082"
#define KERNEL_GS "0xc0000102"
#define TO_MSR(msr, number)                                                                                  \
    "lea " number                                                                                            \
    "(%%rax), %%rdx\n\tmov %%rdx, %%rbx\n\tshr $32, %%rdx\n\tmov %%rax, %%r9\n\tmov %%ebx, %%eax\n\t"        \
    "mov $" msr ", %%ecx\n\twrmsr\n\tmov %%r9, %%rax\n\t"

/* Into every kind of register that the core keeps; then for ever around `rest`. */
#define FILL_AND(rest)                                                                                       \
    __asm__ volatile(                                                                                        \
        "movabs %0, %%rax\n\tmovabs %1, %%rcx\n\txor %%rcx, %%rax\n\txor %%ecx, %%ecx\n\t" TO_MSR(KERNEL_GS, \
                                                                                                  "8")       \
            TO_MSR(LSTAR, "9") "lea 10(%%rax), %%rbx\n\tmov %%rbx, %%cr2\n\t"                                \
                               "lea 11(%%rax), %%rbx\n\tmov %%rbx, %%dr0\n\t"                                \
                               "lea 7(%%rax), %%rbx\n\tmovq %%rbx, %%xmm5\n\t"                               \
                               "lea 1(%%rax), %%rbx\n\tlea 2(%%rax), %%rbp\n\tlea 3(%%rax), %%rsi\n\t"       \
                               "lea 4(%%rax), %%rdi\n\tlea 5(%%rax), %%r8\n\tlea 6(%%rax), %%r9\n\tmov "     \
                               "%%rax, %%rsp\n\t"                                                            \
                               "xor %%edx, %%edx\n\t"                                                        \
                               "1:\t" rest "\n\tjmp 1b" ::"i"(SECRET ^ HALF),                                \
        "i"(HALF)                                                                                            \
        : "memory");                                                                                         \
    __builtin_unreachable()

static void use_vectors(void)
{
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    __asm__ volatile("mov %0, %%cr0" ::"r"((value | CR0_MP) & ~(uint64_t)CR0_EM));
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    __asm__ volatile("mov %0, %%cr4" ::"r"(value | CR4_OSFXSR | CR4_OSXSAVE));
    __asm__ volatile("xsetbv" ::"c"(0), "a"(3), "d"(0));
}

/* A call to the manager that names R10 to R15 alone. */
static void calls(void)
{
    use_vectors();
    FILL_AND("xor %%eax, %%eax\n\tmov $0xfc00, %%ecx\n\txor %%r10d, %%r10d\n\tmov $30, %%r11d\n\tmov $1, "
             "%%r12d\n\t"
             "mov $1, %%r13d\n\tmov $0x500, %%r14d\n\txor %%r15d, %%r15d\n\t.byte 0x66, 0x0f, 0x01, 0xcc");
}

static void spins(void)
{
    use_vectors();
    FILL_AND("xor %%eax, %%eax\n\tpause");
}

static struct tiny_run other_run;
static volatile bool ordered;

static void other_cpu(uint32_t cpu)
{
    for (;;) {
        if (ordered) {
            other_run.slice = SLICE;
            do {
                tiny_vcpu_run(&other_run);
            } while (other_run.status == STATUS_OK && tiny_run_kind(&other_run) == RUN_INTERRUPTED);
            __asm__ volatile("" ::: "memory");
            ordered = false;
        }
        tiny_pause();
    }
}

static void wait_for_key(const char *what)
{
    uint8_t status = 0;

    tiny_text("scrub: ");
    tiny_text(what);
    tiny_text("\r\n");
    while ((status & COM1_CAME) == 0) {
        tiny_try_in(COM1_STATUS, &status);
    }
    tiny_try_in(COM1, &status);
}

static bool run_elsewhere(struct tiny_guest *guest, void (*entry)(void))
{
    if (!tiny_guest_make(guest, entry)) {
        tiny_check("a guest", false);
        return false;
    }
    other_run = (struct tiny_run){.vcpu = guest->vcpu};
    __asm__ volatile("" ::: "memory");
    ordered = true;
    return true;
}

void tiny_main(const struct boot_info *info)
{
    static struct tiny_guest guest;

    tiny_check_equal("CPU 1 starts", tiny_cpu_start(1, other_cpu), STATUS_OK);
    if (!run_elsewhere(&guest, calls)) {
        return;
    }
    while (ordered) {
        tiny_pause();
    }
    tiny_check_equal("its vCPU called", tiny_run_kind(&other_run), RUN_GUEST_CALL);
    wait_for_key("held");
    tiny_check("it is unmade", tiny_guest_unmake(&guest));
    wait_for_key("gone");
    if (!run_elsewhere(&guest, spins)) {
        return;
    }
    for (uint64_t end = tiny_rdtsc() + SETTLE; tiny_rdtsc() < end;) {
        tiny_pause();
    }
    tiny_check("it runs", ordered);
    tiny_check("it is unmade while it runs", tiny_guest_unmake(&guest));
    wait_for_key("gone under way");
}
