/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/virtio_driver.h"

static struct guest guest;
static struct device_set set;
static uint8_t disk[4096];

static int setup(void **state)
{
    struct virtio_block_image images[] = {{.bytes = disk, .size = sizeof(disk)}};
    fake_init(&guest);
    driver_set(&set, &guest, images, 1);
    return 0;
}

static uint32_t ecam_read(unsigned device, unsigned function, unsigned offset, unsigned size)
{
    uint64_t value = 0;
    uint64_t gpa = PCI_HOST_ECAM_BASE + (device << 15 | function << 12 | offset);
    assert_true(device_set_mmio_read(&set, gpa, size, &value));
    return (uint32_t)value;
}

static void the_bus_holds_what_was_configured(void **state)
{
    assert_int_equal(driver_config_read(&set, 0, 0, 4), 0x00081B36);
    assert_int_equal(driver_config_read(&set, 0, 8, 4), 0x06000000);
    assert_int_equal(driver_config_read(&set, 1, 0, 4), 0x10431AF4);
    assert_int_equal(driver_config_read(&set, 1, 8, 4), 0x07800001);
    assert_int_equal(driver_config_read(&set, 2, 0, 4), 0x10441AF4);
    assert_int_equal(driver_config_read(&set, 3, 0, 4), 0x10421AF4);
    for (unsigned device = 4; device < 32; device++) {
        assert_int_equal(driver_config_read(&set, device, 0, 4), 0xFFFFFFFF);
        driver_config_write(&set, device, 4, 2, 6);
    }
    assert_int_equal(driver_config_read(&set, 1, PCI_INTERRUPT_PIN, 1), 0);
    assert_int_equal(driver_config_read(&set, 1, PCI_HEADER_TYPE, 1), 0);
    assert_true(driver_config_read(&set, 1, PCI_SUBSYSTEM_ID, 2) >= 0x40);
}

static void address_port_behaves_as_linux_probes_it(void **state)
{
    uint32_t value = 0;
    /* pci_check_type1: a byte to 0xCFB is nobody's; the address reads back. */
    assert_false(device_set_port_write(&set, 0xCFB, 1, 1));
    assert_true(device_set_port_write(&set, 0xCF8, 4, 0x80000000));
    assert_true(device_set_port_read(&set, 0xCF8, 4, &value));
    assert_int_equal(value, 0x80000000);
    /* Reserved bits do not stick. */
    assert_true(device_set_port_write(&set, 0xCF8, 4, 0xFFFFFFFF));
    assert_true(device_set_port_read(&set, 0xCF8, 4, &value));
    assert_int_equal(value, 0x80FFFFFC);
    /* The reset register is not ours. */
    assert_false(device_set_port_write(&set, 0xCF9, 1, 6));
    assert_false(device_set_port_read(&set, 0xCF8, 2, &value));
    assert_false(device_set_port_read(&set, 0xCF7, 4, &value));
    assert_false(device_set_port_read(&set, 0xD00, 1, &value));
    assert_false(device_set_port_read(&set, 0x71, 1, &value));
}

static void data_port_wants_enable_bus_0_and_no_straddle(void **state)
{
    uint32_t value = 0;
    device_set_port_write(&set, 0xCF8, 4, 0x00000000);
    assert_true(device_set_port_read(&set, 0xCFC, 4, &value));
    assert_int_equal(value, 0xFFFFFFFF);
    device_set_port_write(&set, 0xCF8, 4, 0x80010000);
    assert_true(device_set_port_read(&set, 0xCFC, 4, &value));
    assert_int_equal(value, 0xFFFFFFFF);
    device_set_port_write(&set, 0xCF8, 4, 0x80000100); /* function 1 */
    assert_true(device_set_port_read(&set, 0xCFC, 4, &value));
    assert_int_equal(value, 0xFFFFFFFF);
    device_set_port_write(&set, 0xCF8, 4, 0x80000000);
    assert_true(device_set_port_read(&set, 0xCFF, 2, &value));
    assert_int_equal(value, 0xFFFF);
    assert_true(device_set_port_read(&set, 0xCFD, 4, &value));
    assert_int_equal(value, 0xFFFFFFFF);
    assert_true(device_set_port_read(&set, 0xCFD, 1, &value));
    assert_int_equal(value, 0x1B);
    assert_true(device_set_port_read(&set, 0xCFE, 2, &value));
    assert_int_equal(value, 0x0008);
    assert_false(device_set_port_read(&set, 0xCFC, 8, &value));
    assert_false(device_set_port_read(&set, 0xCFC, 0, &value));
    assert_false(device_set_port_read(&set, 0xCFC, 3, &value));
}

