/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_EXIT_H
#define PROOFS_TRUSTED_EXIT_H

/* For the prover around vmx/exit.h: what vmx/run.c and event.c do, which are not proved. */
#include_next "vmx/exit.h"

#include "vmx/vcpu_state.h"

/*@ assigns percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail;
    ensures \result == NEXT_MANAGER && percpu_here.run_kind == RUN_GUEST_CALL && percpu_here.run_mask == mask;
*/
enum exit_next run_return_guest_call(uint64_t mask);
/*@ assigns percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail, state_here.halted;
    ensures \result == NEXT_MANAGER && percpu_here.run_kind == RUN_HALTED && percpu_here.run_mask == 0;
*/
enum exit_next run_return_halted(uint64_t deadline);
/*@ assigns percpu_here.run_kind, percpu_here.run_mask, percpu_here.run_value, percpu_here.run_detail;
    ensures \result == NEXT_MANAGER && percpu_here.run_kind == RUN_KILLED && percpu_here.run_mask == mask;
*/
enum exit_next run_return_fatal_error(uint64_t mask);
/*@ assigns \nothing; */
void exit_skip_bytes(uint64_t length);
/*@ assigns \nothing; */
void event_inject_exception(uint32_t vector);
/*@ assigns \nothing; */
void event_inject_exception_with_code(uint32_t vector, uint32_t error_code);

#endif
