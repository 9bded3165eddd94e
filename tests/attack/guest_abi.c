/* SPDX-License-Identifier: Apache-2.0 */
/* One guest against the guest ABI: TDCALL wherever it can stand, hostile operands, #VE, control registers, the virtual
 * x2APIC, single steps where a virtual-machine entry is delicate.  It judges by itself and tells the manager. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "lib/memory.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"
#include "tests/tiny/tiny_trap.h"

#define FRAME     4096u
#define SLICE     200000u
#define VECTOR_DB 1u
#define VECTOR_UD 6u
#define VECTOR_DF 8u
#define VECTOR_GP 13u
#define VECTOR_VE 20u

#define MSR_TSC_DEADLINE 0x6e0u
#define MSR_EFER         0xc0000080u
#define X2APIC_TPR       0x808u
#define X2APIC_SPURIOUS  0x80fu
#define X2APIC_IRR7      0x827u
#define X2APIC_ICR       0x830u
#define X2APIC_LVT_TIMER 0x832u
#define X2APIC_SELF_IPI  0x83fu
#define TIMER_VECTOR     0xecu
#define LVT_DEADLINE     (1u << 18)

/* A check of the guest's: its place in the source, and whether it held. */
#define SAYS(passed) guest_say((uint64_t)__LINE__ << 1 | ((passed) ? 1u : 0u))
#define DONE         1ull /* no check stands in line 0 */

#define FAULT_OF(instruction, value)                                                                         \
    ({                                                                                                       \
        uint64_t vector;                                                                                     \
        __asm__ volatile("8:\t" instruction "\n\tmov $0xff, %%eax\n9:\n\t"                                   \
                         ".pushsection .fixups, \"a\"\n\t.quad 8b, 9b\n\t.popsection"                        \
                         : "=a"(vector)                                                                      \
                         : "a"((uint64_t)(value)), "c"(0), "d"(0)                                            \
                         : "rbx", "memory", "cc");                                                           \
        vector;                                                                                              \
    })

static uint64_t tdcall_status(uint64_t leaf, uint64_t reg[16])
{
    uint64_t status;
    register uint64_t r8 __asm__("r8") = reg[GUEST_R8];
    register uint64_t r10 __asm__("r10") = reg[GUEST_R10];
    register uint64_t r11 __asm__("r11") = reg[GUEST_R11];

    __asm__ volatile(".byte 0x66, 0x0f, 0x01, 0xcc"
                     : "=a"(status), "+c"(reg[GUEST_RCX]), "+d"(reg[GUEST_RDX]), "+r"(r8), "+r"(r10),
                       "+r"(r11)
                     : "0"(leaf)
                     : "r9", "memory");
    reg[GUEST_R8] = r8;
    reg[GUEST_R10] = r10;
    reg[GUEST_R11] = r11;
    return status;
}

static void leaves(void)
{
    uint64_t reg[16] = {0};
    uint64_t width;

    SAYS(tdcall_status(TDG_VP_INFO, reg) == TDX_SUCCESS);
    width = reg[GUEST_RCX];
    SAYS(width >= 36 && width <= 48);
    SAYS(reg[GUEST_RDX] == 1ull << 28 && reg[GUEST_R8] == (1ull << 32 | 1));
    SAYS(tdcall_status(TDG_VP_VEINFO_GET, reg) == TDX_NO_VALID_VE_INFO);
    SAYS(tdcall_status(TDG_VM_RD, reg) == TDX_METADATA_FIELD_ID_INCORRECT && reg[GUEST_R8] == 0);
    SAYS(tdcall_status(TDG_MR_REPORT, reg) == TDX_OPERAND_INVALID);
    SAYS(tdcall_status(TDG_MR_RTMR_EXTEND, reg) == TDX_OPERAND_INVALID);
    SAYS(tdcall_status(31, reg) == TDX_OPERAND_INVALID);
}

/* Registers that a mask must not name, and a mask without the call itself. */
static void masks(void)
{
    static const uint64_t wrong[] = {0xfc00 | 1,    0xfc00 | 2, 0xfc00 | 0x10,
                                     0xfc00 | 0x20, 0x1fc00,    1ull << 63 | 0xfc00,
                                     0xf800,        0xf400,     0};

    for (uint32_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        uint64_t reg[16] = {[GUEST_RCX] = wrong[n], [GUEST_R11] = TDVMCALL_HLT};

        SAYS(tdcall_status(TDG_VP_VMCALL, reg) == TDX_OPERAND_INVALID);
    }
}

