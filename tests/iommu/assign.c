/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/iommu/assign.h"

#include "abi/audit.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/tsc.h"
#include "ept/ept_window.h"
#include "iommu/vtd.h"
#include "iommu/vtd_fault.h"
#include "isolation/audit.h"
#include "isolation/device.h"
#include "isolation/device_config.h"
#include "isolation/device_group.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "isolation/device_poll.h"
#include "isolation/partition.h"
#include "vmx/hypercall.h"

enum { PAGE_IN = 0x100, PAGE_OUT = 0x101, PAGE_SECRET = 0x108, VECTOR = 0x61, OTHER_VECTOR = 0x62 };
enum { FILL_IN = 0x66, FILL_OUT = 0x77, WAITS = 5000, WAIT_MICROSECONDS = 1000 };
enum {
    COMMAND = 4,
    COMMAND_MASTER = 4,
    COMMAND_MEMORY = 2,
    BAR0 = 16,
    HOST_BRIDGE = 0,
    EDU_PAGES = 256,
    LPC = 0xf8,
    AHCI = 0xfa
};

bool assign_and_wait(uint64_t id, uint64_t name)
{
    uint64_t status = STATUS_RETRY;

    for (uint32_t i = 0; i < WAITS && status == STATUS_RETRY; i++) {
        status = device_assign(id, name);
        if (status == STATUS_RETRY) {
            tsc_wait_microseconds(WAIT_MICROSECONDS);
        }
    }
    return status == STATUS_OK;
}

static bool is(uint64_t status, uint64_t code, uint64_t operand)
{
    return status == STATUS_AT(code, operand);
}

static void test_refused(const struct edu *edu, const struct guest *guest)
{
    check(is(device_assign(guest->id + 1, edu->source), STATUS_INVALID, OPERAND_RDI), "assign: no partition");
    check(is(device_assign(PARTITION_CORE, edu->source), STATUS_INVALID, OPERAND_RDI), "assign: the core");
    check(is(device_assign(PARTITION_MANAGER, 0xfff8), STATUS_INVALID, OPERAND_RSI), "assign: no function");
    check(is(device_assign(PARTITION_MANAGER, edu->source + (1ull << 32)), STATUS_INVALID, OPERAND_RSI),
          "assign: more bits than a name has");
    check(is(device_assign(PARTITION_MANAGER, HOST_BRIDGE), STATUS_DENIED, OPERAND_RSI),
          "assign: the host bridge is nobody's");
    check(is(device_assign(PARTITION_MANAGER, LPC), STATUS_DENIED, OPERAND_RSI),
          "assign: nor the ISA bridge");
    check(is(device_assign(PARTITION_MANAGER, AHCI), STATUS_DENIED, OPERAND_RSI),
          "assign: nor what is of one device with it");
    check(is(device_release(edu->source), STATUS_BAD_STATE, OPERAND_RDI), "release: nobody has it");
    check(is(device_release(0xfff8), STATUS_INVALID, OPERAND_RDI), "release: no function");
    check(is(device_irq_map(edu->source, 0, VECTOR, 0), STATUS_BAD_STATE, OPERAND_RDI),
          "interrupts: not of a function that nobody has");
    check(is(device_config(edu->source, COMMAND, 2 + PCI_CONFIG_WRITE, COMMAND_MASTER).status,
             STATUS_BAD_STATE, OPERAND_RDI),
          "configuration: not written, of a function that nobody has");
}

static void write_out(const struct edu *edu, uint64_t from, uint64_t to)
{
    edu_read_memory(edu, from, CHECK_BYTES);
    edu_write_memory(edu, to, CHECK_BYTES);
}

