/* SPDX-License-Identifier: Apache-2.0 */
/* Machines made by hand, sound and broken. */
#include "tests/unit/unit.h"

#include "boot/acpi.h"
#include "boot/acpi_table.h"
#include "tests/unit/fake_memory.h"

enum { XSDT = 0x1000, MADT = 0x2000, FADT = 0x3000, DSDT = 0x4000, OTHER = 0x5000, STEP = 0x1000 };

static struct acpi_machine machine;
static uint8_t rsdp[36];
static uint8_t xsdt[36 + 8 * 600];
static uint32_t xsdt_entries;

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void add_up(uint8_t *table, size_t bytes, size_t checksum_at)
{
    uint8_t sum = 0;
    table[checksum_at] = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum = (uint8_t)(sum + table[i]);
    }
    table[checksum_at] = (uint8_t)-sum;
}

/* A table of `body` after a header, with a good length and checksum. */
static uint8_t *table(uint64_t address, const char *signature, const void *body, size_t bytes)
{
    uint8_t *at = fake_memory_put(address, NULL, ACPI_TABLE_HEADER + bytes);
    memcpy(at, signature, 4);
    put(at + 4, ACPI_TABLE_HEADER + bytes, 4);
    if (body != NULL) {
        memcpy(at + ACPI_TABLE_HEADER, body, bytes);
    }
    add_up(at, ACPI_TABLE_HEADER + bytes, 9);
    return at;
}

static void list(uint64_t address)
{
    put(xsdt + 8 * xsdt_entries++, address, 8);
}

/* A table that the XSDT lists. */
static uint8_t *listed(uint64_t address, const char *signature, const void *body, size_t bytes)
{
    list(address);
    return table(address, signature, body, bytes);
}

/* A MADT of these entries. */
static void madt(const void *entries, size_t bytes)
{
    uint8_t body[8 + 4096];
    put(body, 0xfee00000, 4);
    put(body + 4, 1, 4);
    memcpy(body + 8, entries, bytes);
    listed(MADT, "APIC", body, 8 + bytes);
}

static const uint8_t one_cpu[8] = {0, 8, 0, 0, 1, 0, 0, 0};

static void fadt(void)
{
    uint8_t body[268 - ACPI_TABLE_HEADER] = {0};
    put(body + 4, DSDT, 4);
    listed(FADT, "FACP", body, sizeof(body));
}

/* Take up the RSDP and the XSDT with what was listed, and read it all. */
static enum acpi_error read_all(void)
{
    table(XSDT, "XSDT", xsdt, 8 * xsdt_entries);
    memset(rsdp, 0, sizeof(rsdp));
    memcpy(rsdp, "RSD PTR ", 8);
    rsdp[15] = 2;
    put(rsdp + 20, 36, 4);
    put(rsdp + 24, XSDT, 8);
    add_up(rsdp, 20, 8);
    add_up(rsdp, 36, 32);
    return acpi_read((struct bytes){rsdp, sizeof(rsdp)}, (struct bytes){0}, &machine);
}

static int setup(void **state)
{
    fake_memory_clear();
    xsdt_entries = 0;
    return 0;
}

/* The smallest machine there is, plus what the test adds. */
static int setup_small(void **state)
{
    setup(state);
    madt(one_cpu, sizeof(one_cpu));
    fadt();
    return 0;
}

static int teardown(void **state)
{
    fake_memory_clear();
    return 0;
}

static void smallest_machine(void **state)
{
    assert_int_equal(read_all(), ACPI_OK);
    assert_int_equal(machine.cpu_count, 1);
    assert_int_equal(machine.ioapic_count, 0);
    assert_false(machine.power.has_s5);
    assert_string_equal(machine.bad_table, "");
}

