/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/instruction_check.h"

#include "arch/x86_64/window.h"
#include "ept/table.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "lib/addr.h"
#include "vmx/tdcall.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"

/* The guest's own 4-level tables.  Source: Intel SDM Vol. 3A, "4-Level Paging and 5-Level Paging". */
enum paging_entry_bits {
    ENTRY_PRESENT = 1u << 0,
    ENTRY_LARGE = 1u << 7, /* of a page-directory (or pointer) entry: maps 2 MiB (or 1 GiB) */
};
#define ENTRY_ADDRESS      0x000ffffffffff000ull
#define LEVELS             4u
#define LEVEL_BITS         9u
#define LEVEL_INDEX_MASK   0x1ffu
#define OFFSET_BITS        12u
#define LARGEST_LEAF       2u /* levels 1 and 2 can map large pages */
#define CANONICAL_SIGN_BIT 47u
#define INSTRUCTION_FAILED 0u
#define BITS_PER_BYTE      8u

/* Copies `count` bytes (within one frame) of the guest's private memory; false where it has none there. */
static bool read_private(uint64_t address, uint8_t *to, uint32_t count)
{
    const gfn_t gfn = frame_of_address(address);
    uint64_t entry;
    const uint8_t *frame;

    /* Is it private memory of this guest? */
    if (gfn >= shared_bit_gfn) {
        return false;
    }
    entry = table_translate(table_ept_space(percpu_this()->partition), gfn);
    if (entry == 0) {
        return false;
    }
    frame = window_open_read(frame_of_address(entry));
    for (uint32_t n = 0; n < count; n++) {
        to[n] = frame[address % FRAME_SIZE + n];
    }
    window_close();
    return true;
}

static bool read_entry(uint64_t address, uint64_t *entry)
{
    uint8_t bytes[sizeof(uint64_t)];

    if (!read_private(address, bytes, sizeof(bytes))) {
        return false;
    }
    *entry = 0;
    for (uint32_t n = 0; n < sizeof(bytes); n++) {
        *entry |= (uint64_t)bytes[n] << (BITS_PER_BYTE * n);
    }
    return true;
}

static bool is_canonical(uint64_t linear)
{
    const uint64_t high = linear >> CANONICAL_SIGN_BIT;

    return high == 0 || high == UINT64_MAX >> CANONICAL_SIGN_BIT;
}

/* The guest-physical address of a linear one, by four reads at most. */
static bool walk(uint64_t linear, uint64_t *physical)
{
    uint64_t entry = vmcs_read(VMCS_GUEST_CR3);

    if (!is_canonical(linear)) {
        return false;
    }
    for (uint32_t level = LEVELS; level > 0; level--) {
        const uint32_t shift = OFFSET_BITS + LEVEL_BITS * (level - 1u);
        const uint64_t index = (linear >> shift) & LEVEL_INDEX_MASK;

        if (!read_entry((entry & ENTRY_ADDRESS) + index * sizeof(entry), &entry) ||
            (entry & ENTRY_PRESENT) == 0) {
            return false;
        }
        if (level == 1 || (level - 1u <= LARGEST_LEAF && (entry & ENTRY_LARGE) != 0)) {
            const uint64_t offset_mask = (1ull << shift) - 1u;

            *physical = (entry & ENTRY_ADDRESS & ~offset_mask) | (linear & offset_mask);
            return true;
        }
    }
    return false;
}

static bool read_linear(uint64_t linear, uint8_t *to, uint32_t count)
{
    uint64_t physical;

    return walk(linear, &physical) && read_private(physical, to, count);
}

/* The instruction at `rip`, which may cross a page; INSTRUCTION_FAILED where it cannot be read. */
static uint32_t fetch(uint64_t rip)
{
    const uint32_t left = FRAME_SIZE - (uint32_t)(rip % FRAME_SIZE);
    const uint32_t first = left < TDCALL_LENGTH ? left : TDCALL_LENGTH;
    uint8_t bytes[TDCALL_LENGTH];
    uint32_t instruction = 0;

    if (!read_linear(rip, bytes, first)) {
        return INSTRUCTION_FAILED;
    }
    if (first < TDCALL_LENGTH && !read_linear(rip + first, bytes + first, TDCALL_LENGTH - first)) {
        return INSTRUCTION_FAILED;
    }
    for (uint32_t n = 0; n < TDCALL_LENGTH; n++) {
        instruction |= (uint32_t)bytes[n] << (BITS_PER_BYTE * n);
    }
    return instruction;
}

static bool is_known(const struct vcpu_state *state, uint64_t rip)
{
#pragma GCC unroll 4
    for (uint32_t n = 0; n < TDCALL_SITES; n++) {
        if (state->tdcall_sites[n] == rip) {
            return rip != 0;
        }
    }
    return false;
}

/* Under the lock no frame changes hands while its window is open. */
static __attribute__((noinline)) bool look(struct vcpu_state *state, uint64_t rip)
{
    uint32_t instruction;

    lock_acquire();
    instruction = fetch(rip);
    lock_release();
    if (instruction != TDCALL_BYTES) {
        return false;
    }
    state->tdcall_sites[state->tdcall_site_next % TDCALL_SITES] = rip;
    state->tdcall_site_next++;
    return true;
}

bool instruction_check_is_tdcall(uint64_t rip)
{
    struct vcpu_state *state = vcpu_state();

    return is_known(state, rip) || look(state, rip);
}