static void ecam_mirrors_the_ports(void **state)
{
    for (unsigned device = 0; device < 5; device++) {
        for (unsigned offset = 0; offset < 256; offset += 4) {
            assert_int_equal(ecam_read(device, 0, offset, 4), driver_config_read(&set, device, offset, 4));
        }
    }
    assert_int_equal(ecam_read(1, 0, 2, 2), 0x1043);
    assert_int_equal(ecam_read(1, 0, 3, 1), 0x10);
    assert_int_equal(ecam_read(1, 1, 0, 4), 0xFFFFFFFF);
    assert_int_equal(ecam_read(31, 7, 0, 4), 0xFFFFFFFF);
    /* No extended configuration space, odd widths or straddling. */
    assert_int_equal(ecam_read(1, 0, 0x100, 4), 0xFFFFFFFF);
    assert_int_equal(ecam_read(1, 0, 0xFFC, 4), 0xFFFFFFFF);
    assert_int_equal(ecam_read(1, 0, 1, 2), 0xFFFF);
    assert_int_equal(ecam_read(1, 0, 0xFF, 4), 0xFFFFFFFF);
    assert_int_equal(ecam_read(1, 0, 0, 3), 0xFFFFFF);
    uint64_t value = 0;
    assert_true(device_set_mmio_read(&set, PCI_HOST_ECAM_BASE, 8, &value));
    assert_true(value == UINT64_MAX);
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 4, 2, 0xFFFF));
    assert_int_equal(driver_config_read(&set, 1, 4, 2), 0x0406);
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 4, 8, 0));
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 3, 2, 0));
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 3, 4, 0));
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 4, 3, 0));
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 0x104, 2, 0));
    assert_true(device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (1 << 15) + 0xFFE, 2, 0));
    assert_int_equal(driver_config_read(&set, 1, 4, 2), 0x0406);
}

static void one_way_can_be_left_out(void **state)
{
    struct device_config config = {.pci_ways = PCI_HOST_ECAM, .console = true};
    uint32_t value = 0;
    uint64_t wide = 0;
    device_set_init(&set, &guest, &config);
    assert_false(device_set_port_write(&set, 0xCF8, 4, 0x80000000));
    assert_false(device_set_port_read(&set, 0xCFC, 4, &value));
    assert_int_equal(ecam_read(1, 0, 0, 4), 0x10431AF4);
    assert_int_equal(ecam_read(2, 0, 0, 4), 0xFFFFFFFF);
    config.pci_ways = PCI_HOST_PORTS;
    device_set_init(&set, &guest, &config);
    assert_int_equal(driver_config_read(&set, 1, 0, 4), 0x10431AF4);
    assert_false(device_set_mmio_read(&set, PCI_HOST_ECAM_BASE, 4, &wide));
}