static void rsdp_is_checked(void **state)
{
    assert_int_equal(read_all(), ACPI_OK);
    for (size_t size = 0; size < 20; size++) {
        assert_int_equal(acpi_read((struct bytes){rsdp, size}, (struct bytes){rsdp, size}, &machine),
                         ACPI_NO_RSDP);
    }
    rsdp[35] ^= 1; /* outside the first 20 bytes: still a good old one, but there is no RSDT */
    assert_int_equal(acpi_read((struct bytes){rsdp, 36}, (struct bytes){0}, &machine), ACPI_UNREACHABLE);
    assert_string_equal(machine.bad_table, "RSDT");
    rsdp[35] ^= 1;
    rsdp[15] = 1; /* an old revision has no XSDT, whatever follows it */
    add_up(rsdp, 20, 8);
    add_up(rsdp, 36, 32);
    assert_int_equal(acpi_read((struct bytes){rsdp, 36}, (struct bytes){0}, &machine), ACPI_UNREACHABLE);
    assert_string_equal(machine.bad_table, "RSDT");
    rsdp[0] ^= 1;
    add_up(rsdp, 20, 8);
    assert_int_equal(acpi_read((struct bytes){rsdp, 36}, (struct bytes){0}, &machine), ACPI_NO_RSDP);
    assert_int_equal(acpi_read((struct bytes){0}, (struct bytes){0}, &machine), ACPI_NO_RSDP);
}

static void missing_tables_are_named(void **state)
{
    setup(state);
    assert_int_equal(read_all(), ACPI_NO_MADT);
    setup(state);
    madt(one_cpu, sizeof(one_cpu));
    assert_int_equal(read_all(), ACPI_NO_FADT);
    assert_true(strlen(acpi_error_text(ACPI_NO_FADT)) > 0);
    assert_string_equal(acpi_error_text(ACPI_OK), "");
}

static void unreachable_tables_refuse(void **state)
{
    list(0x100000000ull);
    assert_int_equal(read_all(), ACPI_UNREACHABLE);
    assert_string_equal(machine.bad_table, "XSDT");
}

static void empty_root_entries_are_skipped(void **state)
{
    list(0);
    listed(OTHER, "WAET", "x", 1);
    assert_int_equal(read_all(), ACPI_OK);
}

static void too_many_root_entries_refuse(void **state)
{
    while (xsdt_entries <= 512) {
        list(MADT);
    }
    assert_int_equal(read_all(), ACPI_BAD_LENGTH);
}

static void lengths_are_checked(void **state)
{
    const uint32_t bad[] = {0, 1, 35, 0x1000001, 0xffffffff};
    for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setup_small(state);
        put(listed(OTHER, "MCFG", NULL, 8) + 4, bad[i], 4);
        assert_int_equal(read_all(), ACPI_BAD_LENGTH);
        assert_string_equal(machine.bad_table, "MCFG");
    }
    setup_small(state);
    put(listed(OTHER, "MCFG", NULL, 8) + 4, 45, 4); /* one byte more than there is */
    assert_int_equal(read_all(), ACPI_UNREACHABLE);
}

static void cpus_are_counted_once(void **state)
{
    const uint8_t entries[] = {
        0,    8,    0, 0,    1,   0,   0,    0, /* LAPIC 0, enabled */
        0,    8,    1, 1,    0,   0,   0,    0, /* LAPIC 1, neither enabled nor online capable */
        0,    8,    2, 2,    2,   0,   0,    0, /* LAPIC 2, online capable */
        0,    8,    9, 0xff, 1,   0,   0,    0, /* broadcast: no CPU */
        9,    16,   0, 0,    2,   0,   0,    0,    1,  0, 0, 0, 0, 0, 0, 0, /* x2APIC 2, enabled: the same CPU */
        9,    16,   0, 0,    0,   3,   0,    0,    1,  0, 0, 0, 0, 0, 0, 0, /* x2APIC 0x300 */
        9,    16,   0, 0,    255, 255, 255,  255,  1,  0, 0, 0, 0, 0, 0, 0, 4,
        6,    0xff, 0, 0,    1,                                 /* NMI wiring */
        2,    10,   0, 0,    2,   0,   0,    0,    0,  0,       /* override */
        5,    12,   0, 0,    0,   0,   0,    0,    1,  0, 0, 0, /* LAPIC address */
        1,    12,   7, 0,    0,   0,   0xc0, 0xfe, 24, 0, 0, 0, /* IOAPIC */
        0x80, 2,                                                /* the vendor's own */
    };
    setup(state);
    madt(entries, sizeof(entries));
    fadt();
    assert_int_equal(read_all(), ACPI_OK);
    assert_int_equal(machine.cpu_count, 3);
    assert_int_equal(machine.cpus[1].apic_id, 2);
    assert_true(machine.cpus[1].enabled);
    assert_int_equal(machine.cpus[2].apic_id, 0x300);
    assert_int_equal(machine.lapic_address, 0x100000000ull);
    assert_int_equal(machine.ioapic_count, 1);
    assert_int_equal(machine.ioapics[0].address, 0xfec00000);
    assert_int_equal(machine.ioapics[0].gsi_base, 24);
}

