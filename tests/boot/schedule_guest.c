/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that says what it gets of its CPU.  As it is, it never rests, and says for each 100 ms how long it ran; with
 * SLEEPER it sleeps again and again, and says how late it was woken at worst.  Times in microseconds. */
#include <stdint.h>

#include "abi/guest_call.h"

#define TICKS_IN_US 50u      /* what Bochs is set to, and the core measures */
#define WINDOW      5000000u /* ticks: 100 ms */
#define AWAY        20000u   /* ticks between two looks at the clock, and it was not running */
#define WINDOWS     24u
#define SLEEP       300000u /* ticks: 6 ms */
#define SLEEPS      80u
#define COM1        0x3f8u
#define PM1_CONTROL                                                                                          \
    0x600u /* of the ACPI tables that the manager gives a guest, as in tests/boot/test_guests.py */
#define POWER_OFF       0x34u
#define VECTOR          0x40u
#define X2APIC_EOI      "0x80b"
#define X2APIC_TIMER    0x832u
#define TSC_DEADLINE    0x6e0u
#define LVT_DEADLINE    (1u << 18)
#define X2APIC_SPURIOUS 0x80fu
#define APIC_ENABLE     0x1ffu

/* The loader enters the guest in 64-bit mode. */
__asm__(".globl _start\n_start: mov $0x90000, %esp\n\tcall body");
void body(void);

static uint64_t rdtsc(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static void guest_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t rax = 0;
    uint64_t rcx = 0xfc00;
    register uint64_t r10 __asm__("r10") = 0;
    register uint64_t r11 __asm__("r11") = function;
    register uint64_t r12 __asm__("r12") = a;
    register uint64_t r13 __asm__("r13") = b;
    register uint64_t r14 __asm__("r14") = c;
    register uint64_t r15 __asm__("r15") = d;

    __asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
                     : "+a"(rax), "+c"(rcx), "+r"(r10), "+r"(r11), "+r"(r12), "+r"(r13), "+r"(r14),
                       "+r"(r15)::"memory");
}

static void out(uint16_t port, uint8_t value)
{
    guest_call(TDVMCALL_IO, 1, 1, port, value);
}

static void say_number(uint64_t number, char end)
{
    char digits[20];
    uint32_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        out(COM1, (uint8_t)digits[--count]);
    }
    out(COM1, (uint8_t)end);
}

#ifdef SLEEPER
/* What wakes it: acknowledged, and no more. */
__attribute__((naked)) static void interrupt(void)
{
    __asm__ volatile("push %rax\n\tpush %rcx\n\tpush %rdx\n\tmov $" X2APIC_EOI ", %ecx\n\txor %eax, %eax\n\t"
                     "xor %edx, %edx\n\twrmsr\n\tpop %rdx\n\tpop %rcx\n\tpop %rax\n\tiretq");
}

struct table {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static void use_interrupts(void)
{
    static const uint64_t gdt[] = {0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff};
    static uint64_t idt[2 * (VECTOR + 1)];
    const uint64_t handler = (uint64_t)interrupt;
    struct table table = {sizeof(gdt) - 1, (uint64_t)gdt};

    __asm__ volatile("lgdt %0" ::"m"(table));
    idt[2 * VECTOR] = (handler & 0xffff) | 0x10ull << 16 | 0x8eull << 40 | (handler >> 16 & 0xffff) << 48;
    idt[2 * VECTOR + 1] = handler >> 32;
    table = (struct table){sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" ::"m"(table));
    wrmsr(X2APIC_SPURIOUS, APIC_ENABLE);
    wrmsr(X2APIC_TIMER, LVT_DEADLINE | VECTOR);
}

static void measure(void)
{
    uint64_t worst = 0;

    use_interrupts();
    for (uint32_t n = 0; n < SLEEPS; n++) {
        const uint64_t deadline = rdtsc() + SLEEP;
        uint64_t late;

        wrmsr(TSC_DEADLINE, deadline);
        while (rdtsc() < deadline) {
            guest_call(TDVMCALL_HLT, 0, 0, 0, 0);
        }
        late = rdtsc() - deadline;
        worst = late > worst ? late : worst;
        __asm__ volatile("sti; nop; cli" ::: "memory");
    }
    say_number(worst / TICKS_IN_US, '\n');
}
#else
static void measure(void)
{
    uint64_t last = rdtsc();
    uint64_t window = last / WINDOW;
    uint64_t ran = 0;

    for (uint32_t n = 0; n < WINDOWS;) {
        const uint64_t now = rdtsc();

        ran += now - last < AWAY ? now - last : 0;
        last = now;
        if (now / WINDOW != window) {
            say_number(window, ' ');
            say_number(ran / TICKS_IN_US, '\n');
            window = now / WINDOW;
            ran = 0;
            n++;
        }
    }
}
#endif

void body(void)
{
    measure();
    out((uint16_t)PM1_CONTROL, POWER_OFF);
    for (;;) {
    }
}
