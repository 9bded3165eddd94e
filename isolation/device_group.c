/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/device_group.h"

#include "arch/x86_64/pci_function.h"
#include "iommu/vtd_function.h"

enum class_code {
    CLASS_STORAGE = 0x01,
    CLASS_NETWORK = 0x02,
    CLASS_DISPLAY = 0x03,
    CLASS_BRIDGE_PCI = 0x0604,
    CLASS_USB = 0x0c03,
    CLASS_NONE = 0x00ff, /* of no class: QEMU's edu */
};
enum { HEADER_ENDPOINT = 0, HEADER_BRIDGE = 1, CLASS_SHIFT = 24, SUBCLASS_SHIFT = 16 };
#define SEGMENT_SOURCES 65536u
#define BUS_SOURCES     256u

struct device_facts device_facts[PCI_FUNCTIONS_MAX];

/*@ predicate same_facts{L1,L2} = \forall integer i; is_group(i) ==>
      \at(device_facts[i].grantable,L1) == \at(device_facts[i].grantable,L2) && \at(device_facts[i].managers,L1) == \at(device_facts[i].managers,L2);
    // A group is named by its first function.
    predicate named{L} = \forall integer i; is_function{L}(i) ==>
      group_of{L}(i) <= i && group_of{L}(group_of{L}(i)) == group_of{L}(i);
    // What was of one group is.
    predicate joined{L1,L2} = \forall integer i, j; is_function{L1}(i) ==> is_function{L1}(j) ==>
      group_of{L1}(i) == group_of{L1}(j) ==> group_of{L2}(i) == group_of{L2}(j);
    logic integer merged(integer g, integer a, integer b, integer first) = g == a || g == b ? first : g;
    predicate absent_ok{L} = \forall integer i; is_group(i) ==> !is_function{L}(i) ==> group_of{L}(i) == 0;
*/

uint64_t device_name(uint32_t index)
{
    const struct pci_function *function = &pci_machine.functions[index];

    return function->segment * (uint64_t)SEGMENT_SOURCES + function->bus * BUS_SOURCES +
           function->device * PCI_FUNCTIONS + function->function;
}

uint32_t device_find(uint64_t name)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop assigns i;
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (device_name(i) == name) {
            return i;
        }
    }
    return DEVICE_NONE;
}

/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures \result <==> pci_machine.functions[index].header_type == HEADER_BRIDGE;
*/
static bool is_bridge(uint32_t index)
{
    return pci_machine.functions[index].header_type == HEADER_BRIDGE;
}

/*@ requires bridge < PCI_FUNCTIONS_MAX && index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures \result <==> behind(pci_machine.functions[bridge], pci_machine.functions[index]);
*/
static bool is_below(uint32_t bridge, uint32_t index)
{
    const struct pci_function *top = &pci_machine.functions[bridge];
    const struct pci_function *function = &pci_machine.functions[index];

    return is_bridge(bridge) && top->segment == function->segment && top->secondary_bus != 0 &&
           function->bus >= top->secondary_bus && function->bus <= top->subordinate_bus;
}

/*@ requires one < PCI_FUNCTIONS_MAX && other < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures \result <==> name_of(one) / 8 == name_of(other) / 8;
*/
static bool of_one_device(uint32_t one, uint32_t other)
{
    return device_name(one) / PCI_FUNCTIONS == device_name(other) / PCI_FUNCTIONS;
}

/*@ requires machine_ok && named && absent_ok && is_function(one) && is_function(other);
    assigns device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
    ensures ok: machine_ok && named && absent_ok;
    ensures joined: group_of(one) == group_of(other) && joined{Pre,Post};
    ensures facts: same_facts{Pre,Post};
*/
static void join(uint32_t one, uint32_t other)
{
    const uint32_t a = device_facts[one].group;
    const uint32_t b = device_facts[other].group;
    const uint32_t first = a < b ? a : b;

    //@ assert roots: is_function(a) && is_function(b) && group_of(a) == a && group_of(b) == b;
    if (a == b) {
        return;
    }
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant done: \forall integer j; 0 <= j < i ==> group_of(j) == merged(\at(group_of(j),Pre), a, b, first);
        loop invariant rest: \forall integer j; i <= j < PCI_FUNCTIONS_MAX ==> device_facts[j] == \at(device_facts[j],Pre);
        loop invariant facts: same_facts{Pre,Here};
        loop assigns i, device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        if (device_facts[i].group == a || device_facts[i].group == b) {
            device_facts[i].group = first;
        }
    }
    //@ assert all: \forall integer j; is_function(j) ==> group_of(j) == merged(\at(group_of(j),Pre), a, b, first);
    //@ assert root: is_function(first) && group_of(first) == first;
    //@ assert pre: \forall integer j; is_function(j) ==> \at(group_of(j),Pre) <= j && \at(group_of(group_of(j)),Pre) == \at(group_of(j),Pre);
    //@ assert small: \forall integer j; is_function(j) ==> group_of(j) <= j;
    //@ assert others: \forall integer j; is_function(j) ==> group_of(j) != first ==> group_of(group_of(j)) == group_of(j);
    //@ assert named: named;
    //@ assert absent: absent_ok;
    //@ assert valid: groups_ok;
}

