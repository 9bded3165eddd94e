/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/acpi.h"

#include <stddef.h>

#include "boot/acpi_dmar.h"
#include "boot/acpi_fadt.h"
#include "boot/acpi_madt.h"
#include "boot/acpi_mcfg.h"
#include "boot/acpi_s5.h"
#include "boot/acpi_table.h"
#include "boot/boot_memory.h"
#include "lib/string.h"

/* ACPI Specification 6.5, "Root System Description Pointer (RSDP)". */
enum {
    RSDP_SIGNATURE = 0,
    RSDP_REVISION = 15,
    RSDP_RSDT = 16,
    RSDP_BYTES_OLD = 20,
    RSDP_LENGTH = 20,
    RSDP_XSDT = 24,
    RSDP_BYTES_NEW = 36,
};
#define RSDP_SIGNATURE_VALUE 0x2052545020445352ull /* "RSD PTR " */

/* "IA-PC High Precision Event Timer (HPET)" Specification 1.0a, "The ACPI 2.0 HPET Description Table". */
enum { HPET_REGISTERS = 40, HPET_BYTES = 56 };

enum { ROOT_ENTRIES_MAX = 512 };

/* The root table: an RSDT of 4-byte or an XSDT of 8-byte addresses. */
struct root {
    struct bytes table;
    uint32_t stride;
};

static uint32_t root_count(const struct root *root)
{
    return (uint32_t)((root->table.size - ACPI_TABLE_HEADER) / root->stride);
}

static uint64_t root_entry(const struct root *root, uint32_t index)
{
    const uint64_t at = ACPI_TABLE_HEADER + (uint64_t)index * root->stride;
    return root->stride == sizeof(uint64_t) ? bytes_u64(root->table, at) : bytes_u32(root->table, at);
}

/* The address of the `skip`-th table (from 0) of this signature, or 0. */
static uint64_t root_find(const struct root *root, uint32_t signature, uint32_t skip)
{
    for (uint32_t i = 0; i < root_count(root); i++) {
        const uint64_t address = root_entry(root, i);
        if (address != 0 && acpi_table_signature(address) == signature && skip-- == 0) {
            return address;
        }
    }
    return 0;
}

static enum acpi_error blame(struct acpi_machine *out, const char *table, enum acpi_error error)
{
    if (error != ACPI_OK) {
        (void)string_copy(out->bad_table, sizeof(out->bad_table), table, sizeof(out->bad_table) - 1);
    }
    return error;
}

static bool rsdp_is_good(struct bytes rsdp)
{
    return bytes_hold(rsdp, 0, RSDP_BYTES_OLD) && bytes_u64(rsdp, RSDP_SIGNATURE) == RSDP_SIGNATURE_VALUE &&
           acpi_table_adds_up(bytes_part(rsdp, 0, RSDP_BYTES_OLD));
}

static bool rsdp_is_good_and_new(struct bytes rsdp)
{
    const uint32_t length = bytes_u32(rsdp, RSDP_LENGTH);
    return rsdp_is_good(rsdp) && bytes_u8(rsdp, RSDP_REVISION) >= 2 && length >= RSDP_BYTES_NEW &&
           bytes_hold(rsdp, 0, length) && acpi_table_adds_up(bytes_part(rsdp, 0, length));
}

/* A table that cannot be reached might be the one that says what to protect: none is passed over. */
static enum acpi_error check_root(const struct root *root)
{
    if (root_count(root) > ROOT_ENTRIES_MAX) {
        return ACPI_BAD_LENGTH;
    }
    for (uint32_t i = 0; i < root_count(root); i++) {
        const uint64_t address = root_entry(root, i);
        if (address != 0 && boot_memory(address, ACPI_TABLE_HEADER) == NULL) {
            return ACPI_UNREACHABLE;
        }
    }
    return ACPI_OK;
}

static enum acpi_error open_root(struct bytes rsdp_new, struct bytes rsdp_old, struct root *root,
                                 struct acpi_machine *out)
{
    const bool extended = rsdp_is_good_and_new(rsdp_new) && bytes_u64(rsdp_new, RSDP_XSDT) != 0;
    const struct bytes old = rsdp_is_good(rsdp_old) ? rsdp_old : rsdp_new;
    if (!extended && !rsdp_is_good(old)) {
        return ACPI_NO_RSDP;
    }
    root->stride = extended ? sizeof(uint64_t) : sizeof(uint32_t);
    const uint64_t address = extended ? bytes_u64(rsdp_new, RSDP_XSDT) : bytes_u32(old, RSDP_RSDT);
    const enum acpi_error error = acpi_table_open(address, &root->table);
    return blame(out, extended ? "XSDT" : "RSDT", error != ACPI_OK ? error : check_root(root));
}

static enum acpi_error read_madt(const struct root *root, struct acpi_machine *out)
{
    const uint64_t address = root_find(root, ACPI_SIGNATURE('A', 'P', 'I', 'C'), 0);
    struct bytes madt;
    if (address == 0) {
        return ACPI_NO_MADT;
    }
    const enum acpi_error error = acpi_table_open(address, &madt);
    return blame(out, "APIC", error != ACPI_OK ? error : acpi_madt_read(madt, out));
}

/* Look in the DSDT and then in every SSDT.  One that cannot be read holds nothing for us: the machine is then
 * switched off by other means. */
static void find_s5(const struct root *root, uint64_t dsdt, struct acpi_machine *out)
{
    uint64_t address = dsdt;
    for (uint32_t ssdts = 0; ssdts <= ACPI_SSDTS_MAX && (address != 0 || ssdts == 0); ssdts++) {
        struct bytes table;
        if (acpi_table_open(address, &table) == ACPI_OK && acpi_s5_find(table, &out->power)) {
            return;
        }
        address = root_find(root, ACPI_SIGNATURE('S', 'S', 'D', 'T'), ssdts);
    }
}

