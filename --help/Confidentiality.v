(* SPDX-License-Identifier: Apache-2.0 *)
(** Confidentiality of one step, for every operation and observer. *)
From Bulkhead Require Import Step Invariant Preserved Integrity Views ConfManager ConfGuest ConfTold.

(** [eqv u] is an equivalence. *)
Lemma eqv_refl : forall u s, eqv u s s.
Proof. intros [|v gen] s; simpl; [constructor; auto|]. intros _. repeat (split; [auto|]). intros _. apply eqv_guest_refl. Qed.

Lemma eqv_sym : forall u s t, eqv u s t -> eqv u t s.
Proof.
  intros [|v gen] s t; simpl.
  - intros [V W T]. constructor; auto.
    rewrite <- V. intros. symmetry. eauto.
  - intros Q Hv. destruct (Q Hv) as (C & O & G & E). repeat (split; [congruence|]). intro K.
    rewrite <- G in K. destruct (E K) as [QP QT QL QR QD QE QF]. constructor; auto.
    + intros i L. rewrite <- QP in L. symmetry. auto.
    + intros i L. rewrite <- QP in L. symmetry. auto.
    + intros f L. destruct (QF f); [tauto|]. auto.
Qed.

Lemma eqv_trans : forall u r s t, eqv u r s -> eqv u s t -> eqv u r t.
Proof.
  intros [|v gen] r s t; simpl.
  - intros [V W T] [V' W' T']. constructor.
    + congruence.
    + intros x f E. rewrite (W _ _ E). apply (W' x). rewrite <- V. auto.
    + congruence.
  - intros A B Hv. destruct (A Hv) as (C & O & G & E), (B Hv) as (C' & O' & G' & E').
    repeat (split; [congruence|]). intro K. pose proof K as K'. rewrite G in K'.
    destruct (E K) as [QP QT QL QR QD QE QF], (E' K') as [QP' QT' QL' QR' QD' QE' QF'].
    constructor; try congruence.
    + intros i L. rewrite QR by auto. apply QR'. congruence.
    + intros i L. rewrite QD by auto. apply QD'. congruence.
    + intros f [L|L].
      * destruct (QF f) as [F1 F2]; auto. destruct (QF' f) as [F3 F4]; [left; congruence|]. split; congruence.
      * destruct (QF' f) as [F3 F4]; auto. destruct (QF f) as [F1 F2]; [right; congruence|]. split; congruence.
Qed.

(** 1. Local respect: a step that tells u nothing is not seen by u. *)
Theorem local_respect : forall u s a, inv s -> event_of u s a = None -> eqv u s (step s a).
Proof. intros [|v gen] s a I E; [apply mgr_respect|apply guest_respect]; auto. Qed.

(** 2. What u sees after a step that tells it e depends on what it saw before and on e. *)
Theorem told_consistent : forall u s t a b e, inv s -> inv t -> eqv u s t ->
  event_of u s a = Some e -> event_of u t b = Some e -> eqv u (step s a) (step t b).
Proof.
  intros [|v gen] s t a b e IS IT Q A B; [eapply mgr_consistent|eapply guest_consistent]; eauto.
Qed.

(** Whose step an action is.  Interrupts are the manager's: it schedules. *)
Definition actor (a : action) : who :=
  match a with Gst _ p gen _ _ => Guest p gen | _ => Mgr end.

(** What a guest's step tells the manager depends on what that guest sees. *)
Lemma told_manager_own : forall s t c p gen i o, inv s -> eqv (Guest p gen) s t ->
  told_manager s (Gst c p gen i o) = told_manager t (Gst c p gen i o).
Proof.
  intros s t c p gen i o [M C] Q. cbn [told_manager].
  destruct (le_lt_dec 2 p) as [Hp|Hp].
  2: { assert (X : forall u, guest_has (pub u) c p gen i = false).
       { intro u. unfold guest_has. rewrite (proj2 (Nat.leb_gt 2 p)) by lia. rewrite andb_false_r. reflexivity. }
       rewrite !X. reflexivity. }
  destruct (Q Hp) as (QC & QO & QG & QV).
  destruct (Nat.eqb_spec (generation (parts (pub s) p)) gen) as [G|G].
  2: { unfold guest_has. rewrite <- QG, (proj2 (Nat.eqb_neq _ _) G), !andb_false_r. reflexivity. }
  destruct (QV G) as [QP QT QL QR QD QE QF].
  assert (H : guest_has (pub t) c p gen i = guest_has (pub s) c p gen i).
  { unfold guest_has. rewrite QO, <- QG, QL. reflexivity. }
  rewrite H. destruct (guest_has (pub s) c p gen i) eqn:HS; auto.
  assert (HI : i < vcpu_count (parts (pub s) p)).
  { unfold guest_has in HS. apply andb_true_iff in HS. destruct HS as [_ HS].
    destruct (claimed (ctl (pub s) p i)) eqn:K; [|discriminate]. destruct C as [_ X]. apply (X _ _ _ K). }
  rewrite <- (QR i HI). destruct o; simpl; auto.
  - rewrite <- QE. auto.
  - replace (map_status (pub t) (tabs t p) p to g n) with (map_status (pub s) (tabs s p) p to g n); auto.
    unfold map_status, map_refused, convert_check. rewrite <- QC, <- QP, <- QT.
    assert (X1 : forall l, existsb (fun k => present (ept (pub t) p (true, k)) && present (ept (pub t) p (false, k))) l
                         = existsb (fun k => present (ept (pub s) p (true, k)) && present (ept (pub s) p (false, k))) l).
    { induction l; simpl; auto. rewrite !QE, IHl. auto. }
    assert (X2 : forall l, existsb (fun k => present (ept (pub t) p (negb to, k))) l
                         = existsb (fun k => present (ept (pub s) p (negb to, k))) l).
    { induction l; simpl; auto. rewrite !QE, IHl. auto. }
    rewrite X1, X2. reflexivity.
  - rewrite <- QE. auto.
Qed.

(** What the manager's step tells a guest depends on what the manager sees. *)
Lemma told_guest_by_manager : forall v s t a, inv s -> eqv Mgr s t -> told_guest v s a = told_guest v t a.
Proof.
  intros v s t a [M C] [V W T]. destruct a as [c o|c p gen i o|c]; simpl; rewrite <- ?V; auto.
  destruct (manager_has (pub s) c); auto. destruct o; auto. destruct h; auto.
  destruct (donate_check (pub s) id g h n flags) eqn:D; auto.
  assert (X : forall k, within h n k = true -> mem s k = mem t k).
  { intros k K. apply within_spec in K. destruct (donate_ok _ _ _ _ _ _ D) as (_ & _ & _ & _ & MO & _). pose proof (MO k K) as OK.
    unfold managers_own in OK. flat. destruct (ept (pub s) MANAGER (false, k)) eqn:F; [|discriminate].
    pose proof (manager_maps _ _ _ _ M _ _ _ F) as (_ & <- & _). apply (W _ _ F). }
  apply donate_ok in D. flat. rewrite <- (T (fst id)) by auto. simpl.
  replace (map (mem t) (seq h n)) with (map (mem s) (seq h n)); auto.
  apply map_ext_in. intros k K. apply in_seq in K. apply X, within_spec. lia.
Qed.

(** 3. What a step tells u is decided by what its actor and u see: nothing of a third party enters. *)
Theorem told_by_actor : forall u s t a, inv s -> eqv u s t -> eqv (actor a) s t ->
  event_of u s a = event_of u t a.
Proof.
  intros [|v gen] s t a I U A.
  - destruct a as [c o|c p gen i o|c]; simpl event_of; auto. apply told_manager_own; auto.
  - destruct a as [c o|c p gen' i o|c]; cbn [event_of]; auto; simpl actor in A;
    rewrite (told_guest_by_manager v s t _ I A); destruct A as [V _ _]; rewrite V; reflexivity.
Qed.

(** 4. Weak step consistency. *)
Theorem step_consistent : forall u s t a, inv s -> inv t ->
  eqv u s t -> eqv (actor a) s t -> eqv u (step s a) (step t a).
Proof.
  intros u s t a IS IT U A. pose proof (told_by_actor u s t a IS U A) as E.
  destruct (event_of u s a) as [e|] eqn:ES.
  - eapply told_consistent; eauto.
  - apply eqv_trans with s; [apply eqv_sym, local_respect; auto|].
    apply eqv_trans with t; auto. apply local_respect; auto.
Qed.

(** 5. Output consistency: what u reads off is decided by what it sees. *)
Theorem output_consistent : forall u s t q, inv s -> eqv u s t -> output u s q = output u t q.
Proof.
  intros [|v gen] s t q [M C] Q; simpl in Q.
  - destruct Q as [V W T]. destruct q as [i r|c|x]; simpl; rewrite <- V; auto.
    destruct (ept (pub s) MANAGER x) eqn:E; auto. rewrite (W _ _ E). reflexivity.
  - cbn [output]. destruct (Nat.leb_spec 2 v) as [Hv|Hv]; auto. cbn [andb].
    destruct (Q Hv) as (_ & _ & G & E). rewrite <- G.
    destruct (Nat.eqb_spec (generation (parts (pub s) v)) gen) as [K|K]; auto.
    destruct (E K) as [QP QT QL QR QD QE QF]. destruct q as [i r|c|x]; auto.
    + rewrite <- QP. destruct (Nat.ltb_spec i (vcpu_count (parts (pub s) v))); auto. rewrite QR; auto.
    + rewrite <- QE. destruct (ept (pub s) v x) eqn:F; auto. destruct x as [b g].
      destruct (QF n) as [_ X]; [|rewrite X; reflexivity].
      left. rewrite (guest_maps _ _ _ _ M _ _ _ _ Hv F). reflexivity.
Qed.

(** A guest call discloses the registers that it names, and of those the twelve that may be. *)
Theorem call_discloses_named : forall names l l',
  (forall r, In r names -> allowed r = true -> reg l r = reg l' r) -> told names l = told names l'.
Proof.
  intros names l l' H. unfold told. apply map_ext_in. intros r I. apply filter_In in I.
  destruct I. rewrite H; auto.
Qed.

(** Two machines that differ in the secrets of the guest in slot p alone: contents of the frames it owns and
    has not shared, its registers, its requested interrupts. *)
Definition differ_in (p : nat) (s t : state) : Prop :=
  pub s = pub t /\
  (forall f, mem s f = mem t f \/ (owner (frames (pub s) f) = p /\ state_of (frames (pub s) f) = OWNED)) /\
  (forall q, tabs s q = tabs t q) /\
  (forall q i, q <> p -> regs s q i = regs t q i /\ pend s q i = pend t q i).

Definition not_in (p : nat) (u : who) : Prop := match u with Mgr => True | Guest v _ => v <> p end.

(** 6. Nobody else sees the difference. *)
Theorem secrets_unseen : forall p s t u, inv s -> 2 <= p -> differ_in p s t -> not_in p u -> eqv u s t.
Proof.
  intros p s t u [M C] Hp (V & W & T & R) N. destruct u as [|v gen]; simpl in *.
  - constructor; auto.
    + intros [b g] f E. destruct (W f) as [|[O S]]; auto. exfalso.
      apply (manager_maps _ _ _ _ M) in E. unfold MANAGER in E. rewrite O, S in E. intuition (try lia; discriminate).
  - intros Hv. rewrite <- V. repeat (split; [auto|]). intros _.
    constructor; rewrite <- ?V; auto.
    + intros. apply R; auto.
    + intros. apply R; auto.
    + intros f O. split; auto. destruct (W f) as [|[O' S]]; auto. intuition congruence.
Qed.