/* TDCALL in the last bytes of a page and the first of the next; other bytes in its place. */
static void sites(void)
{
    static const uint8_t code[] = {0x66, 0x0f, 0x01, 0xcc, 0xc3};
    uint8_t *page = (uint8_t *)(TINY_PRIVATE + (TINY_FREE_FIRST + 1ull) * FRAME);

    for (uint32_t before = 0; before <= 4; before++) {
        uint8_t *at = page - before;
        uint64_t status;

        memcpy(at, code, sizeof(code));
        __asm__ volatile("call *%1"
                         : "=a"(status)
                         : "r"(at), "0"((uint64_t)TDG_VP_INFO)
                         : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
        SAYS(status == TDX_SUCCESS);
    }
    SAYS(FAULT_OF("ud2", TDG_VP_INFO) == VECTOR_UD);
    SAYS(FAULT_OF(".byte 0x0f, 0x01, 0xcc", TDG_VP_INFO) == VECTOR_UD); /* without the prefix */
    SAYS(FAULT_OF(".byte 0x66, 0x0f, 0x01, 0xcc", 32) == VECTOR_UD);    /* no leaf */
    SAYS(FAULT_OF(".byte 0x66, 0x0f, 0x01, 0xcc", 1ull << 40) == VECTOR_UD);
}

static bool map_is_refused(uint64_t start, uint64_t bytes)
{
    uint64_t guilty = 0;

    return guest_vmcall(TDVMCALL_MAP_GPA, start, bytes, 0, 0, &guilty) == TDVMCALL_INVALID_OPERAND &&
           guilty == start;
}

static uint64_t accept(uint64_t operand)
{
    uint64_t reg[16] = {[GUEST_RCX] = operand};

    return tdcall_status(TDG_MEM_PAGE_ACCEPT, reg);
}

static void memory_conversions(void)
{
    const uint64_t gfn = TINY_FREE_FIRST + 2;
    volatile uint64_t *private = (volatile uint64_t *)(TINY_PRIVATE + gfn * FRAME);
    uint64_t reg[16] = {0};
    uint64_t bit;

    tdcall_status(TDG_VP_INFO, reg);
    bit = 1ull << (reg[GUEST_RCX] - 1);
    SAYS(map_is_refused(gfn * FRAME + 1, FRAME));
    SAYS(map_is_refused(gfn * FRAME, FRAME - 1));
    SAYS(map_is_refused(gfn * FRAME, 0));
    SAYS(map_is_refused(bit - FRAME, 2 * FRAME));
    SAYS(map_is_refused(bit + bit - FRAME, 2 * FRAME));
    SAYS(map_is_refused(bit + gfn * FRAME, ~0xfffull));
    SAYS(map_is_refused(~0xfffull, FRAME));
    /* What is not RAM succeeds without effect; what is private already stays as it is. */
    SAYS(guest_vmcall(TDVMCALL_MAP_GPA, bit + 0xb8000000ull, FRAME, 0, 0, NULL) == TDVMCALL_SUCCESS);
    *private = 0x1234;
    SAYS(guest_map(gfn, 1, false) == TDVMCALL_SUCCESS && *private == 0x1234);
    SAYS(accept(gfn * FRAME) == TDX_SUCCESS && *private == 0x1234);
    SAYS(accept(1) == TDX_PAGE_SIZE_MISMATCH);
    SAYS(accept(2) == TDX_PAGE_SIZE_MISMATCH);
    SAYS(accept(3) != TDX_SUCCESS && accept(8) != TDX_SUCCESS);
    SAYS(accept(0xb8000000ull) != TDX_SUCCESS);
    SAYS(accept(bit + gfn * FRAME) != TDX_SUCCESS);
    SAYS(guest_map(gfn, 1, true) == TDVMCALL_SUCCESS);
    SAYS(accept(gfn * FRAME) != TDX_SUCCESS);
    SAYS(guest_map(gfn, 1, false) == TDVMCALL_SUCCESS && accept(gfn * FRAME) == TDX_SUCCESS && *private == 0);
}

static void virtualization_exceptions(void)
{
    uint64_t value;
    uint8_t byte;

    SAYS(tiny_try_read(TINY_SHARED + 0x30000000, &value) == VECTOR_VE && guest_last_ve.reason == 48);
    SAYS(guest_last_ve.linear == TINY_SHARED + 0x30000000 &&
         (guest_last_ve.physical & 0xffffffff) == 0x30000000);
    SAYS(tiny_try_in(0x71, &byte) == VECTOR_VE && guest_last_ve.reason == 30);
    SAYS(guest_last_ve.qualification == (0x71u << 16 | 8) && guest_last_ve.length == 1);
    SAYS(tiny_try_rdmsr(0x17, &value) == VECTOR_VE && guest_last_ve.reason == 31 &&
         guest_last_ve.length == 2);
    SAYS(tiny_try_wrmsr(0x17, 0) == VECTOR_VE && guest_last_ve.reason == 32);
    SAYS(FAULT_OF("hlt", 0) == VECTOR_VE && guest_last_ve.reason == 12 && guest_last_ve.length == 1);
    SAYS(FAULT_OF("insb", 0) == VECTOR_VE && (guest_last_ve.qualification & 0x10) != 0);
}

struct gate {
    uint16_t low;
    uint16_t selector;
    uint16_t type;
    uint16_t middle;
    uint32_t high;
    uint32_t reserved;
};

static struct gate *gates(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr;

    __asm__ volatile("sidt %0" : "=m"(idtr));
    return (struct gate *)idtr.base;
}

/* Lead `vector` to `handler`; what was there before. */
static struct gate set_gate(uint32_t vector, void (*handler)(void))
{
    struct gate *gate = &gates()[vector];
    const struct gate old = *gate;
    const uint64_t to = (uint64_t)handler;

    gate->low = (uint16_t)to;
    gate->middle = (uint16_t)(to >> 16);
    gate->high = (uint32_t)(to >> 32);
    return old;
}

static uint64_t resume_rsp;

__attribute__((naked)) static void handler_with_another_ve(void)
{
    __asm__ volatile("inb $0x80, %al\n1:\tjmp 1b");
}

__attribute__((naked)) static void double_fault_handler(void)
{
    __asm__ volatile("movq %0, %%rsp\n\tjmp double_fault_resume" ::"m"(resume_rsp));
}

/* A #VE in the #VE handler, before it has asked what the first was about: a double fault. */
__attribute__((noinline)) static void double_ve(void)
{
    __asm__ volatile(
        "pushq %%rbx\n\tpushq %%rbp\n\tpushq %%r12\n\tpushq %%r13\n\tpushq %%r14\n\tpushq %%r15\n\t"
        "movq %%rsp, %0\n\t"
        "inb $0x70, %%al\n"
        "double_fault_resume:\n\t"
        "popq %%r15\n\tpopq %%r14\n\tpopq %%r13\n\tpopq %%r12\n\tpopq %%rbp\n\tpopq %%rbx"
        : "=m"(resume_rsp)
        :
        : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
}

static void second_ve_is_a_double_fault(void)
{
    const struct gate ve = set_gate(VECTOR_VE, handler_with_another_ve);
    const struct gate df = set_gate(VECTOR_DF, double_fault_handler);
    uint64_t reg[16] = {0};

    double_ve();
    gates()[VECTOR_VE] = ve;
    gates()[VECTOR_DF] = df;
    SAYS(tdcall_status(TDG_VP_VEINFO_GET, reg) == TDX_SUCCESS);
    SAYS(reg[GUEST_RCX] == 30 && reg[GUEST_RDX] >> 16 == 0x70); /* the first one's */
}

static uint64_t steps;

__attribute__((naked)) static void count_step(void)
{
    __asm__ volatile("incq %0\n\tiretq" : "+m"(steps));
}

/* Single steps over what blocks interrupts and debug exceptions, over exits, and into STI with an interrupt
 * pending: an entry with a wrong pending debug exception would fail, and end this guest. */
static void single_steps(void)
{
    const struct gate db = set_gate(VECTOR_DB, count_step);
    const uint64_t before = tiny_interrupts;

    __asm__ volatile("cli\n\t"
                     "pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
                     "nop\n\t"
                     "movl %%ss, %%eax\n\tmovl %%eax, %%ss\n\tnop\n\t"
                     "movl %%eax, %%ss\n\tcpuid\n\t"
                     "sti\n\tcpuid\n\tcli\n\t"
                     "movl %0, %%ecx\n\tmovl $0x41, %%eax\n\txorl %%edx, %%edx\n\twrmsr\n\t"
                     "sti\n\tnop\n\tnop\n\tcli\n\t"
                     "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq"
                     :
                     : "i"(X2APIC_SELF_IPI)
                     : "rax", "rbx", "rcx", "rdx", "memory", "cc");
    gates()[VECTOR_DB] = db;
    SAYS(steps >= 14);
    SAYS(tiny_interrupts == before + 1);
}

static void control_registers(void)
{
    uint64_t cr0;
    uint64_t cr4;
    uint64_t value;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    SAYS((cr4 & 1u << 13) == 0);                                     /* VMXE is not seen */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1u << 13) == VECTOR_GP); /* nor set: VMXE */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1u << 14) == VECTOR_GP); /* SMXE */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1u << 12) == VECTOR_GP); /* LA57 */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1u << 22) == VECTOR_GP); /* PKE */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1u << 23) == VECTOR_GP); /* CET */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1ull << 40) == VECTOR_GP);
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 & ~(1u << 5)) == VECTOR_GP);  /* PAE stays in long mode */
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4 | 1u << 6) == TINY_NO_FAULT); /* MCE: seen as written */
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    SAYS((value & 1u << 6) != 0);
    SAYS(FAULT_OF("mov %%rax, %%cr4", cr4) == TINY_NO_FAULT);
    SAYS(FAULT_OF("mov %%rax, %%cr0", cr0 | 1u << 30) == TINY_NO_FAULT); /* CD: seen, without effect */
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    SAYS((value & 1u << 30) != 0);
    SAYS(FAULT_OF("mov %%rax, %%cr0", cr0 | 1u << 29) == VECTOR_GP); /* NW without CD */
    SAYS(FAULT_OF("mov %%rax, %%cr0", cr0 | 1ull << 32) == VECTOR_GP);
    SAYS(FAULT_OF("mov %%rax, %%cr0", cr0 & 0x7fffffff) == VECTOR_GP); /* paging stays in 64-bit code */
    SAYS(FAULT_OF("mov %%rax, %%cr0", cr0) == TINY_NO_FAULT);
    SAYS(tiny_try_rdmsr(MSR_EFER, &value) == TINY_NO_FAULT);
    SAYS(tiny_try_wrmsr(MSR_EFER, value | 1) == TINY_NO_FAULT);
    SAYS(tiny_try_wrmsr(MSR_EFER, value | 1u << 12) == VECTOR_GP);
    SAYS(tiny_try_wrmsr(MSR_EFER, value & ~0x100ull) == VECTOR_GP); /* LME with paging on */
    __asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | 1u << 18));        /* OSXSAVE */
    SAYS(FAULT_OF("xsetbv", 7) == TINY_NO_FAULT || FAULT_OF("xsetbv", 3) == TINY_NO_FAULT);
    SAYS(FAULT_OF("xsetbv", 0) == VECTOR_GP);
    SAYS(FAULT_OF("xsetbv", 5) == VECTOR_GP);
    SAYS(FAULT_OF("xsetbv", 0x207) == VECTOR_GP); /* PKRU */
    SAYS(FAULT_OF("xsetbv", 0xe7) == VECTOR_GP);  /* AVX-512 */
    SAYS(FAULT_OF("xsetbv", 1) == TINY_NO_FAULT);
    __asm__ volatile("mov %0, %%cr4" ::"r"(cr4));
}

