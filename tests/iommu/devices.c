/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/iommu/devices.h"

#include "abi/status.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/power.h"
#include "arch/x86_64/window.h"
#include "ept/table.h"
#include "iommu/vtd.h"
#include "iommu/vtd_context.h"
#include "iommu/vtd_fault.h"
#include "iommu/vtd_function.h"
#include "iommu/vtd_interrupt.h"
#include "iommu/vtd_invalidate.h"
#include "iommu/vtd_reg.h"
#include "isolation/device.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "isolation/frame.h"
#include "isolation/frame_donate.h"
#include "isolation/frame_reclaim.h"
#include "isolation/page.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "tests/iommu/assign.h"
#include "tests/iommu/check.h"
#include "tests/iommu/edu.h"
#include "tests/iommu/nvme.h"

enum { UNIT = 0, FRAMES = 4 };
/* Guest frames of a guest of the test: shared, private, and none. */
enum { PAGE_IN = 0x100, PAGE_OUT = 0x101, PAGE_ANSWER = 0x102, PAGE_COMMANDS = 0x103 };
enum {
    PAGE_COMPLETIONS = 0x104,
    PAGE_SECRET = 0x108,
    PAGE_NONE = 0x200,
    NVME_VENDOR = 0x1b36,
    NVME_VECTOR = 0x71,
    NVME_MSIX_PAGE = 2 /* in this model */
};
/* Fills of frames. */
enum { FILL_IN = 0x11, FILL_OUT = 0x22, FILL_PRIVATE = 0x33, FILL_OTHER = 0x44, FILL_SECOND = 0x55 };
#define UNIT_REGISTERS     0xfed90000u
#define MESSAGE_ADDRESS    0xfee00000u
#define MESSAGE_REMAPPABLE 0x10u
#define MESSAGE_HANDLE     32u /* times the entry */

static struct edu edu;
static hfn_t frame[FRAMES];       /* the manager's */
static hfn_t runs[2 * CHECK_RUN]; /* to donate */
static const volatile uint64_t canary = 0x1234567890abcdefull;
static struct vtd_fault last;

/* Exactly one kind of fault since the last look: the edu's, for `reason`, at `address`. */
static bool faulted(uint8_t reason, bool read, uint64_t address)
{
    bool any = false;

    while (vtd_fault_next(UNIT, &last)) {
        any = last.source == edu.source && last.reason == reason && last.read == read &&
              last.address == address / FRAME_SIZE * FRAME_SIZE;
        if (!any) {
            console_line_hex("test: another fault: reason ", last.reason);
            console_line_hex("test:   source ", last.source);
            console_line_hex("test:   address ", last.address);
            return false;
        }
    }
    return any;
}

static bool no_fault(void)
{
    return !vtd_fault_next(UNIT, &last);
}

static void find_frames(void)
{
    uint32_t found = 0;

    for (hfn_t hfn = frame_limit - 1; hfn > 0 && found < FRAMES + 2 * CHECK_RUN; hfn--) {
        if (!frame_is_owned(hfn, PARTITION_MANAGER)) {
            found = 0; /* they are to be contiguous */
        } else if (found < FRAMES) {
            frame[found++] = hfn;
        } else {
            runs[2 * CHECK_RUN - 1 - (found++ - FRAMES)] = hfn;
        }
    }
    check(found == FRAMES + 2 * CHECK_RUN, "frames to test with");
}

static void test_bus_mastering_off(void)
{
    check_fill(frame[0], FILL_IN);
    edu_write_memory(&edu, address_of_frame(frame[0]), CHECK_BYTES);
    check(check_holds(frame[0], FILL_IN), "bus mastering off: a write does not arrive");
}

