/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities, base addresses and resets of functions, against a configuration space that behaves, and some that do not. */
#include "tests/unit/unit.h"

#include "arch/x86_64/pci_function.h"

enum {
    COMMAND = 4,
    BAR0 = 0x10,
    CAPABILITIES = 0x34,
    MSI = 0x50,
    MSIX = 0x60,
    EXPRESS = 0x80,
    FEATURES = 0xc0
};
enum { FUNCTIONS = 2 };

struct pci_machine pci_machine;
static uint8_t config[FUNCTIONS][256];
static uint32_t bar_masks[6]; /* of function 0: bits that can be written */
static bool decoded_while_probed;

static uint32_t get(uint32_t f, uint32_t offset)
{
    uint32_t value;
    memcpy(&value, &config[f][offset], sizeof(value));
    return value;
}

static void put(uint32_t f, uint32_t offset, uint32_t bytes, uint32_t value)
{
    memcpy(&config[f][offset], &value, bytes);
}

uint32_t pci_config_read(const struct pci_place *place, uint32_t offset)
{
    assert_true(offset % 4 == 0 && offset < 256);
    return get(place->function, offset);
}

void pci_config_write(const struct pci_place *place, uint32_t offset, uint32_t bytes, uint32_t value)
{
    const uint32_t f = place->function;
    assert_true(offset % bytes == 0 && offset < 256);
    if (offset >= BAR0 && offset < BAR0 + 24) {
        const uint32_t mask = f == 0 ? bar_masks[(offset - BAR0) / 4] : 0;
        decoded_while_probed |= value == UINT32_MAX && (get(f, COMMAND) & 3) != 0;
        value = (value & mask) | (get(f, offset) & ~mask);
    }
    put(f, offset, bytes, value);
}

static int start(void **state)
{
    memset(config, 0, sizeof(config));
    memset(bar_masks, 0, sizeof(bar_masks));
    decoded_while_probed = false;
    pci_machine.count = FUNCTIONS;
    for (uint32_t f = 0; f < FUNCTIONS; f++) {
        pci_machine.functions[f] =
            (struct pci_function){.function = (uint8_t)f, .vendor_id = 0x8086, .class_revision = 0x01080200};
        put(f, 0, 4, 0x10008086);
        put(f, COMMAND, 4, 0x00100003); /* decodes; has capabilities */
    }
    return 0;
}

/* MSI, MSI-X, PCI Express with a reset, Advanced Features with another. */
static void add_capabilities(void)
{
    put(0, CAPABILITIES, 1, MSI);
    put(0, MSI, 4, 0x0080 << 16 | MSIX << 8 | 5);
    put(0, MSIX, 4, 0x0003 << 16 | EXPRESS << 8 | 0x11);
    put(0, MSIX + 4, 4, 0x2000);
    put(0, EXPRESS, 4, 0x0002 << 16 | FEATURES << 8 | 0x10);
    put(0, EXPRESS + 4, 4, 1u << 28);
    put(0, EXPRESS + 8, 2, 0x2810);
    put(0, FEATURES, 4, 0x0206 << 16 | 0 << 8 | 0x13);
}

static void capabilities(void **state)
{
    add_capabilities();
    pci_function_init();
    assert_int_equal(pci_facts[0].msi, MSI);
    assert_int_equal(pci_facts[0].msix, MSIX);
    assert_int_equal(pci_facts[0].msix_entries, 4);
    assert_int_equal(pci_facts[0].express, EXPRESS);
    assert_int_equal(pci_facts[0].features, FEATURES);
    assert_int_equal(pci_facts[0].reset, PCI_RESET_EXPRESS);
    assert_int_equal(pci_facts[1].msi | pci_facts[1].msix | pci_facts[1].express | pci_facts[1].reset, 0);
    pci_function_reset(0);
    assert_int_equal(get(0, EXPRESS + 8) & 0xffff, 0xa810);
    put(0, EXPRESS + 4, 4, 0);
    pci_function_init();
    assert_int_equal(pci_facts[0].reset, PCI_RESET_FEATURES);
    pci_function_reset(0);
    assert_int_equal(config[0][FEATURES + 4], 1);
    put(0, COMMAND, 4, 3); /* says that it has none */
    pci_function_init();
    assert_int_equal(pci_facts[0].msi | pci_facts[0].reset, 0);
}

