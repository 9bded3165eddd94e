/* SPDX-License-Identifier: Apache-2.0 */
/* DMARs and PCI topologies of whole machines (tests/unit/data/dmar), and broken tables. */
#include "tests/unit/unit.h"

#include <glob.h>

#include "iommu/dmar.h"
#include "iommu/dmar_scope.h"
#include "tests/unit/fake_memory.h"

enum { STRUCTURES = 48, TABLE_MAX = 8192, BRIDGES_MAX = 32, LINE = 200 };

static uint8_t table[TABLE_MAX];
static size_t table_bytes;
static size_t structure; /* the one that scopes are added to */
static struct dmar dmar;
static struct dmar_bridge bridge_list[BRIDGES_MAX];
static struct dmar_bridges bridges;

static void put(size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        table[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t number(const char **at, int base)
{
    char *end;
    const uint64_t value = strtoull(*at, &end, base);
    assert_ptr_not_equal(end, *at);
    *at = end;
    return value;
}

/* "02.0": device and function. */
static uint8_t device_function(const char **at)
{
    const uint64_t device = number(at, 16);
    assert_int_equal(*(*at)++, '.');
    return (uint8_t)(device * 8 + number(at, 16));
}

/* "00:02.0". */
static uint16_t source_id(const char **at)
{
    const uint64_t bus = number(at, 16);
    assert_int_equal(*(*at)++, ':');
    return (uint16_t)(bus * 256 + device_function(at));
}

static void start_table(void)
{
    memset(table, 0, sizeof(table));
    put(36, 38, 1);
    put(37, DMAR_INTR_REMAP, 1);
    table_bytes = STRUCTURES;
    bridges = (struct dmar_bridges){0, bridge_list};
}

static void add_structure(uint16_t type, size_t bytes)
{
    structure = table_bytes;
    put(structure, type, 2);
    put(structure + 2, bytes, 2);
    table_bytes += bytes;
}

static void add_drhd(uint16_t segment, uint64_t registers, uint8_t flags)
{
    add_structure(0, 16);
    put(structure + 4, flags, 1);
    put(structure + 6, segment, 2);
    put(structure + 8, registers, 8);
}

static void add_rmrr(uint16_t segment, uint64_t base, uint64_t limit)
{
    add_structure(1, 24);
    put(structure + 6, segment, 2);
    put(structure + 8, base, 8);
    put(structure + 16, limit, 8);
}

static void add_atsr(uint16_t segment, uint8_t flags)
{
    add_structure(2, 8);
    put(structure + 4, flags, 1);
    put(structure + 6, segment, 2);
}

static void add_scope(const uint8_t *path, size_t steps, uint8_t type, uint8_t id, uint8_t bus)
{
    const size_t at = table_bytes;
    const size_t bytes = 6 + 2 * steps;
    put(at, type, 1);
    put(at + 1, bytes, 1);
    put(at + 4, id, 1);
    put(at + 5, bus, 1);
    for (size_t i = 0; i < steps; i++) {
        put(at + 6 + 2 * i, path[i] / 8, 1);
        put(at + 7 + 2 * i, path[i] % 8, 1);
    }
    table_bytes += bytes;
    put(structure + 2, table_bytes - structure, 2);
}

static enum dmar_error read_bytes(size_t bytes)
{
    uint8_t *exact = malloc(bytes + 1);
    memcpy(exact + 1, table, bytes);
    const enum dmar_error error = dmar_read((struct bytes){exact + 1, bytes}, &dmar);
    free(exact);
    return error;
}

static enum dmar_error read_table(void)
{
    return read_bytes(table_bytes);
}

/* A line that describes the machine. */
static void describe(const char *word, const char *rest)
{
    uint64_t n[3];
    if (strcmp(word, "drhd") == 0 || strcmp(word, "rmrr") == 0) {
        n[0] = number(&rest, 16);
        n[1] = number(&rest, 16);
        n[2] = number(&rest, 16);
        if (word[0] == 'd') {
            add_drhd((uint16_t)n[0], n[1], (uint8_t)n[2]);
        } else {
            add_rmrr((uint16_t)n[0], n[1], n[2]);
        }
    } else if (strcmp(word, "atsr") == 0) {
        n[0] = number(&rest, 16);
        add_atsr((uint16_t)n[0], (uint8_t)number(&rest, 16));
    } else if (strcmp(word, "other") == 0) {
        add_structure((uint16_t)number(&rest, 16), 4);
        while (strpbrk(rest, "0123456789abcdef") != NULL) {
            put(table_bytes++, number(&rest, 16), 1);
        }
        put(structure + 2, table_bytes - structure, 2);
    } else if (strcmp(word, "scope") == 0) {
        uint8_t path[DMAR_PATH_MAX + 1];
        size_t steps = 0;
        n[0] = number(&rest, 16);
        n[1] = number(&rest, 16);
        n[2] = number(&rest, 16);
        while (strchr(rest, '.') != NULL) {
            path[steps++] = device_function(&rest);
        }
        add_scope(path, steps, (uint8_t)n[0], (uint8_t)n[1], (uint8_t)n[2]);
    } else {
        assert_string_equal(word, "bridge");
        struct dmar_bridge *bridge = &bridge_list[bridges.count++];
        bridge->source.segment = (uint16_t)number(&rest, 16);
        bridge->source.id = source_id(&rest);
        bridge->secondary = (uint8_t)number(&rest, 16);
        bridge->subordinate = (uint8_t)number(&rest, 16);
    }
}

/* A line that says what comes out. */
static void expect(const char *path, const char *word, const char *rest, const char *line)
{
    const char *unit = strstr(rest, "unit ");
    uint32_t wanted = DMAR_NO_UNIT;
    if (unit != NULL) {
        wanted = (uint32_t)atoi(unit + 5);
    }
    if (strcmp(word, "expect") == 0) {
        struct dmar_source source = {.segment = (uint16_t)number(&rest, 16)};
        source.id = source_id(&rest);
        const uint32_t got = dmar_unit_of(&dmar, bridges, source);
        const bool reserved = dmar_has_rmrr(&dmar, bridges, source);
        if (got != wanted || reserved != (strstr(rest, "rmrr") != NULL)) {
            fail_msg("%s: unit %u, %s: %s", path, got, reserved ? "RMRR" : "no RMRR", line);
        }
        return;
    }
    const uint8_t id = (uint8_t)number(&rest, 16);
    uint32_t got = DMAR_NO_UNIT;
    struct dmar_source source = {0};
    const bool found = dmar_ioapic(&dmar, bridges, id, &got, &source);
    if (found != (unit != NULL) || (found && got != wanted)) {
        fail_msg("%s: %s, unit %u: %s", path, found ? "found" : "not found", got, line);
    }
    if (found) {
        const char *at = unit + 7;
        assert_int_equal(source.id, source_id(&at));
    }
}

static bool is_expectation(const char *word)
{
    return strcmp(word, "expect") == 0 || strcmp(word, "ioapic") == 0;
}

/* Goes through the lines of a file: those that describe, or those that expect.  How many there were. */
static uint32_t each_line(const char *path, bool expectations)
{
    char line[LINE];
    char word[LINE];
    uint32_t count = 0;
    int at;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == '#' || sscanf(line, "%s%n", word, &at) != 1 || is_expectation(word) != expectations) {
            continue;
        }
        if (expectations) {
            expect(path, word, line + at, line);
        } else {
            describe(word, line + at);
        }
        count++;
    }
    fclose(file);
    return count;
}

