(* SPDX-License-Identifier: Apache-2.0 *)
(** Integrity and no residue, in terms of frames and registers.

    v is a guest; "others" are the manager, every other guest, and interrupts. *)
From Bulkhead Require Import Step Invariant Preserved.

Definition is_of (a : action) (v : nat) : Prop :=
  match a with Gst _ p _ _ _ => p = v | _ => False end.

(** The two hypercalls that take a guest's memory: it is being destroyed. *)
Definition takes_back (s : state) (a : action) (v : nat) : Prop :=
  (exists c gen, a = Man c (Hypercall (Frame_reclaim (v, gen))) /\ life_of (parts (pub s) v) = DESTROYING)
  \/ (exists c x, a = Man c (Hypercall (Power x))).

(** No frame of this kind is touched by commits for somebody else. *)
Lemma donate_not : forall P h n f, (forall k, h <= k < h + n -> managers_own P k = true) ->
  owner (frames P f) <> MANAGER -> within h n f = false.
Proof.
  intros P h n f A N. apply within_not. intro W. apply N, managers_own_owner, A, W.
Qed.
Lemma converts_not : forall P p g n to f, owner (frames P f) <> p -> converts P p g n to f = false.
Proof. intros. unfold converts. rewrite (proj2 (Nat.eqb_neq _ _) H). reflexivity. Qed.
Lemma sweeps_not : forall P p c n f, owner (frames P f) <> p -> sweeps P p c n f = false.
Proof. intros. unfold sweeps. rewrite (proj2 (Nat.eqb_neq _ _) H). reflexivity. Qed.

Lemma upd_other : forall A (m : nat -> A) k x f, f <> k -> upd m k x f = m f.
Proof. intros. unfold upd. rewrite (proj2 (Nat.eqb_neq _ _) H). reflexivity. Qed.
Lemma upd_same : forall A (m : nat -> A) k x, upd m k x k = x.
Proof. intros. unfold upd. rewrite Nat.eqb_refl. reflexivity. Qed.
Lemma upd2_other : forall A (m : nat -> nat -> A) p i x q j, q <> p \/ j <> i -> upd2 m p i x q j = m q j.
Proof.
  intros. unfold upd2. destruct (Nat.eqb_spec q p), (Nat.eqb_spec j i); simpl; auto. destruct H; congruence.
Qed.
Lemma upd2_same : forall A (m : nat -> nat -> A) p i x, upd2 m p i x p i = x.
Proof. intros. unfold upd2. rewrite !Nat.eqb_refl. reflexivity. Qed.

Lemma kill_frames : forall P p r d, frames (pub_kill P p r d) = frames P.
Proof. intros. unfold pub_kill. destruct (killed (parts P p) =? 0); reflexivity. Qed.

(** What the manager's tables name is not a guest's private frame. *)
Lemma manager_not_private : forall P f k v,
  maps_ok P -> ept P MANAGER (false, f) = Some k -> 2 <= v ->
  frames P k = Frame v OWNED (place (frames P k)) -> False.
Proof.
  intros P f k v M E Hv F. apply (manager_maps _ _ _ _ M) in E.
  rewrite F in E. simpl in E. unfold MANAGER in E. intuition (try lia; discriminate).
Qed.

(** 1. Memory.  Others change nothing of a frame that v owns and has not shared, but to take it
    back, zeroed, when v is destroyed. *)
Theorem integrity_memory : forall s a v f,
  inv s -> 2 <= v -> owner (frames (pub s) f) = v -> state_of (frames (pub s) f) = OWNED -> ~ is_of a v ->
  (frames (pub (step s a)) f = frames (pub s) f /\ mem (step s a) f = mem s f)
  \/ (takes_back s a v /\ frames (pub (step s a)) f = Frame MANAGER OWNED f /\ mem (step s a) f = 0).
Proof.
  intros s a v f [M C] Hv O S N.
  assert (NM : owner (frames (pub s) f) <> MANAGER) by (unfold MANAGER; lia).
  assert (MS : forall g k, ept (pub s) MANAGER (false, g) = Some k -> f <> k).
  { intros g k E <-. apply (manager_maps _ _ _ _ M) in E. rewrite S in E.
    intuition congruence. }
  assert (GS : forall p b g k, 2 <= p -> p <> v -> ept (pub s) p (b, g) = Some k -> f <> k).
  { intros p b g k Hp D E <-. apply (guest_maps _ _ _ _ M _ _ _ _ Hp) in E. rewrite E in O. simpl in O. auto. }
  destruct a as [c o|c p gen i o|c]; simpl in *.
  - destruct (manager_has (pub s) c); [|auto]. destruct o; simpl.
    + destruct h; simpl; auto.
      * unfold partition_create. destruct (create_check (pub s) nframes nvcpus); auto.
        destruct (slot_find (pub s)); auto.
      * unfold partition_seal. destruct (seal_check (pub s) id); auto.
      * unfold partition_destroy. destruct (destroy_check (pub s) id); auto.
      * unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); auto.
      * unfold vcpu_run. destruct (run_check (pub s) id i); auto.
      * unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector); auto.
      * unfold frame_donate. destruct (donate_check (pub s) id g h n flags) eqn:E; auto.
        destruct (snd (prepare (tabs s (fst id)) false g n)); auto.
        apply donate_ok in E. flat. left. simpl. unfold donate_frames, donate_mem.
        rewrite (donate_not (pub s)); auto.
      * unfold frame_reclaim. destruct (reclaim_check (pub s) id) eqn:E; auto.
        apply reclaim_ok in E. flat. destruct id as [p gen]. simpl in *.
        destruct (Nat.eq_dec p v).
        -- subst p.
           assert (X : frames (pub_sweep (pub s) v) = sweep_frames (pub s) v (cursor (parts (pub s) v)) BATCH).
           { unfold pub_sweep. destruct (sweep_ends (pub s) v); reflexivity. }
           destruct (sweeps (pub s) v (cursor (parts (pub s) v)) BATCH f) eqn:W.
           ++ right. split; [left; exists c, gen; subst; auto|].
              destruct (sweep_ends (pub s) v); simpl; rewrite X; unfold sweep_frames, sweep_mem; rewrite W; auto.
           ++ left. destruct (sweep_ends (pub s) v); simpl; rewrite X; unfold sweep_frames, sweep_mem; rewrite W; auto.
        -- left.
           assert (X : frames (pub_sweep (pub s) p) = sweep_frames (pub s) p (cursor (parts (pub s) p)) BATCH).
           { unfold pub_sweep. destruct (sweep_ends (pub s) p); reflexivity. }
           destruct (sweep_ends (pub s) p); simpl; rewrite X; unfold sweep_frames, sweep_mem;
           rewrite sweeps_not; auto; congruence.
      * unfold hypercall_power. destruct (1 <? action) eqn:A; auto. simpl.
        unfold power_frames, power_mem. destruct (power_takes (pub s) (owner (frames (pub s) f))); auto.
        right. split; auto. right. eauto.
    + auto.
    + destruct (ept (pub s) MANAGER (false, f0)); auto.
    + destruct (ept (pub s) MANAGER (false, f0)) eqn:E; auto.
      left. simpl. rewrite upd_other; eauto.
    + auto.
  - destruct (guest_has (pub s) c p gen i) eqn:G; [|auto]. unfold guest_has in G. flat.
    left. destruct o; simpl; auto.
    + destruct (ept (pub s) p x); auto. destruct (fst x); auto.
    + destruct (ept (pub s) p (false, g)) eqn:E; auto. simpl. rewrite upd_other; eauto.
    + destruct (pend s p i); auto.
    + destruct (ept (pub s) p (true, g)) eqn:E; auto. simpl. rewrite upd_other; eauto.
    + unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?]; auto; [|destruct e; auto].
      simpl. unfold convert_frames, convert_mem. rewrite converts_not; [auto|congruence].
    + destruct (names_good names); auto.
    + destruct (names_good names); simpl; rewrite ?kill_frames; auto.
    + destruct (present (ept (pub s) p (false, g))); unfold kill; simpl; rewrite ?kill_frames; auto.
    + unfold kill; simpl; rewrite ?kill_frames; auto.
  - left. unfold tick. destruct (lent (cpus (pub s) c)) as [[p i]|]; auto. destruct (off (pub s)); auto.
