/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/guest_acpi.h"

#include "devices/pci_host.h"
#include "lib/memory.h"
#include "manager/guest_layout.h"

/* Offsets and values from the ACPI specification. */
enum {
    RSDP_CHECKSUM = 8,
    RSDP_OEM_ID = 9,
    RSDP_REVISION = 15,
    RSDP_LENGTH = 20,
    RSDP_XSDT = 24,
    RSDP_EXTENDED_CHECKSUM = 32,
    RSDP_1_BYTES = 20,
    RSDP_BYTES = 36,

    TABLE_LENGTH = 4,
    TABLE_REVISION = 8,
    TABLE_CHECKSUM = 9,
    TABLE_OEM_ID = 10,
    TABLE_OEM_TABLE_ID = 16,
    TABLE_OEM_REVISION = 24,
    TABLE_CREATOR_ID = 28,
    TABLE_CREATOR_REVISION = 32,
    TABLE_HEADER_BYTES = 36,

    FADT_REVISION = 6,
    FADT_IAPC_BOOT_ARCH = 109,
    FADT_FLAGS = 112,
    FADT_RESET_REG = 116,
    FADT_RESET_VALUE = 128,
    FADT_MINOR = 131,
    FADT_X_DSDT = 140,
    FADT_SLEEP_CONTROL_REG = 244,
    FADT_SLEEP_STATUS_REG = 256,
    FADT_BYTES = 276,
    FADT_MINOR_VERSION = 5,
    BOOT_ARCH_VGA_NOT_PRESENT = 1 << 2,
    BOOT_ARCH_CMOS_RTC_NOT_PRESENT = 1 << 5,
    FLAG_WBINVD = 1 << 0,
    FLAG_RESET_REG = 1 << 10,
    FLAG_APIC_PHYSICAL = 1 << 19,
    FLAG_HW_REDUCED = 1 << 20,
    GAS_SYSTEM_IO = 1,
    GAS_BYTE_ACCESS = 1,

    MADT_REVISION = 5,
    MADT_LOCAL_APIC = 36,
    MADT_ENTRIES = 44,
    MADT_TYPE_LOCAL_APIC = 0,
    MADT_LOCAL_APIC_BYTES = 8,
    MADT_TYPE_WAKEUP = 0x10,
    MADT_WAKEUP_BYTES = 16,
    LOCAL_APIC_ADDRESS = 0xfee00000,
    LOCAL_APIC_ENABLED = 1,

    MCFG_REVISION = 1,
    MCFG_ENTRY = 44,
    MCFG_BYTES = 60,

    DSDT_REVISION = 2,
    /* Places of the tables from GUEST_ACPI on, 64-byte aligned. */
    PLACE_XSDT = 0x040,
    PLACE_FADT = 0x080,
    PLACE_MCFG = 0x1c0,
    PLACE_DSDT = 0x200,
    PLACE_MADT = 0x400, /* to the end: it grows with the CPUs */
    XSDT_TABLES = 3,
};

/* Name (\_S5, Package () {5, 0, 0, 0}) */
static const uint8_t aml_s5[] = {0x08, '_', 'S', '5', '_', 0x12, 0x07, 0x04, 0x0a, 0x05, 0x00, 0x00, 0x00};

/*
 * Scope (\_SB) { Device (COM1) {
 *     Name (_HID, EisaId ("PNP0501"))  Name (_UID, 1)
 *     Name (_CRS, ResourceTemplate () { IO (Decode16, 0x3F8, 0x3F8, 0, 8) }) } }
 */
static const uint8_t aml_com1[] = {
    0x10, 0x2f, '_',  'S',  'B',  '_',  0x5b, 0x82, 0x28, 'C',  'O',  'M',  '1',  0x08, '_',  'H',
    'I',  'D',  0x0c, 0x41, 0xd0, 0x05, 0x01, 0x08, '_',  'U',  'I',  'D',  0x01, 0x08, '_',  'C',
    'R',  'S',  0x11, 0x0d, 0x0a, 0x0a, 0x47, 0x01, 0xf8, 0x03, 0xf8, 0x03, 0x00, 0x08, 0x79, 0x00,
};

/*
 * Scope (\_SB) { Device (PCI0) {
 *     Name (_HID, EisaId ("PNP0A03"))  Name (_UID, 0)
 *     Name (_CRS, ResourceTemplate () {
 *         WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 0, 0, 1)
 *         DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
 *                      0, PCI_HOST_MMIO_BASE, its end - 1, 0, PCI_HOST_MMIO_BYTES) }) } }
 */
static const uint8_t aml_pci0[] = {
    0x10, 0x43, 0x05, '_',  'S',  'B',  '_',  0x5b, 0x82, 0x4b, 0x04, 'P',  'C',  'I',  '0',  0x08, '_',
    'H',  'I',  'D',  0x0c, 0x41, 0xd0, 0x0a, 0x03, 0x08, '_',  'U',  'I',  'D',  0x00, 0x08, '_',  'C',
    'R',  'S',  0x11, 0x2f, 0x0a, 0x2c, 0x88, 0x0d, 0x00, 0x02, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x87, 0x17, 0x00, 0x00, 0x0c, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xe0, 0xff, 0xff, 0xff, 0xe3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x79, 0x00,
};
_Static_assert(PCI_HOST_MMIO_BASE == 0xe0000000u && PCI_HOST_MMIO_BYTES == 0x04000000u, "aml_pci0 says so");

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

/* What makes the sum of all `bytes` bytes zero, where the byte itself is zero now. */
static uint8_t checksum(const uint8_t *at, uint32_t bytes)
{
    uint8_t sum = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        sum = (uint8_t)(sum + at[i]);
    }
    return (uint8_t)-sum;
}

