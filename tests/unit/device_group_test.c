/* SPDX-License-Identifier: Apache-2.0 */
/* Which functions of whole machines (tests/unit/data/pci) go together, and to whom they may go. */
#include "tests/unit/unit.h"

#include <glob.h>

#include "arch/x86_64/pci_function.h"
#include "iommu/vtd_function.h"
#include "isolation/device_group.h"

struct pci_machine pci_machine;
struct pci_facts pci_facts[PCI_FUNCTIONS_MAX];
struct vtd_function vtd_functions[PCI_FUNCTIONS_MAX];
enum { LINE = 200, WORDS = 8 };

/* "00:02.0", or "1:00:02.0" with a segment. */
static uint64_t name_of(const char *text)
{
    unsigned segment = 0;
    unsigned bus, device, function;
    if (sscanf(text, "%x:%x:%x.%x", &segment, &bus, &device, &function) != 4) {
        segment = 0;
        assert_int_equal(sscanf(text, "%x:%x.%x", &bus, &device, &function), 3);
    }
    return segment * 65536ull + bus * 256 + device * 8 + function;
}

static void add_function(char *words[WORDS], int count)
{
    const uint32_t i = pci_machine.count++;
    struct pci_function *function = &pci_machine.functions[i];
    const uint64_t name = name_of(words[1]);
    *function = (struct pci_function){.segment = (uint16_t)(name >> 16),
                                      .bus = (uint8_t)(name >> 8),
                                      .device = name >> 3 & 31,
                                      .function = name & 7,
                                      .class_revision = (uint32_t)strtoul(words[2], NULL, 16) << 8};
    pci_facts[i] = (struct pci_facts){.reset = PCI_RESET_NONE};
    vtd_functions[i] = (struct vtd_function){.unit = 0};
    for (int w = 3; w < count; w++) {
        if (strcmp(words[w], "bridge") == 0) {
            function->header_type = 1;
            function->secondary_bus = (uint8_t)strtoul(words[w + 1], NULL, 16);
            function->subordinate_bus = (uint8_t)strtoul(words[w + 2], NULL, 16);
            w += 2;
        } else if (strcmp(words[w], "port") == 0) {
            pci_facts[i].port = true;
        } else if (strcmp(words[w], "acs") == 0) {
            pci_facts[i].validates = true;
        } else if (strcmp(words[w], "flr") == 0) {
            pci_facts[i].reset = PCI_RESET_EXPRESS;
        } else if (strcmp(words[w], "none") == 0) {
            vtd_functions[i].unit = DMAR_NO_UNIT;
        } else {
            assert_string_equal(words[w], "rmrr");
            vtd_functions[i].firmwares = true;
        }
    }
}

static void expect(char *words[WORDS], int count)
{
    const uint32_t i = device_find(name_of(words[1]));
    assert_int_not_equal(i, DEVICE_NONE);
    assert_int_equal(device_name(i), name_of(words[1]));
    const struct device_facts *group = &device_facts[device_facts[i].group];
    assert_int_equal(device_name(device_facts[i].group), name_of(words[3]));
    assert_int_equal(group->grantable, strcmp(words[4], "nobody") != 0);
    if (group->grantable) {
        assert_int_equal(count, 6);
        assert_int_equal(group->managers, strcmp(words[4], "manager") == 0);
        assert_int_equal(group->resettable, strcmp(words[5], "stays") != 0);
        assert_int_equal(group->by_bus, strcmp(words[5], "bus") == 0);
    }
}

static void machine(const char *path)
{
    char line[LINE];
    bool grouped = false;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    memset(&pci_machine, 0, sizeof(pci_machine));
    while (fgets(line, sizeof(line), file) != NULL) {
        char *words[WORDS] = {NULL};
        int count = 0;
        for (char *word = strtok(line, " \n"); word != NULL && count < WORDS; word = strtok(NULL, " \n")) {
            words[count++] = word;
        }
        if (count == 0 || words[0][0] == '#') {
            continue;
        }
        if (strcmp(words[0], "function") == 0) {
            add_function(words, count);
            continue;
        }
        if (!grouped) {
            device_group_init();
            grouped = true;
        }
        assert_string_equal(words[0], "expect");
        expect(words, count);
    }
    fclose(file);
    assert_true(grouped);
}

static void machines(void **state)
{
    glob_t found;
    assert_int_equal(glob("tests/unit/data/pci/*", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        machine(found.gl_pathv[i]);
    }
    assert_true(found.gl_pathc >= 3);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(machines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