static void test_default(void)
{
    edu_master(&edu, true);
    check(no_fault(), "no fault before");
    check(vtd_functions[edu.index].unit == (vtd_units[UNIT].interrupts ? (uint32_t)UNIT : DMAR_NO_UNIT),
          "the firmware's table says whose it is; not without interrupt remapping");
    edu_write_memory(&edu, address_of_frame(frame[0]), CHECK_BYTES);
    check(check_holds(frame[0], FILL_IN), "by default a write does not arrive");
    check(faulted(VTD_FAULT_ROOT_NOT_PRESENT, false, address_of_frame(frame[0])), "and is recorded");
    edu_read_memory(&edu, address_of_frame(frame[0]), CHECK_BYTES);
    check(faulted(VTD_FAULT_ROOT_NOT_PRESENT, true, address_of_frame(frame[0])), "nor a read, recorded");
    check(!vtd_context_attach(UNIT, edu.source, PARTITION_CORE), "nothing is attached to the core");
    check(!vtd_context_attach(UNIT, edu.source, PARTITIONS_MAX - 1), "nor to a partition that is not there");
    check(!vtd_context_attach(UNIT + 1, edu.source, PARTITION_MANAGER), "nor at a unit that is not there");
}

/* A write by the edu to `address` does not arrive in `hfn`, which holds `value`, and is recorded. */
static bool write_denied(uint64_t address, hfn_t hfn, uint8_t value)
{
    edu_write_memory(&edu, address, CHECK_BYTES);
    return check_holds(hfn, value) && faulted(VTD_FAULT_WRITE, false, address);
}

static void test_core_denied(void)
{
    const uint64_t of_core = paging_physical_of_image((const void *)&canary);
    const uint64_t of_tables = address_of_frame(tables_hfn);
    const uint64_t before = tables[0].entry[0];

    edu_write_memory(&edu, of_core, CHECK_BYTES);
    check(canary == 0x1234567890abcdefull && faulted(VTD_FAULT_WRITE, false, of_core),
          "the core's image is not written");
    edu_write_memory(&edu, of_tables, CHECK_BYTES);
    check(tables[0].entry[0] == before && faulted(VTD_FAULT_WRITE, false, of_tables), "nor its tables");
}

static bool in_large_leaf(hfn_t hfn)
{
    const uint32_t slot = frames[hfn].owner_slot;

    return slot != 0 && table_tags[(slot - 1) / TABLE_SLOTS].level == 1;
}

/* Frames out of the middle of a large leaf of the manager's, which the unit has cached, are donated. */
static void test_large(void)
{
    hfn_t hfn = frame[0];
    struct guest other;

    while (hfn > 1 && !(in_large_leaf(hfn) && frame_is_owned(hfn, PARTITION_MANAGER) &&
                        hfn % TABLE_SLOTS == TABLE_SLOTS / 2)) {
        hfn--;
    }
    check(hfn > 1, "large: the manager has a leaf of 2 MiB");
    edu_write_memory(&edu, address_of_frame(hfn), CHECK_BYTES);
    check(check_holds(hfn, FILL_IN) && no_fault(), "large: it is written by way of it");
    other = check_make_guest(hfn);
    check(!in_large_leaf(hfn - 1) && frame_is_owned(hfn - 1, PARTITION_MANAGER),
          "large: it is split for a donation");
    check(write_denied(address_of_frame(check_frame_of(&other, PAGE_SECRET)),
                       check_frame_of(&other, PAGE_SECRET), 0),
          "large: what was donated is not written any more");
    edu_write_memory(&edu, address_of_frame(hfn - 1), CHECK_BYTES);
    check(check_holds(hfn - 1, FILL_IN) && no_fault(), "large: its neighbour is");
    check(check_destroy(other.id), "large: the guest is destroyed");
    while (frame_reclaim(other.id) == STATUS_RETRY) {
    }
}