static void machines(void **state)
{
    glob_t files;
    assert_int_equal(glob("tests/unit/data/dmar/*", 0, NULL, &files), 0);
    assert_int_equal(files.gl_pathc, 5);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        start_table();
        assert_true(each_line(files.gl_pathv[i], false) > 2);
        assert_int_equal(read_table(), DMAR_OK);
        assert_true(each_line(files.gl_pathv[i], true) > 5);
    }
    globfree(&files);
}

/* The table of QEMU's q35, as its firmware left it. */
static void qemu(void **state)
{
    size_t bytes;
    fake_memory_clear();
    assert_true(fake_memory_load("tests/unit/data/qemu-q35.acpi"));
    const uint8_t *captured = fake_memory_find("DMAR", &bytes);
    assert_int_equal(dmar_read((struct bytes){captured, bytes}, &dmar), DMAR_OK);
    fake_memory_clear();
    bridges.count = 0;
    assert_int_equal(dmar.host_address_bits, 39);
    assert_int_equal(dmar.unit_count, 1);
    assert_int_equal(dmar.units[0].registers, 0xfed90000);
    assert_int_equal(dmar_unit_of(&dmar, bridges, (struct dmar_source){0, 0xfa}), 0);
    assert_int_equal(dmar_unit_of(&dmar, bridges, (struct dmar_source){0, 0x10}), DMAR_NO_UNIT);
    uint32_t unit = DMAR_NO_UNIT;
    struct dmar_source source;
    assert_true(dmar_ioapic(&dmar, bridges, 0, &unit, &source));
    assert_int_equal(source.id, 0xff00);
}

static void fields(void **state)
{
    const uint8_t path[2] = {0x1c * 8 + 5, 3};
    start_table();
    add_drhd(7, 0xfed90000, 1);
    add_scope(path, 2, DMAR_PCI_ENDPOINT, 0, 9);
    add_atsr(3, 1);
    add_rmrr(2, 0x1000, 0x1fff);
    assert_int_equal(read_table(), DMAR_OK);
    assert_int_equal(dmar.host_address_bits, 39);
    assert_int_equal(dmar.flags, DMAR_INTR_REMAP);
    assert_int_equal(dmar.units[0].segment, 7);
    assert_true(dmar.units[0].include_all);
    assert_false(dmar.units[0].disputed);
    assert_int_equal(dmar.units[0].scopes.first, 0);
    assert_int_equal(dmar.units[0].scopes.count, 1);
    assert_int_equal(dmar.scopes[0].start_bus, 9);
    assert_int_equal(dmar.scopes[0].path_count, 2);
    assert_int_equal(dmar.scopes[0].path[0], path[0]);
    assert_int_equal(dmar.scopes[0].path[1], path[1]);
    assert_int_equal(dmar.atsr_count, 1);
    assert_int_equal(dmar.atsrs[0].segment, 3);
    assert_true(dmar.atsrs[0].all_ports);
    assert_int_equal(dmar.rmrrs[0].segment, 2);
    assert_int_equal(dmar.rmrrs[0].limit, 0x1fff);
}

