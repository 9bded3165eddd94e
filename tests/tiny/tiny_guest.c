/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tiny/tiny_guest.h"

#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "lib/memory.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_trap.h"

/*
 * Guest-physical memory: page tables at 1, the image from 0x100 on (up to 2 MiB), TINY_FREE_FIRST.. for the test.
 * 4 MiB in all.
 */
#define FRAME            4096u
#define GUEST_FRAMES     TINY_GUEST_FRAMES
#define GFN_PML4         1u
#define GFN_PDPT         2u
#define GFN_PRIVATE      3u
#define GFN_SHARED       4u
#define GFN_WINDOW       5u
#define GFN_WINDOW_TABLE 6u
#define GFN_IMAGE        0x100u
#define PRESENT_WRITE    3u
#define LARGE            0x80u
#define ENTRIES          512u
#define LARGE_PAGE       0x200000u
#define WINDOW           0x40000000u

extern const uint8_t image_start[];
extern const uint8_t image_end[];
static uint64_t shared_bit;
static void (*guest_entry)(void);
#define STACK_BYTES 0x4000
static uint8_t guest_stacks[TINY_VCPUS_MAX][STACK_BYTES] __attribute__((aligned(16)));

/* First instruction of every guest, in its copy of the image.  RSI: the index of the vCPU. */
__attribute__((naked)) static void guest_start(void)
{
    __asm__ volatile(
        "imul %0, %%rsi\n\tlea %1, %%rsp\n\tlea %c0(%%rsp, %%rsi), %%rsp\n\tcall guest_start_c\n1:\tjmp 1b" ::
            "i"(STACK_BYTES),
        "m"(guest_stacks));
}

void guest_start_c(void);
__attribute__((used)) void guest_start_c(void)
{
    /* SSE is not used, a GDT is: interrupts and IRET reload selectors. */
    static const uint64_t gdt[] = {0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff};
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) gdtr = {sizeof(gdt) - 1, (uint64_t)gdt};

    __asm__ volatile("lgdt %0" ::"m"(gdtr));
    tiny_is_guest = 1;
    tiny_trap_init();
    guest_entry();
    for (;;) {
        guest_halt();
    }
}

static uint64_t *table(uint64_t first, uint64_t gfn)
{
    return tiny_at(first + gfn);
}

static void make_tables(uint64_t first)
{
    uint64_t pages = (uint64_t)(image_end - image_start) / FRAME;

    table(first, GFN_PML4)[0] = GFN_PDPT * FRAME + PRESENT_WRITE;
    table(first, GFN_PDPT)[WINDOW >> 30] = GFN_WINDOW * FRAME + PRESENT_WRITE;
    table(first, GFN_PDPT)[TINY_PRIVATE >> 30] = GFN_PRIVATE * FRAME + PRESENT_WRITE;
    table(first, GFN_PDPT)[TINY_SHARED >> 30] = GFN_SHARED * FRAME + PRESENT_WRITE;
    table(first, GFN_WINDOW)[0] = GFN_WINDOW_TABLE * FRAME + PRESENT_WRITE;
    for (uint64_t i = 0; i < pages; i++) {
        table(first, GFN_WINDOW_TABLE)[i] = (GFN_IMAGE + i) * FRAME + PRESENT_WRITE;
    }
    for (uint64_t i = 0; i < ENTRIES; i++) {
        table(first, GFN_PRIVATE)[i] = i * LARGE_PAGE + PRESENT_WRITE + LARGE;
        table(first, GFN_SHARED)[i] = shared_bit + i * LARGE_PAGE + PRESENT_WRITE + LARGE;
    }
}

static bool fine(const char *call, uint64_t status)
{
    if (status != STATUS_OK) {
        tiny_text("tiny: ");
        tiny_text(call);
        tiny_text(" says ");
        tiny_hex(status);
        tiny_text("\r\n");
    }
    return status == STATUS_OK;
}

static bool donate_all(const struct tiny_guest *guest)
{
    for (uint64_t at = 0; at < guest->frames; at += FRAME_BATCH_MAX) {
        if (!fine("FRAME_DONATE", tiny_call(HYPERCALL_FRAME_DONATE, guest->partition, at,
                                            guest->first_hfn + at, FRAME_BATCH_MAX, DONATE_KEEP)
                                      .status)) {
            return false;
        }
    }
    return true;
}

