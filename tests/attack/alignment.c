/* SPDX-License-Identifier: Apache-2.0 */
/* Endless #AC: a guest in 32-bit mode at CPL 3 whose #AC handler has a misaligned stack, too, so that each delivery
 * of #AC raises the next.  A CPU that does not leave the guest for it never comes back. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "lib/memory.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME     4096u
#define SLICE     100000u
#define RUNS      5u
#define GFN_PDPT  2u /* tests/tiny/tiny_guest.c */
#define GFN_TABLE 3u
#define PLACE     ((uint64_t)TINY_FREE_FIRST * FRAME) /* the code's, identity-mapped */
#define GDT_AT    (PLACE + 0x400)
#define IDT_AT    (PLACE + 0x800)
#define CODE_32   0x18u
#define VECTOR_AC 17u
#define GATE_32   0xee00u /* present, DPL 3, 32-bit interrupt gate */
#define CODE_USER 0x23u

extern const uint8_t alignment_code[];
extern const uint8_t alignment_handler[];
extern const uint8_t alignment_end[];

/* Runs at PLACE: leaves long mode, then CPL 0, and pushes.  EBX = PLACE. */
__asm__(".text\n"
        ".code32\n"
        ".globl alignment_code, alignment_handler, alignment_end\n"
        "alignment_code:\n\t"
        "movl %cr0, %eax\n\t"
        "andl $0x7fffffff, %eax\n\t" /* PG off */
        "orl $0x40000, %eax\n\t"     /* AM on */
        "movl %eax, %cr0\n\t"
        "lidt 0xc00(%ebx)\n\t"
        "movl $0x2b, %eax\n\t"
        "movl %eax, %ds\n\t"
        "leal 0xf01(%ebx), %ecx\n\t" /* ESP of CPL 3 */
        "leal (alignment_user - alignment_code)(%ebx), %edx\n\t"
        "pushl $0x2b\n\t"
        "pushl %ecx\n\t"
        "pushl $0x40002\n\t" /* AC on */
        "pushl $0x23\n\t"
        "pushl %edx\n\t"
        "iretl\n"
        "alignment_user:\n\t"
        "pushl %eax\n"
        "alignment_handler:\n\t"
        "incl 0xff0(%ebx)\n\t" /* never: its first push has raised the next */
        "jmp alignment_handler\n"
        "alignment_end:\n"
        ".code64\n");

struct descriptor_table {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

static void *at(uint64_t guest_physical)
{
    return (void *)(TINY_PRIVATE + guest_physical);
}

static void endless(void)
{
    static const uint64_t gdt[] = {0,
                                   0,
                                   0,
                                   0x00cf9b000000ffff,  /* CODE_32 */
                                   0x00cffb000000ffff,  /* CODE_USER */
                                   0x00cff3000000ffff}; /* data of CPL 3 */
    const uint64_t handler = PLACE + (uint64_t)(alignment_handler - alignment_code);
    const uint64_t gate =
        (handler & 0xffff) | CODE_USER << 16 | (uint64_t)GATE_32 << 32 | (handler >> 16) << 48;
    const struct descriptor_table idtr = {(VECTOR_AC + 1) * 8 - 1, IDT_AT};
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr = {sizeof(gdt) - 1, GDT_AT};

    ((uint64_t *)at(GFN_PDPT * FRAME))[0] = GFN_TABLE * FRAME + 3; /* the first GiB at its own place */
    memcpy(at(PLACE), alignment_code, (uint64_t)(alignment_end - alignment_code));
    memcpy(at(GDT_AT), gdt, sizeof(gdt));
    memcpy(at(IDT_AT + VECTOR_AC * 8), &gate, sizeof(gate));
    memcpy(at(PLACE + 0xc00), &idtr, sizeof(idtr));
    guest_say(1);
    __asm__ volatile("cli\n\tlgdt %0\n\t"
                     "movq %1, %%rbx\n\t"
                     "leaq 0xe00(%%rbx), %%rsp\n\t" /* aligned: for CPL 0 */
                     "pushq %2\n\tpushq %%rbx\n\tlretq" ::"m"(gdtr),
                     "r"(PLACE), "i"(CODE_32)
                     : "rbx", "memory");
}

void tiny_main(const struct boot_info *info)
{
    struct tiny_guest guest;
    struct tiny_run run = {.slice = SLICE};
    uint64_t said = 0;
    uint32_t interrupted = 0;

    if (!tiny_guest_make(&guest, endless)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = guest.vcpu;
    tiny_check("the guest starts", tiny_guest_run(&run, 100, &said) && said == 1);
    for (uint32_t n = 0; n < RUNS; n++) {
        tiny_vcpu_run(&run);
        interrupted += run.status == 0 && tiny_run_kind(&run) == RUN_INTERRUPTED;
    }
    tiny_check_equal("each slice of it ends", interrupted, RUNS);
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}
