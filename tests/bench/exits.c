/* SPDX-License-Identifier: Apache-2.0 */
/* What an exit costs, in ticks of the TSC: in Bochs, instructions.  The loop around it is taken off. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define ROUNDS       1000u
#define UNKNOWN_CALL 0xffffu

static uint64_t ticks_of_nothing(void)
{
    uint64_t start = tiny_rdtsc();

    for (uint32_t i = 0; i < ROUNDS; i++) {
        __asm__ volatile("" ::: "memory");
    }
    return tiny_rdtsc() - start;
}

static void null_hypercall(void)
{
    uint64_t nothing = ticks_of_nothing();
    uint64_t start = tiny_rdtsc();

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t rax = UNKNOWN_CALL;
        uint64_t rdx = 0;

        __asm__ volatile("vmcall" : "+a"(rax), "+d"(rdx)::"memory");
    }
    tiny_bench("exit.null-hypercall", (tiny_rdtsc() - start - nothing) / ROUNDS, "instructions");
}

#define VECTOR_VE     20u
#define UNMAPPED_PAGE 0x3000000u /* beyond the guest's memory, with the shared bit a device's */

/* The least a #VE handler can do: port accesses of any size and direction, and reads of device memory by
 * `mov (%rbx), %eax`, which it knows by its two bytes. */
__attribute__((naked)) static void least_ve_handler(void)
{
    __asm__ volatile("push %rcx\n\t"
                     "push %rdx\n\t"
                     "push %r8\n\t"
                     "push %r9\n\t"
                     "push %r10\n\t"
                     "push %r11\n\t"
                     "push %r12\n\t"
                     "push %r13\n\t"
                     "push %r14\n\t"
                     "push %r15\n\t"
                     "mov %rax, %r15\n\t"
                     "mov $3, %eax\n\t" /* TDG.VP.VEINFO.GET */
                     ".byte 0x66, 0x0f, 0x01, 0xcc\n\t"
                     "cmp $30, %ecx\n\t" /* an I/O instruction? */
                     "jne 1f\n\t"
                     "mov %r10d, %r10d\n\t" /* its length */
                     "add %r10, 80(%rsp)\n\t"
                     "xor %r13d, %r13d\n\t"
                     "test $8, %dl\n\t"
                     "sete %r13b\n\t"
                     "mov %edx, %r12d\n\t"
                     "and $7, %r12d\n\t"
                     "inc %r12d\n\t"
                     "mov %edx, %r14d\n\t"
                     "shr $16, %r14d\n\t"
                     "mov $30, %r11d\n\t"
                     "2:\txor %r10d, %r10d\n\t"
                     "mov $0xfc00, %ecx\n\t"
                     "xor %eax, %eax\n\t" /* TDG.VP.VMCALL */
                     ".byte 0x66, 0x0f, 0x01, 0xcc\n\t"
                     "test %r13d, %r13d\n\t" /* what was read goes to RAX; after a write that is as it was */
                     "mov %r15, %rax\n\t"
                     "cmove %r11, %rax\n\t"
                     "pop %r15\n\t"
                     "pop %r14\n\t"
                     "pop %r13\n\t"
                     "pop %r12\n\t"
                     "pop %r11\n\t"
                     "pop %r10\n\t"
                     "pop %r9\n\t"
                     "pop %r8\n\t"
                     "pop %rdx\n\t"
                     "pop %rcx\n\t"
                     "iretq\n"
                     "1:\tmov 80(%rsp), %rdx\n\t"
                     "cmpw $0x038b, (%rdx)\n\t"
                     "jne 3f\n\t"
                     "addq $2, 80(%rsp)\n\t"
                     "mov %r9, %r14\n\t" /* the guest-physical address */
                     "xor %r13d, %r13d\n\t"
                     "mov $4, %r12d\n\t"
                     "mov $48, %r11d\n\t"
                     "jmp 2b\n"
                     "3:\thlt\n\t"
                     "jmp 3b");
}

static void use_least_ve_handler(void)
{
    const uint64_t handler = (uint64_t)least_ve_handler;
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr;
    uint16_t *gate;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    gate = (uint16_t *)(idtr.base + VECTOR_VE * 16u);
    gate[0] = (uint16_t)handler;
    gate[3] = (uint16_t)(handler >> 16);
}

