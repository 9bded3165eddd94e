/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_GROUP_H
#define ISOLATION_DEVICE_GROUP_H

#include <stdint.h>

#include "iommu/vtd_function.h"
#include "isolation/device_page.h"

/*@ logic integer name_of{L}(integer i) = \at(pci_machine.functions[i].segment,L) * 65536 + \at(pci_machine.functions[i].bus,L) * 256 +
      \at(pci_machine.functions[i].device,L) * 8 + \at(pci_machine.functions[i].function,L);
    // `below` is behind the bridge `top`.
    predicate behind(struct pci_function top, struct pci_function below) =
      top.header_type == 1 && top.segment == below.segment && top.secondary_bus != 0 &&
      top.secondary_bus <= below.bus <= top.subordinate_bus;
    predicate inseparable{L}(integer i, integer j) = name_of{L}(i) / 8 == name_of{L}(j) / 8 ||
      behind(\at(pci_machine.functions[i],L), \at(pci_machine.functions[j],L)) ||
      behind(\at(pci_machine.functions[j],L), \at(pci_machine.functions[i],L));
    // May the function be given, as far as it alone says?
    predicate may_go{L}(integer i) = \at(pci_machine.functions[i].segment,L) == 0 && \at(vtd_functions[i].unit,L) != DMAR_NO_UNIT;
    predicate managers_only{L}(integer i) = \at(vtd_functions[i].firmwares,L) != 0 ||
      (\at(pci_facts[i].port,L) != 0 && \at(pci_facts[i].validates,L) == 0);
    predicate told{L}(integer i) = (\at(device_facts[group_of{L}(i)].grantable,L) != 0 ==> may_go{L}(i)) &&
      (managers_only{L}(i) ==> \at(device_facts[group_of{L}(i)].managers,L) != 0);
*/

/*
 * Fills device_facts from what was found at boot (pci_machine, pci_facts, vtd_functions).  Default to joining: access
 * control of bridges (ACS), which would keep functions apart, is not looked at.
 */
/*@ requires boot: numbers_ok && \forall integer i; is_group(i) ==> group_of(i) == 0;
    assigns device_facts[0 .. PCI_FUNCTIONS_MAX - 1];
    ensures ok: machine_ok;
    ensures together: \forall integer i, j; 0 <= j < i < pci_machine.count ==> inseparable(i, j) ==> group_of(i) == group_of(j);
    ensures told: \forall integer i; is_function(i) ==> told(i);
*/
void device_group_init(void);

/* How hypercalls name a function: segment * 65536 + bus * 256 + device * 8 + function. */
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures \result == name_of(index);
    ensures small: numbers_ok ==> index < pci_machine.count ==> \result < 0x100000000;
*/
uint64_t device_name(uint32_t index);
/* The index of the function that has this name, or DEVICE_NONE. */
/*@ requires pci_machine.count <= PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures found: \result == DEVICE_NONE || (is_function(\result) && name_of(\result) == name);
*/
uint32_t device_find(uint64_t name);

#endif
