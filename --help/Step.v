(* SPDX-License-Identifier: Apache-2.0 *)
(** Steps and runs of the whole machine.

    Each action names the CPU it happens on.  An action of a partition that does not have the
    CPU, and any action after power-off, does nothing. *)
From Bulkhead Require Export Machine Memory Hypercalls GuestCalls.

Inductive action :=
| Man (c : nat) (o : manager_op)
| Gst (c p gen i : nat) (o : guest_op)    (* vCPU i of the guest in slot p, generation gen *)
| Tick (c : nat).                         (* an interrupt for the manager, or the slice is over *)

Definition manager_has (P : public) (c : nat) : bool := negb (off P) && negb (present (lent (cpus P c))).
Definition guest_has (P : public) (c p gen i : nat) : bool :=
  negb (off P) && (2 <=? p) && (generation (parts P p) =? gen)
  && match claimed (ctl P p i) with Some c' => c' =? c | None => false end.

(** The vCPU leaves the CPU; the manager hears whether the partition can run again. *)
Definition runs (q : partition) : bool := is_sealed (life_of q) && (killed q =? 0).
Definition tick_word (q : partition) : exit_word :=
  if runs q then Exit INTERRUPTED [] 0 0 else Exit KILLED [] (killed q) 0.
Definition tick (P : public) (c : nat) : public :=
  match lent (cpus P c) with
  | Some (p, i) => if off P then P else pub_leave P c p i (tick_word (parts P p)) []
  | None => P
  end.

Definition step (s : state) (a : action) : state :=
  match a with
  | Man c o => if manager_has (pub s) c then manager_step s c o else s
  | Gst c p gen i o => if guest_has (pub s) c p gen i then guest_step s c p i o else s
  | Tick c => with_pub s (tick (pub s) c)
  end.

Fixpoint run (s : state) (tr : list action) : state :=
  match tr with
  | [] => s
  | a :: rest => run (step s a) rest
  end.
