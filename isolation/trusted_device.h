/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_TRUSTED_DEVICE_H
#define ISOLATION_TRUSTED_DEVICE_H

/* As isolation/trusted.h, for isolation/device_page.c alone. */
#ifdef __FRAMAC__
#include "isolation/device_page.h"
#include "lib/limits.h"

/* ept/ept_flush.c: no CPU holds a dead translation of the manager's window any more; what it does for frames is in
 * isolation/trusted.h. */
/*@ requires partition == PARTITION_MANAGER;
    assigns window_stale;
    ensures window_stale == 0;
*/
void ept_flush_cpus(uint32_t partition);

#endif
#endif