Qed.

(** A reply changes the registers that were named, no other. *)
Lemma set_reg_other : forall l r x k, k <> r -> reg (set_reg r x l) k = reg l k.
Proof.
  induction l; intros [|r] x [|k] H; simpl; auto; try congruence. apply IHl. lia.
Qed.
Theorem reply_changes_named : forall names values l r,
  (In r names -> allowed r = false) -> reg (take_over (told names values) l) r = reg l r.
Proof.
  intros names values l r H. unfold told.
  assert (A : ~ In r (filter allowed names)).
  { intro I. apply filter_In in I. destruct I as [I J]. rewrite H in J; auto. discriminate. }
  revert l A. induction (filter allowed names); simpl; auto. intros l' A.
  rewrite IHl; [|tauto]. apply set_reg_other. intuition.
Qed.

(** 2. Registers.  Others change no register of v's vCPUs, but the manager those that a guest
    call of that vCPU has named and that wait for the reply. *)
Theorem integrity_registers : forall s a v i,
  inv s -> 2 <= v -> i < vcpu_count (parts (pub s) v) -> ~ is_of a v ->
  regs (step s a) v i = regs s v i
  \/ (exists c gen, a = Man c (Hypercall (Vcpu_run (v, gen) i)) /\
      regs (step s a) v i =
        take_over (told (waiting (ctl (pub s) v i)) (mregs (cpus (pub s) c))) (regs s v i)).