static void one_cpu_too_many_refuses(void **state)
{
    uint8_t entries[(CPUS_MAX + 1) * 16] = {0};
    for (uint32_t i = 0; i <= CPUS_MAX; i++) {
        entries[i * 16] = 9;
        entries[i * 16 + 1] = 16;
        put(entries + i * 16 + 4, i * 2, 4);
        entries[i * 16 + 8] = 1;
    }
    setup(state);
    madt(entries, CPUS_MAX * 16);
    fadt();
    assert_int_equal(read_all(), ACPI_OK);
    assert_int_equal(machine.cpu_count, CPUS_MAX);
    setup(state);
    madt(entries, sizeof(entries));
    fadt();
    assert_int_equal(read_all(), ACPI_TOO_MANY_CPUS);
}

static void broken_madt_entries_refuse(void **state)
{
    const struct {
        uint8_t bytes[16];
        size_t count;
        enum acpi_error error;
    } cases[] = {
        {{0, 0}, 2, ACPI_BAD_ENTRY}, /* no length: would never end */
        {{0, 1}, 2, ACPI_BAD_ENTRY},
        {{0x80, 0}, 2, ACPI_BAD_ENTRY},
        {{0x80, 1}, 2, ACPI_BAD_ENTRY},
        {{0x80, 1, 12}, 13, ACPI_BAD_ENTRY},        /* would go on as an IOAPIC */
        {{0}, 1, ACPI_BAD_ENTRY},                   /* a lone byte */
        {{0, 7, 0, 0, 1, 0, 0}, 7, ACPI_BAD_ENTRY}, /* shorter than its kind */
        {{9, 8, 0, 0, 1, 0, 0, 0}, 8, ACPI_BAD_ENTRY},
        {{1, 8}, 8, ACPI_BAD_ENTRY},
        {{5, 8}, 8, ACPI_BAD_ENTRY},
        {{0, 9, 0, 0, 1, 0, 0, 0}, 8, ACPI_BAD_ENTRY}, /* ends beyond the table */
        {{0x80, 2}, 2, ACPI_NO_CPUS},
    };
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        madt(cases[i].bytes, cases[i].count);
        fadt();
        assert_int_equal(read_all(), cases[i].error);
    }
    setup(state);
    listed(MADT, "APIC", NULL, 7);
    fadt();
    assert_int_equal(read_all(), ACPI_BAD_LENGTH);
}

static void one_ioapic_too_many_refuses(void **state)
{
    uint8_t entries[8 + (ACPI_IOAPICS_MAX + 1) * 12] = {0, 8, 0, 0, 1};
    for (uint32_t i = 0; i <= ACPI_IOAPICS_MAX; i++) {
        entries[8 + i * 12] = 1;
        entries[8 + i * 12 + 1] = 12;
    }
    setup(state);
    madt(entries, sizeof(entries) - 12);
    fadt();
    assert_int_equal(read_all(), ACPI_OK);
    assert_int_equal(machine.ioapic_count, ACPI_IOAPICS_MAX);
    setup(state);
    madt(entries, sizeof(entries));
    fadt();
    assert_int_equal(read_all(), ACPI_TOO_MANY_IOAPICS);
}

