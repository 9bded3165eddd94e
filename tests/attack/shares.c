/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that a guest shares and takes back: zeroed both ways, reachable for the manager only in between. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME              4096u
#define VECTOR_PF          14u
#define VECTOR_VE          20u
#define EXIT_EPT_VIOLATION 48u
#define GUEST_VALUE        0x6e6e6e6e11111111ull
#define MANAGER_VALUE      0x4d4d4d4d22222222ull
#define PAGES              40u /* more than one MapGPA converts at once */

enum step {
    STEP_PRIVATE_FULL = 1,
    STEP_SHARED_ZERO,
    STEP_SHARED_READ,
    STEP_PRIVATE_ZERO,
    STEP_ALIAS_FAULTS,
    STEP_NOT_RAM,
    STEP_BAD_RANGES,
    STEP_MANY,
    STEP_END,
};

static volatile uint64_t *private_page(uint64_t gfn)
{
    return (volatile uint64_t *)(TINY_PRIVATE + gfn * FRAME);
}

static volatile uint64_t *shared_page(uint64_t gfn)
{
    return (volatile uint64_t *)(TINY_SHARED + gfn * FRAME);
}

static bool bad_ranges_refused(void)
{
    return guest_vmcall(TDVMCALL_MAP_GPA, TINY_FREE_FIRST * FRAME + 1, FRAME, 0, 0, NULL) != 0 &&
           guest_vmcall(TDVMCALL_MAP_GPA, TINY_FREE_FIRST * FRAME, FRAME - 1, 0, 0, NULL) != 0 &&
           guest_vmcall(TDVMCALL_MAP_GPA, ~0ull - FRAME + 1, FRAME * 2, 0, 0, NULL) != 0 &&
           guest_vmcall(TDVMCALL_MAP_GPA, 0, ~0ull - FRAME + 1, 0, 0, NULL) != 0;
}

static bool alias_faults(void)
{
    uint64_t value;

    return tiny_try_read((uint64_t)shared_page(TINY_FREE_FIRST), &value) == VECTOR_VE &&
           guest_last_ve.reason == EXIT_EPT_VIOLATION && guest_last_ve.physical % FRAME == 0 &&
           guest_last_ve.physical / FRAME % 0x100000 == TINY_FREE_FIRST;
}

static bool many(void)
{
    bool ok = guest_map(TINY_FREE_FIRST, PAGES, true) == TDVMCALL_SUCCESS;

    for (uint64_t i = 0; i < PAGES; i++) {
        *shared_page(TINY_FREE_FIRST + i) = GUEST_VALUE + i;
    }
    ok = ok && guest_map(TINY_FREE_FIRST, PAGES, false) == TDVMCALL_SUCCESS;
    for (uint64_t i = 0; i < PAGES; i++) {
        ok = ok && *private_page(TINY_FREE_FIRST + i) == 0;
    }
    return ok;
}

static void sharing_guest(void)
{
    *private_page(TINY_FREE_FIRST) = GUEST_VALUE;
    guest_say(STEP_PRIVATE_FULL);
    guest_say(guest_map(TINY_FREE_FIRST, 1, true) == 0 && *shared_page(TINY_FREE_FIRST) == 0
                  ? STEP_SHARED_ZERO
                  : 0);
    guest_say(*shared_page(TINY_FREE_FIRST) == MANAGER_VALUE ? STEP_SHARED_READ : 0);
    guest_say(guest_map(TINY_FREE_FIRST, 1, false) == 0 && *private_page(TINY_FREE_FIRST) == 0
                  ? STEP_PRIVATE_ZERO
                  : 0);
    guest_say(alias_faults() ? STEP_ALIAS_FAULTS : 0);
    guest_say(guest_map(0x80000, 1, true) == 0 ? STEP_NOT_RAM : 0);
    guest_say(bad_ranges_refused() ? STEP_BAD_RANGES : 0);
    guest_say(many() ? STEP_MANY : 0);
    guest_say(STEP_END);
}

static void expect(struct tiny_run *run, const char *name, uint64_t wanted)
{
    uint64_t said = 0;

    tiny_check_equal(name, tiny_guest_run(run, 100, &said) ? said : 0, wanted);
}

void tiny_main(const struct boot_info *boot)
{
    struct tiny_guest guest;
    struct tiny_run run = {0};
    uint64_t *at;
    uint64_t value;

    if (!tiny_guest_make(&guest, sharing_guest)) {
        tiny_check("a guest can be made", false);
        return;
    }
    run.vcpu = guest.vcpu;
    at = tiny_at(guest.first_hfn + TINY_FREE_FIRST);
    expect(&run, "the guest fills a private page", STEP_PRIVATE_FULL);
    tiny_check("which the manager cannot read", tiny_try_read((uint64_t)at, &value) == VECTOR_PF);
    expect(&run, "once shared it is zero for the guest", STEP_SHARED_ZERO);
    tiny_check("the manager can read it", tiny_try_read((uint64_t)at, &value) == TINY_NO_FAULT);
    tiny_check_equal("and finds zeroes", value, 0);
    tiny_check("the manager can write it", tiny_try_write((uint64_t)at, MANAGER_VALUE) == TINY_NO_FAULT);
    tiny_check("but not the page next to it",
               tiny_try_write((uint64_t)at + FRAME, MANAGER_VALUE) == VECTOR_PF);
    expect(&run, "the guest reads what the manager wrote", STEP_SHARED_READ);
    expect(&run, "taken back it is zero", STEP_PRIVATE_ZERO);
    tiny_check("and out of the manager's reach", tiny_try_read((uint64_t)at, &value) == VECTOR_PF);
    expect(&run, "its shared alias is #VE for the guest", STEP_ALIAS_FAULTS);
    expect(&run, "sharing what is no RAM has no effect", STEP_NOT_RAM);
    expect(&run, "ranges unaligned or wrapped are refused", STEP_BAD_RANGES);
    expect(&run, "more pages than one call converts", STEP_MANY);
    expect(&run, "the guest is done", STEP_END);
    tiny_check("it can be destroyed", tiny_guest_unmake(&guest));
}
