/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_driver.h"

enum { DEVICE = 7, NAME = 0x0100, COMMAND = 4, MEMORY = 2, MASTER = 4, BAR0 = 0x10, MSIX_BAR = 5 };

static struct guest guest;
static struct device_set set;
static uint32_t registers, msix; /* where the guest finds them */

/* Like QEMU's NVMe controller: one BAR of 16 KiB, in the upper half of which is its MSI-X table. */
static const struct assigned_config nvme = {
    .name = NAME,
    .identity = {.vendor = 0x1b36,
                 .device = 0x0010,
                 .subsystem_vendor = 0x1af4,
                 .subsystem = 0x1100,
                 .class_code = 0x0108,
                 .revision = 2,
                 .program = 2},
    .bars = {{FAKE_DEVICE, 0x4000}},
    .interrupts = 65,
};

static void attach(const struct assigned_config *config)
{
    const struct device_config devices = {
        .pci_ways = PCI_HOST_PORTS | PCI_HOST_ECAM, .assigned_count = 1, .assigned = {*config}};

    fake_init(&guest);
    memset(&set, 0xCC, sizeof(set));
    device_set_init(&set, &guest, &devices);
}

static int setup(void **state)
{
    attach(&nvme);
    registers = driver_config_read(&set, DEVICE, BAR0, 4);
    msix = driver_config_read(&set, DEVICE, BAR0 + 4 * MSIX_BAR, 4);
    return 0;
}

static uint64_t read(uint64_t gpa, unsigned size)
{
    uint64_t value = 0;
    assert_true(device_set_mmio_read(&set, gpa, size, &value));
    return value;
}

static void write(uint64_t gpa, unsigned size, uint64_t value)
{
    assert_true(device_set_mmio_write(&set, gpa, size, value));
}

static void it_is_what_it_is(void **state)
{
    assert_int_equal(driver_config_read(&set, DEVICE, 0, 4), 0x00101b36);
    assert_int_equal(driver_config_read(&set, DEVICE, 8, 4), 0x01080202);
    assert_int_equal(driver_config_read(&set, DEVICE, 0x2c, 4), 0x11001af4);
    assert_int_equal(driver_config_read(&set, DEVICE, PCI_INTERRUPT_PIN, 1), 0);
    assert_int_equal(driver_config_read(&set, DEVICE + 1, 0, 4), 0xFFFFFFFF);
    assert_int_equal(registers % 0x4000, 0);
    /* Sized by its driver. */
    driver_config_write(&set, DEVICE, BAR0, 4, 0xFFFFFFFF);
    assert_int_equal(driver_config_read(&set, DEVICE, BAR0, 4), 0xFFFFC000);
    driver_config_write(&set, DEVICE, BAR0 + 4, 4, 0xFFFFFFFF);
    assert_int_equal(driver_config_read(&set, DEVICE, BAR0 + 4, 4), 0);
    /* One capability: MSI-X with as many entries as can be shown, in the last BAR. */
    const uint32_t at = driver_config_read(&set, DEVICE, PCI_CAPABILITIES, 1);
    assert_int_equal(driver_config_read(&set, DEVICE, at, 4), (ASSIGNED_INTERRUPTS_MAX - 1) << 16 | 0x11);
    assert_int_equal(driver_config_read(&set, DEVICE, at + 4, 4), MSIX_BAR);
    assert_int_equal(driver_config_read(&set, DEVICE, at + 8, 4), 0x800 | MSIX_BAR);
}

static void registers_are_passed_on(void **state)
{
    /* Nothing is decoded yet. */
    write(registers + 8, 4, 1);
    assert_int_equal(read(registers + 8, 4), 0xFFFFFFFF);
    assert_int_equal(fake_device.accesses, 0);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY);
    for (unsigned size = 1; size <= 8; size *= 2) {
        const uint64_t value = 0x8877665544332211ull >> (64 - 8 * size);
        write(registers + 0x3ff8, size, value);
        assert_true(read(registers + 0x3ff8, size) == value);
        assert_int_equal(fake_device.last_size, size);
        assert_memory_equal(&fake_device.registers[0x3ff8], &value, size);
    }
    /* Each access is one; what is not aligned, of odd size, or not in the BAR is none. */
    assert_int_equal(fake_device.accesses, 8);
    write(registers + 2, 4, 0);
    write(registers + 4, 8, 0);
    assert_int_equal(read(registers + 1, 2), 0xFFFF);
    assert_true(read(registers + 0x3ffe, 4) == 0xFFFFFFFF);
    assert_int_equal(fake_device.accesses, 8);
}