/* Every register of every function: writes change the allowed bits only, however they are made. */
static void read_only_registers_do_not_change(void **state)
{
    for (unsigned device = 0; device < 4; device++) {
        uint32_t before[64];
        for (unsigned i = 0; i < 64; i++) {
            before[i] = driver_config_read(&set, device, i * 4, 4);
        }
        for (unsigned i = 0; i < 256; i++) {
            driver_config_write(&set, device, i, 1, 0xFF);
        }
        for (unsigned i = 0; i < 64; i++) {
            driver_config_write(&set, device, i * 4, 4, 0xFFFFFFFF);
        }
        /* identity, class, subsystem, capability pointer, expansion ROM (none) */
        static const unsigned fixed[] = {0x00, 0x08, 0x18, 0x1C, 0x20, 0x24, 0x28,
                                         0x2C, 0x30, 0x34, 0x38, 0x40, 0x44};
        for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
            assert_int_equal(driver_config_read(&set, device, fixed[i], 4), before[fixed[i] / 4]);
        }
        assert_int_equal(driver_config_read(&set, device, 4, 2), 0x0406);
        assert_int_equal(driver_config_read(&set, device, 6, 2), before[1] >> 16);
        assert_int_equal(driver_config_read(&set, device, 0x0C, 4) & 0xFFFFFF00, 0);
    }
}

static void bars_are_sized_and_preset(void **state)
{
    static const uint32_t masks[6] = {0xFFFFC000, 0xFFFFF000, 0, 0, 0, 0};
    for (unsigned device = 1; device < 4; device++) {
        for (unsigned bar = 0; bar < 6; bar++) {
            uint32_t preset = driver_config_read(&set, device, 0x10 + bar * 4, 4);
            driver_config_write(&set, device, 0x10 + bar * 4, 4, 0xFFFFFFFF);
            assert_int_equal(driver_config_read(&set, device, 0x10 + bar * 4, 4), masks[bar]);
            driver_config_write(&set, device, 0x10 + bar * 4, 4, preset);
            assert_int_equal(driver_config_read(&set, device, 0x10 + bar * 4, 4), preset);
            assert_true(masks[bar] == 0 || (preset >= PCI_HOST_MMIO_BASE &&
                                            preset - PCI_HOST_MMIO_BASE <= PCI_HOST_MMIO_BYTES + masks[bar]));
            assert_int_equal(preset & ~masks[bar], 0);
        }
    }
}

static void memory_is_decoded_where_the_bar_is(void **state)
{
    uint64_t value = 0;
    uint32_t bar = driver_config_read(&set, 1, 0x10, 4);
    uint64_t queues = bar + 0x12u;

    /* Not enabled: all ones, and still ours. */
    assert_true(device_set_mmio_read(&set, queues, 2, &value));
    assert_int_equal(value, 0xFFFF);
    driver_config_write(&set, 1, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_true(device_set_mmio_read(&set, queues, 2, &value));
    assert_int_equal(value, 2);
    /* Moved inside the window. */
    driver_config_write(&set, 1, 0x10, 4, PCI_HOST_MMIO_BASE + 0xFC000);
    assert_true(device_set_mmio_read(&set, queues, 2, &value));
    assert_int_equal(value, 0xFFFF);
    assert_true(device_set_mmio_read(&set, PCI_HOST_MMIO_BASE + 0xFC012, 2, &value));
    assert_int_equal(value, 2);
    /* Moved out of the window, onto memory, ECAM or the end of the world: answers nowhere. */
    static const uint32_t places[] = {0,          0x100000,   PCI_HOST_MMIO_BASE + PCI_HOST_MMIO_BYTES,
                                      0xE8000000, 0xFEE00000, 0xFFFFC000};
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        driver_config_write(&set, 1, 0x10, 4, places[i]);
        bool ecam = places[i] == PCI_HOST_ECAM_BASE;
        assert_int_equal(device_set_mmio_read(&set, places[i] + 0x12ull, 2, &value), ecam);
        assert_true(device_set_mmio_read(&set, queues, 2, &value));
        assert_int_equal(value, 0xFFFF);
    }
}

