/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_TRUSTED_DEVICE_H
#define ISOLATION_TRUSTED_DEVICE_H

/* As isolation/trusted.h, for isolation/device.c alone. */
#ifdef __FRAMAC__
#include "isolation/device.h"

/* isolation/device_act.c: the hardware does as it is told, and a reset leaves nothing. */
/*@ requires is_group(group) && dma_of[group] == 0 && is_partition(partition);
    assigns dma_of[group];
    ensures \result ==> dma_of[group] == partition;
    ensures !\result ==> dma_of[group] == 0;
*/
bool device_act_attach(uint32_t group, uint32_t partition);
/*@ requires is_group(group);
    assigns dma_of[group];
    ensures dma_of[group] == 0;
*/
void device_act_detach(uint32_t group);
/*@ requires is_group(group) && dma_of[group] == 0;
    assigns traces[group];
    ensures traces[group] == 0;
*/
void device_act_reset(uint32_t group);
/*@ requires is_group(group) && dma_of[group] == 0;
    assigns \nothing;
*/
void device_act_reset_end(uint32_t group);
/*@ requires is_group(group) && dma_of[group] == 0;
    assigns \nothing;
*/
bool device_act_restore(uint32_t group);
/*@ assigns \nothing; */
uint64_t device_act_time(uint32_t milliseconds);
/* isolation/device_group.c */
/*@ requires is_group(index);
    assigns \nothing;
*/
uint64_t device_name(uint32_t index);

#endif
#endif