static void what_the_core_denies_reads_as_ones(void **state)
{
    struct assigned_config beyond = nvme;
    beyond.bars[0].address = FAKE_DEVICE + FAKE_DEVICE_BYTES - 0x2000;
    attach(&beyond);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY);
    write(registers + 0x2000, 8, 0);
    assert_true(read(registers + 0x2000, 8) == UINT64_MAX);
    /* One try for each page: the core makes a record of each. */
    for (uint32_t offset = 0x2000; offset < 0x4000; offset += 8) {
        write(registers + offset, 8, 0);
        assert_true(read(registers + offset, 8) == UINT64_MAX);
        assert_int_equal(read(registers + offset, 1), 0xFF);
    }
    assert_int_equal(fake_device.accesses, 2);
    write(registers + 0x1ff8, 8, 5);
    assert_int_equal(read(registers + 0x1ff8, 8), 5);
    assert_int_equal(fake_device.accesses, 4);
    attach(&beyond);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY);
    read(registers + 0x3000, 4);
    assert_int_equal(fake_device.accesses, 1);
}

static void it_is_bus_master_when_its_driver_says(void **state)
{
    assert_int_equal(fake_device.name, NAME);
    assert_true(fake_device.masters == 1 && !fake_device.master);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY);
    assert_int_equal(fake_device.masters, 1);
    driver_config_write(&set, DEVICE, COMMAND, 4, MEMORY | MASTER);
    assert_true(fake_device.masters == 2 && fake_device.master);
    driver_config_write(&set, DEVICE, COMMAND, 1, MEMORY);
    assert_true(fake_device.masters == 3 && !fake_device.master);
}

static void enable(bool mask)
{
    const uint32_t at = driver_config_read(&set, DEVICE, PCI_CAPABILITIES, 1);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY | MASTER);
    driver_config_write(&set, DEVICE, at + 2, 2, mask ? 0xC000 : 0x8000);
}

static void interrupts_are_handed_on(void **state)
{
    struct assigned *device = &set.assigned[0];
    enable(false);
    for (unsigned i = 0; i < ASSIGNED_INTERRUPTS_MAX; i++) {
        write(msix + 16 * i, 8, 0xFEE01000);
        write(msix + 16 * i + 8, 4, 0x40 + i);
        assert_int_equal(read(msix + 16 * i + 12, 4), 1);
    }
    /* Masked: it waits, once. */
    assigned_interrupt(device, 1);
    assigned_interrupt(device, 1);
    assert_int_equal(guest.message_count, 0);
    assert_int_equal(read(msix + 0x800, 8), 2);
    write(msix + 16 + 8, 8, 0x41);
    assert_int_equal(guest.message_count, 1);
    assert_true(guest.messages[0].address == 0xFEE01000 && guest.messages[0].data == 0x41);
    assert_int_equal(read(msix + 0x800, 4), 0);
    assigned_interrupt(device, 1);
    assert_int_equal(guest.message_count, 2);
    assigned_interrupt(device, ASSIGNED_INTERRUPTS_MAX);
    assigned_interrupt(device, UINT32_MAX);
    assert_int_equal(guest.message_count, 2);
    /* None while all are masked, or the function is off. */
    enable(true);
    assigned_interrupt(device, 1);
    assert_int_equal(guest.message_count, 2);
    enable(false);
    assert_int_equal(guest.message_count, 3);
    driver_config_write(&set, DEVICE, COMMAND, 2, 0);
    assigned_interrupt(device, 1);
    assert_int_equal(guest.message_count, 3);
    /* The device's own registers were not touched, and the table takes no narrow access. */
    assert_int_equal(fake_device.accesses, 0);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY);
    assert_int_equal(read(msix + 8, 2), 0xFFFF);
}

static void a_driver_finds_faults_in_status(void **state)
{
    struct assigned *device = &set.assigned[0];
    const uint32_t before = driver_config_read(&set, DEVICE, PCI_STATUS, 2);

    assert_int_equal(before & PCI_STATUS_ERRORS, 0);
    assigned_fault(device);
    assigned_fault(device);
    assert_int_equal(driver_config_read(&set, DEVICE, PCI_STATUS, 2), before | 0x2000);
    /* Ones clear it, in an access of any size that has it; nothing else changes. */
    driver_config_write(&set, DEVICE, PCI_STATUS, 1, 0xFF);
    driver_config_write(&set, DEVICE, PCI_STATUS, 2, 0xDFFF);
    driver_config_write(&set, DEVICE, COMMAND, 4, 0xDFFF0000);
    assert_int_equal(driver_config_read(&set, DEVICE, PCI_STATUS, 2), before | 0x2000);
    driver_config_write(&set, DEVICE, PCI_STATUS, 2, 0x2000);
    assert_int_equal(driver_config_read(&set, DEVICE, PCI_STATUS, 2), before);
    assigned_fault(device);
    driver_config_write(&set, DEVICE, PCI_STATUS + 1, 1, 0x20);
    assert_int_equal(driver_config_read(&set, DEVICE, PCI_STATUS, 2), before);
    assigned_fault(device);
    driver_config_write(&set, DEVICE, COMMAND, 4, 0xFFFF0000 | MEMORY);
    assert_int_equal(driver_config_read(&set, DEVICE, COMMAND, 4), before << 16 | MEMORY);
}

