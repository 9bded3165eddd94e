/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_DEVICE_CONFIG_H
#define ISOLATION_DEVICE_CONFIG_H

#include <stdint.h>

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
struct answer device_config(uint64_t name, uint64_t offset, uint64_t access, uint64_t value);

#endif