static void write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static uint64_t read_msr(uint32_t msr)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void interrupts(void)
{
    uint64_t before = tiny_interrupts;
    uint64_t value;

    write_msr(X2APIC_SPURIOUS, 0x1ff);
    __asm__ volatile("cli");
    write_msr(X2APIC_SELF_IPI, 0xf1);
    SAYS((read_msr(X2APIC_IRR7) & 1u << 17) != 0 && tiny_interrupts == before);
    guest_halt(); /* does not sleep: one is pending, though interrupts are off */
    __asm__ volatile("mov %0, %%cr8" ::"r"(15ull));
    __asm__ volatile("sti\n\tnop\n\tnop");
    SAYS(tiny_interrupts == before); /* held back by the task priority */
    SAYS(read_msr(X2APIC_TPR) == 0xf0);
    __asm__ volatile("mov %%cr8, %0" : "=r"(value));
    SAYS(value == 15);
    write_msr(X2APIC_TPR, 0);
    __asm__ volatile("nop\n\tnop");
    SAYS(tiny_interrupts == before + 1);
    write_msr(X2APIC_ICR, 1u << 18 | 0x51); /* to itself */
    __asm__ volatile("nop\n\tnop");
    SAYS(tiny_interrupts == before + 2);
    write_msr(X2APIC_ICR, 3u << 18 | 5u << 8); /* INIT to all others, of which there are none */
    write_msr(X2APIC_ICR, 1ull << 32 | 0x52);  /* a vCPU that is not there */
    SAYS(tiny_try_wrmsr(X2APIC_ICR, 1u << 12) == VECTOR_GP);
    SAYS(tiny_interrupts == before + 2);

    write_msr(X2APIC_LVT_TIMER, LVT_DEADLINE | TIMER_VECTOR);
    write_msr(MSR_TSC_DEADLINE, tiny_rdtsc() + 5000);
    for (uint32_t n = 0; n < 1000000 && tiny_interrupts == before + 2; n++) {
        __asm__ volatile("pause");
    }
    SAYS(tiny_interrupts == before + 3); /* while it runs */
    __asm__ volatile("cli");
    write_msr(MSR_TSC_DEADLINE, tiny_rdtsc() + 300000);
    guest_halt();
    SAYS(tiny_interrupts == before + 3);
    __asm__ volatile("sti\n\tnop\n\tnop");
    SAYS(tiny_interrupts == before + 4); /* while it halts */
    SAYS(read_msr(MSR_TSC_DEADLINE) == 0);
}

