/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager, turned on a Linux guest that was assigned an NVMe controller.  It is linked around the real one (--wrap, see
 * iommu.mk).  When the guest's driver stops the controller, its first write, the manager runs it with queues of its own in
 * pages that the guest shares, and has it write and read where the guest shares nothing; then the guest's driver goes on.
 * Source: NVM Express Base Specification 1.4, "Controller Registers", "Identify command", "Timestamp".
 */
#include "abi/audit.h"
#include "devices/assigned.h"
#include "lib/addr.h"
#include "manager/guest.h"
#include "manager/guest_layout.h"
#include "manager/print.h"
#include "manager/timer.h"

enum nvme_register {
    NVME_CC = 0x14,
    NVME_CSTS = 0x1c,
    NVME_AQA = 0x24,
    NVME_ASQ = 0x28,
    NVME_ACQ = 0x30,
    NVME_SQ0_TAIL = 0x1000,
    NVME_CQ0_HEAD = 0x1004,
};
enum { CC_ENABLE = 1, CC_ENTRY_SIZES = 0x460000, CSTS_READY = 1 };
enum { QUEUE = 32, COMMAND_DWORDS = 16, COMMAND_BYTES = 64, COMPLETION_BYTES = 16, COMPLETION_STATUS = 12 };
enum { IDENTIFY = 6, SET_FEATURES = 9, GET_FEATURES = 10, CONTROLLER = 1, TIMESTAMP = 14 };
enum { COMMAND_PRP1 = 6, COMMAND_DWORD10 = 10, PHASE = 1 << 16 };
enum { SHARED_PAGES = 3, MIB = 1 << 20, FRAMES_IN_MIB = 256, MANAGER_ID = 1, CAPABILITY_MSIX = 0x11 };
#define WAIT_TICKS     5000000000ull
#define TIMESTAMP_MASK 0xffffffffffffull
#define STAMP          0x123456789aull
#define STAMP_SLACK    100000000ull /* ms: it is a clock */
#define TEXT           0x1000000ull /* of the guest's kernel */

bool __real_device_set_mmio_write(struct device_set *set, uint64_t gpa, unsigned size, uint64_t value);
bool __wrap_device_set_mmio_write(struct device_set *set, uint64_t gpa, unsigned size, uint64_t value);
void __real_audit_report(void);
void __wrap_audit_report(void);

static struct guest *guest;
static struct assigned *device;
static uint64_t pages[SHARED_PAGES]; /* of the guest: commands, completions, data */
static uint32_t done;                /* commands given since the controller was started */
static uint32_t passed, failed;

static void check(const char *name, bool good)
{
    print("hostile: %s: %s\n", good ? "ok" : "FAILED", name);
    passed += good;
    failed += !good;
}

static uint64_t get(uint32_t offset)
{
    uint64_t value = UINT64_MAX;

    host_device_read(device->bars[0].address + offset, sizeof(uint32_t), &value);
    return value;
}

static void set(uint32_t offset, uint64_t value)
{
    host_device_write(device->bars[0].address + offset, sizeof(uint32_t), value);
}

static bool is_blank(uint64_t gpa)
{
    uint64_t words[FRAME_SIZE / sizeof(uint64_t)];
    uint64_t any = 0;

    if (!host_guest_read(guest, gpa, words, sizeof(words))) {
        return false;
    }
    for (uint32_t i = 0; i < FRAME_SIZE / sizeof(uint64_t); i++) {
        any |= words[i];
    }
    return any == 0;
}

/* The last blank pages of the guest's bounce buffer: memory that is shared by the MiB. */
static bool find_pages(void)
{
    uint64_t mib = guest_layout_low_end(guest->config->memory) / MIB - 1;
    uint64_t byte;
    uint32_t found = 0;

    while (mib > 1 && !(host_guest_read(guest, mib * MIB, &byte, 1) &&
                        host_guest_read(guest, (mib - 1) * MIB, &byte, 1))) {
        mib--;
    }
    for (uint64_t page = FRAMES_IN_MIB; page-- > 0 && found < SHARED_PAGES;) {
        const uint64_t gpa = (mib - 1) * MIB + page * FRAME_SIZE;
        if (is_blank(gpa)) {
            pages[found++] = gpa;
        }
    }
    return found == SHARED_PAGES;
}

