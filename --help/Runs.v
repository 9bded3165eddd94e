(* SPDX-License-Identifier: Apache-2.0 *)
(** Noninterference over runs of any length. *)
From Bulkhead Require Import Step Invariant Preserved Views Confidentiality.

(** What a run tells u: the events, in order.  Steps that tell it nothing leave nothing. *)
Fixpoint hears (u : who) (s : state) (tr : list action) : list event :=
  match tr with
  | [] => []
  | a :: rest =>
      match event_of u s a with
      | Some e => e :: hears u (step s a) rest
      | None => hears u (step s a) rest
      end
  end.

(** 1. What u sees after a run is decided by what it saw before and what it heard.  The two runs may differ
    in everything else: in secrets, in what other partitions do and how much of it.  In particular u learns
    of a guest's secrets what the guest's disclosures hold, by value, and no more. *)
Lemma knowledge_bounded : forall n u tr tr' s t,
  length tr + length tr' <= n -> inv s -> inv t -> eqv u s t ->
  hears u s tr = hears u t tr' -> eqv u (run s tr) (run t tr').
Proof.
  induction n; intros u tr tr' s t L IS IT Q H.
  - destruct tr, tr'; simpl in L; try lia. exact Q.
  - destruct tr as [|a tr].
    + destruct tr' as [|b tr']; [exact Q|]. simpl in H, L.
      destruct (event_of u t b) eqn:E; [discriminate|].
      apply (IHn u [] tr' s (step t b)); auto; [simpl; lia|apply inv_step; auto|].
      apply eqv_trans with t; auto. apply local_respect; auto.
    + simpl in H. destruct (event_of u s a) as [e|] eqn:E.
      * destruct tr' as [|b tr']; [discriminate|]. simpl in H, L.
        destruct (event_of u t b) as [e'|] eqn:E'.
        -- injection H as -> H. simpl. apply IHn; auto; try lia; try (apply inv_step; auto).
           eapply told_consistent; eauto.
        -- apply (IHn u (a :: tr) tr' s (step t b)); auto; [simpl; lia|apply inv_step; auto| |].
           ++ apply eqv_trans with t; auto. apply local_respect; auto.
           ++ simpl. rewrite E. exact H.
      * simpl in L. simpl. apply IHn; auto; [lia|apply inv_step; auto|].
        apply eqv_trans with s; auto. apply eqv_sym, local_respect; auto.
Qed.

Theorem knowledge : forall u tr tr' s t, inv s -> inv t -> eqv u s t ->
  hears u s tr = hears u t tr' -> eqv u (run s tr) (run t tr').
Proof. intros. eapply knowledge_bounded; eauto. Qed.

Theorem knowledge_output : forall u tr tr' s t q, inv s -> inv t -> eqv u s t ->
  hears u s tr = hears u t tr' -> output u (run s tr) q = output u (run t tr') q.
Proof. intros. apply output_consistent; [apply inv_run_of; auto|apply knowledge; auto]. Qed.

(** 2. The purge form, intransitive: with guests' disclosing steps as domains of their own.

    A silent step of a guest may reach the guest itself, its disclosing steps alone may reach the manager, and
    the manager may reach everybody.  Guest and guest never reach each other but through the manager. *)
Inductive domain := Manager | Silent (p gen : nat) | Disclosing (p gen : nat).

Definition discloses (o : guest_op) : bool :=
  match o with
  | Store_shared _ _ | Map_gpa _ _ _ | Guest_call _ | Halt | Fatal_error _ | Touch_absent _ | Die _ _ => true
  | _ => false
  end.
Definition domain_of (a : action) : domain :=
  match a with
  | Gst _ p gen _ o => if discloses o then Disclosing p gen else Silent p gen
  | _ => Manager
  end.
Definition observer (d : domain) : who :=
  match d with Manager => Mgr | Silent p gen | Disclosing p gen => Guest p gen end.