/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
static bool is_allowed(uint32_t index)
{
    const uint32_t both = pci_machine.functions[index].class_revision >> SUBCLASS_SHIFT;
    const uint32_t class = pci_machine.functions[index].class_revision >> CLASS_SHIFT;

    if (is_bridge(index)) {
        return both == CLASS_BRIDGE_PCI;
    }
    return pci_machine.functions[index].header_type == HEADER_ENDPOINT &&
           (class == CLASS_STORAGE || class == CLASS_NETWORK || class == CLASS_DISPLAY || both == CLASS_USB ||
            both == CLASS_NONE);
}

/* Adds what function `index` means for its group. */
/*@ requires machine_ok && is_function(index);
    assigns device_facts[group_of(index)];
    ensures groups: \forall integer i; is_group(i) ==> group_of(i) == \old(group_of(i));
    ensures fell: \forall integer g; is_group(g) ==> device_facts[g].grantable != 0 ==> \old(device_facts[g].grantable) != 0;
    ensures rose: \forall integer g; is_group(g) ==> \old(device_facts[g].managers) != 0 ==> device_facts[g].managers != 0;
    ensures told: told(index);
*/
static void add_to_group(uint32_t index)
{
    struct device_facts *group = &device_facts[device_facts[index].group];

    /* Is it within reach, held by a unit, and of a class that may be given? */
    if (pci_machine.functions[index].segment != 0 || vtd_functions[index].unit == DMAR_NO_UNIT ||
        !is_allowed(index)) {
        group->grantable = false;
    }
    if (vtd_functions[index].firmwares || (pci_facts[index].port && !pci_facts[index].validates)) {
        group->managers = true;
    }
    if (is_bridge(index)) {
        /* The reset of a bus leaves the bridge above as it is, and forgets what bridges below were told. */
        group->by_bus = group->by_bus && device_facts[index].group == index;
    } else {
        group->resettable = group->resettable && pci_facts[index].reset != PCI_RESET_NONE;
    }
}

void device_group_init(void)
{
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant own: \forall integer j; 0 <= j < i ==> group_of(j) == j;
        loop invariant absent: absent_ok;
        loop assigns i, device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        device_facts[i].group = i;
        device_facts[i].grantable = true;
        device_facts[i].managers = false;
        device_facts[i].resettable = true;
        device_facts[i].by_bus = is_bridge(i);
    }
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant ok: machine_ok && named && absent_ok;
        loop invariant together: \forall integer k, l; 0 <= l < k < i ==> inseparable(k, l) ==> group_of(k) == group_of(l);
        loop assigns i, device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        /*@ loop invariant 0 <= j <= i;
            loop invariant ok: machine_ok && named && absent_ok;
            loop invariant before: \forall integer k, l; 0 <= l < k < i ==> inseparable(k, l) ==> group_of(k) == group_of(l);
            loop invariant this: \forall integer l; 0 <= l < j ==> inseparable(i, l) ==> group_of(i) == group_of(l);
            loop assigns j, device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
            loop variant i - j; */
        for (uint32_t j = 0; j < i; j++) {
            if (of_one_device(i, j) || is_below(i, j) || is_below(j, i)) {
                join(i, j);
            }
        }
    }
    //@ ghost Joined: ;
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant ok: machine_ok && named;
        loop invariant groups: \forall integer j; is_group(j) ==> group_of(j) == \at(group_of(j),Joined);
        loop invariant told: \forall integer j; 0 <= j < i ==> told(j);
        loop assigns i, device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        add_to_group(i);
        //@ assert still: \forall integer j; is_group(j) ==> group_of(j) == \at(group_of(j),LoopCurrent);
        //@ assert valid: \forall integer j; 0 <= j < i ==> is_group(group_of(j));
        //@ assert before: \forall integer j; 0 <= j < i ==> told{LoopCurrent}(j);
        //@ assert less: \forall integer j; 0 <= j < i ==> device_facts[group_of(j)].grantable != 0 ==> \at(device_facts[group_of(j)].grantable,LoopCurrent) != 0;
        //@ assert more: \forall integer j; 0 <= j < i ==> \at(device_facts[group_of(j)].managers,LoopCurrent) != 0 ==> device_facts[group_of(j)].managers != 0;
        //@ assert fell: \forall integer j; 0 <= j < i ==> device_facts[group_of(j)].grantable != 0 ==> may_go(j);
        //@ assert rose: \forall integer j; 0 <= j < i ==> managers_only(j) ==> device_facts[group_of(j)].managers != 0;
    }
    /*@ loop invariant 0 <= i <= pci_machine.count;
        loop invariant groups: \forall integer j; is_group(j) ==> group_of(j) == \at(group_of(j),Joined);
        loop invariant told: \forall integer j; is_function(j) ==> told(j);
        loop assigns i, device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
        loop variant pci_machine.count - i; */
    for (uint32_t i = 0; i < pci_machine.count; i++) {
        /* Function by function is gentler than the whole bus. */
        device_facts[i].by_bus = device_facts[i].by_bus && !device_facts[i].resettable;
        device_facts[i].resettable = device_facts[i].resettable || device_facts[i].by_bus;
    }
}
