/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device.h"

#include "isolation/audit.h"
#include "isolation/device_act.h"
#include "isolation/device_group.h"
#include "isolation/partition.h"

/* Source: PCI Express Base Specification, "Function Level Reset"; PCI Local Bus Specification 3.0, "Reset" (1 s). */
#define MILLISECONDS_LINE     2u
#define MILLISECONDS_FUNCTION 100u
#define MILLISECONDS_BUS      1000u

struct device devices[PCI_FUNCTIONS_MAX];

void device_init(void)
{
    /*@ loop invariant 0 <= g <= PCI_FUNCTIONS_MAX;
        loop invariant \forall integer h; 0 <= h < g ==> device_wf(h);
        loop assigns g, devices[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant PCI_FUNCTIONS_MAX - g; */
    for (uint32_t g = 0; g < PCI_FUNCTIONS_MAX; g++) {
        devices[g].owner = PARTITION_CORE;
        devices[g].state = DEVICE_VIRGIN;
        devices[g].last = 0;
        devices[g].deadline = 0;
        devices[g].faults = 0;
        devices[g].reserved = 0;
    }
}

/* The slot of the manager's id, or of a guest's; or PARTITION_NONE. */
/*@ assigns \nothing;
    ensures slot: \result == PARTITION_NONE || is_partition(\result);
    ensures manager: \result == PARTITION_MANAGER ==> id == PARTITION_MANAGER;
    ensures some: \result != PARTITION_NONE ==> id != 0;
*/
static uint32_t slot_of(uint64_t id)
{
    return id == PARTITION_MANAGER ? PARTITION_MANAGER : partition_find(id);
}

/* Does the partition live? */
/*@ requires is_partition(slot);
    assigns \nothing;
*/
static bool lives(uint32_t slot)
{
    return (partitions[slot].state == PARTITION_LIVE || partitions[slot].state == PARTITION_SEALED) &&
           partition_killed(slot) == 0;
}

/* Holds the group nothing of anybody but partition `id`? */
/*@ requires inv: device_inv && is_group(group) && !had(group) && id != 0;
    assigns \nothing;
    ensures fit: \result ==> traces[group] == 0 || traces[group] == id;
    ensures clean: devices[group].state == DEVICE_CLEAN ==> \result;
*/
static bool is_fit(uint32_t group, uint64_t id)
{
    //@ assert wf: device_wf(group);
    switch (devices[group].state) {
    case DEVICE_VIRGIN:
        return id == PARTITION_MANAGER;
    case DEVICE_DIRTY:
        return devices[group].last == id;
    default:
        return devices[group].state == DEVICE_CLEAN;
    }
}

/* The next step to CLEAN, which takes a few calls. */
/*@ requires inv: device_inv && is_group(group) && !had(group) && devices[group].state != DEVICE_CLEAN;
    assigns devices[group], traces[group];
    ensures inv: device_inv;
*/
static uint64_t reset_step(uint32_t group)
{
    //@ assert wf: device_wf(group);
    if (devices[group].state == DEVICE_RESETTING) {
        if (device_act_time(0) >= devices[group].deadline && device_act_restore(group)) {
            devices[group].state = DEVICE_CLEAN;
        }
    } else if (devices[group].state == DEVICE_ASSERTED) {
        if (device_act_time(0) >= devices[group].deadline) {
            device_act_reset_end(group);
            devices[group].deadline = device_act_time(MILLISECONDS_BUS);
            devices[group].state = DEVICE_RESETTING;
        }
    } else {
        /* Is there a reset for all of it? */
        if (!device_facts[group].resettable) {
            return STATUS_AT(STATUS_DENIED, OPERAND_RSI);
        }
        device_act_reset(group);
        devices[group].deadline =
            device_act_time(device_facts[group].by_bus ? MILLISECONDS_LINE : MILLISECONDS_FUNCTION);
        devices[group].state = device_facts[group].by_bus ? DEVICE_ASSERTED : DEVICE_RESETTING;
    }
    //@ assert this: device_wf(group);
    return STATUS_RETRY;
}

/* Gives a group that may be given. */
/*@ requires inv: device_inv && is_group(group) && !had(group) && is_partition(slot) && id != 0;
    requires fit: traces[group] == 0 || traces[group] == id;
    requires may: device_facts[group].grantable != 0 && (is_guest(slot) ==> device_facts[group].managers == 0);
    assigns devices[group], dma_of[group], traces[group], sees[0 .. PCI_FUNCTIONS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
*/
static uint64_t give(uint32_t group, uint32_t slot, uint64_t id, uint64_t name)
{
    //@ assert wf: device_wf(group);
    if (!device_act_attach(group, slot)) {
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_RSI);
    }
    devices[group].owner = slot;
    devices[group].state = DEVICE_OWNED;
    devices[group].last = id;
    devices[group].faults = 0;
    //@ ghost traces[group] = id;
    //@ assert this: device_wf(group);
    audit_record(AUDIT_DEVICE_ASSIGNED, name, id, 0);
    return STATUS_OK;
}