Proof.
  intros s a v i [M C] Hv Hi N. destruct a as [c o|c p gen j o|c]; simpl in *.
  - destruct (manager_has (pub s) c); [|auto]. destruct o; simpl; auto.
    + destruct h; simpl; auto.
      * unfold partition_create. destruct (create_check (pub s) nframes nvcpus); auto.
        destruct (slot_find (pub s)); auto.
      * unfold partition_seal. destruct (seal_check (pub s) id); auto.
      * unfold partition_destroy. destruct (destroy_check (pub s) id); auto.
      * unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); auto.
        left. simpl. apply upd2_other. destruct (Nat.eq_dec v (fst id)); [subst; right; lia|auto].
      * unfold vcpu_run. destruct (run_check (pub s) id i0) eqn:E; auto.
        apply run_ok in E. flat. destruct id as [p gen]. simpl in *.
        destruct (Nat.eq_dec p v) as [->|D]; [destruct (Nat.eq_dec i0 i) as [->|D]|].
        -- right. exists c, gen. split; auto. apply upd2_same.
        -- left. apply upd2_other. auto.
        -- left. apply upd2_other. auto.
      * unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i0 vector); auto.
      * unfold frame_donate. destruct (donate_check (pub s) id g h n flags); auto.
        destruct (snd (prepare (tabs s (fst id)) false g n)); auto.
      * unfold frame_reclaim. destruct (reclaim_check (pub s) id); auto.
        destruct (sweep_ends (pub s) (fst id)); auto.
      * unfold hypercall_power. destruct (1 <? action); auto.
    + destruct (ept (pub s) MANAGER (false, f)); auto.
    + destruct (ept (pub s) MANAGER (false, f)); auto.
  - left. destruct (guest_has (pub s) c p gen j); [|auto].
    assert (U : forall l, upd2 (regs s) p j l v i = regs s v i) by (intro; apply upd2_other; auto).
    destruct o; simpl; auto.
    + destruct (ept (pub s) p x); simpl; auto. destruct (fst x); simpl; auto.
    + destruct (ept (pub s) p (false, g)); auto.
    + destruct (pend s p j); simpl; auto.
    + destruct (ept (pub s) p (true, g)); simpl; auto.
    + unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?]; simpl; auto. destruct e; simpl; auto.
    + destruct (names_good names); simpl; auto.
    + destruct (names_good names); simpl; auto.
    + destruct (present (ept (pub s) p (false, g))); auto.
  - auto.
Qed.

(** 3. No residue.  A frame that changes hands or state is zeroed, but where its giver, the
    manager, asks that its contents be kept. *)
Theorem no_residue : forall s a f,
  frames (pub (step s a)) f <> frames (pub s) f ->
  mem (step s a) f = 0
  \/ (owner (frames (pub s) f) = MANAGER /\
      exists c id g h n, a = Man c (Hypercall (Frame_donate id g h n 1))).