static void lists_that_do_not_end(void **state)
{
    put(0, CAPABILITIES, 1, MSI);
    put(0, MSI, 4, MSI << 8 | 5);
    put(1, CAPABILITIES, 1, 0x3c); /* into the header */
    pci_function_init();
    assert_int_equal(pci_facts[0].msi, MSI);
    assert_int_equal(pci_facts[1].msi, 0);
}

static void base_addresses(void **state)
{
    put(0, BAR0, 4, 0xfeb00000);
    bar_masks[0] = 0xffff0000;
    put(0, BAR0 + 4, 4, 0xc001);
    bar_masks[1] = 0xfffc;
    put(0, BAR0 + 8, 4, 0x4); /* 64-bit, above 4 GiB */
    put(0, BAR0 + 12, 4, 0x80);
    bar_masks[2] = 0xc0000000;
    bar_masks[3] = 0xffffffff;
    bar_masks[4] = 0xfffff000;        /* no address */
    put(0, BAR0 + 20, 4, 0xfeb10004); /* 64-bit, and there is no other half */
    bar_masks[5] = 0xffffff00;
    add_capabilities();
    pci_function_init();
    assert_false(decoded_while_probed);
    assert_int_equal(get(0, COMMAND) & 0xffff, 3);
    assert_int_equal(pci_function_bar(0, 0).address, 0xfeb00000);
    assert_int_equal(pci_function_bar(0, 0).bytes, 0x10000);
    assert_int_equal(pci_function_bar(0, 1).bytes, 0);
    assert_int_equal(pci_function_bar(0, 2).address, 0x8000000000);
    assert_int_equal(pci_function_bar(0, 2).bytes, 0x40000000);
    assert_int_equal(pci_function_bar(0, 3).bytes, 0);
    assert_int_equal(pci_function_bar(0, 4).bytes, 0);
    assert_int_equal(pci_function_bar(0, 5).bytes, 0x100);
    assert_int_equal(get(0, BAR0), 0xfeb00000);
    assert_int_equal(get(0, BAR0 + 12), 0x80);
    assert_int_equal(pci_function_msix(0).address, 0xfeb02000);
    assert_int_equal(pci_function_msix(0).bytes, 64);
    put(0, MSIX + 4, 4, 0xfff8); /* ends beyond the BAR */
    pci_function_init();
    assert_int_equal(pci_function_msix(0).bytes, 0);
    put(0, MSIX + 4, 4, 7); /* in no BAR */
    pci_function_init();
    assert_int_equal(pci_function_msix(0).bytes, 0);
}

static void chipset_functions_are_not_probed(void **state)
{
    pci_machine.functions[0].class_revision = 0x06010000;
    put(0, BAR0, 4, 0xfeb00000);
    bar_masks[0] = 0xffff0000;
    pci_function_init();
    assert_int_equal(pci_function_bar(0, 0).bytes, 4096);
}

static void after_a_reset(void **state)
{
    put(0, BAR0, 4, 0xfeb00000);
    bar_masks[0] = 0xffff0000;
    add_capabilities();
    pci_function_init();
    put(0, BAR0, 4, 0);
    put(0, COMMAND, 2, 7);
    put(0, EXPRESS + 8, 2, 0x2b10);
    pci_function_restore(0);
    assert_int_equal(get(0, BAR0), 0xfeb00000);
    assert_int_equal(get(0, COMMAND) & 0xffff, 0);
    assert_int_equal(get(0, EXPRESS + 8) & 0xffff, 0x2110); /* no No Snoop, no phantom functions */
    assert_true(pci_function_answers(0));
    put(0, 0, 4, UINT32_MAX);
    assert_false(pci_function_answers(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(capabilities, start),
        cmocka_unit_test_setup(lists_that_do_not_end, start),
        cmocka_unit_test_setup(base_addresses, start),
        cmocka_unit_test_setup(chipset_functions_are_not_probed, start),
        cmocka_unit_test_setup(after_a_reset, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
