/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_INSN_H
#define PROOFS_TRUSTED_INSN_H

#include <stdint.h>

/* For the prover instead of arch/x86_64/insn.h: instructions, as contracts (proofs/README.md, "What is on trust"). */

struct cpuid_result {
    uint32_t eax;
    uint32_t ebx;
    uint32_t ecx;
    uint32_t edx;
};

/*@ assigns \nothing; */
void insn_pause(void);
/* RDTSC: some number. */
/*@ assigns \nothing; */
uint64_t insn_rdtsc(void);
/* RDMSR: some number. */
/*@ assigns \nothing; */
uint64_t insn_rdmsr(uint32_t msr);

#endif
