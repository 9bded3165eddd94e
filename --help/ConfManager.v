(* SPDX-License-Identifier: Apache-2.0 *)
(** The manager as observer: what it is not told it does not see, and what it is told is all. *)
From Bulkhead Require Import Step Invariant Preserved Integrity Views.

(** A guest's step that tells nothing. *)
Lemma mgr_respect : forall s a, inv s -> event_of Mgr s a = None -> eqv_mgr s (step s a).
Proof.
  intros s a [M C] E. destruct a as [c o|c p gen i o|c]; simpl in *; try discriminate.
  destruct (guest_has (pub s) c p gen i) eqn:G; [|constructor; auto].
  unfold guest_has in G. flat.
  destruct o; simpl in *; try discriminate; try (constructor; auto; fail).
  - destruct (ept (pub s) p x); [constructor; auto|]. destruct (fst x); constructor; auto.
  - destruct (ept (pub s) p (false, g)) eqn:F; [|constructor; auto].
    constructor; simpl; auto. intros x f X. unfold upd. destruct (Nat.eqb_spec f n); auto. subst. exfalso.
    apply (guest_maps _ _ _ _ M) in F; [|assumption]. destruct x as [b h].
    apply (manager_maps _ _ _ _ M) in X. rewrite F in X. simpl in X. unfold MANAGER in X.
    intuition (try lia; discriminate).
  - destruct (pend s p i); constructor; auto.
  - destruct (ept (pub s) p (true, g)); [discriminate|constructor; auto].
  - unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?] eqn:S; try discriminate; [constructor; auto|].
    destruct e; try discriminate; constructor; auto.
  - destruct (names_good names); [discriminate|]. constructor; auto.
  - destruct (names_good names); [discriminate|]. constructor; auto.
  - destruct (present (ept (pub s) p (false, g))); [|discriminate]. constructor; auto.
Qed.

