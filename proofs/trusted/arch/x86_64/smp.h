/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_SMP_H
#define PROOFS_TRUSTED_SMP_H

/* For the prover around arch/x86_64/smp.h: whether a CPU is parked is the affair of arch/x86_64/smp.c. */
#include_next "arch/x86_64/smp.h"

#include "arch/x86_64/percpu.h"
#include "isolation/invariant.h"

/*@ requires held == 1 && 0 <= cpu < CPUS_MAX && entry <= 0xffffffff && value <= 0xffffffff;
    assigns percpus[0 .. CPUS_MAX - 1];
*/
bool smp_give(uint32_t cpu, uint64_t entry, uint64_t value);
/*@ requires 0 <= cpu < CPUS_MAX;
    assigns \nothing;
*/
void smp_wake(uint32_t cpu);

#endif
