(* SPDX-License-Identifier: Apache-2.0 *)
(** The life of one guest, computed: the model does what it should, so the theorems are not about a machine
    that refuses everything. *)
From Bulkhead Require Import Step Preserved.

Definition small : config := Config 40 64 4 2 8 1000.
Definition start : state := boot small (fun f => 2 <=? f) 100 (fun _ => 0).

Definition call (h : hypercall) : action := Man 0 (Hypercall h).
Definition guest (o : guest_op) : action := Gst 0 2 0 0 o.

(** A kernel image of one frame that says 77, and three frames of memory. *)
Definition fill : list action :=
  [ call (Partition_create 4 1); call (Vcpu_create (2, 0) 7 0 0);
    Man 0 (Mcompute (fun l _ _ => set_reg 3 77 l)); Man 0 (Mstore 10 3);
    call (Frame_donate (2, 0) 0 10 1 1); call (Frame_donate (2, 0) 1 11 3 0);
    call (Partition_seal (2, 0)) ].
(** The guest reads its image, shares page 1, writes there what it read, and asks the manager. *)
Definition speak : list action :=
  [ call (Vcpu_run (2, 0) 0); guest (Load 2 (false, 0)); guest (Map_gpa true 1 1);
    guest (Store_shared 1 2); guest (Load 12 (false, 2)); guest (Compute (set_reg 13 55));
    guest (Guest_call [R_10; R_11; 12]) ].
Definition finish : list action :=
  [ call (Vcpu_run (2, 0) 0); Tick 0; call (Partition_destroy (2, 0));
    call (Frame_reclaim (2, 0)); call (Frame_reclaim (2, 0)) ].

Definition after (tr : list action) : state := run start tr.
Definition answer_of (s : state) := answer (cpus (pub s) 0).
Definition owners (s : state) := map (fun f => (owner (frames (pub s) f), mem s f)) [9; 10; 11; 12; 13].

Theorem life_filled :
  let s := after fill in
  (answer_of s, owners s, life_of (parts (pub s) 2))
  = ((OK, 0), [(1, 0); (2, 77); (2, 0); (2, 0); (2, 0)], SEALED).
Proof. vm_compute. reflexivity. Qed.

(** The manager can read the shared page and the registers named; R13 was not named, frame 12 is private. *)
Theorem life_spoken :
  let s := after (fill ++ speak) in
  let t := run s [Man 0 (Mload 8 11); Man 0 (Mload 9 12)] in
  (exit (cpus (pub s) 0), reg (mregs (cpus (pub t) 0)) 8, reg (mregs (cpus (pub t) 0)) 9,
   reg (mregs (cpus (pub s) 0)) 13, hd_error (log (pub t)))
  = (Exit GUEST_CALL [R_10; R_11; 12] 0 0, 77, 0, 0, Some (Record_of MEMORY_DENIED 12 0 0)).
Proof. vm_compute. reflexivity. Qed.

(** Destroyed and swept: everything is the manager's again, zeroed, and the id has gone. *)
Theorem life_finished :
  let s := after (fill ++ speak ++ finish) in
  let t := run s [call (Frame_reclaim (2, 0))] in
  (answer_of s, owners s, life_of (parts (pub s) 2), generation (parts (pub s) 2), answer_of t)
  = ((OK, 0), [(1, 0); (1, 0); (1, 0); (1, 0); (1, 0)], NOBODY, 1, (At INVALID RDI, 0)).
Proof. vm_compute. reflexivity. Qed.
