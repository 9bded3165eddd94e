/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/power.h"

#include <stddef.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/pci_config.h"
#include "arch/x86_64/port.h"
#include "arch/x86_64/tsc.h"

enum pm1_control {
    PM1_GBL_RLS = 1 << 2, /* raises an SMI */
    PM1_SLP_TYP_SHIFT = 10,
    PM1_SLP_TYP_MASK = 7 << 10,
    PM1_SLP_EN = 1 << 13,
};

enum sleep_control { SLEEP_SLP_TYP_SHIFT = 2, SLEEP_SLP_EN = 1 << 5 };

enum facs_offset { FACS_WAKING_VECTOR = 12, FACS_X_WAKING_VECTOR = 24, FACS_BYTES = 64 };

enum reset_control { RESET_HARD = 0x02, RESET_HARD_NOW = 0x06 };
enum keyboard { KEYBOARD_INPUT_FULL = 0x02, KEYBOARD_RESET = 0xfe, KEYBOARD_LOOKS_MAX = 10000 };

/* Between one attempt and the next. */
#define POWER_WAIT_MICROSECONDS 500000u

static struct power_facts power;

/* Where the registers in memory are mapped; NULL where there is none. */
static void *sleep_control_block;
static void *reset_block;
static void *facs_blocks[2];

static void *map_register(const struct power_register *at)
{
    if (at->address == 0 || at->space != POWER_SPACE_MEMORY) {
        return NULL;
    }
    return paging_map_device(at->address, sizeof(uint8_t));
}

static void clear_waking_vectors(void)
{
    for (uint32_t i = 0; i < 2; i++) {
        if (facs_blocks[i] != NULL) {
            mmio_write32(facs_blocks[i], FACS_WAKING_VECTOR, 0);
            mmio_write32(facs_blocks[i], FACS_X_WAKING_VECTOR, 0);
            mmio_write32(facs_blocks[i], FACS_X_WAKING_VECTOR + 4, 0);
        }
    }
}

void power_init(const struct power_facts *facts)
{
    power = *facts;
    sleep_control_block = map_register(&power.sleep_control);
    reset_block = map_register(&power.reset);
    for (uint32_t i = 0; i < 2; i++) {
        facs_blocks[i] = power.facs[i] == 0 ? NULL : paging_map_device(power.facs[i], FACS_BYTES);
    }
    clear_waking_vectors();
}

/* `block`: where the register is mapped, if it is in memory. */
static void write_register(const struct power_register *at, void *block, uint8_t value)
{
    if (at->address == 0) {
        return;
    }
    if (at->space == POWER_SPACE_MEMORY && block != NULL) {
        mmio_write8(block, 0, value);
    } else if (at->space == POWER_SPACE_IO) {
        insn_outb((uint16_t)at->address, value);
    } else if (at->space == POWER_SPACE_PCI_CONFIG) {
        const struct pci_place place = {.device = (uint8_t)(at->address >> 32) % PCI_DEVICES,
                                        .function = (uint8_t)(at->address >> 16) % PCI_FUNCTIONS};
        pci_config_write(&place, (uint8_t)at->address, sizeof(value), value);
    }
}

/* PM1 control with the sleep type in place of what it had, and no bit set that acts. */
static uint32_t pm1_value(const struct power_register *at, uint8_t type)
{
    const uint32_t now = insn_inw((uint16_t)at->address);

    return (now & ~(uint32_t)(PM1_GBL_RLS | PM1_SLP_TYP_MASK | PM1_SLP_EN)) | (uint32_t)type
                                                                                  << PM1_SLP_TYP_SHIFT;
}

static bool is_port(const struct power_register *at)
{
    return at->address != 0 && at->space == POWER_SPACE_IO;
}

/* Both sleep types are in place before the first enable bit. */
static void off_by_pm1(void)
{
    const bool has_a = is_port(&power.pm1a_control);
    const bool has_b = is_port(&power.pm1b_control);
    const uint32_t a = has_a ? pm1_value(&power.pm1a_control, power.off_type_a) : 0;
    const uint32_t b = has_b ? pm1_value(&power.pm1b_control, power.off_type_b) : 0;

    if (has_a) {
        insn_outw((uint16_t)power.pm1a_control.address, (uint16_t)a);
    }
    if (has_b) {
        insn_outw((uint16_t)power.pm1b_control.address, (uint16_t)b);
    }
    if (has_a) {
        insn_outw((uint16_t)power.pm1a_control.address, (uint16_t)(a | PM1_SLP_EN));
    }
    if (has_b) {
        insn_outw((uint16_t)power.pm1b_control.address, (uint16_t)(b | PM1_SLP_EN));
    }
}

_Noreturn void power_off(void)
{
    clear_waking_vectors();
    if (power.has_off && power.reduced) {
        write_register(&power.sleep_control, sleep_control_block,
                       (uint8_t)(power.off_type_a << SLEEP_SLP_TYP_SHIFT | SLEEP_SLP_EN));
    } else if (power.has_off) {
        off_by_pm1();
    }
    tsc_wait_microseconds(POWER_WAIT_MICROSECONDS);
    panic(PANIC_POWER, power.has_off, power.pm1a_control.address);
}

static void reset_by_keyboard(void)
{
    for (uint32_t look = 0; look < KEYBOARD_LOOKS_MAX; look++) {
        if ((insn_inb(PORT_KEYBOARD_COMMAND) & KEYBOARD_INPUT_FULL) == 0) {
            break;
        }
    }
    insn_outb(PORT_KEYBOARD_COMMAND, KEYBOARD_RESET);
}

_Noreturn void power_reset(void)
{
    clear_waking_vectors();
    write_register(&power.reset, reset_block, power.reset_value);
    tsc_wait_microseconds(POWER_WAIT_MICROSECONDS);
    insn_outb(PORT_RESET_CONTROL, RESET_HARD);
    insn_outb(PORT_RESET_CONTROL, RESET_HARD_NOW);
    tsc_wait_microseconds(POWER_WAIT_MICROSECONDS);
    reset_by_keyboard();
    tsc_wait_microseconds(POWER_WAIT_MICROSECONDS);
    insn_triple_fault();
    panic(PANIC_POWER, power.reset.address, power.reset_value);
}