static void no_table_is_at_address_0(void **state)
{
    const uint8_t body[116 - ACPI_TABLE_HEADER] = {0}; /* the DSDT's address is 0 */
    setup(state);
    madt(one_cpu, sizeof(one_cpu));
    listed(FADT, "FACP", body, sizeof(body));
    table(0, "DSDT", "\x08_S5_\x12\x04\x02\x01\x00", 10);
    assert_int_equal(read_all(), ACPI_OK);
    assert_false(machine.power.has_s5);
}

static void fadt_of_every_age(void **state)
{
    uint8_t body[268 - ACPI_TABLE_HEADER] = {0};
    const uint32_t header = ACPI_TABLE_HEADER;
    put(body + 36 - header, 0x111000, 4);
    put(body + 48 - header, 0xb2, 4);
    put(body + 64 - header, 0x404, 4);
    put(body + 68 - header, 0x504, 4);
    body[89 - header] = 2;
    put(body + 112 - header, 1 << 10 | 1 << 20, 4);
    put(body + 116 - header, 0x0801, 2); /* I/O, 8 bits wide */
    put(body + 120 - header, 0xcf9, 8);
    body[128 - header] = 6;
    put(body + 132 - header, 0x222000, 8);
    put(body + 172 - header, 0x2001, 2); /* I/O, 32 bits wide */
    put(body + 176 - header, 0x1804, 8);
    put(body + 244 - header, 0x0800, 2); /* memory, 8 bits wide */
    put(body + 248 - header, 0xfed1f000, 8);
    for (size_t bytes = 0; bytes <= sizeof(body); bytes++) {
        setup(state);
        madt(one_cpu, sizeof(one_cpu));
        listed(FADT, "FACP", body, bytes);
        if (bytes + header < 116) {
            assert_int_equal(read_all(), ACPI_BAD_LENGTH);
            assert_string_equal(machine.bad_table, "FACP");
            continue;
        }
        assert_int_equal(read_all(), ACPI_OK);
        assert_int_equal(machine.power.has_reset, bytes + header >= 128);
        assert_int_equal(machine.power.pm1a_control.address, bytes + header >= 184 ? 0x1804 : 0x404);
        assert_int_equal(machine.power.pm1a_control.bit_width, bytes + header >= 184 ? 32 : 16);
        assert_int_equal(machine.power.pm1b_control.address, 0x504);
        assert_int_equal(machine.power.facs[0], 0x111000);
        assert_int_equal(machine.power.facs[1], bytes + header >= 140 ? 0x222000 : 0);
        assert_int_equal(machine.power.sleep_control.address, bytes + header >= 256 ? 0xfed1f000 : 0);
        assert_true(machine.power.hardware_reduced);
    }
    put(body + 112 - header, 0, 4); /* a reset register that the firmware does not vouch for */
    setup(state);
    madt(one_cpu, sizeof(one_cpu));
    listed(FADT, "FACP", body, sizeof(body));
    assert_int_equal(read_all(), ACPI_OK);
    assert_false(machine.power.has_reset);
    assert_false(machine.power.hardware_reduced);
}