/* The edu is the manager's: it reaches what the manager does, when it does. */
static void test_managers(const struct guest *guest, hfn_t to_donate)
{
    struct guest other;

    check_fill(frame[0], FILL_IN);
    check_fill(frame[1], FILL_OUT);
    check(vtd_context_attach(UNIT, edu.source, PARTITION_MANAGER), "manager: the device is attached");
    check(!vtd_context_attach(UNIT, edu.source, PARTITION_MANAGER), "manager: once");
    edu_read_memory(&edu, address_of_frame(frame[0]), CHECK_BYTES);
    edu_write_memory(&edu, address_of_frame(frame[1]), CHECK_BYTES);
    check(check_holds(frame[1], FILL_IN) && no_fault(), "manager: its own memory is read and written");
    test_large();
    edu_write_memory(&edu, address_of_frame(check_frame_of(guest, PAGE_OUT)), CHECK_BYTES);
    check(check_holds(check_frame_of(guest, PAGE_OUT), FILL_IN) && no_fault(),
          "manager: and what a guest shares");
    check_fill(check_frame_of(guest, PAGE_SECRET), FILL_PRIVATE);
    check(write_denied(address_of_frame(check_frame_of(guest, PAGE_SECRET)),
                       check_frame_of(guest, PAGE_SECRET), FILL_PRIVATE),
          "manager: a guest's private memory is not written");
    edu_read_memory(&edu, address_of_frame(check_frame_of(guest, PAGE_SECRET)), CHECK_BYTES);
    check(faulted(VTD_FAULT_READ, true, address_of_frame(check_frame_of(guest, PAGE_SECRET))),
          "manager: nor read");
    test_core_denied();
    edu_write_memory(&edu, address_of_frame(to_donate), CHECK_BYTES);
    check(no_fault(), "manager: a frame is written, and then donated");
    other = check_make_guest(to_donate);
    check(write_denied(address_of_frame(check_frame_of(&other, PAGE_SECRET)),
                       check_frame_of(&other, PAGE_SECRET), 0),
          "manager: what was donated is not written any more");
    check(page_unshare(other.slot, CHECK_PAGE_FIRST, CHECK_SHARED).status == STATUS_OK &&
              write_denied(address_of_frame(check_frame_of(&other, PAGE_IN)), check_frame_of(&other, PAGE_IN),
                           0),
          "manager: nor what was shared and taken back");
    check(check_destroy(other.id), "manager: the guest is destroyed");
    while (frame_reclaim(other.id) == STATUS_RETRY) {
    }
    edu_read_memory(&edu, address_of_frame(frame[0]), CHECK_BYTES);
    edu_write_memory(&edu, address_of_frame(to_donate), CHECK_BYTES);
    check(check_holds(to_donate, FILL_IN) && no_fault(), "manager: reclaimed, it is written again");
    vtd_context_detach(UNIT, edu.source);
    edu_write_memory(&edu, address_of_frame(frame[1]), CHECK_BYTES);
    check(faulted(VTD_FAULT_CONTEXT_NOT_PRESENT, false, address_of_frame(frame[1])), "detached: blocked");
}