Proof.
  intros s a f D. destruct a as [c o|c p gen i o|c]; simpl in *.
  - destruct (manager_has (pub s) c); [|congruence]. destruct o; simpl in *.
    + destruct h; simpl in *; try congruence.
      * unfold partition_create in *. destruct (create_check (pub s) nframes nvcpus);
        destruct (slot_find (pub s)); simpl in *; congruence.
      * unfold partition_seal in *. destruct (seal_check (pub s) id); simpl in *; congruence.
      * unfold partition_destroy in *. destruct (destroy_check (pub s) id); simpl in *; congruence.
      * unfold vcpu_create in *. destruct (vcpu_create_check (pub s) id rip cr3); simpl in *; congruence.
      * unfold vcpu_run in *. destruct (run_check (pub s) id i); simpl in *; congruence.
      * unfold vcpu_interrupt in *. destruct (interrupt_check (pub s) id i vector); simpl in *; congruence.
      * unfold frame_donate in *. destruct (donate_check (pub s) id g h n flags) eqn:E; simpl in *; try congruence.
        assert (FL : flags <= 1) by (unfold donate_check in E; checks E; lia).
        apply donate_ok in E. flat.
        destruct (snd (prepare (tabs s (fst id)) false g n)); simpl in *; try congruence.
        unfold donate_frames, donate_mem in *. destruct (within h n f) eqn:W; [|congruence].
        destruct (Nat.eqb_spec flags 1); simpl; auto. subst. right.
        apply within_spec in W. split; [apply managers_own_owner; auto|]. eauto 10.
      * unfold frame_reclaim in *. destruct (reclaim_check (pub s) id) eqn:E; simpl in *; try congruence.
        assert (X : frames (pub_sweep (pub s) (fst id)) = sweep_frames (pub s) (fst id) (cursor (parts (pub s) (fst id))) BATCH).
        { unfold pub_sweep. destruct (sweep_ends (pub s) (fst id)); reflexivity. }
        left. destruct (sweep_ends (pub s) (fst id)); simpl in *; rewrite X in D;
        unfold sweep_frames, sweep_mem in *;
        destruct (sweeps (pub s) (fst id) (cursor (parts (pub s) (fst id))) BATCH f); congruence.
      * unfold hypercall_power in *. destruct (1 <? action); simpl in *; try congruence.
        unfold power_frames, power_mem in *. destruct (power_takes (pub s) (owner (frames (pub s) f))); auto. congruence.
    + congruence.
    + destruct (ept (pub s) MANAGER (false, f0)); simpl in *; congruence.
    + destruct (ept (pub s) MANAGER (false, f0)); simpl in *; congruence.
    + congruence.
  - destruct (guest_has (pub s) c p gen i); [|congruence]. left.
    destruct o; simpl in *; try congruence.
    + destruct (ept (pub s) p x); simpl in *; try congruence. destruct (fst x); simpl in *; congruence.
    + destruct (ept (pub s) p (false, g)); simpl in *; congruence.
    + destruct (pend s p i); simpl in *; congruence.
    + destruct (ept (pub s) p (true, g)); simpl in *; congruence.
    + unfold map_gpa in *. destruct (map_status (pub s) (tabs s p) p to g n) as [| |e ?]; simpl in *; try congruence.
      * unfold convert_frames, convert_mem in *. destruct (converts (pub s) p g (Nat.min n BATCH) to f); congruence.
      * destruct e; simpl in *; congruence.
    + destruct (names_good names); simpl in *; congruence.
    + destruct (names_good names); simpl in *; rewrite ?kill_frames in D; congruence.
    + destruct (present (ept (pub s) p (false, g))); unfold kill in *; simpl in *; rewrite ?kill_frames in D; congruence.
    + unfold kill in *; simpl in *; rewrite ?kill_frames in D; congruence.
  - unfold tick in D. destruct (lent (cpus (pub s) c)) as [[p i]|]; [|congruence].
    destruct (off (pub s)); simpl in *; congruence.
Qed.

(** The same for registers: a vCPU starts with what VCPU_CREATE's arguments say, and with no
    interrupt requested, whoever had its place before. *)
Theorem no_residue_registers : forall s c id rip rsi cr3,
  vcpu_create_check (pub s) id rip cr3 = OK ->
  let i := vcpu_count (parts (pub s) (fst id)) in
  regs (vcpu_create s c id rip rsi cr3) (fst id) i = fresh rip rsi cr3 i /\
  pend (vcpu_create s c id rip rsi cr3) (fst id) i = [].
Proof.
  intros s c id rip rsi cr3 E. unfold vcpu_create. rewrite E. simpl. split; apply upd2_same.
Qed.

(** POWER leaves nothing of a guest in memory, where no vCPU is on another CPU. *)
Theorem power_leaves_nothing : forall s c x f,
  inv s -> x <= 1 -> (forall p, is_busy (pub s) p = false) ->
  2 <= owner (frames (pub s) f) -> mem (hypercall_power s c x) f = 0.
Proof.
  intros s c x f [M C] Hx B O. unfold hypercall_power.
  destruct (Nat.ltb_spec 1 x); [lia|]. simpl. unfold power_mem, power_takes.
  pose proof (owner_exists _ _ _ _ M f O) as L.
  rewrite B. destruct (Nat.leb_spec 2 (owner (frames (pub s) f))); [|lia].
  destruct (life_of (parts (pub s) (owner (frames (pub s) f)))); simpl; congruence.
Qed.

(** Isolation of translations: what a partition's tables reach, it owns or borrows. *)
Theorem isolation : forall s p x f, inv s -> ept (pub s) p x = Some f ->
  owner (frames (pub s) f) = p \/ (p = MANAGER /\ state_of (frames (pub s) f) = SHARED).
Proof.
  intros s p [b g] f [M _] E.
  destruct (Nat.eq_dec p CORE) as [->|]; [rewrite (core_maps _ _ _ _ M) in E; discriminate|].
  destruct (Nat.eq_dec p MANAGER) as [->|].
  - apply (manager_maps _ _ _ _ M) in E. intuition.
  - left. apply (guest_maps _ _ _ _ M) in E; [rewrite E; auto|unfold CORE, MANAGER in *; lia].
Qed.

Theorem mapped_at_one_place : forall s p x y f, inv s ->
  ept (pub s) p x = Some f -> ept (pub s) p y = Some f -> x = y.
Proof. intros s p x y f [M _]. apply (mapped_once _ _ _ _ _ _ _ _ M). Qed.