/* In the guest: measures, then says what it measured. */
static void measure_guest(void)
{
    uint64_t nothing = ticks_of_nothing();
    uint64_t start = tiny_rdtsc();

    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t a = 0;
        uint32_t c = 0;
        uint32_t b;
        uint32_t d;

        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    }
    guest_say((tiny_rdtsc() - start - nothing) / ROUNDS);

    start = tiny_rdtsc();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t low;
        uint32_t high;

        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0x1b));
    }
    guest_say((tiny_rdtsc() - start - nothing) / ROUNDS);

    /* EOI: no exit where the CPU virtualises the APIC.  Three instructions set up its operands. */
    start = tiny_rdtsc();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        __asm__ volatile("wrmsr" ::"a"(0), "d"(0), "c"(0x80b));
    }
    guest_say((tiny_rdtsc() - start - nothing) / ROUNDS);

    start = tiny_rdtsc();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint64_t mask = 0xfc00;
        register uint64_t r10 __asm__("r10") = 0;
        register uint64_t r11 __asm__("r11") = TDVMCALL_IO;
        register uint64_t r12 __asm__("r12") = 1;
        register uint64_t r13 __asm__("r13") = 0;
        register uint64_t r14 __asm__("r14") = TINY_PORT + 1;
        register uint64_t r15 __asm__("r15") = 0;
        uint64_t rax = 0;

        __asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
                         : "+a"(rax), "+c"(mask), "+r"(r10), "+r"(r11), "+r"(r12), "+r"(r13), "+r"(r14),
                           "+r"(r15)::"memory");
    }
    guest_say((tiny_rdtsc() - start - nothing) / ROUNDS);

    use_least_ve_handler();
    start = tiny_rdtsc();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint8_t value;

        __asm__ volatile("inb %1, %0" : "=a"(value) : "d"((uint16_t)(TINY_PORT + 1)));
    }
    guest_say((tiny_rdtsc() - start - nothing) / ROUNDS);

    start = tiny_rdtsc();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t value;

        __asm__ volatile("mov (%1), %0" : "=a"(value) : "b"(TINY_SHARED + UNMAPPED_PAGE));
    }
    guest_say((tiny_rdtsc() - start - nothing) / ROUNDS);
}

static const char *const figures[] = {"exit.cpuid",        "exit.rdmsr",   "exit.none.eoi",
                                      "exit.manager-call", "exit.port-io", "exit.mmio"};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static void guest_figures(void)
{
    struct tiny_guest guest;
    struct tiny_run run = {0};
    uint32_t figure = 0;

    if (!tiny_guest_make(&guest, measure_guest)) {
        return;
    }
    run.vcpu = guest.vcpu;
    while (figure < FIGURES) {
        tiny_vcpu_run(&run);
        if (run.status != 0 || tiny_run_kind(&run) == RUN_KILLED || tiny_run_kind(&run) == RUN_HALTED) {
            tiny_text("tiny: the guest stopped: ");
            tiny_hex(run.status);
            tiny_text(" ");
            tiny_hex(run.exit);
            tiny_text(" ");
            tiny_hex(run.reg[GUEST_RDX]);
            tiny_text(" ");
            tiny_hex(run.reg[GUEST_RSI]);
            tiny_text("\r\n");
            return;
        }
        if (tiny_run_kind(&run) == RUN_GUEST_CALL) {
            if (run.reg[GUEST_R14] == TINY_PORT) {
                tiny_bench(figures[figure], run.reg[GUEST_R15], "instructions");
                figure++;
            }
            run.reg[GUEST_R10] = TDVMCALL_SUCCESS;
            run.reg[GUEST_R11] = 0;
        }
    }
}

/* What zeroing a donated MiB costs: 256 frames, donated plain. */
static void scrub_figure(void)
{
    uint64_t first = tiny_frames(256);
    uint64_t partition = tiny_call(HYPERCALL_PARTITION_CREATE, 256, 1, 0, 0, 0).value;
    uint64_t start = tiny_rdtsc();

    for (uint64_t at = 0; at < 256; at += FRAME_BATCH_MAX) {
        tiny_call(HYPERCALL_FRAME_DONATE, partition, at, first + at, FRAME_BATCH_MAX, 0);
    }
    tiny_bench("launch.scrub-mib", tiny_rdtsc() - start, "instructions");
}

void tiny_main(const struct boot_info *info)
{
    tiny_bench("boot.to-manager", tiny_rdtsc(), "instructions");
    null_hypercall();
    guest_figures();
    scrub_figure();
}