static void test_config(const struct edu *edu, hfn_t in, hfn_t out)
{
    check(device_config(edu->source, 0, 2, 0).value == 0x1234, "configuration: read");
    check(device_config(edu->source, 2, 2, 0).value == 0x11e8 &&
              device_config(edu->source, 3, 1, 0).value == 0x11,
          "configuration: in parts");
    check(is(device_config(edu->source, 256, 4, 0).status, STATUS_INVALID, OPERAND_RSI) &&
              is(device_config(edu->source, 2, 4, 0).status, STATUS_INVALID, OPERAND_RSI) &&
              is(device_config(edu->source, 0, 3, 0).status, STATUS_INVALID, OPERAND_RDX) &&
              is(device_config(edu->source, 0, 0x204, 0).status, STATUS_INVALID, OPERAND_RDX) &&
              is(device_config(0xfff8, 0, 4, 0).status, STATUS_INVALID, OPERAND_RDI),
          "configuration: wrong operands are named");
    check(
        is(device_config(edu->source, BAR0, 4 + PCI_CONFIG_WRITE, 0).status, STATUS_DENIED, OPERAND_RSI) &&
            is(device_config(edu->source, COMMAND, 4 + PCI_CONFIG_WRITE, 0).status, STATUS_DENIED,
               OPERAND_RSI) &&
            is(device_config(edu->source, 0x42, 2 + PCI_CONFIG_WRITE, 1).status, STATUS_DENIED, OPERAND_RSI),
        "configuration: no base address, no status, no MSI is written");
    check(device_config(edu->source, COMMAND, 2 + PCI_CONFIG_WRITE, COMMAND_MEMORY).status == STATUS_OK,
          "configuration: the manager turns bus mastering off");
    check_fill(out, FILL_OUT);
    write_out(edu, address_of_frame(in), address_of_frame(out));
    check(check_holds(out, FILL_OUT), "configuration: it is off");
    check(device_config(edu->source, COMMAND, 2 + PCI_CONFIG_WRITE, 0xffff).status == STATUS_OK &&
              (device_config(edu->source, COMMAND, 2, 0).value & 0xfbf8) == 0,
          "configuration: and on, and nothing else");
    write_out(edu, address_of_frame(in), address_of_frame(out));
    check(check_holds(out, FILL_IN), "configuration: it is on");
}

static uint32_t pages_mapped(void)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < EPT_WINDOW_PAGES; i++) {
        count += ept_window_leaves[i] != 0;
    }
    return count;
}

/* Page `page` of BAR 0 is in the manager's window, or is not. */
bool assign_maps_page(uint64_t name, uint64_t page)
{
    const uint64_t at = device_page_address(name, 0);
    const uint64_t bar =
        (device_config(name, BAR0, 4, 0).value & 0xfffffff0u) |
        ((device_config(name, BAR0, 4, 0).value & 4) != 0 ? device_config(name, BAR0 + 4, 4, 0).value << 32
                                                          : 0);
    const uint64_t leaf = ept_window_leaves[frame_of_address(at) - EPT_WINDOW_GFN + page];

    return leaf == bar + page * FRAME_SIZE + EPT_LEAF_DEVICE;
}

static void test_pages(const struct edu *edu)
{
    const uint64_t pages = device_page_count(edu->source, 0);

    check(ept_window_is_open() && device_page_address(edu->source, 0) != 0 && pages == EDU_PAGES,
          "pages: the device's registers have a place");
    check(assign_maps_page(edu->source, 0) && assign_maps_page(edu->source, pages - 1) &&
              pages_mapped() == pages,
          "pages: they are mapped there, and nothing else is");
    check(device_page_address(edu->source, 1) == 0 && device_page_address(edu->source, 7) == 0 &&
              device_page_address(HOST_BRIDGE, 0) == 0 && device_page_address(0xfff8, 0) == 0,
          "pages: what is no base address has none");
}