static bool make_vcpus(struct tiny_guest *guest, uint32_t count)
{
    for (uint32_t n = 0; n < count; n++) {
        struct tiny_answer answer =
            tiny_call(HYPERCALL_VCPU_CREATE, guest->partition, (uint64_t)guest_start, n, GFN_PML4 * FRAME, 0);
        if (!fine("VCPU_CREATE", answer.status)) {
            return false;
        }
        guest->vcpus[n] = answer.value;
    }
    guest->vcpu = guest->vcpus[0];
    return true;
}

bool tiny_guest_make(struct tiny_guest *guest, void (*entry)(void))
{
    return tiny_guest_make_vcpus(guest, entry, 1, false);
}

bool tiny_guest_make_vcpus(struct tiny_guest *guest, void (*entry)(void), uint32_t count, bool again)
{
    struct tiny_answer answer;

    shared_bit = 1ull << tiny_call(HYPERCALL_INFO, INFO_SHARED_BIT, 0, 0, 0, 0).value;
    guest_entry = entry;
    guest->frames = GUEST_FRAMES;
    guest->first_hfn = again ? guest->first_hfn : tiny_frames(GUEST_FRAMES);
    make_tables(guest->first_hfn);
    memcpy(tiny_at(guest->first_hfn + GFN_IMAGE), image_start, (uint64_t)(image_end - image_start));
    answer = tiny_call(HYPERCALL_PARTITION_CREATE, GUEST_FRAMES, count, 0, 0, 0);
    guest->partition = answer.value;
    if (!fine("PARTITION_CREATE", answer.status) || !donate_all(guest)) {
        return false;
    }
    return make_vcpus(guest, count) &&
           fine("PARTITION_SEAL", tiny_call(HYPERCALL_PARTITION_SEAL, guest->partition, 0, 0, 0, 0).status);
}

bool tiny_guest_run(struct tiny_run *run, uint32_t slices, uint64_t *said)
{
    for (uint32_t n = 0; n < slices; n++) {
        tiny_vcpu_run(run);
        if (run->status != STATUS_OK) {
            return false;
        }
        if (tiny_run_kind(run) == RUN_GUEST_CALL) {
            const bool is_say = run->reg[GUEST_R11] == TDVMCALL_IO && run->reg[GUEST_R14] == TINY_PORT;

            run->reg[GUEST_R10] = TDVMCALL_SUCCESS;
            run->reg[GUEST_R11] = 0;
            if (is_say) {
                *said = run->reg[GUEST_R15];
                return true;
            }
        } else if (tiny_run_kind(run) != RUN_INTERRUPTED) {
            return false;
        }
    }
    return false;
}

bool tiny_guest_unmake(struct tiny_guest *guest)
{
    uint64_t status = tiny_call(HYPERCALL_PARTITION_DESTROY, guest->partition, 0, 0, 0, 0).status;

    if (!fine("PARTITION_DESTROY", status)) {
        return false;
    }
    do {
        status = tiny_call(HYPERCALL_FRAME_RECLAIM, guest->partition, 0, 0, 0, 0).status;
    } while (status == STATUS_RETRY);
    return fine("FRAME_RECLAIM", status);
}

/* Below: what runs in the guest. */

uint64_t guest_vmcall(uint64_t function, uint64_t r12, uint64_t r13, uint64_t r14, uint64_t r15,
                      uint64_t *value)
{
    uint64_t reg[16] = {0};

    reg[GUEST_RCX] = 1u << GUEST_R10 | 1u << GUEST_R11 | 1u << GUEST_R12 | 1u << GUEST_R13 | 1u << GUEST_R14 |
                     1u << GUEST_R15;
    reg[GUEST_R11] = function;
    reg[GUEST_R12] = r12;
    reg[GUEST_R13] = r13;
    reg[GUEST_R14] = r14;
    reg[GUEST_R15] = r15;
    guest_tdcall(TDG_VP_VMCALL, reg);
    if (value != NULL) {
        *value = reg[GUEST_R11];
    }
    return reg[GUEST_R10];
}

uint64_t guest_say(uint64_t said)
{
    uint64_t value = 0;

    guest_vmcall(TDVMCALL_IO, 4, 1, TINY_PORT, said, &value);
    return value;
}

uint64_t guest_map(uint64_t gfn, uint64_t count, bool shared)
{
    uint64_t bit = shared ? shared_bit : 0;
    uint64_t at = gfn * FRAME + bit;
    uint64_t end = (gfn + count) * FRAME + bit;
    uint64_t status;

    do {
        status = guest_vmcall(TDVMCALL_MAP_GPA, at, end - at, 0, 0, &at);
    } while (status == TDVMCALL_RETRY);
    return status;
}

void guest_halt(void)
{
    guest_vmcall(TDVMCALL_HLT, 0, 0, 0, 0, NULL);
}
