/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_CONFIG_H
#define ISOLATION_DEVICE_CONFIG_H

#include <stdint.h>

#include "abi/hypercall.h"
#include "abi/status.h"
#include "isolation/device_page.h"
#include "isolation/invariant.h"
#include "lib/answer.h"

/*
 * The hypercall PCI_CONFIG: a function's configuration space, of segment group 0.  Anything may be read.  What may be
 * written, of a function that has an owner, is an allow-list: of Command memory decoding, bus mastering and the INTx
 * switch.  Under the ownership lock.
 *   INVALID    RDI  no such function, or not of segment group 0
 *   INVALID    RDX  not 1, 2 or 4 bytes, or a reserved flag
 *   INVALID    RSI  not within 256 bytes, or not aligned to the bytes
 *   BAD_STATE  RDI  write: it has no owner, or is cut off
 *   DENIED     RSI  write: not on the list
 */
/*@ requires locked: held == 1;
    requires inv: machine_ok;
    assigns \nothing;
    ensures none: \result.status == STATUS_OK ==> offset < PCI_CONFIG_BYTES;
    ensures written: \result.status == STATUS_OK ==> access >= PCI_CONFIG_WRITE ==> \result.value == 0 && offset == 4 && access == PCI_CONFIG_WRITE + 2;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
*/
struct answer device_config(uint64_t name, uint64_t offset, uint64_t access, uint64_t value);

#endif