/* What stands in a DSDT, and the type A, type B expected of it (-1: not found). */
static void s5_in_aml(void **state)
{
    const struct {
        uint8_t aml[20];
        size_t count;
        int a;
        int b;
    } cases[] = {
        {"\x08_S5_\x12\x06\x04\x0a\x05\x0a\x07", 12, 5, 7},
        {"\x08\\_S5_\x12\x06\x04\x0a\x05\x0a\x06\x00\x00", 15, 5, 6},
        {"\x08_S5_\x12\x04\x02\x00\x01", 10, 0, 1},
        {"\x08_S5_\x12\x46\x00\x04\x0a\x05\x0a\x07", 13, 5, 7},             /* length in two bytes */
        {"\x08_S5_\x12\x08\x02\x0b\x05\x00\x0c\x06\x00\x00\x00", 16, 5, 6}, /* word, dword */
        {"\x08_S5_\x12\x04\x01\x0a\x03", 10, 3, 3},                         /* one element */
        {"\x08_S5_\x12\x03\x00\x00\x00", 10, -1, -1},                       /* none */
        {"\x08_S5_\x11\x04\x02\x01\x00", 10, -1, -1},                       /* a buffer */
        {"\x08_S5_\x12\x06\x04\x0a\x08\x0a\x07", 12, -1, -1},               /* 8 is no sleep type */
        {"\x08_S5_\x12\x06\x04\xff\x0a\x07", 11, -1, -1},                   /* Ones */
        {"\x08_S5_\x12\x06\x04", 8, -1, -1},                                /* cut off */
        {"\x08_S5_\x12\x06\x04\x0a", 9, -1, -1},
        {"\x08_S5_\x12\x06", 7, -1, -1},
        {"\x08_S5_\x12", 6, -1, -1},
        {"\x08_S5_", 5, -1, -1},
        {"\x10_S5_\x12\x06\x04\x0a\x05\x0a\x07", 12, -1, -1}, /* not a Name */
        {"_S5__S5_\x08_S5_\x12\x04\x02\x01\x00", 18, 1, 0},   /* others before it */
    };
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup_small(state);
        table(DSDT, "DSDT", cases[i].aml, cases[i].count);
        assert_int_equal(read_all(), ACPI_OK);
        assert_int_equal(machine.power.has_s5, cases[i].a >= 0);
        if (cases[i].a >= 0) {
            assert_int_equal(machine.power.s5_type_a, cases[i].a);
            assert_int_equal(machine.power.s5_type_b, cases[i].b);
        }
    }
}

static void s5_in_an_ssdt(void **state)
{
    table(DSDT, "DSDT", "nothing", 7);
    for (uint32_t i = 0; i < 5; i++) {
        listed(OTHER + i * STEP, "SSDT", i == 3 ? "\x08_S5_\x12\x04\x02\x01\x00" : "ten bytes.", 10);
    }
    assert_int_equal(read_all(), ACPI_OK);
    assert_true(machine.power.has_s5);
    assert_int_equal(machine.power.s5_type_a, 1);
}

static void mcfg_segments(void **state)
{
    uint8_t body[8 + 16 * 2] = {0};
    put(body + 8, 0xe0000000, 8);
    body[19] = 0x3f;
    put(body + 24, 0x4000000000ull, 8);
    put(body + 32, 5, 2);
    body[34] = 0x40;
    body[35] = 0xff;
    listed(OTHER, "MCFG", body, sizeof(body));
    assert_int_equal(read_all(), ACPI_OK);
    assert_int_equal(machine.segment_count, 2);
    assert_int_equal(machine.segments[0].last_bus, 0x3f);
    assert_int_equal(machine.segments[1].segment, 5);
    assert_int_equal(machine.segments[1].ecam, 0x4000000000ull);
    assert_int_equal(machine.segments[1].first_bus, 0x40);
    /* Each of these alone is wrong: buses backwards, an address of 0, unaligned, beyond physical memory. */
    const struct {
        uint32_t at;
        uint8_t value;
    } wrong[] = {{34, 0xff}, {24, 1}, {28, 0}, {31, 0xff}};
    for (uint32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t bad[sizeof(body)];
        memcpy(bad, body, sizeof(body));
        bad[wrong[i].at] = wrong[i].value;
        bad[35] = i == 0 ? 0x40 : 0xff;
        setup_small(state);
        listed(OTHER, "MCFG", bad, sizeof(bad));
        assert_int_equal(read_all(), ACPI_BAD_ENTRY);
        assert_string_equal(machine.bad_table, "MCFG");
    }
    setup_small(state);
    listed(OTHER, "MCFG", NULL, 7);
    assert_int_equal(read_all(), ACPI_BAD_LENGTH);
    uint8_t many[8 + 16 * (ACPI_SEGMENTS_MAX + 1)] = {0};
    for (uint32_t i = 0; i <= ACPI_SEGMENTS_MAX; i++) {
        put(many + 8 + 16 * i, 0xe0000000, 8);
    }
    setup_small(state);
    listed(OTHER, "MCFG", many, sizeof(many));
    assert_int_equal(read_all(), ACPI_TOO_MANY_SEGMENTS);
}

