/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_DEVICE_POLL_H
#define PROOFS_TRUSTED_DEVICE_POLL_H

/* For the prover around isolation/device_poll.h: it tells device_fault() (isolation/device.c), whose contract this is. */
#include_next "isolation/device_poll.h"

#include "isolation/device.h"

/*@ requires held == 1 && device_inv;
    assigns devices[0 .. PCI_FUNCTIONS_MAX - 1], dma_of[0 .. PCI_FUNCTIONS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: device_inv;
*/
void device_poll(void);

#endif
