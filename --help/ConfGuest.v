(* SPDX-License-Identifier: Apache-2.0 *)
(** A guest as observer: what it is not told it does not see, and what it is told is all. *)
From Bulkhead Require Import Step Invariant Preserved Integrity Views.

Lemma cfg_step : forall s a, cfg (pub (step s a)) = cfg (pub s).
Proof.
  intros s a. destruct a as [c o|c p gen i o|c]; simpl.
  - destruct (manager_has (pub s) c); auto. destruct o; simpl; auto.
    + destruct h; simpl; auto.
      * unfold partition_create. destruct (create_check (pub s) nframes nvcpus); auto. destruct (slot_find (pub s)); auto.
      * unfold partition_seal. destruct (seal_check (pub s) id); auto.
      * unfold partition_destroy. destruct (destroy_check (pub s) id); auto.
      * unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); auto.
      * unfold vcpu_run. destruct (run_check (pub s) id i); auto.
      * unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector); auto.
      * unfold frame_donate. destruct (donate_check (pub s) id g h n flags); auto.
        destruct (snd (prepare (tabs s (fst id)) false g n)); auto.
      * unfold frame_reclaim, pub_sweep. destruct (reclaim_check (pub s) id); auto.
        destruct (sweep_ends (pub s) (fst id)); auto.
      * unfold hypercall_power. destruct (1 <? action); auto.
    + destruct (ept (pub s) MANAGER (false, f)); auto.
    + destruct (ept (pub s) MANAGER (false, f)); auto.
  - destruct (guest_has (pub s) c p gen i); auto.
    destruct o; simpl; auto.
    + destruct (ept (pub s) p x); simpl; auto. destruct (fst x); simpl; auto.
    + destruct (ept (pub s) p (false, g)); auto.
    + destruct (pend s p i); auto.
    + destruct (ept (pub s) p (true, g)); auto.
    + unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?]; auto. destruct e; auto.
    + destruct (names_good names); auto.
    + unfold pub_kill. destruct (names_good names); simpl; auto. destruct (killed (parts (pub s) p) =? 0); auto.
    + unfold pub_kill. destruct (present (ept (pub s) p (false, g))); simpl; auto. unfold kill, pub_kill.
      destruct (killed (parts (pub s) p) =? 0); auto.
    + unfold pub_kill. destruct (killed (parts (pub s) p) =? 0); auto.
  - unfold tick. destruct (lent (cpus (pub s) c)) as [[p i]|]; auto. destruct (off (pub s)); auto.
Qed.

Lemma eqv_guest_refl : forall v s, eqv_guest v s s.
Proof. constructor; auto. Qed.