static void one_scope(const uint8_t *path, size_t steps)
{
    start_table();
    add_drhd(0, 0xfed90000, 0);
    add_scope(path, steps, DMAR_PCI_ENDPOINT, 0, 0);
}

static void broken_scopes(void **state)
{
    const uint8_t path[DMAR_PATH_MAX + 1] = {0};
    const size_t scope = STRUCTURES + 16;
    one_scope(path, 0);
    assert_int_equal(read_table(), DMAR_BAD_ENTRY); /* no path */
    one_scope(path, DMAR_PATH_MAX);
    assert_int_equal(read_table(), DMAR_OK);
    one_scope(path, DMAR_PATH_MAX + 1);
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    one_scope(path, 1);
    table[scope + 6] = 32; /* no such device */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    one_scope(path, 1);
    table[scope + 7] = 8; /* no such function */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    one_scope(path, 2);
    table[scope + 1] = 9; /* odd; the rest is no scope either */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    one_scope(path, 1);
    table[scope + 1] = 0; /* would never end */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    one_scope(path, 1);
    table[scope + 1] = 10; /* ends beyond its structure */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
}

static void broken_structures(void **state)
{
    start_table();
    assert_int_equal(read_table(), DMAR_OK);
    assert_int_equal(read_bytes(STRUCTURES - 1), DMAR_BAD_LENGTH);
    add_drhd(0, 0xfed90800, 0); /* registers that are not at a page */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    start_table();
    add_structure(2, 7);
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    start_table();
    add_atsr(0, 0);
    table[STRUCTURES + 2] += 8; /* ends beyond the table */
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    start_table();
    add_rmrr(0, 2, 1);
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
    start_table();
    add_rmrr(0, 0x3000, 0x1fff);
    assert_int_equal(read_table(), DMAR_BAD_ENTRY);
}

static void too_many(void **state)
{
    const uint8_t path = 0;
    start_table();
    for (uint32_t i = 0; i < DMAR_UNITS_MAX; i++) {
        add_drhd(0, 0xfed90000 + i * 0x1000, 0);
    }
    assert_int_equal(read_table(), DMAR_OK);
    add_drhd(0, 0xfeda0000 + DMAR_UNITS_MAX * 0x1000, 0);
    assert_int_equal(read_table(), DMAR_TOO_MANY_UNITS);
    start_table();
    for (uint32_t i = 0; i < DMAR_ATSRS_MAX; i++) {
        add_atsr(0, 0);
    }
    assert_int_equal(read_table(), DMAR_OK);
    add_atsr(0, 0);
    assert_int_equal(read_table(), DMAR_TOO_MANY_OTHERS);
    start_table();
    add_drhd(0, 0xfed90000, 0);
    for (uint32_t i = 0; i < DMAR_SCOPES_MAX; i++) {
        add_scope(&path, 1, DMAR_PCI_ENDPOINT, 0, 0);
    }
    assert_int_equal(read_table(), DMAR_OK);
    add_scope(&path, 1, DMAR_PCI_ENDPOINT, 0, 0);
    assert_int_equal(read_table(), DMAR_TOO_MANY_OTHERS);
}

/* Cut off anywhere, and each byte changed: nothing is read outside, and what comes out is within its bounds. */
static void damaged(void **state)
{
    start_table();
    (void)each_line("tests/unit/data/dmar/server", false);
    for (size_t bytes = 0; bytes < table_bytes; bytes++) {
        (void)read_bytes(bytes);
    }
    for (size_t at = STRUCTURES; at < table_bytes; at++) {
        for (uint32_t value = 1; value < 256; value *= 2) {
            table[at] ^= (uint8_t)value;
            if (read_table() == DMAR_OK) {
                for (uint32_t id = 0; id < 0x10000; id += 0x111) {
                    const struct dmar_source source = {0, (uint16_t)id};
                    assert_true(dmar_unit_of(&dmar, bridges, source) <= DMAR_NO_UNIT);
                }
            }
            table[at] ^= (uint8_t)value;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines),          cmocka_unit_test(qemu),    cmocka_unit_test(fields),
        cmocka_unit_test(broken_scopes),     cmocka_unit_test(damaged), cmocka_unit_test(too_many),
        cmocka_unit_test(broken_structures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
