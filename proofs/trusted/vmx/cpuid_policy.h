/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_CPUID_POLICY_H
#define PROOFS_TRUSTED_CPUID_POLICY_H

/* For the prover around vmx/cpuid_policy.h: an answer is made of the tables and the context alone (tests/unit/cpuid_policy_test.c). */
#include_next "vmx/cpuid_policy.h"

/*@ requires \valid_read(context);
    assigns \nothing;
*/
struct cpuid_result cpuid_policy_answer(const struct cpuid_context *context, uint32_t leaf, uint32_t subleaf);

#endif