static void hpets(void **state)
{
    uint8_t body[56 - ACPI_TABLE_HEADER] = {0};
    for (uint32_t i = 0; i < ACPI_HPETS_MAX; i++) {
        put(body + 8, 0xfed00000 + i * 0x400, 8);
        listed(OTHER + i * STEP, "HPET", body, sizeof(body));
    }
    assert_int_equal(read_all(), ACPI_OK);
    assert_int_equal(machine.hpet_count, ACPI_HPETS_MAX);
    assert_int_equal(machine.hpets[7], 0xfed01c00);
    setup_small(state);
    for (uint32_t i = 0; i <= ACPI_HPETS_MAX; i++) {
        listed(OTHER + i * STEP, "HPET", body, sizeof(body));
    }
    assert_int_equal(read_all(), ACPI_TOO_MANY_HPETS);
    setup_small(state);
    listed(OTHER, "HPET", body, sizeof(body) - 1);
    assert_int_equal(read_all(), ACPI_BAD_LENGTH);
}

/* A DMAR of one structure. */
static enum acpi_error read_dmar(const uint8_t *structure, size_t bytes, void **state)
{
    uint8_t body[12 + 24 * (ACPI_RESERVED_MAX + 1)] = {38, 1};
    memcpy(body + 12, structure, bytes);
    setup_small(state);
    listed(OTHER, "DMAR", body, 12 + bytes);
    return read_all();
}

static void dmar_structures(void **state)
{
    uint8_t drhd[16] = {0, 0, 16, 0};
    put(drhd + 8, 0xfed90000, 8);
    assert_int_equal(read_dmar(drhd, sizeof(drhd), state), ACPI_OK);
    assert_int_equal(machine.dmar.unit_count, 1);
    assert_int_equal(machine.dmar.units[0].registers, 0xfed90000);
    assert_int_equal(machine.dmar_address, OTHER);
    uint8_t rmrr[24] = {1, 0, 24, 0};
    put(rmrr + 8, 0x7d000000, 8);
    put(rmrr + 16, 0x7f7fffff, 8);
    assert_int_equal(read_dmar(rmrr, sizeof(rmrr), state), ACPI_OK);
    assert_int_equal(machine.reserved_count, 1);
    assert_int_equal(machine.reserved[0].address, 0x7d000000);
    assert_int_equal(machine.reserved[0].bytes, 0x2800000);
    memset(rmrr + 8, 0, 16); /* left empty by the firmware */
    assert_int_equal(read_dmar(rmrr, sizeof(rmrr), state), ACPI_OK);
    assert_int_equal(machine.reserved_count, 0);
    uint8_t many[48 * ACPI_RESERVED_MAX] = {0};
    for (uint32_t i = 0; i <= ACPI_RESERVED_MAX; i++) { /* RMRRs, one too many */
        put(many + 24 * i, 0x180001, 4);
        put(many + 24 * i + 8, 0x1000, 8);
        put(many + 24 * i + 16, 0x1fff, 8);
    }
    assert_int_equal(read_dmar(many, 24 * ACPI_RESERVED_MAX, state), ACPI_OK);
    assert_int_equal(read_dmar(many, 24 * (ACPI_RESERVED_MAX + 1), state), ACPI_TOO_MANY_RESERVED);
    for (uint32_t i = 0; i <= DMAR_UNITS_MAX; i++) {
        put(many + 16 * i, 0x100000, 8);
        put(many + 16 * i + 8, 0xfed90000, 8);
    }
    assert_int_equal(read_dmar(many, 16 * DMAR_UNITS_MAX, state), ACPI_OK);
    assert_int_equal(read_dmar(many, 16 * (DMAR_UNITS_MAX + 1), state), ACPI_TOO_MANY_DRHDS);
    const uint8_t unknown[4] = {9, 0, 4, 0};
    assert_int_equal(read_dmar(unknown, sizeof(unknown), state), ACPI_OK);
}

