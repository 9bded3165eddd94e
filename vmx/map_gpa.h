/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_MAP_GPA_H
#define VMX_MAP_GPA_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "isolation/page.h"
#include "vmx/vcpu_state.h"

/* What TDVMCALL MapGPA answers. */
struct map_gpa_answer {
    uint64_t status; /* R10: TDVMCALL_SUCCESS, _RETRY, _INVALID_OPERAND */
    uint64_t next;   /* R11: where to go on after RETRY; the guilty address after INVALID_OPERAND; 0 */
};

/*@ // A guest runs here, without the lock.
    predicate map_gpa_ready{L} = \at(held,L) == 0 && is_guest(\at(percpu_here.partition,L)) &&
      1 <= \at(shared_bit_gfn,L) <= GFN_LIMIT / 2;
    // Whole pages, at least one, all below the shared bit but for that bit.
    logic integer map_gpa_first(integer start) = start < 4096 * shared_bit_gfn ? start : start - 4096 * shared_bit_gfn;
    predicate map_gpa_ok(integer start, integer bytes) = start % 4096 == 0 && bytes % 4096 == 0 && bytes > 0 &&
      map_gpa_first(start) + bytes <= 4096 * shared_bit_gfn;
*/
/*
 * The current vCPU asks that `bytes` bytes from guest-physical `start` on be shared with the manager (shared bit set
 * in `start`) or private again (clear).  At most FRAME_BATCH_MAX pages a call; addresses that are not RAM succeed
 * without effect.  Source: GHCI, "TDG.VP.VMCALL<MapGPA>".
 */
/*@ requires map_gpa_ready;
    assigns held, frames[0 .. FRAMES_MAX - 1], frame_batch[0 .. FRAME_BATCH_MAX - 1], tables[0 .. TABLES_MAX - 1],
            table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1], table_roots[0 .. SPACES_MAX - 1],
            partitions[0 .. PARTITIONS_MAX - 1], residue[0 .. FRAMES_MAX - 1], cpu_stale[0 .. FRAMES_MAX - 1],
            vcpus[0 .. VCPUS_MAX - 1];
    ensures unlocked: held == 0;
    ensures wrong: !map_gpa_ok(start, bytes) ==> \result.status == TDVMCALL_INVALID_OPERAND && \result.next == start;
    ensures bounded: \result.status == TDVMCALL_RETRY <==> \result.status != TDVMCALL_INVALID_OPERAND && bytes > 4096 * FRAME_BATCH_MAX;
    ensures next: \result.status == TDVMCALL_RETRY ==> \result.next == start + 4096 * FRAME_BATCH_MAX;
    ensures others: \result.status == TDVMCALL_INVALID_OPERAND || \result.status == TDVMCALL_RETRY ||
      (\result.status == TDVMCALL_SUCCESS && \result.next == 0);
*/
__attribute__((noinline)) struct map_gpa_answer map_gpa(uint64_t start, uint64_t bytes);

/* TDG.MEM.PAGE.ACCEPT: `operand` = address and level.  Pages are zeroed and accepted by the core as they become
 * private, so this confirms it.  Returns RAX. */
/*@ requires map_gpa_ready && tables_inv;
    assigns \nothing;
    ensures level: operand % 4096 > 7 ==> \result == TDX_OPERAND_INVALID;
    ensures size: 1 <= operand % 4096 <= 7 ==> \result == TDX_PAGE_SIZE_MISMATCH;
    ensures page: operand % 4096 == 0 && operand / 4096 < shared_bit_gfn ==>
      (\result == TDX_SUCCESS <==> walk(2 * percpu_here.partition, operand / 4096) != 0);
*/
__attribute__((noinline)) uint64_t map_gpa_accept(uint64_t operand);

#endif
