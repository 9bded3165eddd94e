/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_PARTITION_CREATE_H
#define ISOLATION_PARTITION_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/status.h"
#include "isolation/audit.h"
#include "isolation/life.h"
#include "isolation/partition_types.h"
#include "lib/answer.h"

/* How partitions begin: the manager at boot, guests by hypercall. */

/* All slots FREE but the core's and the manager's, which is SEALED; the manager has one vCPU for each of `cpus` CPUs.
 * The pool has room for the manager's tables: `frames` frames at their own numbers.  False: it has not. */
/*@ requires sys_inv && limit <= FRAMES_MAX && FRAME_BATCH_MAX <= shared_bit <= GFN_LIMIT / 2;
    requires free: \forall integer p; is_frame(p) ==> frames[p].state == FRAME_FREE;
    requires no_vcpus: \forall integer s; is_vcpu(s) ==> vcpus[s].state == VCPU_FREE;
    requires no_slices: \forall integer v; in_set(v) ==> table_slices[v].count == 0;
    requires no_trees: \forall integer a; 0 <= a < SPACES_MAX ==> table_roots[a] == TABLE_NONE;
    assigns shared_bit_gfn, partitions[0 .. PARTITIONS_MAX - 1], vcpus[0 .. VCPUS_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[PARTITION_MANAGER], table_roots[2 * PARTITION_MANAGER];
    ensures inv: \result ==> core_inv;
    ensures free: \result ==> \forall integer v; is_guest(v) ==> free(v) && partitions[v].generation == 0;
    ensures manager: \result ==> partitions[PARTITION_MANAGER].state == PARTITION_SEALED && made(PARTITION_MANAGER) == cpus;
    ensures limit: \result ==> shared_bit_gfn == shared_bit;
*/
bool partition_create_manager(uint64_t limit, gfn_t shared_bit, uint32_t cpus);
/* Tables a slice for the manager needs, whose RAM ends below frame `limit`. */
/*@ requires limit <= 0x10000000000000;
    assigns \nothing;
    ensures \result == limit / 512 + limit / 262144 + limit / 134217728 + 4;
*/
uint64_t partition_create_manager_tables(uint64_t limit);
/* Tables a slice for a guest of `frames` frames needs: each private, each shared, and some room for holes. */
/*@ requires frames <= 0x10000000000000;
    assigns \nothing;
    ensures \result == 2 * (frames / 512 + frames / 262144) + 16;
*/
uint64_t partition_create_guest_tables(uint64_t frames);

/* The hypercall (abi/hypercall.h); it takes the lock. */

/* value = id.  INVALID at RDI: 0 or more frames than the machine has.  INVALID at RSI: 0 or more than
 * VCPUS_MAX.  NO_ROOM: no slot; at RDI: no tables; at RSI: no vCPUs. */
/*@ requires held == 0;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures held == 0;
    ensures frames: !(0 < frame_count <= frame_limit) ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures vcpus: 0 < frame_count <= frame_limit ==> !(0 < vcpu_count <= VCPUS_MAX) ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
*/
struct answer partition_create(uint64_t frame_count, uint64_t vcpu_count);

#endif