static void test_irqs(const struct edu *edu)
{
    check(is(device_irq_map(edu->source, 1, VECTOR, 0), STATUS_INVALID, OPERAND_RSI) &&
              is(device_irq_map(edu->source, 0, 31, 0), STATUS_INVALID, OPERAND_RDX) &&
              is(device_irq_map(edu->source, 0, 0x100000061ull, 0), STATUS_INVALID, OPERAND_RDX) &&
              is(device_irq_map(edu->source, 0, VECTOR, 255), STATUS_INVALID, OPERAND_R10) &&
              is(device_irq_unmap(edu->source, 0), STATUS_BAD_STATE, OPERAND_RSI),
          "interrupts: wrong operands are named");
    check(device_irq_map(edu->source, 0, VECTOR, 0) == STATUS_OK, "interrupts: the MSI is granted");
    check(is(device_irq_map(edu->source, 0, OTHER_VECTOR, 0), STATUS_BAD_STATE, OPERAND_RSI),
          "interrupts: once");
    check(!check_pending(VECTOR), "interrupts: none yet");
    edu_raise(edu);
    check(check_pending(VECTOR), "interrupts: it arrives");
    check(device_irq_unmap(edu->source, 0) == STATUS_OK &&
              device_irq_map(edu->source, 0, OTHER_VECTOR, 0) == STATUS_OK,
          "interrupts: moved to another vector");
    check(device_irq_unmap(edu->source, 0) == STATUS_OK, "interrupts: and revoked");
    edu_raise(edu);
    check(!check_pending(OTHER_VECTOR), "interrupts: it does not arrive");
}

/* The unit keeps one record: what is of before is not looked at. */
static void forget_faults(void)
{
    struct vtd_fault fault;

    while (vtd_fault_next(0, &fault)) {
    }
}

static uint64_t last_event(uint64_t word)
{
    return audit_read(audit_next() - 1, word).value;
}

/* Real faults are told; then the rest of a storm, which would take the edu minutes, as device_poll() would tell it. */
static void test_storm(const struct edu *edu, const struct guest *other)
{
    const hfn_t out = check_frame_of(other, PAGE_OUT);

    forget_faults();
    edu_write_memory(edu, address_of_frame(PAGE_SECRET), CHECK_BYTES);
    device_poll();
    check(last_event(AUDIT_WORD_EVENT) == AUDIT_DEVICE_FAULT && last_event(AUDIT_WORD_A) == edu->source &&
              last_event(AUDIT_WORD_B) == address_of_frame(PAGE_SECRET),
          "faults: told in the audit log");
    for (uint32_t i = 1; i < DEVICE_FAULTS_MAX; i++) {
        device_fault(edu->source, 0, 0);
    }
    check_fill(out, FILL_OUT);
    write_out(edu, address_of_frame(PAGE_IN), address_of_frame(PAGE_OUT));
    check(!check_holds(out, FILL_OUT), "faults: so many are borne");
    edu_write_memory(edu, address_of_frame(PAGE_SECRET), CHECK_BYTES);
    device_poll();
    check(last_event(AUDIT_WORD_EVENT) == AUDIT_DEVICE_CUT_OFF,
          "faults: one more, and the device is cut off");
    check_fill(out, FILL_OUT);
    edu_master(edu, true); /* as if it had a way */
    write_out(edu, address_of_frame(PAGE_IN), address_of_frame(PAGE_OUT));
    check(check_holds(out, FILL_OUT), "faults: it reaches nothing");
    check(is(device_irq_map(edu->source, 0, VECTOR, 0), STATUS_BAD_STATE, OPERAND_RDI) &&
              is(device_assign(other->id, edu->source), STATUS_BAD_STATE, OPERAND_RSI),
          "faults: and is of no use until it is released");
}