/* The header comes last: it holds the checksum of the whole. */
static void finish_table(uint8_t *table, const char *signature, uint8_t revision, uint32_t length)
{
    memcpy(table, signature, 4);
    put32(table + TABLE_LENGTH, length);
    table[TABLE_REVISION] = revision;
    memcpy(table + TABLE_OEM_ID, "BULKHD", 6);
    memcpy(table + TABLE_OEM_TABLE_ID, "BULKHEAD", 8);
    put32(table + TABLE_OEM_REVISION, 1);
    memcpy(table + TABLE_CREATOR_ID, "BULK", 4);
    put32(table + TABLE_CREATOR_REVISION, 1);
    table[TABLE_CHECKSUM] = checksum(table, length);
}

static void make_rsdp(uint8_t *rsdp)
{
    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + RSDP_OEM_ID, "BULKHD", 6);
    rsdp[RSDP_REVISION] = 2;
    put32(rsdp + RSDP_LENGTH, RSDP_BYTES);
    put64(rsdp + RSDP_XSDT, GUEST_ACPI + PLACE_XSDT);
    rsdp[RSDP_CHECKSUM] = checksum(rsdp, RSDP_1_BYTES);
    rsdp[RSDP_EXTENDED_CHECKSUM] = checksum(rsdp, RSDP_BYTES);
}

static void make_xsdt(uint8_t *xsdt)
{
    static const uint32_t places[XSDT_TABLES] = {PLACE_FADT, PLACE_MADT, PLACE_MCFG};
    for (uint32_t i = 0; i < XSDT_TABLES; i++) {
        put64(xsdt + TABLE_HEADER_BYTES + i * sizeof(uint64_t), GUEST_ACPI + places[i]);
    }
    finish_table(xsdt, "XSDT", 1, TABLE_HEADER_BYTES + XSDT_TABLES * sizeof(uint64_t));
}

/* A generic address structure for one byte-wide I/O port. */
static void put_port(uint8_t *at, uint16_t port)
{
    at[0] = GAS_SYSTEM_IO;
    at[1] = 8; /* bits */
    at[2] = 0;
    at[3] = GAS_BYTE_ACCESS;
    put64(at + 4, port);
}

static void make_fadt(uint8_t *fadt)
{
    fadt[FADT_IAPC_BOOT_ARCH] = BOOT_ARCH_VGA_NOT_PRESENT | BOOT_ARCH_CMOS_RTC_NOT_PRESENT;
    put32(fadt + FADT_FLAGS, FLAG_WBINVD | FLAG_RESET_REG | FLAG_APIC_PHYSICAL | FLAG_HW_REDUCED);
    put_port(fadt + FADT_RESET_REG, GUEST_ACPI_RESET);
    fadt[FADT_RESET_VALUE] = GUEST_ACPI_RESET_VALUE;
    fadt[FADT_MINOR] = FADT_MINOR_VERSION;
    put64(fadt + FADT_X_DSDT, GUEST_ACPI + PLACE_DSDT);
    put_port(fadt + FADT_SLEEP_CONTROL_REG, GUEST_ACPI_SLEEP_CONTROL);
    put_port(fadt + FADT_SLEEP_STATUS_REG, GUEST_ACPI_SLEEP_STATUS);
    finish_table(fadt, "FACP", FADT_REVISION, FADT_BYTES);
}

static void make_madt(uint8_t *madt, uint32_t cpus)
{
    uint8_t *entry = madt + MADT_ENTRIES;
    put32(madt + MADT_LOCAL_APIC, LOCAL_APIC_ADDRESS);
    for (uint32_t i = 0; i < cpus; i++) {
        entry[0] = MADT_TYPE_LOCAL_APIC;
        entry[1] = MADT_LOCAL_APIC_BYTES;
        entry[2] = (uint8_t)i; /* processor UID */
        entry[3] = (uint8_t)i; /* APIC id */
        put32(entry + 4, LOCAL_APIC_ENABLED);
        entry += MADT_LOCAL_APIC_BYTES;
    }
    if (cpus > 1) {
        entry[0] = MADT_TYPE_WAKEUP;
        entry[1] = MADT_WAKEUP_BYTES;
        put64(entry + 8, GUEST_MAILBOX);
        entry += MADT_WAKEUP_BYTES;
    }
    finish_table(madt, "APIC", MADT_REVISION, (uint32_t)(entry - madt));
}

static void make_mcfg(uint8_t *mcfg)
{
    /* Segment 0, buses 0 to 0: zeros. */
    put64(mcfg + MCFG_ENTRY, PCI_HOST_ECAM_BASE);
    finish_table(mcfg, "MCFG", MCFG_REVISION, MCFG_BYTES);
}

static uint32_t append(uint8_t *table, uint32_t length, const uint8_t *aml, uint32_t bytes)
{
    memcpy(table + length, aml, bytes);
    return length + bytes;
}

static void make_dsdt(uint8_t *dsdt, bool serial)
{
    uint32_t length = append(dsdt, TABLE_HEADER_BYTES, aml_s5, sizeof(aml_s5));
    if (serial) {
        length = append(dsdt, length, aml_com1, sizeof(aml_com1));
    }
    length = append(dsdt, length, aml_pci0, sizeof(aml_pci0));
    finish_table(dsdt, "DSDT", DSDT_REVISION, length);
}

void guest_acpi_make(uint8_t *to, uint32_t cpus, bool serial)
{
    memset(to, 0, GUEST_ACPI_BYTES);
    make_rsdp(to);
    make_xsdt(to + PLACE_XSDT);
    make_fadt(to + PLACE_FADT);
    make_mcfg(to + PLACE_MCFG);
    make_dsdt(to + PLACE_DSDT, serial);
    make_madt(to + PLACE_MADT, cpus);
}
