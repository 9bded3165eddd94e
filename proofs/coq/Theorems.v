(* SPDX-License-Identifier: Apache-2.0 *)
(** Every theorem of the model, and what it rests on: nothing.  Read by check.py. *)
From Bulkhead Require Import Step Invariant Preserved Integrity Views Confidentiality Runs Life.

(* The invariant. *)
Print Assumptions inv_boot.
Print Assumptions inv_step.
Print Assumptions inv_run_of.
Print Assumptions isolation.
Print Assumptions mapped_at_one_place.
(* Integrity. *)
Print Assumptions integrity_memory.
Print Assumptions integrity_registers.
Print Assumptions reply_changes_named.
Print Assumptions integrity_over_runs.
(* No residue. *)
Print Assumptions no_residue.
Print Assumptions no_residue_registers.
Print Assumptions power_leaves_nothing.
(* Confidentiality, step by step. *)
Print Assumptions local_respect.
Print Assumptions told_consistent.
Print Assumptions told_by_actor.
Print Assumptions step_consistent.
Print Assumptions output_consistent.
Print Assumptions call_discloses_named.
Print Assumptions secrets_unseen.
Print Assumptions answers_carry_no_secret.
(* Confidentiality over runs. *)
Print Assumptions knowledge.
Print Assumptions knowledge_output.
Print Assumptions same_disclosures_same_view.
Print Assumptions policy_kept.
Print Assumptions noninterference.
Print Assumptions silence_is_invisible.
(* The model does something. *)
Print Assumptions life_filled.
Print Assumptions life_spoken.
Print Assumptions life_finished.