static enum acpi_error read_fadt(const struct root *root, struct acpi_machine *out)
{
    const uint64_t address = root_find(root, ACPI_SIGNATURE('F', 'A', 'C', 'P'), 0);
    struct bytes fadt;
    uint64_t dsdt = 0;
    if (address == 0) {
        return ACPI_NO_FADT;
    }
    enum acpi_error error = acpi_table_open(address, &fadt);
    error = error != ACPI_OK ? error : acpi_fadt_read(fadt, out, &dsdt);
    if (error == ACPI_OK) {
        find_s5(root, dsdt, out);
    }
    return blame(out, "FACP", error);
}

static enum acpi_error read_hpet(struct bytes hpet, struct acpi_machine *out)
{
    const struct acpi_register registers = acpi_table_register(hpet, HPET_REGISTERS);
    if (hpet.size < HPET_BYTES) {
        return ACPI_BAD_LENGTH;
    }
    if (out->hpet_count == ACPI_HPETS_MAX) {
        return ACPI_TOO_MANY_HPETS;
    }
    if (registers.space == ACPI_SPACE_MEMORY && registers.address != 0) {
        out->hpets[out->hpet_count++] = registers.address;
    }
    return ACPI_OK;
}

static enum acpi_error read_hpets(const struct root *root, struct acpi_machine *out)
{
    for (uint32_t i = 0; i <= ACPI_HPETS_MAX; i++) {
        const uint64_t address = root_find(root, ACPI_SIGNATURE('H', 'P', 'E', 'T'), i);
        struct bytes hpet;
        if (address == 0) {
            return ACPI_OK;
        }
        enum acpi_error error = acpi_table_open(address, &hpet);
        error = error != ACPI_OK ? error : read_hpet(hpet, out);
        if (error != ACPI_OK) {
            return blame(out, "HPET", error);
        }
    }
    return ACPI_OK;
}

static enum acpi_error read_mcfg(const struct root *root, struct acpi_machine *out)
{
    const uint64_t address = root_find(root, ACPI_SIGNATURE('M', 'C', 'F', 'G'), 0);
    struct bytes mcfg;
    if (address == 0) {
        return ACPI_OK;
    }
    const enum acpi_error error = acpi_table_open(address, &mcfg);
    return blame(out, "MCFG", error != ACPI_OK ? error : acpi_mcfg_read(mcfg, out));
}

static enum acpi_error read_dmar(const struct root *root, struct acpi_machine *out)
{
    const uint64_t address = root_find(root, ACPI_SIGNATURE('D', 'M', 'A', 'R'), 0);
    struct bytes dmar;
    if (address == 0) {
        return ACPI_OK;
    }
    const enum acpi_error error = acpi_table_open(address, &dmar);
    if (error == ACPI_OK) {
        out->dmar_address = address;
        out->dmar_bytes = (uint32_t)dmar.size;
    }
    return blame(out, "DMAR", error != ACPI_OK ? error : acpi_dmar_read(dmar, out));
}

enum acpi_error acpi_read(struct bytes rsdp_new, struct bytes rsdp_old, struct acpi_machine *out)
{
    struct root root;
    memset(out, 0, sizeof(*out));
    enum acpi_error error = open_root(rsdp_new, rsdp_old, &root, out);
    error = error != ACPI_OK ? error : read_madt(&root, out);
    error = error != ACPI_OK ? error : read_fadt(&root, out);
    error = error != ACPI_OK ? error : read_hpets(&root, out);
    error = error != ACPI_OK ? error : read_mcfg(&root, out);
    error = error != ACPI_OK ? error : read_dmar(&root, out);
    return error;
}

const char *acpi_error_text(enum acpi_error error)
{
    switch (error) {
    case ACPI_OK:
        return "";
    case ACPI_NO_RSDP:
        return "The firmware's ACPI tables cannot be found: the boot loader gave no sound pointer to them.";
    case ACPI_UNREACHABLE:
        return "An ACPI table of the firmware lies beyond 4 GiB or at address 0, where it cannot be read.";
    case ACPI_BAD_LENGTH:
        return "An ACPI table of the firmware has an impossible length.";
    case ACPI_BAD_CHECKSUM:
        return "An ACPI table of the firmware is damaged: its checksum is wrong.";
    case ACPI_BAD_ENTRY:
        return "An ACPI table of the firmware is broken: an entry in it ends beyond it or contradicts "
               "itself.";
    case ACPI_NO_MADT:
        return "The firmware gives no MADT: the machine's CPUs are unknown.";
    case ACPI_NO_FADT:
        return "The firmware gives no FADT: the machine's power controls are unknown.";
    case ACPI_NO_CPUS:
        return "The firmware's MADT lists no CPU.";
    case ACPI_TOO_MANY_CPUS:
        return "The machine has more CPUs than this core can take. Build it with a larger CPUS_MAX.";
    case ACPI_TOO_MANY_IOAPICS:
        return "The machine has more IOAPICs than this core can take.";
    case ACPI_TOO_MANY_HPETS:
        return "The machine has more HPETs than this core can take.";
    case ACPI_TOO_MANY_SEGMENTS:
        return "The machine has more PCI segments than this core can take.";
    case ACPI_TOO_MANY_RESERVED:
        return "The firmware reserves more memory regions for devices than this core can take.";
    case ACPI_TOO_MANY_DRHDS:
        return "The machine has more DMA remapping units than this core can take.";
    }
    return "The firmware's ACPI tables are broken.";
}
