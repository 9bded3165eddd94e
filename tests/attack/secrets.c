/* SPDX-License-Identifier: Apache-2.0 */
/* A guest whose memory and registers hold a secret.  The manager looks for it in everything it can reach: before,
 * while the guest lives, after it is gone. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME 4096u
#define WORDS (FRAME / 8)
/* Made at run time, so that no image holds it. */
#define HALF_A 0x5ec2e7000000a11cull
#define HALF_B 0x00000000e5b0b000ull

#define OTHER_MASK                                                                                           \
    (1u << GUEST_RBX | 1u << GUEST_R10 | 1u << GUEST_R11 | 1u << GUEST_R12 | 1u << GUEST_R13 |               \
     1u << GUEST_R14)

static uint64_t secret(void)
{
    volatile uint64_t a = HALF_A;
    volatile uint64_t b = HALF_B;

    return a ^ (b << 4) ^ 0x1234567;
}

static void guest_with_secret(void)
{
    volatile uint64_t *page = (volatile uint64_t *)(TINY_PRIVATE + TINY_FREE_FIRST * FRAME);
    const uint64_t value = secret();
    uint64_t reg[16];

    for (uint32_t i = 0; i < WORDS; i++) {
        page[i] = value;
    }
    /* Every register holds it, but those the mask names. */
    for (uint32_t i = 0; i < 16; i++) {
        reg[i] = value;
    }
    reg[GUEST_RCX] = 1u << GUEST_R10 | 1u << GUEST_R11 | 1u << GUEST_R12 | 1u << GUEST_R13 | 1u << GUEST_R14 |
                     1u << GUEST_R15;
    reg[GUEST_R10] = 0;
    reg[GUEST_R11] = TDVMCALL_IO;
    reg[GUEST_R12] = 4;
    reg[GUEST_R13] = 1;
    reg[GUEST_R14] = TINY_PORT;
    reg[GUEST_R15] = 1;
    guest_tdcall(TDG_VP_VMCALL, reg);
    /* The answer must not have changed what was not named. */
    guest_say(reg[GUEST_RBX] == value && reg[GUEST_RSI] == value && reg[GUEST_RDI] == value &&
              reg[GUEST_R8] == value && reg[GUEST_R9] == value && reg[GUEST_RDX] == value);
    guest_say(page[0] == value && page[WORDS - 1] == value);
    /* Another choice of registers: RBX, but not R15. */
    reg[GUEST_RCX] = OTHER_MASK;
    reg[GUEST_RBX] = 0;
    reg[GUEST_R10] = 0;
    reg[GUEST_R11] = TDVMCALL_IO;
    reg[GUEST_R12] = 4;
    reg[GUEST_R13] = 1;
    reg[GUEST_R14] = TINY_PORT;
    reg[GUEST_R15] = value;
    guest_tdcall(TDG_VP_VMCALL, reg);
}

/* How often the value stands in all the memory the manager can read. */
static uint64_t hits(const struct boot_info *boot, uint64_t value)
{
    uint64_t found = 0;
    uint64_t word;

    for (uint32_t r = 0; r < boot->range_count; r++) {
        for (uint64_t i = 0; i < boot->ranges[r].count; i++) {
            const uint64_t *page = tiny_at(boot->ranges[r].first + i);

            if (tiny_try_read((uint64_t)page, &word) != TINY_NO_FAULT) {
                continue;
            }
            /* The first, a middle and the last word: the guest fills whole pages. */
            found += (page[0] == value) + (page[WORDS / 2] == value) + (page[WORDS - 1] == value);
        }
    }
    return found;
}

static bool register_leaks(const struct tiny_run *run, uint64_t value)
{
    for (uint32_t i = 0; i < 16; i++) {
        if (run->reg[i] == value) {
            return true;
        }
    }
    return run->status == value || run->exit == value;
}

void tiny_main(const struct boot_info *boot)
{
    const uint64_t value = secret();
    struct tiny_guest guest;
    struct tiny_run run = {0};
    uint64_t said = 0;

    tiny_check_equal("the secret is nowhere before", hits(boot, value), 0);
    if (!tiny_guest_make(&guest, guest_with_secret)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = guest.vcpu;
    tiny_vcpu_run(&run);
    tiny_check_equal("the guest calls", tiny_run_kind(&run), RUN_GUEST_CALL);
    tiny_check_equal("with the registers it named", run.exit >> RUN_EXIT_REGISTERS_SHIFT & 0xffff, 0xfc00);
    tiny_check_equal("of which R14 is what it said", run.reg[GUEST_R14], TINY_PORT);
    tiny_check("no register shows the secret", !register_leaks(&run, value));
    tiny_check_equal("no memory shows the secret", hits(boot, value), 0);
    /* The manager lies in every register of the answer. */
    for (uint32_t i = 0; i < 16; i++) {
        run.reg[i] = ~value;
    }
    run.reg[GUEST_R10] = 0;
    tiny_check("the guest goes on", tiny_guest_run(&run, 100, &said));
    tiny_check_equal("registers it did not name are as they were", said, 1);
    tiny_check("and on", tiny_guest_run(&run, 100, &said));
    tiny_check_equal("its memory is as it was", said, 1);
    tiny_vcpu_run(&run);
    tiny_check_equal("it names other registers", run.exit >> RUN_EXIT_REGISTERS_SHIFT & 0xffff, OTHER_MASK);
    tiny_check_equal("of which R14 is what it said then", run.reg[GUEST_R14], TINY_PORT);
    tiny_check("no other shows the secret", !register_leaks(&run, value));
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
    tiny_check_equal("the secret is nowhere after", hits(boot, value), 0);
}