/* The edu is a guest's: it reaches what the guest shares, at its guest address without the shared bit. */
static void test_granted(const struct guest *guest)
{
    check_fill(check_frame_of(guest, PAGE_IN), FILL_IN);
    check_fill(check_frame_of(guest, PAGE_OUT), FILL_OUT);
    check(vtd_context_attach(UNIT, edu.source, guest->slot), "guest: the device is attached");
    edu_read_memory(&edu, address_of_frame(PAGE_IN), CHECK_BYTES);
    edu_write_memory(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    check(check_holds(check_frame_of(guest, PAGE_OUT), FILL_IN) && no_fault(),
          "guest: shared memory is read and written");
}

static void test_denied(const struct guest *guest)
{
    const uint64_t with_bit = address_of_frame(shared_bit_gfn + PAGE_OUT);

    check_fill(check_frame_of(guest, PAGE_SECRET), FILL_PRIVATE);
    check(write_denied(address_of_frame(PAGE_SECRET), check_frame_of(guest, PAGE_SECRET), FILL_PRIVATE),
          "guest: private memory is not written");
    edu_read_memory(&edu, address_of_frame(PAGE_SECRET), CHECK_BYTES);
    check(faulted(VTD_FAULT_READ, true, address_of_frame(PAGE_SECRET)), "guest: nor read");
    edu_read_memory(&edu, address_of_frame(PAGE_NONE), CHECK_BYTES);
    check(faulted(VTD_FAULT_READ, true, address_of_frame(PAGE_NONE)), "guest: nor what it has not");
    check_fill(check_frame_of(guest, PAGE_OUT), FILL_OUT);
    edu_write_memory(&edu, with_bit, CHECK_BYTES);
    check(check_holds(check_frame_of(guest, PAGE_OUT), FILL_OUT) && vtd_fault_next(UNIT, &last),
          "guest: with the shared bit nothing is reached");
    check_fill(frame[1], FILL_OTHER);
    check(write_denied(address_of_frame(frame[1]), frame[1], FILL_OTHER),
          "guest: the manager's memory is not written");
    test_core_denied();
}

/* Empties or fills again the slot that maps a shared page, behind the core's back and without a flush. */
static void poke(const struct guest *guest, gfn_t page, uint64_t *entry)
{
    const uint32_t table = table_leaf(table_ept_space(guest->slot), shared_bit_gfn + page);
    const uint64_t before = tables[table].entry[page % TABLE_SLOTS];

    table_set(table, page % TABLE_SLOTS, *entry);
    *entry = before;
}

/* The model caches translations, so a flush left out is seen: first without, then with. */
static void test_revoked(const struct guest *guest)
{
    const hfn_t hfn = check_frame_of(guest, PAGE_OUT);
    uint64_t entry = 0;

    edu_read_memory(&edu, address_of_frame(PAGE_IN), CHECK_BYTES);
    edu_write_memory(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    poke(guest, PAGE_OUT, &entry);
    check_fill(hfn, FILL_OUT);
    edu_write_memory(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    check(check_holds(hfn, FILL_IN) && no_fault(),
          "the model caches: without a flush revoked memory is still written");
    poke(guest, PAGE_OUT, &entry);
    check(page_unshare(guest->slot, PAGE_OUT, 1).value == 1, "a page is taken back");
    check(write_denied(address_of_frame(PAGE_OUT), hfn, 0), "and not written any more");
    check(page_share(guest->slot, PAGE_OUT, 1).value == 1, "and shared again");
    check(check_holds(hfn, 0), "it is zero");
    edu_write_memory(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    check(check_holds(hfn, FILL_IN) && no_fault(), "and written");
}

/* The same as if the unit had no queue. */
static void test_by_registers(const struct guest *guest)
{
    vtd_command_clear(&vtd_units[UNIT], VTD_GLOBAL_QIE);
    vtd_units[UNIT].queued = false;
    test_revoked(guest);
    vtd_units[UNIT].queued = true;
    vtd_invalidate_start(UNIT);
}

/* As if the firmware had left the unit on: it is never off, and blocks as before. */
static void test_taken_over(void)
{
    const struct dmar dmar = {.unit_count = 1, .units = {{.registers = UNIT_REGISTERS}}};
    const struct vtd_found found = vtd_start(&dmar);

    check(found.driven == 1 && found.taken_over == 1, "a unit that is on is taken over");
}

static void test_moved(const struct guest *guest, const struct guest *other)
{
    const hfn_t here = check_frame_of(guest, PAGE_OUT);
    const hfn_t there = check_frame_of(other, PAGE_OUT);

    check_fill(here, FILL_OTHER);
    check_fill(there, FILL_SECOND);
    edu_start_write(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    vtd_context_detach(UNIT, edu.source);
    check(vtd_context_attach(UNIT, edu.source, other->slot), "moved to another guest, DMA under way");
    edu_wait(&edu);
    check(check_holds(here, FILL_OTHER), "the first guest's memory is not written");
    edu_write_memory(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    check(check_holds(there, FILL_IN) && no_fault(), "the second's is");
    check(page_unshare(other->slot, PAGE_OUT, 1).value == 1 &&
              write_denied(address_of_frame(PAGE_OUT), there, 0),
          "what the second takes back is not, though the first shares it there");
    check(page_share(other->slot, PAGE_OUT, 1).value == 1, "shared again");
    vtd_context_detach(UNIT, edu.source);
    edu_write_memory(&edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    check(faulted(VTD_FAULT_CONTEXT_NOT_PRESENT, false, address_of_frame(PAGE_OUT)), "detached: blocked");
    check(vtd_context_attach(UNIT, edu.source, guest->slot), "and back");
    edu_read_memory(&edu, address_of_frame(PAGE_IN), CHECK_BYTES);
    check(no_fault(), "to the first guest");
}

static void message(uint32_t entry)
{
    edu_message(&edu, MESSAGE_ADDRESS + MESSAGE_REMAPPABLE + entry * MESSAGE_HANDLE, 0);
}

/* Interrupts stay pending in the local APIC: the core takes none.  What is blocked this model does not record. */
static void test_interrupts(void)
{
    check(!check_any_pending(), "no interrupt is pending");
    message(1);
    check(!check_any_pending(), "by default none arrives");
    check(vtd_interrupt_set(UNIT, 1, edu.source, 0, 0x51), "an interrupt is granted");
    check(!vtd_interrupt_set(UNIT, 1, edu.source, 0, 0x52), "an entry is used once");
    check(!vtd_interrupt_set(UNIT, 2, edu.source, 0, 31), "vectors of exceptions are refused");
    check(!vtd_interrupt_set(UNIT, VTD_INTERRUPTS_MAX, edu.source, 0, 0x52), "no entry beyond the table");
    message(1);
    check(check_pending(0x51), "it arrives");
    check(vtd_interrupt_set(UNIT, 2, (uint16_t)(edu.source + 8), 0, 0x52), "another device's is granted");
    message(2);
    check(!check_pending(0x52), "and does not arrive when this one sends it");
    check(vtd_interrupt_set(UNIT, 3, edu.source, 0, 0x53), "one is granted and revoked");
    vtd_interrupt_clear(UNIT, 3);
    message(3);
    check(!check_pending(0x53), "and does not arrive");
    edu_message(&edu, MESSAGE_ADDRESS, 0x54);
    console_line(check_pending(0x54) ? "test: note: this model lets the old format pass, with CFIS clear"
                                     : "test: note: the old format is blocked");
    check((mmio_read32(vtd_units[UNIT].registers, VTD_GSTS_REG) & (VTD_GLOBAL_CFI | VTD_GLOBAL_IRE)) ==
              VTD_GLOBAL_IRE,
          "the old format is off");
}

/* Does the frame hold what the controller says of itself? */
static bool is_identity(hfn_t hfn)
{
    const volatile uint16_t *at = window_open_read(hfn);
    const bool good = at[0] == NVME_VENDOR && at[1] != 0;

    window_close();
    return good;
}

/* Was a write of `source` blocked since the last look, and nothing else? */
static bool write_of(uint16_t source)
{
    bool any = false;

    while (vtd_fault_next(UNIT, &last)) {
        any = last.source == source && last.reason == VTD_FAULT_WRITE;
    }
    return any;
}

/* A controller that fetches its commands itself, attached to the second guest while the edu is the first's. */
static void test_second_device(const struct guest *other)
{
    static struct nvme nvme;

    if (!nvme_find(&nvme)) {
        return;
    }
    nvme.commands = frame[1];
    nvme.completions = frame[2];
    check(nvme_start(&nvme, address_of_frame(frame[1]), address_of_frame(frame[2])), "NVMe: starts");
    check(nvme_identify(&nvme, address_of_frame(frame[3])) == NVME_SILENT,
          "NVMe: by default it hears nothing");
    while (vtd_fault_next(UNIT, &last)) {
        check(last.source == nvme.source, "NVMe: and that is recorded");
    }
    nvme.commands = check_frame_of(other, PAGE_COMMANDS);
    nvme.completions = check_frame_of(other, PAGE_COMPLETIONS);
    check(nvme_start(&nvme, address_of_frame(frame[1]), address_of_frame(frame[2])), "NVMe: it runs");
    if (!assign_and_wait(other->id, nvme.source)) {
        check(!vtd_units[UNIT].interrupts, "NVMe: refused, as its interrupts are not held");
        return;
    }
    check(!nvme_is_ready(&nvme), "NVMe: assigned to the second guest, it does not, after a reset");
    check(assign_maps_page(nvme.source, 0) && !assign_maps_page(nvme.source, NVME_MSIX_PAGE) &&
              device_page_count(nvme.source, 0) > NVME_MSIX_PAGE,
          "NVMe: its registers are mapped, its MSI-X table is not");
    check(device_irq_map(nvme.source, 0, NVME_VECTOR, 0) == STATUS_OK, "NVMe: its MSI-X is granted");
    check(nvme_start(&nvme, address_of_frame(PAGE_COMMANDS), address_of_frame(PAGE_COMPLETIONS)),
          "NVMe: starts again");
    check(nvme_identify(&nvme, address_of_frame(PAGE_ANSWER)) == NVME_GOOD, "NVMe: reads a command");
    check(is_identity(check_frame_of(other, PAGE_ANSWER)) && no_fault(),
          "NVMe: and writes its answer where it may");
    check_fill(frame[3], FILL_OTHER);
    /* The model completes a command whose answer was blocked: the memory and the record tell. */
    (void)nvme_identify(&nvme, address_of_frame(frame[3]));
    check(check_holds(frame[3], FILL_OTHER) && write_of(nvme.source), "NVMe: not to memory of the manager");
    check_fill(check_frame_of(other, PAGE_SECRET), FILL_PRIVATE);
    (void)nvme_identify(&nvme, address_of_frame(PAGE_SECRET));
    check(check_holds(check_frame_of(other, PAGE_SECRET), FILL_PRIVATE) && write_of(nvme.source),
          "NVMe: not to private memory");
    check(page_unshare(other->slot, PAGE_ANSWER, 1).value == 1, "NVMe: a page is taken back");
    (void)nvme_identify(&nvme, address_of_frame(PAGE_ANSWER));
    check(check_holds(check_frame_of(other, PAGE_ANSWER), 0) && write_of(nvme.source),
          "NVMe: not to that one either");
    check(device_release(nvme.source) == STATUS_OK, "NVMe: released");
    check(nvme_identify(&nvme, address_of_frame(PAGE_ANSWER)) == NVME_SILENT, "NVMe: it hears nothing");
    while (vtd_fault_next(UNIT, &last)) {
    }
}

static void test_with_unit(void)
{
    const struct guest guest = check_make_guest(runs[0]);
    struct guest other;

    console_line_decimal("test: levels: ", vtd_units[UNIT].levels, "");
    test_default();
    test_taken_over();
    test_default();
    test_managers(&guest, runs[CHECK_RUN]);
    other = check_make_guest(runs[CHECK_RUN]);
    test_granted(&guest);
    test_denied(&guest);
    test_revoked(&guest);
    test_by_registers(&guest);
    test_moved(&guest, &other);
    if (vtd_units[UNIT].interrupts) {
        test_interrupts();
    }
    vtd_context_detach(UNIT, edu.source);
    test_assign(&edu, &guest, &other);
    test_second_device(&other);
    console_line_decimal("test: faults counted: ", vtd_units[UNIT].faults, "");
}

_Noreturn void test_devices(void)
{
    if (!edu_find(&edu)) {
        console_line("test: no edu device");
        power_off();
    }
    find_frames();
    test_bus_mastering_off();
    if (vtd_units[UNIT].driven) {
        test_with_unit();
    } else {
        check(!vtd_context_attach(UNIT, edu.source, PARTITION_MANAGER), "no unit: nothing can be attached");
    }
    check_say_total();
    power_off();
}