static bool becomes_ready(uint64_t ready)
{
    const uint64_t since = timer_now();

    while ((get(NVME_CSTS) & CSTS_READY) != ready) {
        if (timer_now() - since > WAIT_TICKS) {
            return false;
        }
    }
    return true;
}

static bool start(void)
{
    set(NVME_CC, 0);
    (void)becomes_ready(0);
    set(NVME_AQA, (QUEUE - 1) << 16 | (QUEUE - 1));
    set(NVME_ASQ, pages[0]);
    set(NVME_ASQ + 4, pages[0] >> 32);
    set(NVME_ACQ, pages[1]);
    set(NVME_ACQ + 4, pages[1] >> 32);
    set(NVME_CC, CC_ENTRY_SIZES | CC_ENABLE);
    return becomes_ready(CSTS_READY);
}

/* The command with its data at bus address `at`; true: it was answered. */
static bool command(uint32_t opcode, uint32_t dword10, uint64_t at)
{
    uint32_t words[COMMAND_DWORDS] = {opcode | done << 16};
    uint32_t status = 0;
    const uint64_t since = timer_now();

    words[COMMAND_PRP1] = (uint32_t)at;
    words[COMMAND_PRP1 + 1] = (uint32_t)(at >> 32);
    words[COMMAND_DWORD10] = dword10;
    (void)host_guest_write(guest, pages[0] + done * COMMAND_BYTES, words, sizeof(words));
    set(NVME_SQ0_TAIL, done + 1);
    while ((status & PHASE) == 0 && timer_now() - since < WAIT_TICKS) {
        (void)host_guest_read(guest, pages[1] + done * COMPLETION_BYTES + COMPLETION_STATUS, &status,
                              sizeof(status));
    }
    done++;
    set(NVME_CQ0_HEAD, done);
    return (status & PHASE) != 0;
}

static uint64_t data(void)
{
    uint64_t value = 0;

    (void)host_guest_read(guest, pages[2], &value, sizeof(value));
    return value;
}

static void set_data(uint64_t value)
{
    (void)host_guest_write(guest, pages[2], &value, sizeof(value));
}

static uint64_t steal(void)
{
    return hypercall(HYPERCALL_DEVICE_ASSIGN, MANAGER_ID, device->name, 0, 0, 0).status;
}

/* Has the core told of a blocked request for page `gpa` since record `sequence`?  A call for devices makes it look. */
static bool was_blocked(uint64_t sequence, uint64_t gpa)
{
    (void)steal();
    for (const uint64_t next = hypercall_info(INFO_AUDIT_NEXT); sequence < next; sequence++) {
        if (hypercall(HYPERCALL_AUDIT_READ, sequence, AUDIT_WORD_EVENT, 0, 0, 0).value ==
                AUDIT_DEVICE_FAULT &&
            hypercall(HYPERCALL_AUDIT_READ, sequence, AUDIT_WORD_A, 0, 0, 0).value == device->name &&
            hypercall(HYPERCALL_AUDIT_READ, sequence, AUDIT_WORD_B, 0, 0, 0).value / FRAME_SIZE ==
                gpa / FRAME_SIZE) {
            return true;
        }
    }
    return false;
}

static void write_at(const char *name, uint64_t gpa)
{
    const uint64_t sequence = hypercall_info(INFO_AUDIT_NEXT);

    (void)command(IDENTIFY, CONTROLLER, gpa);
    check(name, was_blocked(sequence, gpa));
}

static void read_at(const char *name, uint64_t gpa, uint64_t secret)
{
    const uint64_t sequence = hypercall_info(INFO_AUDIT_NEXT);

    (void)command(SET_FEATURES, TIMESTAMP, gpa);
    const bool blocked = was_blocked(sequence, gpa);
    (void)command(GET_FEATURES, TIMESTAMP, pages[2]);
    check(name, blocked && (data() & TIMESTAMP_MASK) - (secret & TIMESTAMP_MASK) > STAMP_SLACK);
}

