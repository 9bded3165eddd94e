/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_MAP_GPA_H
#define VMX_MAP_GPA_H

#include <stdint.h>

/* What TDVMCALL MapGPA answers. */
struct map_gpa_answer {
    uint64_t status; /* R10: TDVMCALL_SUCCESS, _RETRY, _INVALID_OPERAND */
    uint64_t next;   /* R11: where to go on after RETRY; the guilty address after INVALID_OPERAND; 0 */
};

/*
 * The current vCPU asks that `bytes` bytes from guest-physical `start` on be shared with the manager (shared bit set
 * in `start`) or private again (clear).  At most FRAME_BATCH_MAX pages a call; addresses that are not RAM succeed
 * without effect.  Source: GHCI, "TDG.VP.VMCALL<MapGPA>".
 */
__attribute__((noinline)) struct map_gpa_answer map_gpa(uint64_t start, uint64_t bytes);

/* TDG.MEM.PAGE.ACCEPT: `operand` = address and level.  Pages are zeroed and accepted by the core as they become
 * private, so this confirms it.  Returns RAX. */
__attribute__((noinline)) uint64_t map_gpa_accept(uint64_t operand);

#endif