(** What a guest's step that tells e does to what the manager sees: a function of e. *)
Definition told_pub (e : event) (P : public) : public :=
  match e with
  | Converted p to g n => pub_convert P p g n to
  | Left c p i w l => pub_leave P c p i w l
  | Died c p i r d names l => pub_leave (pub_kill P p r d) c p i (Exit KILLED names r d) l
  | _ => P
  end.
Definition told_mem (e : event) (P : public) (m : nat -> nat) : nat -> nat :=
  match e with
  | Converted p to g n => convert_mem P m p g n to
  | Wrote_shared f x => upd m f x
  | _ => m
  end.
Definition told_tabs (e : event) (P : public) (tb : nat -> tables) : nat -> tables :=
  match e with
  | Converted p to g n | Tables_used p to g n => upd tb p (tables_after P (tb p) p g n to)
  | _ => tb
  end.

Lemma told_manager_effect : forall s a e, told_manager s a = Some e ->
  pub (step s a) = told_pub e (pub s) /\ mem (step s a) = told_mem e (pub s) (mem s) /\
  tabs (step s a) = told_tabs e (pub s) (tabs s).
Proof.
  intros s a e E. destruct a as [c o|c p gen i o|c]; simpl in *; try discriminate.
  destruct (guest_has (pub s) c p gen i) eqn:G; [|discriminate].
  destruct o; simpl in *; try discriminate; try (injection E as <-; auto; fail).
  - destruct (ept (pub s) p (true, g)); [|discriminate]. injection E as <-. auto.
  - destruct (map_status (pub s) (tabs s p) p to g n) as [| |e' ?] eqn:S; try discriminate.
    + injection E as <-. unfold map_gpa. rewrite S. auto.
    + destruct e'; try discriminate. injection E as <-. unfold map_gpa. rewrite S. auto.
  - destruct (names_good names); [|discriminate]. injection E as <-. auto.
  - destruct (names_good names); [|discriminate]. injection E as <-. auto.
  - destruct (present (ept (pub s) p (false, g))); [discriminate|]. injection E as <-. auto.
Qed.

Lemma kill_ept : forall P p r d, ept (pub_kill P p r d) = ept P.
Proof. intros. unfold pub_kill. destruct (killed (parts P p) =? 0); reflexivity. Qed.

Lemma told_mem_same : forall e P m m',
  (forall x f, ept P MANAGER x = Some f -> m f = m' f) ->
  forall x f, ept (told_pub e P) MANAGER x = Some f -> told_mem e P m f = told_mem e P m' f.
Proof.
  intros e P m m' H x f E. destruct e; simpl in *; eauto; rewrite ?kill_ept in E; eauto.
  - unfold convert_ept, convert_mem in *. simpl in E.
    destruct (converts P p g n to f) eqn:C; auto.
    destruct (negb (fst x) && converts P p g n to (snd x)) eqn:T; eauto.
    destruct to; flat; congruence.
  - unfold upd. destruct (f =? f0); eauto.
Qed.

Lemma mgr_told : forall s t a b e,
  eqv_mgr s t -> told_manager s a = Some e -> told_manager t b = Some e -> eqv_mgr (step s a) (step t b).
Proof.
  intros s t a b e [V W T] A B.
  destruct (told_manager_effect _ _ _ A) as (A1 & A2 & A3).
  destruct (told_manager_effect _ _ _ B) as (B1 & B2 & B3).
  constructor.
  - rewrite A1, B1, V. reflexivity.
  - rewrite A1, A2, B2, <- V. apply told_mem_same. exact W.
  - intros q. rewrite A3, B3, <- V. destruct e; simpl; auto; unfold upd; rewrite T; destruct (q =? p); auto.
Qed.

(** The manager's own steps depend on what it sees, and on nothing else. *)
Lemma mgr_same_pub : forall s t P, eqv_mgr s t -> ept P MANAGER = ept (pub s) MANAGER ->
  eqv_mgr (with_pub s P) (with_pub t P).
Proof.
  intros s t P [V W T] E. constructor; simpl; auto.
  rewrite E. exact W.
Qed.

Lemma mgr_own : forall s t c o, eqv_mgr s t -> eqv_mgr (manager_step s c o) (manager_step t c o).
Proof.
  intros s t c o Q. pose proof Q as [V W T].
  assert (R : forall a, eqv_mgr (with_pub s (answers (pub s) c a)) (with_pub t (answers (pub s) c a))).
  { intro a. apply mgr_same_pub; auto. }
  destruct o; simpl; rewrite <- ?V.
  - destruct h; simpl; rewrite <- ?V; auto.
    + unfold partition_create. rewrite <- V. destruct (create_check (pub s) nframes nvcpus); auto.
      destruct (slot_find (pub s)) as [p|]; auto. constructor; simpl; auto.
      intro q. unfold upd. destruct (Nat.eqb_spec q p); subst; simpl; auto.
    + unfold partition_seal. rewrite <- V. destruct (seal_check (pub s) id); auto.
      apply mgr_same_pub; auto.
    + unfold partition_destroy. rewrite <- V. destruct (destroy_check (pub s) id); auto.
      apply mgr_same_pub; auto.
    + unfold vcpu_create. rewrite <- V. destruct (vcpu_create_check (pub s) id rip cr3); auto.
      constructor; simpl; auto.
    + unfold vcpu_run. rewrite <- V. destruct (run_check (pub s) id i); auto. constructor; simpl; auto.
    + unfold vcpu_interrupt. rewrite <- V. destruct (interrupt_check (pub s) id i vector); auto. constructor; simpl; auto.
    + unfold frame_donate. rewrite <- V. destruct (donate_check (pub s) id g h n flags) eqn:E; auto.
      apply donate_ok in E. flat. rewrite <- (T (fst id)) by auto.
      destruct (snd (prepare (tabs s (fst id)) false g n)).
      * constructor; simpl; auto.
        -- unfold donate_ept, donate_mem. simpl. intros x f.
           destruct (negb (fst x) && within h n (snd x)); [discriminate|]. intro X.
           destruct (within h n f && negb (flags =? 1)); eauto.
        -- intro q. unfold upd. destruct (q =? fst id); auto.
      * constructor; simpl; auto. intros q. unfold upd. destruct (q =? fst id); auto.
    + unfold frame_reclaim. rewrite <- V. destruct (reclaim_check (pub s) id) eqn:E; auto.
      apply reclaim_ok in E. flat. set (p := fst id) in *.
      assert (MM : forall x f, sweep_ept (pub s) p (cursor (parts (pub s) p)) BATCH MANAGER x = Some f ->
                 sweep_mem (pub s) (mem s) p (cursor (parts (pub s) p)) BATCH f =
                 sweep_mem (pub s) (mem t) p (cursor (parts (pub s) p)) BATCH f).
      { intros x f. unfold sweep_ept, sweep_mem. simpl.
        destruct (sweeps (pub s) p (cursor (parts (pub s) p)) BATCH f) eqn:S; auto.
        destruct (negb (fst x) && sweeps (pub s) p (cursor (parts (pub s) p)) BATCH (snd x)) eqn:K; eauto.
        intro X. flat. congruence. }
      unfold pub_sweep. destruct (sweep_ends (pub s) p); constructor; simpl; auto.
      * intro q. unfold upd. destruct (q =? p); auto.
    + unfold hypercall_power. rewrite <- V. destruct (1 <? action); auto. constructor; simpl; auto.
      * unfold power_ept, power_mem. simpl. intros x f.
        destruct (power_takes (pub s) (owner (frames (pub s) f))) eqn:S; auto.
        destruct (negb (fst x) && power_takes (pub s) (owner (frames (pub s) (snd x)))) eqn:K; eauto.
        intro X. flat. congruence.
      * intro q. destruct (power_takes (pub s) q); auto.
  - apply mgr_same_pub; auto.
  - destruct (ept (pub s) MANAGER (false, f)) eqn:E.
    + rewrite <- (W _ _ E). apply mgr_same_pub; auto.
    + apply mgr_same_pub; auto.
  - destruct (ept (pub s) MANAGER (false, f)) eqn:E.
    + constructor; simpl; auto. intros x k X. unfold upd. destruct (k =? n); eauto.
    + apply mgr_same_pub; auto.
  - apply mgr_same_pub; auto.
Qed.

Lemma mgr_consistent : forall s t a b e,
  eqv_mgr s t -> event_of Mgr s a = Some e -> event_of Mgr t b = Some e -> eqv_mgr (step s a) (step t b).
Proof.
  intros s t a b e Q A B. pose proof Q as [V W T].
  assert (NT : forall s' a' x, told_manager s' a' <> Some (Own x)).
  { intros s' a' x. destruct a' as [|c' p gen i o|]; simpl; try discriminate.
    destruct (guest_has (pub s') c' p gen i); try discriminate. destruct o; try discriminate.
    - destruct (ept (pub s') p (true, g)); discriminate.
    - destruct (map_status (pub s') (tabs s' p) p to g n) as [| |e' ?]; try discriminate. destruct e'; discriminate.
    - destruct (names_good names); discriminate.
    - destruct (names_good names); discriminate.
    - destruct (present (ept (pub s') p (false, g))); discriminate. }
  destruct a as [c o|c p gen i o|c].
  - simpl in A. injection A as <-.
    destruct b; cbn [event_of] in B; [|exfalso; eapply NT; eauto|discriminate]. injection B as -> ->.
    simpl. rewrite <- V. destruct (manager_has (pub s) c); auto. apply mgr_own; auto.
  - cbn [event_of] in A. destruct b; cbn [event_of] in B.
    + injection B as <-. exfalso. eapply NT; eauto.
    + eapply mgr_told; eauto.
    + injection B as <-. exfalso. eapply NT; eauto.
  - simpl in A. injection A as <-.
    destruct b; cbn [event_of] in B; [discriminate|exfalso; eapply NT; eauto|]. injection B as ->.
    simpl. rewrite <- V. apply mgr_same_pub; auto.
    unfold tick. destruct (lent (cpus (pub s) c)) as [[p i]|]; auto. destruct (off (pub s)); auto.
Qed.
