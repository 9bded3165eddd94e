/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_PCI_FUNCTION_H
#define PROOFS_TRUSTED_PCI_FUNCTION_H

/* For the prover around arch/x86_64/pci_function.h: what was found at boot stays so, and writes to configuration space
 * change no memory of the core. */
#include_next "arch/x86_64/pci_function.h"

/*@ ghost struct pci_bar bar_found[PCI_FUNCTIONS_MAX][PCI_BARS]; */
/*@ ghost struct pci_bar table_found[PCI_FUNCTIONS_MAX]; */

/*@ requires index < PCI_FUNCTIONS_MAX && bar < PCI_BARS;
    assigns \nothing;
    ensures found: \result == bar_found[index][bar];
    ensures end: \result.bytes == 0 || \result.address + \result.bytes <= 0xffffffffffffffff;
*/
struct pci_bar pci_function_bar(uint32_t index, uint32_t bar);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
    ensures found: \result == table_found[index];
    ensures end: \result.bytes == 0 || \result.address + \result.bytes <= 0xffffffffffffffff;
*/
struct pci_bar pci_function_msix(uint32_t index);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
uint32_t pci_function_read(uint32_t index, uint32_t offset);
/*@ requires index < PCI_FUNCTIONS_MAX && (bytes == 1 || bytes == 2 || bytes == 4);
    assigns \nothing;
*/
void pci_function_write(uint32_t index, uint32_t offset, uint32_t bytes, uint32_t value);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
void pci_function_command(uint32_t index, uint32_t mask, uint32_t value);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
bool pci_function_answers(uint32_t index);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
void pci_function_reset(uint32_t index);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
void pci_function_reset_below(uint32_t index, bool on);
/*@ requires index < PCI_FUNCTIONS_MAX;
    assigns \nothing;
*/
void pci_function_restore(uint32_t index);

#endif
