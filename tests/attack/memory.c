/* SPDX-License-Identifier: Apache-2.0 */
/* A manager that reads, writes and executes what is not its own: denied, told as a page fault, recorded. */
#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define FRAME        4096u
#define VECTOR_PF    14u
#define FAULT_DENIED (1u << 15)
#define RET          0xc3u /* the instruction */
#define SECRET       0x5ec2e75ec2e75ec2ull

static bool owns(const struct boot_info *boot, uint64_t hfn)
{
    for (uint32_t i = 0; i < boot->range_count; i++) {
        if (hfn >= boot->ranges[i].first && hfn - boot->ranges[i].first < boot->ranges[i].count) {
            return true;
        }
    }
    return false;
}

/* Read and write at physical `address` are both denied and recorded. */
static bool denied(uint64_t address)
{
    const uint64_t at = TINY_DIRECT_MAP + address;
    const uint64_t sequence = tiny_audit_next();
    uint64_t value = 0;
    bool ok;

    ok = tiny_try_read(at, &value) == VECTOR_PF && (tiny_fault_code() & FAULT_DENIED) != 0 &&
         tiny_fault_address() == at;
    ok = ok && tiny_try_write(at, SECRET) == VECTOR_PF;
    return ok && tiny_audit_has(sequence, AUDIT_MANAGER_MEMORY_DENIED, address);
}

/* All that is not the manager's in the first 4 GiB: the core's image, its region, low memory, holes, devices. */
static void everything_else(const struct boot_info *boot)
{
    uint64_t tried = 0;
    uint64_t reached = 0;
    uint64_t value;

    for (uint64_t hfn = 0; hfn < 0x100000; hfn += hfn < 0x40000 ? 1 : 0x100) {
        if (owns(boot, hfn) || hfn == ((uint64_t)boot - TINY_DIRECT_MAP) / FRAME) {
            continue;
        }
        tried++;
        if (tiny_try_read(TINY_DIRECT_MAP + hfn * FRAME, &value) == TINY_NO_FAULT) {
            reached++;
            tiny_text("  reached frame ");
            tiny_hex(hfn);
            tiny_text("\r\n");
        }
    }
    tiny_check("there is something the manager does not own", tried > 1000);
    tiny_check_equal("none of it can be read", reached, 0);
}

static void devices(void)
{
    static const uint64_t pages[] = {0xfee00000, 0xfec00000, 0xfed00000, 0xfed90000, 0xe0000000, 0xb0000000,
                                     0xfed40000, 0xfff00000, 0xa0000,    0xf0000,    0x0};

    for (uint32_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        tiny_text("  device page ");
        tiny_hex(pages[i]);
        tiny_text("\r\n");
        tiny_check("a device page is denied", denied(pages[i]));
    }
}

/* The manager's own, but not of its image: it can write instructions there, and not execute them. */
static bool is_no_code(uint64_t hfn)
{
    uint8_t *at = tiny_at(hfn);

    *at = RET;
    return tiny_try_call((uint64_t)at) == VECTOR_PF && (tiny_fault_code() & FAULT_DENIED) != 0;
}

static void nothing(void)
{
}

static void data(void)
{
    tiny_check_equal("its image it can execute", tiny_try_call((uint64_t)nothing), TINY_NO_FAULT);
    tiny_check("its data it cannot", is_no_code(tiny_frames(1)));
}

static void donated(void)
{
    const uint64_t hfn = tiny_frames(1);
    const uint64_t id = tiny_call(HYPERCALL_PARTITION_CREATE, 16, 1, 0, 0, 0).value;
    uint64_t *at = tiny_at(hfn);
    uint64_t value;

    *at = SECRET;
    tiny_check("its own frame can be read",
               tiny_try_read((uint64_t)at, &value) == TINY_NO_FAULT && value == SECRET);
    tiny_check_equal("donate", tiny_call(HYPERCALL_FRAME_DONATE, id, 0, hfn, 1, DONATE_KEEP).status,
                     STATUS_OK);
    tiny_check("the donated frame is denied at once", denied(hfn * FRAME));
    tiny_call(HYPERCALL_PARTITION_DESTROY, id, 0, 0, 0, 0);
    tiny_check("it is denied while its owner is being destroyed", denied(hfn * FRAME));
    while (tiny_call(HYPERCALL_FRAME_RECLAIM, id, 0, 0, 0, 0).status == STATUS_RETRY) {
    }
    tiny_check("after the reclaim it can be read again",
               tiny_try_read((uint64_t)at, &value) == TINY_NO_FAULT);
    tiny_check_equal("and was scrubbed", value, 0);
    tiny_check("and is data as before", is_no_code(hfn));
}

void tiny_main(const struct boot_info *boot)
{
    everything_else(boot);
    devices();
    data();
    donated();
}
