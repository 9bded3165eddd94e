/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_PERCPU_H
#define PROOFS_TRUSTED_PERCPU_H

/* For the prover around arch/x86_64/percpu.h: GS points to this CPU's struct percpu, which nobody else changes. */
#define percpu_this percpu_by_gs
struct percpu;
/*@ assigns \result \from \nothing; */
static inline struct percpu *percpu_by_gs(void);
#define insn_read_gs_quadword(offset) 0
#include_next "arch/x86_64/percpu.h"
#undef percpu_this
#undef insn_read_gs_quadword

extern struct percpu percpu_here;
/*@ assigns \result \from \nothing;
    ensures \result == &percpu_here;
*/
struct percpu *percpu_this(void);

#endif