/* By the device, which sees what the guest shares. */
static void by_device(void)
{
    const uint64_t signature = 0x2052545020445352; /* of the RSDP, which the manager has made: "RSD PTR " */
    const uint64_t top = address_of_frame(hypercall_info(INFO_FRAMES_LIMIT) - 1);

    check("the controller runs on queues in shared pages", start());
    (void)command(IDENTIFY, CONTROLLER, pages[2]);
    check("it writes a shared page",
          (data() & 0xffff) == pci_function_read(&device->function, PCI_VENDOR_ID, 2));
    set_data(STAMP);
    (void)command(SET_FEATURES, TIMESTAMP, pages[2]);
    set_data(0);
    (void)command(GET_FEATURES, TIMESTAMP, pages[2]);
    check("it reads a shared page", (data() & TIMESTAMP_MASK) - STAMP <= STAMP_SLACK);
    write_at("it does not write the guest's tables", GUEST_ACPI);
    write_at("nor its kernel", TEXT);
    write_at("nor its command line", GUEST_COMMAND_LINE);
    read_at("it does not read the guest's tables", GUEST_ACPI, signature);
    write_at("it does not write the core's memory", top);
    set(NVME_CC, 0);
    check("it is stopped", becomes_ready(0));
}

static uint64_t config_write(uint32_t offset, uint64_t value)
{
    return hypercall(HYPERCALL_PCI_CONFIG, device->name, offset, sizeof(uint32_t) + PCI_CONFIG_WRITE, value,
                     0)
        .status;
}

static uint32_t find_msix(void)
{
    uint32_t at = PCI_CAPABILITIES;

    do {
        at = (uint32_t)hypercall(HYPERCALL_PCI_CONFIG, device->name, at == PCI_CAPABILITIES ? at : at + 1, 1,
                                 0, 0)
                 .value;
    } while (at != 0 && hypercall(HYPERCALL_PCI_CONFIG, device->name, at, 1, 0, 0).value != CAPABILITY_MSIX);
    return at;
}

/* By the manager itself. */
static void by_hand(void)
{
    const uint64_t denied = STATUS_AT((uint64_t)STATUS_DENIED, (uint64_t)OPERAND_RSI);
    const uint32_t msix = find_msix();
    const uint64_t table = hypercall(HYPERCALL_PCI_CONFIG, device->name, msix + 4, 4, 0, 0).value;
    uint64_t word;

    check("the guest's device is not taken for the manager",
          steal() == STATUS_AT((uint64_t)STATUS_BAD_STATE, (uint64_t)OPERAND_RSI));
    check("its registers are not moved", config_write(PCI_BAR0, 0) == denied);
    check("its messages are not made by hand", msix != 0 && config_write(msix, UINT32_MAX) == denied);
    check("nor its table of them seen", table % 8 == 0 && get((uint32_t)table) == UINT64_MAX);
    check("nor the guest's private memory", !host_guest_read(guest, GUEST_ACPI, &word, sizeof(word)) &&
                                                !host_guest_read(guest, TEXT, &word, sizeof(word)));
}

bool __wrap_device_set_mmio_write(struct device_set *of, uint64_t gpa, unsigned size, uint64_t value)
{
    struct assigned *assigned = &of->assigned[0];

    if (guest == NULL && assigned->guest != NULL &&
        gpa == pci_function_read(&assigned->function, PCI_BAR0, sizeof(uint32_t)) + NVME_CC) {
        guest = of->guest;
        device = assigned;
        check("the guest shares pages", find_pages());
        by_hand();
        by_device();
    }
    return __real_device_set_mmio_write(of, gpa, size, value);
}

void __wrap_audit_report(void)
{
    print("hostile: %u passed, %u failed\n", (uint64_t)passed, (uint64_t)failed);
    __real_audit_report();
}