(** A change of the public half that touches nothing of v. *)
Lemma untouched : forall v s s',
  parts (pub s') v = parts (pub s) v -> tabs s' v = tabs s v ->
  (forall i, ctl (pub s') v i = ctl (pub s) v i) ->
  (forall i, i < vcpu_count (parts (pub s) v) -> regs s' v i = regs s v i) ->
  (forall i, i < vcpu_count (parts (pub s) v) -> pend s' v i = pend s v i) ->
  (forall x, ept (pub s') v x = ept (pub s) v x) ->
  (forall f, owner (frames (pub s) f) = v \/ owner (frames (pub s') f) = v ->
     frames (pub s') f = frames (pub s) f /\ mem s' f = mem s f) ->
  eqv_guest v s s'.
Proof.
  intros v s s' A B C D E F G. constructor; intros; try (symmetry; auto; fail).
  destruct (G f H) as [X Y]. rewrite X, Y. auto.
Qed.

Lemma if_mine_none : forall v p e, if_mine v p e = None -> p <> v.
Proof. intros v p e. unfold if_mine. destruct (Nat.eqb_spec p v); congruence. Qed.

Ltac elsewhere := simpl; intros; unfold upd, upd2;
  repeat match goal with
  | N : ?p <> ?v |- context [?v =? ?p] => rewrite (proj2 (Nat.eqb_neq v p)) by congruence
  end; simpl; auto.

(** Steps of the manager that tell v nothing. *)
Lemma guest_respect_hyper : forall v s c h, inv s -> 2 <= v -> manager_has (pub s) c = true ->
  told_guest v s (Man c (Hypercall h)) = None -> eqv_guest v s (hypercall_step s c h).
Proof.
  intros v s c h [M C] Hv HM E. unfold told_guest in E. rewrite HM in E.
  assert (V1 : v <> 1) by lia.
  destruct h; simpl in *; try (apply untouched; auto; fail).
  - unfold partition_create. destruct (create_check (pub s) nframes nvcpus); try (apply untouched; auto; fail).
    simpl in E. destruct (slot_find (pub s)) as [p|]; [|apply untouched; auto].
    apply if_mine_none in E. apply untouched; elsewhere.
  - unfold partition_seal. destruct (seal_check (pub s) id); try (apply untouched; auto; fail).
    apply if_mine_none in E. apply untouched; elsewhere.
  - unfold partition_destroy. destruct (destroy_check (pub s) id); try (apply untouched; auto; fail).
    apply if_mine_none in E. apply untouched; elsewhere.
  - unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); try (apply untouched; auto; fail).
    apply if_mine_none in E. apply untouched; elsewhere.
  - unfold vcpu_run. destruct (run_check (pub s) id i); try (apply untouched; auto; fail).
    apply if_mine_none in E. apply untouched; elsewhere.
  - unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector); try (apply untouched; auto; fail).
    apply if_mine_none in E. apply untouched; elsewhere.
  - unfold frame_donate. destruct (donate_check (pub s) id g h n flags) eqn:D; try (apply untouched; auto; fail).
    apply if_mine_none in E. apply donate_ok in D. flat.
    destruct (snd (prepare (tabs s (fst id)) false g n)); [|apply untouched; elsewhere].
    apply untouched; elsewhere.
    + unfold donate_parts. elsewhere.
    + unfold donate_ept. rewrite (proj2 (Nat.eqb_neq v MANAGER)) by auto. elsewhere.
    + unfold donate_frames, donate_mem in *.
      destruct (within h n f) eqn:W; simpl in *; auto.
      apply within_spec in W. assert (owner (frames (pub s) f) = MANAGER) by (apply managers_own_owner; auto).
      unfold MANAGER in *. lia.
  - unfold frame_reclaim. destruct (reclaim_check (pub s) id) eqn:D; try (apply untouched; auto; fail).
    apply if_mine_none in E. apply reclaim_ok in D. flat. unfold pub_sweep.
    destruct (sweep_ends (pub s) (fst id)); apply untouched; elsewhere;
    try (unfold sweep_ept; rewrite (proj2 (Nat.eqb_neq v MANAGER)) by auto; elsewhere);
    unfold sweep_frames, sweep_mem in *;
    destruct (sweeps (pub s) (fst id) (cursor (parts (pub s) (fst id))) BATCH f) eqn:W; simpl in *; auto;
    apply sweeps_spec in W; unfold MANAGER in *; intuition lia.
  - unfold hypercall_power. destruct (1 <? action); [apply untouched; auto|discriminate].
Qed.

Lemma guest_respect_manager : forall v s c o, inv s -> 2 <= v -> manager_has (pub s) c = true ->
  told_guest v s (Man c o) = None -> eqv_guest v s (manager_step s c o).
Proof.
  intros v s c o I Hv HM E. destruct o.
  - apply guest_respect_hyper; auto.
  - apply untouched; auto.
  - simpl. destruct (ept (pub s) MANAGER (false, f)); apply untouched; auto.
  - simpl in *. rewrite HM in E. destruct (ept (pub s) MANAGER (false, f)); [|apply untouched; auto].
    apply if_mine_none in E. apply untouched; auto. simpl. intros k K. split; auto.
    apply upd_other. intro. subst. intuition.
  - apply untouched; auto.
Qed.

(** Steps of another guest. *)
Lemma guest_respect_guest : forall v s c p i o, inv s -> 2 <= v -> 2 <= p -> p <> v ->
  eqv_guest v s (guest_step s c p i o).
Proof.
  intros v s c p i o [M C] Hv Hp D.
  assert (V1 : v <> MANAGER) by (unfold MANAGER; lia).
  assert (W : forall b g k x, ept (pub s) p (b, g) = Some k -> eqv_guest v s (with_mem s (upd (mem s) k x))).
  { intros b g k x E. apply untouched; auto. simpl. intros f O. split; auto. apply upd_other.
    intro. subst. apply (guest_maps _ _ _ _ M _ _ _ _ Hp) in E. rewrite E in O. simpl in O. intuition. }
  assert (K : forall r d, eqv_guest v s (with_pub s (pub_kill (pub s) p r d))).
  { intros. unfold pub_kill. destruct (killed (parts (pub s) p) =? 0); apply untouched; elsewhere. }
  assert (L : forall r d w l, eqv_guest v s (with_pub s (pub_leave (pub_kill (pub s) p r d) c p i w l))).
  { intros. unfold pub_kill. destruct (killed (parts (pub s) p) =? 0); apply untouched; elsewhere. }
  destruct o; simpl; try (apply untouched; elsewhere; fail).
  - destruct (ept (pub s) p x); [apply untouched; elsewhere|]. destruct (fst x); apply untouched; elsewhere.
  - destruct (ept (pub s) p (false, g)) eqn:E; [eauto|apply untouched; auto].
  - destruct (pend s p i); apply untouched; elsewhere.
  - destruct (ept (pub s) p (true, g)) eqn:E; [eauto|apply untouched; elsewhere].
  - unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?]; try (apply untouched; elsewhere; fail).
    + apply untouched; elsewhere.
      * unfold convert_ept. rewrite (proj2 (Nat.eqb_neq v MANAGER)) by auto. elsewhere.
      * unfold convert_frames, convert_mem in *.
        destruct (converts (pub s) p g (Nat.min n BATCH) to f) eqn:T; simpl in *; auto.
        apply converts_spec in T. intuition congruence.
    + destruct e; apply untouched; elsewhere.
  - destruct (names_good names); apply untouched; elsewhere.
  - destruct (names_good names); [apply L|apply untouched; elsewhere].
  - destruct (present (ept (pub s) p (false, g))); [apply untouched; auto|apply L].
  - apply L.
Qed.

Lemma guest_respect_tick : forall v s c, told_guest v s (Tick c) = None -> eqv_guest v s (step s (Tick c)).
Proof.
  intros v s c E. simpl in *. unfold tick.
  destruct (lent (cpus (pub s) c)) as [[p i]|]; [|apply untouched; auto].
  destruct (off (pub s)); [apply untouched; auto|].
  apply if_mine_none in E. apply untouched; elsewhere.
Qed.

(** What outlives a generation: only these change it, or switch off. *)
Lemma guest_op_era : forall s c p i o v,
  off (pub (guest_step s c p i o)) = off (pub s) /\
  generation (parts (pub (guest_step s c p i o)) v) = generation (parts (pub s) v).
Proof.
  intros s c p i o v.
  assert (K : forall r d, off (pub_kill (pub s) p r d) = off (pub s) /\
              generation (parts (pub_kill (pub s) p r d) v) = generation (parts (pub s) v)).
  { intros. unfold pub_kill. destruct (killed (parts (pub s) p) =? 0); simpl; auto.
    unfold upd. destruct (Nat.eqb_spec v p); subst; auto. }
  destruct o; simpl; auto.
  - destruct (ept (pub s) p x); simpl; auto. destruct (fst x); simpl; auto.
  - destruct (ept (pub s) p (false, g)); auto.
  - destruct (pend s p i); auto.
  - destruct (ept (pub s) p (true, g)); auto.
  - unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?]; auto. destruct e; auto.
  - destruct (names_good names); auto.
  - destruct (names_good names); simpl; auto.
  - destruct (present (ept (pub s) p (false, g))); simpl; auto.
Qed.

Lemma era_kept : forall s a v e, told_guest v s a = Some e -> outlives e = false ->
  off (pub (step s a)) = off (pub s) /\ generation (parts (pub (step s a)) v) = generation (parts (pub s) v).
Proof.
  intros s a v e E O. destruct a as [c o|c p gen i o|c]; simpl in *; try discriminate.
  - destruct (manager_has (pub s) c); [|discriminate].
    destruct o; simpl in *; try discriminate.
    + destruct h; simpl in *; try discriminate.
      * unfold partition_create. destruct (create_check (pub s) nframes nvcpus); try discriminate.
        simpl in E. destruct (slot_find (pub s)) as [p|]; simpl; auto.
        unfold upd. destruct (Nat.eqb_spec v p); subst; auto.
      * unfold partition_seal. destruct (seal_check (pub s) id); simpl; auto.
        unfold upd. destruct (Nat.eqb_spec v (fst id)); subst; auto.
      * unfold partition_destroy. destruct (destroy_check (pub s) id); simpl; auto.
        unfold upd. destruct (Nat.eqb_spec v (fst id)); subst; auto.
      * unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); simpl; auto.
        unfold upd. destruct (Nat.eqb_spec v (fst id)); subst; auto.
      * unfold vcpu_run. destruct (run_check (pub s) id i); simpl; auto.
      * unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector); simpl; auto.
      * unfold frame_donate. destruct (donate_check (pub s) id g h n flags); simpl; auto.
        destruct (snd (prepare (tabs s (fst id)) false g n)); simpl; auto.
        unfold donate_parts, upd. destruct (Nat.eqb_spec v (fst id)); subst; auto.
      * unfold frame_reclaim, pub_sweep. destruct (reclaim_check (pub s) id); simpl; auto.
        unfold if_mine in E. simpl in E. destruct (Nat.eqb_spec (fst id) v); [|discriminate]. subst.
        injection E as <-. destruct (sweep_ends (pub s) (fst id)); [discriminate|]. simpl.
        rewrite upd_same. auto.
      * destruct (1 <? action); [discriminate|]. injection E as <-. discriminate.
    + destruct (ept (pub s) MANAGER (false, f)); auto.
  - destruct (off (pub s)) eqn:F; [discriminate|]. unfold tick. rewrite F.
    destruct (lent (cpus (pub s) c)) as [[p i]|]; simpl; auto.
Qed.

Lemma era_untold : forall s a v, told_guest v s a = None -> inv s -> 2 <= v ->
  off (pub (step s a)) = off (pub s) /\ generation (parts (pub (step s a)) v) = generation (parts (pub s) v).
Proof.
  intros s a v E I Hv. split.
  - destruct a as [c o|c p gen i o|c]; simpl in *.
    + destruct (manager_has (pub s) c); auto. destruct o; simpl; auto.
      * destruct h; simpl in *; auto.
        -- unfold partition_create. destruct (create_check (pub s) nframes nvcpus); auto. destruct (slot_find (pub s)); auto.
        -- unfold partition_seal. destruct (seal_check (pub s) id); auto.
        -- unfold partition_destroy. destruct (destroy_check (pub s) id); auto.
        -- unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); auto.
        -- unfold vcpu_run. destruct (run_check (pub s) id i); auto.
        -- unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector); auto.
        -- unfold frame_donate. destruct (donate_check (pub s) id g h n flags); auto.
           destruct (snd (prepare (tabs s (fst id)) false g n)); auto.
        -- unfold frame_reclaim, pub_sweep. destruct (reclaim_check (pub s) id); auto.
           destruct (sweep_ends (pub s) (fst id)); auto.
        -- unfold hypercall_power. destruct (1 <? action); [auto|discriminate].
      * destruct (ept (pub s) MANAGER (false, f)); auto.
      * destruct (ept (pub s) MANAGER (false, f)); auto.
    + destruct (guest_has (pub s) c p gen i); auto. apply (guest_op_era s c p i o v).
    + destruct (off (pub s)) eqn:F; unfold tick; rewrite F;
      destruct (lent (cpus (pub s) c)) as [[p i]|]; simpl; auto.
  - destruct a as [c o|c p gen i o|c].
    + simpl. destruct (manager_has (pub s) c) eqn:H; auto.
      rewrite <- (g_parts _ _ _ (guest_respect_manager v s c o I Hv H E)). auto.
    + simpl. destruct (guest_has (pub s) c p gen i); auto. apply guest_op_era.
    + rewrite <- (g_parts _ _ _ (guest_respect_tick v s c E)). auto.
Qed.

Lemma guest_respect : forall v gen s a, inv s -> event_of (Guest v gen) s a = None -> eqv (Guest v gen) s (step s a).
Proof.
  intros v gen s a I E Hv.
  assert (X : off (pub (step s a)) = off (pub s) /\ generation (parts (pub (step s a)) v) = generation (parts (pub s) v)).
  { destruct a as [c o|c p gen' i o|c]; cbn [event_of] in E.
    - destruct (told_guest v s (Man c o)) eqn:T; [|apply era_untold; auto].
      destruct (generation (parts (pub s) v) =? gen); simpl in E; [discriminate|].
      destruct (outlives e) eqn:O; [discriminate|]. eapply era_kept; eauto.
    - simpl. destruct (guest_has (pub s) c p gen' i); auto. apply guest_op_era.
    - destruct (told_guest v s (Tick c)) eqn:T; [|apply era_untold; auto].
      destruct (generation (parts (pub s) v) =? gen); simpl in E; [discriminate|].
      destruct (outlives e) eqn:O; [discriminate|]. eapply era_kept; eauto. }
  destruct X as [X Y]. rewrite cfg_step, X, Y. split; [auto|]. split; [auto|]. split; [auto|]. intro G.
  destruct a as [c o|c p gen' i o|c]; cbn [event_of] in E.
  - rewrite G, Nat.eqb_refl in E. cbn [orb] in E. destruct (told_guest v s (Man c o)) eqn:T; [discriminate|].
    simpl. destruct (manager_has (pub s) c) eqn:H; [|apply eqv_guest_refl]. apply guest_respect_manager; auto.
  - simpl. destruct (guest_has (pub s) c p gen' i) eqn:H; [|apply eqv_guest_refl].
    unfold guest_has in H. flat. destruct (Nat.eqb_spec p v); [|apply guest_respect_guest; auto].
    subst. destruct (Nat.eqb_spec (generation (parts (pub s) v)) (generation (parts (pub s) v))); simpl in E; congruence.
  - rewrite G, Nat.eqb_refl in E. cbn [orb] in E. destruct (told_guest v s (Tick c)) eqn:T; [discriminate|].
    apply guest_respect_tick; auto.
Qed.
