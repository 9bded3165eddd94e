(* SPDX-License-Identifier: Apache-2.0 *)
(** Every theorem of the model, and what it rests on: nothing.  Read by check.py. *)
From Bulkhead Require Import Step Invariant Preserved Integrity.

Print Assumptions inv_boot.
Print Assumptions inv_step.
Print Assumptions inv_run_of.
Print Assumptions isolation.
Print Assumptions mapped_at_one_place.
Print Assumptions integrity_memory.
Print Assumptions integrity_registers.
Print Assumptions reply_changes_named.
Print Assumptions no_residue.
Print Assumptions no_residue_registers.
Print Assumptions power_leaves_nothing.