uint64_t device_assign(uint64_t id, uint64_t name)
{
    const uint32_t slot = slot_of(id);
    const uint32_t index = device_find(name);
    uint32_t group;

    /* Are there such a partition and such a function? */
    if (slot == PARTITION_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    if (index == DEVICE_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    }
    if (!lives(slot)) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    group = device_facts[index].group;
    /* May this partition have it? */
    if (!device_facts[group].grantable || (slot != PARTITION_MANAGER && device_facts[group].managers)) {
        return STATUS_AT(STATUS_DENIED, OPERAND_RSI);
    }
    /* Has nobody it? */
    if (devices[group].owner != PARTITION_CORE) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI);
    }
    //@ assert wf: device_wf(group);
    /* Is nothing of anybody else in it? */
    if (!is_fit(group, id)) {
        return reset_step(group);
    }
    return give(group, slot, id, name);
}

/* Takes a group from its owner. */
/*@ requires inv: device_inv && is_group(group) && had(group);
    assigns devices[group], dma_of[group], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
    ensures gone: devices[group].owner == PARTITION_CORE && dma_of[group] == 0;
*/
static void take(uint32_t group)
{
    //@ assert wf: device_wf(group);
    device_act_detach(group);
    audit_record(AUDIT_DEVICE_RELEASED, device_name(group), devices[group].last, 0);
    devices[group].owner = PARTITION_CORE;
    devices[group].state = DEVICE_DIRTY;
    //@ assert this: device_wf(group);
}

uint64_t device_release(uint64_t name)
{
    const uint32_t index = device_find(name);

    /* Is there such a function, and has somebody it? */
    if (index == DEVICE_NONE) {
        return STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    }
    //@ assert wf: device_wf(device_facts[index].group);
    if (devices[device_facts[index].group].owner == PARTITION_CORE) {
        return STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI);
    }
    take(device_facts[index].group);
    return STATUS_OK;
}

void device_release_all(uint32_t partition)
{
    /*@ loop invariant 0 <= g <= PCI_FUNCTIONS_MAX;
        loop invariant inv: device_inv;
        loop invariant gone: \forall integer h; 0 <= h < g ==> devices[h].owner != partition && dma_of[h] != partition;
        loop assigns g, devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale,
            audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
        loop variant PCI_FUNCTIONS_MAX - g; */
    for (uint32_t g = 0; g < PCI_FUNCTIONS_MAX; g++) {
        //@ assert wf: device_wf(g);
        if (devices[g].owner == partition) {
            take(g);
        }
    }
}

/* Its requests see nothing any more; it stays its owner's. */
/*@ requires inv: device_inv && is_group(group) && devices[group].state == DEVICE_OWNED;
    assigns devices[group], dma_of[group], sees[0 .. PCI_FUNCTIONS_MAX - 1], device_irqs[0 .. VTD_INTERRUPTS_MAX - 1],
            ept_window_leaves[0 .. EPT_WINDOW_PAGES - 1], window_stale, audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
*/
static void cut_off(uint32_t group)
{
    //@ assert wf: device_wf(group);
    device_act_detach(group);
    devices[group].state = DEVICE_CUT_OFF;
    //@ assert this: device_wf(group);
    audit_record(AUDIT_DEVICE_CUT_OFF, device_name(group), devices[group].last, 0);
}

void device_fault(uint64_t name, uint64_t address, uint64_t reason)
{
    const uint32_t index = device_find(name);
    uint32_t group;

    /* Has somebody it?  Else it has no bus mastering, and this came before. */
    if (index == DEVICE_NONE || devices[device_facts[index].group].state != DEVICE_OWNED) {
        return;
    }
    group = device_facts[index].group;
    //@ assert wf: device_wf(group);
    if (devices[group].faults < DEVICE_FAULTS_TOLD) {
        audit_record(AUDIT_DEVICE_FAULT, name, address, reason);
    }
    if (devices[group].faults >= DEVICE_FAULTS_MAX) {
        cut_off(group);
        return;
    }
    devices[group].faults += 1u;
    //@ assert this: device_wf(group);
}