static void windows_end_where_they_end(void **state)
{
    uint64_t value = 0;
    assert_false(device_set_mmio_read(&set, PCI_HOST_MMIO_BASE - 1, 1, &value));
    assert_true(device_set_mmio_read(&set, PCI_HOST_MMIO_BASE, 1, &value));
    assert_true(device_set_mmio_read(&set, PCI_HOST_MMIO_BASE + PCI_HOST_MMIO_BYTES - 1, 8, &value));
    assert_true(value == UINT64_MAX);
    assert_false(device_set_mmio_read(&set, PCI_HOST_MMIO_BASE + PCI_HOST_MMIO_BYTES, 1, &value));
    assert_false(device_set_mmio_read(&set, PCI_HOST_ECAM_BASE - 1, 4, &value));
    assert_false(device_set_mmio_read(&set, PCI_HOST_ECAM_BASE + PCI_HOST_ECAM_BYTES, 4, &value));
    assert_false(device_set_mmio_read(&set, UINT64_MAX, 8, &value));
    assert_false(device_set_mmio_write(&set, 1ull << 39 | PCI_HOST_MMIO_BASE, 4, 0));
    assert_false(device_set_mmio_read(&set, 0, 4, &value));
}

static void an_access_over_the_end_of_a_bar_hits_nothing(void **state)
{
    uint64_t value = 0;
    driver_config_write(&set, 1, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_BUS_MASTER);
    uint32_t bar = driver_config_read(&set, 1, 0x14, 4);
    assert_true(device_set_mmio_read(&set, bar + 0xFFCu, 4, &value));
    assert_int_equal(value, 0);
    assert_true(device_set_mmio_read(&set, bar + 0xFFCu, 8, &value));
    assert_true(value == UINT64_MAX);
    assert_true(device_set_mmio_read(&set, bar + 0xFFFu, 2, &value));
    assert_int_equal(value, 0xFFFF);
}

/* By itself: the models refuse misaligned accesses too. */
static void a_bar_decodes_what_lies_in_it(void **state)
{
    const struct pci_identity identity = {.vendor = 1};
    struct pci_function function;
    unsigned bar = 99;
    uint32_t offset = 99;
    pci_function_init(&function, &identity);
    pci_function_add_bar(&function, 2, 0x10000, 0x100);
    assert_false(pci_function_decode(&function, 0x10000, 1, &bar, &offset));
    pci_function_write(&function, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    assert_true(pci_function_decode(&function, 0x100FC, 4, &bar, &offset));
    assert_int_equal(bar, 2);
    assert_int_equal(offset, 0xFC);
    assert_false(pci_function_decode(&function, 0x100FD, 4, &bar, &offset));
    assert_false(pci_function_decode(&function, 0x10100, 1, &bar, &offset));
    assert_false(pci_function_decode(&function, 0xFFFF, 1, &bar, &offset));
    assert_false(pci_function_decode(&function, 0xFFFF, 2, &bar, &offset));
    assert_false(pci_function_decode(&function, 0, 1, &bar, &offset));
    assert_false(pci_function_decode(&function, 0x100010000, 1, &bar, &offset));
    assert_false(pci_function_decode(&function, UINT64_MAX, 8, &bar, &offset));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_bus_holds_what_was_configured, setup),
        cmocka_unit_test_setup(address_port_behaves_as_linux_probes_it, setup),
        cmocka_unit_test_setup(data_port_wants_enable_bus_0_and_no_straddle, setup),
        cmocka_unit_test_setup(ecam_mirrors_the_ports, setup),
        cmocka_unit_test_setup(one_way_can_be_left_out, setup),
        cmocka_unit_test_setup(read_only_registers_do_not_change, setup),
        cmocka_unit_test_setup(bars_are_sized_and_preset, setup),
        cmocka_unit_test_setup(memory_is_decoded_where_the_bar_is, setup),
        cmocka_unit_test_setup(windows_end_where_they_end, setup),
        cmocka_unit_test_setup(an_access_over_the_end_of_a_bar_hits_nothing, setup),
        cmocka_unit_test(a_bar_decodes_what_lies_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