/* A device that can be reset goes from one partition to another. */
static void test_moves(const struct edu *edu, const struct guest *guest, const struct guest *other)
{
    const hfn_t here = check_frame_of(guest, PAGE_OUT);
    const hfn_t there = check_frame_of(other, PAGE_OUT);

    check_fill(check_frame_of(guest, PAGE_IN), FILL_IN);
    check_fill(check_frame_of(other, PAGE_IN), FILL_IN);
    check_fill(here, FILL_OUT);
    check_fill(there, FILL_OUT);
    check(device_assign(guest->id, edu->source) == STATUS_RETRY, "moves: to a guest after a reset");
    check(is(device_config(edu->source, COMMAND, 2 + PCI_CONFIG_WRITE, 0).status, STATUS_BAD_STATE,
             OPERAND_RDI),
          "moves: nobody touches it meanwhile");
    check(assign_and_wait(guest->id, edu->source), "moves: assigned");
    write_out(edu, address_of_frame(PAGE_IN), address_of_frame(PAGE_OUT));
    check(check_holds(here, FILL_IN), "moves: what the guest shares is in reach");
    check_fill(here, FILL_OUT);
    edu_start_write(edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    check(device_release(edu->source) == STATUS_OK, "moves: released with DMA under way");
    check(assign_and_wait(other->id, edu->source), "moves: to another guest");
    check(check_holds(here, FILL_OUT) && check_holds(there, FILL_OUT), "moves: that DMA arrives nowhere");
    write_out(edu, address_of_frame(PAGE_IN), address_of_frame(PAGE_OUT));
    check(check_holds(there, FILL_IN) && check_holds(here, FILL_OUT),
          "moves: the second guest's memory is written");
    test_storm(edu, other);
    check(device_release(edu->source) == STATUS_OK && assign_and_wait(guest->id, edu->source),
          "moves: and back");
    check(check_destroy(guest->id), "destroyed: a guest with a device");
    check(is(device_assign(guest->id, edu->source), STATUS_BAD_STATE, OPERAND_RDI),
          "destroyed: it gets no other");
    while (hypercall_frame_reclaim(guest->id) == STATUS_RETRY) {
    }
    check(is(device_release(edu->source), STATUS_BAD_STATE, OPERAND_RDI), "destroyed: it has it no more");
    edu_master(edu, true);
    check_fill(here, FILL_OUT);
    edu_write_memory(edu, address_of_frame(PAGE_OUT), CHECK_BYTES);
    edu_write_memory(edu, address_of_frame(here), CHECK_BYTES);
    check(check_holds(here, FILL_OUT), "destroyed: and it reaches nothing");
    edu_master(edu, false);
}

void test_assign(const struct edu *edu, const struct guest *guest, const struct guest *other)
{
    const hfn_t in = check_frame_of(guest, PAGE_IN);
    const hfn_t out = check_frame_of(guest, PAGE_OUT);

    edu_master(edu, false);
    if (!vtd_units[0].interrupts) {
        check(is(device_assign(PARTITION_MANAGER, edu->source), STATUS_DENIED, OPERAND_RSI),
              "assign: nothing behind a unit without interrupt remapping");
        return;
    }
    test_refused(edu, guest);
    check(device_assign(PARTITION_MANAGER, edu->source) == STATUS_OK, "assign: to the manager");
    check(is(device_assign(PARTITION_MANAGER, edu->source), STATUS_BAD_STATE, OPERAND_RSI), "assign: once");
    check_fill(in, FILL_IN);
    test_config(edu, in, out);
    test_irqs(edu);
    test_pages(edu);
    check(device_irq_map(edu->source, 0, VECTOR, 0) == STATUS_OK, "released: with an interrupt");
    check(device_release(edu->source) == STATUS_OK, "released");
    check(is(device_irq_unmap(edu->source, 0), STATUS_BAD_STATE, OPERAND_RSI),
          "released: its interrupt is gone");
    check(pages_mapped() == 0, "released: its registers are mapped for nobody");
    check_fill(out, FILL_OUT);
    edu_master(edu, true); /* as if it had a way */
    edu_write_memory(edu, address_of_frame(out), CHECK_BYTES);
    check(check_holds(out, FILL_OUT), "released: it reaches nothing");
    edu_master(edu, false);
    const struct device_facts *group = &device_facts[device_facts[edu->index].group];
    if (group->resettable && !group->managers) {
        test_moves(edu, guest, other);
    } else {
        check(is(device_assign(guest->id, edu->source), STATUS_DENIED, OPERAND_RSI),
              "without a reset, or behind a port that lets any id pass, it is no guest's");
        check(device_assign(PARTITION_MANAGER, edu->source) == STATUS_OK &&
                  device_release(edu->source) == STATUS_OK,
              "who has had it may have it again");
    }
    forget_faults();
}