static void one_that_is_cut_off_is_gone(void **state)
{
    struct assigned *device = &set.assigned[0];

    enable(false);
    write(msix, 8, 0xFEE01000);
    write(msix + 8, 8, 0x40);
    assigned_cut_off(device);
    const unsigned accesses = fake_device.accesses, masters = fake_device.masters;
    assert_int_equal(driver_config_read(&set, DEVICE, 0, 4), 0xFFFFFFFF);
    assert_int_equal(driver_config_read(&set, DEVICE, PCI_STATUS, 2), 0xFFFF);
    driver_config_write(&set, DEVICE, COMMAND, 2, MEMORY);
    assert_true(read(registers, 8) == UINT64_MAX && read(msix, 8) == UINT64_MAX);
    write(registers, 4, 1);
    write(msix + 8, 4, 0x41);
    assigned_interrupt(device, 0);
    assert_int_equal(guest.message_count, 0);
    assert_true(fake_device.accesses == accesses && fake_device.masters == masters);
}

static void bars_lie_in_their_slice_aligned(void **state)
{
    static const uint32_t sizes[PCI_BARS] = {0x1000, 0x100000, 0, 0x1000, 0x40000, 0x2000};
    struct assigned_config many = nvme;
    uint32_t ends[PCI_BARS];

    for (unsigned bar = 0; bar < PCI_BARS; bar++) {
        many.bars[bar] = (struct assigned_bar){FAKE_DEVICE, sizes[bar]};
    }
    assert_null(assigned_refusal(&many, PCI_HOST_SLICE_BYTES));
    attach(&many);
    for (unsigned bar = 0; bar < PCI_BARS; bar++) {
        const uint32_t bytes = sizes[bar] != 0 ? sizes[bar] : 0x1000; /* the MSI-X table */
        const uint32_t at = driver_config_read(&set, DEVICE, BAR0 + 4 * bar, 4);

        assert_int_equal(at % bytes, 0);
        assert_true(at >= pci_host_slice(DEVICE) && at + bytes <= pci_host_slice(DEVICE + 1));
        ends[bar] = at + bytes;
        for (unsigned other = 0; other < bar; other++) {
            const uint32_t start = driver_config_read(&set, DEVICE, BAR0 + 4 * other, 4);
            assert_true(ends[other] <= at || ends[bar] <= start);
        }
    }
}

static void what_cannot_be_shown_is_refused(void **state)
{
    struct assigned_config config = nvme;

    assert_null(assigned_refusal(&config, PCI_HOST_SLICE_BYTES));
    assert_null(assigned_refusal(&config, 0x5000));
    assert_non_null(strstr(assigned_refusal(&config, 0x4fff), "more room"));
    config.interrupts = 0;
    assert_non_null(strstr(assigned_refusal(&config, PCI_HOST_SLICE_BYTES), "no MSI-X"));
    config = nvme;
    config.bars[0].bytes = 0;
    assert_non_null(strstr(assigned_refusal(&config, PCI_HOST_SLICE_BYTES), "no registers"));
    config.bars[0].bytes = 0x200000;
    assert_non_null(strstr(assigned_refusal(&config, PCI_HOST_SLICE_BYTES), "more room"));
    for (unsigned bar = 0; bar < PCI_BARS; bar++) {
        config.bars[bar].bytes = 0x1000;
    }
    assert_non_null(strstr(assigned_refusal(&config, PCI_HOST_SLICE_BYTES), "all base address registers"));
    config = nvme;
    config.interrupts = 2;
    assert_int_equal(assigned_interrupts(&config), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_is_what_it_is, setup),
        cmocka_unit_test_setup(registers_are_passed_on, setup),
        cmocka_unit_test_setup(what_the_core_denies_reads_as_ones, setup),
        cmocka_unit_test_setup(it_is_bus_master_when_its_driver_says, setup),
        cmocka_unit_test_setup(interrupts_are_handed_on, setup),
        cmocka_unit_test_setup(a_driver_finds_faults_in_status, setup),
        cmocka_unit_test_setup(one_that_is_cut_off_is_gone, setup),
        cmocka_unit_test_setup(bars_lie_in_their_slice_aligned, setup),
        cmocka_unit_test_setup(what_cannot_be_shown_is_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
