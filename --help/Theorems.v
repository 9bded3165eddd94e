(* SPDX-License-Identifier: Apache-2.0 *)
(** Every theorem of the model, and what they all rest on: nothing.  Read by check.py. *)
From Bulkhead Require Import Step Invariant Preserved Integrity Views Confidentiality Runs Life.

Definition everything := (
  (* The invariant. *)
  inv_boot,
  inv_step,
  inv_run_of,
  isolation,
  mapped_at_one_place,
  (* Integrity. *)
  integrity_memory,
  integrity_registers,
  reply_changes_named,
  integrity_over_runs,
  (* No residue. *)
  no_residue,
  no_residue_registers,
  power_leaves_nothing,
  (* Confidentiality, step by step. *)
  local_respect,
  told_consistent,
  told_by_actor,
  step_consistent,
  output_consistent,
  call_discloses_named,
  secrets_unseen,
  answers_carry_no_secret,
  (* Confidentiality over runs. *)
  knowledge,
  knowledge_output,
  same_disclosures_same_view,
  policy_kept,
  noninterference,
  silence_is_invisible,
  (* The model does something. *)
  life_filled,
  life_spoken,
  life_finished
).
Print Assumptions everything.