static void broken_dmar_structures_refuse(void **state)
{
    uint8_t structure[24] = {0, 0, 16, 0};
    assert_int_equal(read_dmar(structure, 16, state), ACPI_BAD_ENTRY); /* registers at 0 */
    structure[2] = 17;
    put(structure + 8, 0xfed90000, 8);
    assert_int_equal(read_dmar(structure, 16, state), ACPI_BAD_ENTRY); /* ends beyond */
    put(structure + 8, 0, 8);
    structure[2] = 12;
    structure[8] = 1;
    assert_int_equal(read_dmar(structure, 12, state), ACPI_BAD_ENTRY); /* shorter than its kind */
    structure[2] = 0;
    assert_int_equal(read_dmar(structure, 16, state), ACPI_BAD_ENTRY); /* would never end */
    assert_int_equal(read_dmar(structure, 3, state), ACPI_BAD_ENTRY);
    const uint8_t in_its_header[6] = {2, 0, 2, 0, 4, 0};
    assert_int_equal(read_dmar(in_its_header, 6, state), ACPI_BAD_ENTRY);
    structure[0] = 1;
    structure[2] = 24;
    put(structure + 8, 0x2000, 8);
    put(structure + 16, 0x1000, 8);
    assert_int_equal(read_dmar(structure, 24, state), ACPI_BAD_ENTRY); /* backwards */
    put(structure + 8, 0, 8);
    put(structure + 16, UINT64_MAX, 8);
    assert_int_equal(read_dmar(structure, 24, state), ACPI_BAD_ENTRY); /* all there is */
    structure[2] = 23;
    assert_int_equal(read_dmar(structure, 23, state), ACPI_BAD_ENTRY);
    setup_small(state);
    listed(OTHER, "DMAR", NULL, 11);
    assert_int_equal(read_all(), ACPI_BAD_LENGTH);
    assert_string_equal(machine.bad_table, "DMAR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(smallest_machine, setup_small, teardown),
        cmocka_unit_test_setup_teardown(rsdp_is_checked, setup_small, teardown),
        cmocka_unit_test_setup_teardown(missing_tables_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(unreachable_tables_refuse, setup_small, teardown),
        cmocka_unit_test_setup_teardown(empty_root_entries_are_skipped, setup_small, teardown),
        cmocka_unit_test_setup_teardown(too_many_root_entries_refuse, setup_small, teardown),
        cmocka_unit_test_setup_teardown(lengths_are_checked, setup_small, teardown),
        cmocka_unit_test_setup_teardown(cpus_are_counted_once, setup, teardown),
        cmocka_unit_test_setup_teardown(one_cpu_too_many_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(one_ioapic_too_many_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(no_table_is_at_address_0, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_madt_entries_refuse, setup, teardown),
        cmocka_unit_test_setup_teardown(fadt_of_every_age, setup, teardown),
        cmocka_unit_test_setup_teardown(s5_in_aml, setup_small, teardown),
        cmocka_unit_test_setup_teardown(s5_in_an_ssdt, setup_small, teardown),
        cmocka_unit_test_setup_teardown(mcfg_segments, setup_small, teardown),
        cmocka_unit_test_setup_teardown(hpets, setup_small, teardown),
        cmocka_unit_test_setup_teardown(dmar_structures, setup_small, teardown),
        cmocka_unit_test_setup_teardown(broken_dmar_structures_refuse, setup_small, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
