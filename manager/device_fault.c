/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/device_fault.h"

#include <stddef.h>

#include "abi/audit.h"
#include "manager/guest_device.h"
#include "manager/hypercall.h"
#include "manager/print.h"

#define LOOK_BACK 1024ull /* records: the core keeps no more, and says so of one that it has not */

static uint64_t seen; /* sequence number of the first record not looked at */

static uint64_t read_word(uint64_t sequence, enum audit_word word)
{
    /* A record that is no more reads as AUDIT_NONE. */
    return hypercall(HYPERCALL_AUDIT_READ, sequence, word, 0, 0, 0).value;
}

static void tell_fault(struct guest *guest, uint32_t index, uint64_t sequence)
{
    const struct config_text *text = &guest->config->devices[index].text;

    assigned_fault(&guest->devices.assigned[index]);
    print("bulkhead-manager: guest %t: its device %t was denied memory at %x, which the guest does not share "
          "(VT-d fault reason %x)\n",
          guest->voice.name, guest->voice.name_length, text->at, text->length,
          read_word(sequence, AUDIT_WORD_B), read_word(sequence, AUDIT_WORD_C));
}

static void tell_cut_off(struct guest *guest, uint32_t index)
{
    const struct config_text *text = &guest->config->devices[index].text;

    assigned_cut_off(&guest->devices.assigned[index]);
    print("bulkhead-manager: guest %t: its device %t is cut off: it did not stop asking for memory that the "
          "guest does not share\n",
          guest->voice.name, guest->voice.name_length, text->at, text->length);
}

/* Record `sequence` is of PCI function `name`: whom does that concern? */
static void tell(struct guest *guest, uint64_t event, uint32_t name, uint64_t sequence)
{
    for (uint32_t i = 0; i < guest->devices_had; i++) {
        if (event == AUDIT_DEVICE_FAULT && guest->config->devices[i].name == name) {
            tell_fault(guest, i, sequence);
        } else if (event == AUDIT_DEVICE_CUT_OFF && read_word(sequence, AUDIT_WORD_B) == guest->partition &&
                   guest_device_group(guest->config->devices[i].name) == name) {
            tell_cut_off(guest, i);
        }
    }
}

static void tell_all(struct guest *const *guests, uint32_t count, uint64_t sequence)
{
    const uint64_t event = read_word(sequence, AUDIT_WORD_EVENT);

    if (event != AUDIT_DEVICE_FAULT && event != AUDIT_DEVICE_CUT_OFF) {
        return;
    }
    for (uint32_t g = 0; g < count; g++) {
        if (__atomic_load_n(&guests[g]->state, __ATOMIC_ACQUIRE) == GUEST_ON) {
            lock_take(&guests[g]->lock);
            tell(guests[g], event, (uint32_t)read_word(sequence, AUDIT_WORD_A), sequence);
            lock_drop(&guests[g]->lock);
        }
    }
}

static bool any_has_devices(struct guest *const *guests, uint32_t count)
{
    for (uint32_t g = 0; g < count; g++) {
        if (guests[g]->config->device_count > 0) {
            return true;
        }
    }
    return false;
}

void device_fault_hand_on(struct guest *const *guests, uint32_t count)
{
    if (!any_has_devices(guests, count)) {
        return;
    }
    const uint64_t next = hypercall_info(INFO_AUDIT_NEXT);

    for (seen = next - seen > LOOK_BACK ? next - LOOK_BACK : seen; seen < next; seen++) {
        tell_all(guests, count, seen);
    }
}