Definition flows (d d' : domain) : bool :=
  match d, d' with
  | Manager, _ => true
  | Disclosing _ _, Manager => true
  | Silent _ _, Manager => false
  | (Silent p gen | Disclosing p gen), (Silent q gen' | Disclosing q gen') => (p =? q) && (gen =? gen')
  end.

(** Who may have reached d by the end of a run. *)
Fixpoint sources (tr : list action) (d : domain) : list domain :=
  match tr with
  | [] => [d]
  | a :: rest =>
      if existsb (flows (domain_of a)) (sources rest d) then domain_of a :: sources rest d else sources rest d
  end.
Fixpoint ipurge (tr : list action) (d : domain) : list action :=
  match tr with
  | [] => []
  | a :: rest => if existsb (flows (domain_of a)) (sources rest d) then a :: ipurge rest d else ipurge rest d
  end.

(** The policy is kept: a step tells only those that it may reach. *)
Theorem policy_kept : forall s a d, flows (domain_of a) d = false -> event_of (observer d) s a = None.
Proof.
  intros s a d F. destruct a as [c o|c p gen i o|c]; try (destruct d; discriminate).
  simpl domain_of in F. destruct d as [|q gen'|q gen'].
  - destruct (discloses o) eqn:D; [discriminate|]. simpl. destruct (guest_has (pub s) c p gen i); auto.
    destruct o; auto; discriminate.
  - simpl. destruct (discloses o); simpl in F; rewrite F; reflexivity.
  - simpl. destruct (discloses o); simpl in F; rewrite F; reflexivity.
Qed.

Lemma observer_actor : forall a, observer (domain_of a) = actor a.
Proof. intros [c o|c p gen i o|c]; simpl; auto. destruct (discloses o); reflexivity. Qed.

Lemma purge_unwinding : forall tr s t d, inv s -> inv t ->
  (forall e, In e (sources tr d) -> eqv (observer e) s t) ->
  eqv (observer d) (run s tr) (run t (ipurge tr d)).
Proof.
  induction tr as [|a tr IH]; simpl; intros s t d IS IT Q.
  - apply Q. auto.
  - destruct (existsb (flows (domain_of a)) (sources tr d)) eqn:X; simpl.
    + apply IH; try (apply inv_step; auto). intros e E. apply step_consistent; auto.
      * apply Q. right. auto.
      * rewrite <- observer_actor. apply Q. left. auto.
    + apply IH; auto; [apply inv_step; auto|]. intros e E.
      apply eqv_trans with s; [|apply Q; auto]. apply eqv_sym, local_respect; auto.
      apply policy_kept. destruct (flows (domain_of a) e) eqn:F; auto.
      assert (existsb (flows (domain_of a)) (sources tr d) = true) by (apply existsb_exists; eauto). congruence.
Qed.

Theorem noninterference : forall tr s d q, inv s ->
  output (observer d) (run s tr) q = output (observer d) (run s (ipurge tr d)) q.
Proof.
  intros. apply output_consistent; [apply inv_run_of; auto|].
  apply purge_unwinding; auto. intros. apply eqv_refl.
Qed.

(** 3. A guest that discloses nothing is invisible: with other secrets, and with all its steps left out, the
    run is the same for everybody else. *)
Definition of_slot (p : nat) (a : action) : bool := match a with Gst _ q _ _ _ => q =? p | _ => false end.
Definition quiet (p : nat) (a : action) : Prop :=
  match a with Gst _ q _ _ o => q = p -> discloses o = false | _ => True end.

Lemma quiet_unheard : forall p a s u, of_slot p a = true -> quiet p a -> not_in p u -> event_of u s a = None.
Proof.
  intros p [c o|c q gen i o|c] s u S Q N; simpl in S; try discriminate. apply Nat.eqb_eq in S. subst q.
  simpl in Q. specialize (Q eq_refl). destruct u as [|v k]; simpl in *.
  - destruct (guest_has (pub s) c p gen i); auto. destruct o; auto; discriminate.
  - rewrite (proj2 (Nat.eqb_neq p v)) by congruence. reflexivity.
Qed.

Theorem silence_is_invisible : forall p tr s t, inv s -> inv t -> Forall (quiet p) tr ->
  (forall u, not_in p u -> eqv u s t) ->
  forall u, not_in p u -> eqv u (run s tr) (run t (filter (fun a => negb (of_slot p a)) tr)).
Proof.
  induction tr as [|a tr IH]; simpl; intros s t IS IT F Q u N.
  - auto.
  - inversion F as [|? ? QA FT]; subst. destruct (of_slot p a) eqn:S; simpl.
    + apply IH; auto; [apply inv_step; auto|]. intros w W. apply eqv_trans with s; auto.
      apply eqv_sym, local_respect; auto. eapply quiet_unheard; eauto.
    + apply IH; auto; try (apply inv_step; auto). intros w W. apply step_consistent; auto.
      apply Q. destruct a as [c o|c q gen i o|c]; simpl in *; auto. apply Nat.eqb_neq in S. auto.
Qed.

(** 4. Two guests with other secrets that disclose the same look the same to all others: the first theorem
    with the sixth of Confidentiality.v. *)
Theorem same_disclosures_same_view : forall p s t tr tr' u q, inv s -> inv t -> 2 <= p ->
  differ_in p s t -> not_in p u -> hears u s tr = hears u t tr' ->
  output u (run s tr) q = output u (run t tr') q.
Proof.
  intros. apply knowledge_output; auto. eapply secrets_unseen; eauto.
Qed.

(** 5. Integrity over runs: while v hears nothing, nothing that v sees changes: no frame it owns, no register. *)
Theorem integrity_over_runs : forall u tr s, inv s -> hears u s tr = [] -> eqv u s (run s tr).
Proof.
  intros u tr s I H. apply (knowledge u [] tr s s); auto. apply eqv_refl.
Qed.

(** 6. What a hypercall answers carries nothing of a guest's secrets. *)
Theorem answers_carry_no_secret : forall p s t c h k, inv s -> inv t -> 2 <= p -> differ_in p s t ->
  answer (cpus (pub (step s (Man c (Hypercall h)))) k) = answer (cpus (pub (step t (Man c (Hypercall h)))) k).
Proof.
  intros p s t c h k IS IT Hp D. pose proof (secrets_unseen p s t Mgr IS Hp D I) as Q.
  pose proof (step_consistent Mgr s t (Man c (Hypercall h)) IS IT Q Q) as [V _ _]. rewrite V. reflexivity.
Qed.
