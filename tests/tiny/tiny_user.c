/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tiny/tiny_user.h"

#include "tests/tiny/tiny.h"

#define USER         4u /* of an entry of a page table */
#define FRAME_MASK   0x000ffffffffff000ull
#define TSS_SELECTOR 0x28u
#define MSR_EFER     0xc0000080u
#define MSR_STAR     0xc0000081u
#define MSR_LSTAR    0xc0000082u
#define MSR_FMASK    0xc0000084u
#define EFER_SCE     1u
#define KERNEL_CODE  0x08ull

/* Code and data of the kernel as manager/entry.S has them, data and code of user mode, the TSS. */
static uint64_t gdt[7] = {
    0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff, 0, 0,
};
static struct {
    uint32_t reserved;
    uint64_t rsp0;
    uint8_t rest[92];
} __attribute__((packed)) tss;
static uint8_t kernel_stack[4096] __attribute__((aligned(16)));
extern uint64_t manager_pml4[512];
extern const uint8_t tiny_user_page[], tiny_user_back[];

/* There is no memory in user mode but the page of its code. */
uint32_t tiny_user_enter(const uint64_t of[7]);
__asm__("    .text\n"
        "tiny_user_enter:\n"
        "    pushq %rbx\n"
        "    pushq %rbp\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, tiny_user_rsp\n"
        "    movq %rdi, %rbp\n"
        "    pushq $0x1b\n" /* SS, RSP, RFLAGS, CS, RIP */
        "    pushq $0\n"
        "    pushq $2\n"
        "    pushq $0x23\n"
        "    pushq $tiny_user_page\n"
        "    movq (%rbp), %rax\n"
        "    movq 8(%rbp), %rdi\n"
        "    movq 16(%rbp), %rsi\n"
        "    movq 24(%rbp), %rdx\n"
        "    movq 32(%rbp), %r10\n"
        "    movq 40(%rbp), %r8\n"
        "    movq 48(%rbp), %rcx\n"
        "    iretq\n"
        "tiny_user_back:\n" /* by SYSCALL */
        "    movq tiny_user_rsp, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbp\n"
        "    popq %rbx\n"
        "    ret\n"
        "    .balign 4096\n"
        "tiny_user_page:\n"
        "8:  vmcall\n"
        "    movl $0xff, %eax\n"
        "9:  syscall\n"
        "    .pushsection .fixups, \"a\"\n"
        "    .quad 8b, 9b\n"
        "    .popsection\n"
        "    .balign 4096\n"
        "    .local tiny_user_rsp\n"
        "    .comm tiny_user_rsp, 8, 8\n");

static uint64_t *below(uint64_t *table, uint64_t index)
{
    table[index] |= USER;
    return tiny_at((table[index] & FRAME_MASK) >> 12);
}

/* The page of user mode's code, from the top of the tables on. */
static void open_page(uint64_t at)
{
    uint64_t *table = manager_pml4;

    for (uint32_t shift = 39; shift > 12; shift -= 9) {
        table = below(table, at >> shift & 511);
    }
    table[at >> 12 & 511] |= USER;
    __asm__ volatile("mov %%cr3, %%rax\n\tmov %%rax, %%cr3" ::: "rax", "memory");
}

void tiny_user_init(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr = {sizeof(gdt) - 1, (uint64_t)gdt};
    const uint64_t base = (uint64_t)&tss;
    uint64_t efer = 0;

    tss.rsp0 = (uint64_t)kernel_stack + sizeof(kernel_stack);
    gdt[5] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[6] = base >> 32;
    __asm__ volatile("lgdt %0\n\tltr %w1" ::"m"(gdtr), "r"(TSS_SELECTOR));
    open_page((uint64_t)tiny_user_page);
    tiny_try_rdmsr(MSR_EFER, &efer);
    tiny_try_wrmsr(MSR_EFER, efer | EFER_SCE);
    tiny_try_wrmsr(MSR_STAR, KERNEL_CODE << 32);
    tiny_try_wrmsr(MSR_LSTAR, (uint64_t)tiny_user_back);
    tiny_try_wrmsr(MSR_FMASK, 0);
}

uint32_t tiny_user_vmcall(const uint64_t of[7])
{
    return tiny_user_enter(of);
}