static void guest(void)
{
    leaves();
    masks();
    sites();
    memory_conversions();
    virtualization_exceptions();
    second_ve_is_a_double_fault();
    interrupts();
    single_steps();
    control_registers();
    guest_say(DONE);
}

/* Runs the guest on: false at its end. */
static bool run_to_word(struct tiny_run *run, uint64_t *said)
{
    while (!tiny_guest_run(run, 1000, said)) {
        const uint64_t deadline = run->reg[GUEST_RDX];

        if (run->status != 0 || tiny_run_kind(run) != RUN_HALTED || deadline == UINT64_MAX) {
            return false;
        }
        while (tiny_rdtsc() < deadline) {
            __asm__ volatile("pause");
        }
    }
    return *said != DONE;
}

void tiny_main(const struct boot_info *info)
{
    struct tiny_guest made;
    struct tiny_run run = {.slice = SLICE};
    uint64_t said = 0;
    uint32_t passed = 0;
    uint32_t failed = 0;

    if (!tiny_guest_make(&made, guest)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = made.vcpu;
    while (run_to_word(&run, &said)) {
        passed += said & 1;
        if ((said & 1) == 0) {
            failed++;
            tiny_text("  guest: the check in line ");
            tiny_decimal(said >> 1);
            tiny_text(" does not hold\r\n");
        }
    }
    if (said != DONE) {
        tiny_text("  guest: ended after line ");
        tiny_decimal(said >> 1);
        tiny_text(", exit ");
        tiny_hex(run.exit);
        tiny_text(" ");
        tiny_hex(run.reg[GUEST_RDX]);
        tiny_text(" ");
        tiny_hex(run.reg[GUEST_RSI]);
        tiny_text(" ");
        tiny_hex(run.reg[GUEST_R12]);
        tiny_text(" ");
        tiny_hex(run.reg[GUEST_R13]);
        tiny_text("\r\n");
    }
    tiny_check("the guest comes to its end", said == DONE);
    tiny_check_equal("no check of the guest's fails", failed, 0);
    tiny_check("the guest has checked", passed != 0);
}
