/* SPDX-License-Identifier: Apache-2.0 */
/* What the n-th guest costs: its start, a switch among n guests, and a change of ownership with n guests there.  Each guest
 * is as small as can be: page tables, and a page of code that calls the manager for ever. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "lib/memory.h"
#include "tests/tiny/tiny.h"

#define FRAME         4096u
#define GUESTS        200u
#define GUEST_FRAMES  16u
#define GFN_CODE      3u
#define PRESENT_WRITE 3u
#define LARGE         0x80u
#define CODE_BYTES    64u
#define ROUNDS        4u

static struct {
    uint64_t partition;
    struct tiny_run run;
} guests[GUESTS];

/* Copied to each guest: position-independent. */
__attribute__((naked)) static void code(void)
{
    __asm__ volatile("1: xorl %%eax, %%eax\n\t"
                     "movl $0xfc00, %%ecx\n\t"
                     "xorl %%r10d, %%r10d\n\t"
                     "movl %0, %%r11d\n\t"
                     "movl $1, %%r12d\n\t"
                     "movl $1, %%r13d\n\t"
                     "movl $0x500, %%r14d\n\t"
                     "xorl %%r15d, %%r15d\n\t"
                     ".byte 0x66, 0x0f, 0x01, 0xcc\n\t"
                     "jmp 1b" ::"i"(TDVMCALL_IO));
}

static void fill(uint64_t first)
{
    uint64_t *tables = tiny_at(first);

    tables[0] = 1 * FRAME + PRESENT_WRITE;
    tables[FRAME / 8] = 2 * FRAME + PRESENT_WRITE;
    tables[2 * FRAME / 8] = PRESENT_WRITE + LARGE;
    memcpy(tiny_at(first + GFN_CODE), (const void *)(uintptr_t)code, CODE_BYTES);
}

static bool start(uint32_t n, uint64_t first)
{
    const struct tiny_answer made = tiny_call(HYPERCALL_PARTITION_CREATE, GUEST_FRAMES, 1, 0, 0, 0);
    struct tiny_answer vcpu;

    guests[n].partition = made.value;
    if (made.status != STATUS_OK ||
        tiny_call(HYPERCALL_FRAME_DONATE, made.value, 0, first, GUEST_FRAMES, DONATE_KEEP).status !=
            STATUS_OK) {
        return false;
    }
    vcpu = tiny_call(HYPERCALL_VCPU_CREATE, made.value, GFN_CODE * FRAME, 0, 0, 0);
    guests[n].run.vcpu = vcpu.value;
    return vcpu.status == STATUS_OK &&
           tiny_call(HYPERCALL_PARTITION_SEAL, made.value, 0, 0, 0, 0).status == STATUS_OK;
}

static bool run(uint32_t n)
{
    guests[n].run.reg[GUEST_R10] = TDVMCALL_SUCCESS;
    tiny_vcpu_run(&guests[n].run);
    return guests[n].run.status == STATUS_OK && tiny_run_kind(&guests[n].run) == RUN_GUEST_CALL;
}

static uint64_t switch_ticks(uint32_t count)
{
    uint64_t begin;

    for (uint32_t n = 0; n < count; n++) {
        if (!run(n)) {
            tiny_check("a guest runs", false);
        }
    }
    begin = tiny_rdtsc();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t n = 0; n < count; n++) {
            run(n);
        }
    }
    return (tiny_rdtsc() - begin) / (ROUNDS * count);
}

/* A frame given as one of a batch, its contents kept: the change of ownership, without the scrubbing. */
static uint64_t donate_ticks(uint64_t first)
{
    const uint64_t partition = tiny_call(HYPERCALL_PARTITION_CREATE, FRAME_BATCH_MAX, 1, 0, 0, 0).value;
    const uint64_t begin = tiny_rdtsc();
    const uint64_t status =
        tiny_call(HYPERCALL_FRAME_DONATE, partition, 0, first, FRAME_BATCH_MAX, DONATE_KEEP).status;
    const uint64_t ticks = (tiny_rdtsc() - begin) / FRAME_BATCH_MAX;

    tiny_check_equal("a batch is given", status, STATUS_OK);
    tiny_call(HYPERCALL_PARTITION_DESTROY, partition, 0, 0, 0, 0);
    while (tiny_call(HYPERCALL_FRAME_RECLAIM, partition, 0, 0, 0, 0).status == STATUS_RETRY) {
    }
    return ticks;
}

static void say(uint64_t begin, uint32_t n, uint64_t batch)
{
    static const struct {
        uint32_t count;
        const char *start, *run, *donate;
    } figures[] = {
        {1, "scale.start.1", "scale.switch.1", "scale.donate.1"},
        {10, "scale.start.10", "scale.switch.10", "scale.donate.10"},
        {50, "scale.start.50", "scale.switch.50", "scale.donate.50"},
        {200, "scale.start.200", "scale.switch.200", "scale.donate.200"},
    };
    const uint64_t ticks = tiny_rdtsc() - begin;

    for (uint32_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        if (figures[i].count == n) {
            tiny_bench(figures[i].start, ticks, "instructions");
            tiny_bench(figures[i].run, switch_ticks(n), "instructions");
            tiny_bench(figures[i].donate, donate_ticks(batch), "instructions");
        }
    }
}

void tiny_main(const struct boot_info *info)
{
    const uint64_t first = tiny_frames(GUESTS * GUEST_FRAMES);
    const uint64_t batch = tiny_frames(FRAME_BATCH_MAX);

    for (uint32_t n = 0; n < GUESTS; n++) {
        uint64_t begin;

        fill(first + n * GUEST_FRAMES);
        begin = tiny_rdtsc();
        if (!start(n, first + n * GUEST_FRAMES)) {
            tiny_check("a guest starts", false);
            return;
        }
        say(begin, n + 1, batch);
    }
}
