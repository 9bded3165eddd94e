/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_FRAME_RECLAIM_H
#define ISOLATION_FRAME_RECLAIM_H

#include <stdint.h>

/*
 * The hypercall FRAME_RECLAIM (abi/hypercall.h): takes the frames of a partition in DESTROYING back to the manager,
 * scrubbed, by a sweep of the partition's own tables.  The cursor is the core's.  Each call passes at most one table and scrubs
 * at most FRAME_BATCH_MAX frames.  Takes the ownership lock.
 *
 *   RETRY           call again
 *   OK              all frames are the manager's, the id is freed
 *   INVALID    RDI  no such partition
 *   BAD_STATE  RDI  it is not DESTROYING
 *   BUSY       RDI  a vCPU of it is still claimed on another CPU
 */
uint64_t frame_reclaim(uint64_t id);

#endif
