/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/iommu/check.h"

#include <stddef.h>

#include "abi/status.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/window.h"
#include "isolation/frame_donate.h"
#include "isolation/page.h"
#include "isolation/partition.h"
#include "isolation/partition_create.h"
#include "isolation/vcpu.h"

#define XAPIC_ADDRESS 0xfee00000u
#define XAPIC_IRR     0x200u

static uint32_t passed;
static uint32_t failed;

void check(bool good, const char *what)
{
    console_text(good ? "test: ok: " : "test: FAILED: ");
    console_text(what);
    console_text("\r\n");
    passed += good ? 1 : 0;
    failed += good ? 0 : 1;
}

void check_say_total(void)
{
    console_text("test: ");
    console_decimal(passed);
    console_text(" passed, ");
    console_decimal(failed);
    console_text(" failed\r\n");
}

void check_fill(hfn_t hfn, uint8_t value)
{
    uint8_t *at = window_open(hfn);

    for (uint32_t i = 0; i < FRAME_SIZE; i++) {
        at[i] = value;
    }
    window_close();
}

bool check_holds(hfn_t hfn, uint8_t value)
{
    const volatile uint8_t *at = window_open_read(hfn);
    bool all = true;

    for (uint32_t i = 0; i < CHECK_BYTES; i++) {
        all = all && at[i] == value;
    }
    window_close();
    return all;
}

struct guest check_make_guest(hfn_t first)
{
    struct guest guest = {.first = first};
    struct answer answer = partition_create(CHECK_RUN, 1);
    bool good = answer.status == STATUS_OK;

    guest.id = answer.value;
    guest.slot = partition_find(guest.id);
    good = good && frame_donate(guest.id, CHECK_PAGE_FIRST, first, CHECK_RUN, 0) == STATUS_OK;
    good = good && vcpu_create(guest.id).status == STATUS_OK && partition_seal(guest.id) == STATUS_OK;
    answer = page_share(guest.slot, CHECK_PAGE_FIRST, CHECK_SHARED);
    check(good && answer.status == STATUS_OK && answer.value == CHECK_SHARED, "a guest to test with");
    return guest;
}

bool check_destroy(uint64_t id)
{
    const uint64_t status = partition_destroy(id);

    for (uint64_t slot = 0; slot < VCPUS_MAX; slot++) {
        const struct answer seized = vcpu_seize(id * VCPUS_MAX + slot);

        /* Busy: it is still its maker's, as no VMCS was made for it. */
        if (seized.status == STATUS_OK || seized.status == STATUS_BUSY) {
            vcpu_retire((uint32_t)slot);
        }
    }
    return status == STATUS_OK;
}

hfn_t check_frame_of(const struct guest *guest, gfn_t page)
{
    return guest->first + (page - CHECK_PAGE_FIRST);
}

static uint32_t pending_word(uint32_t vector)
{
    static const void *xapic;

    if (xapic == NULL) {
        xapic = paging_map_device(XAPIC_ADDRESS, FRAME_SIZE);
    }
    return mmio_read32(xapic, XAPIC_IRR + vector / 32 * 16);
}

bool check_pending(uint32_t vector)
{
    return (pending_word(vector) >> vector % 32 & 1) != 0;
}

bool check_any_pending(void)
{
    uint32_t any = 0;

    for (uint32_t vector = 0; vector < 256; vector += 32) {
        any |= pending_word(vector);
    }
    return any != 0;
}
