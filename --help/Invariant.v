(* SPDX-License-Identifier: Apache-2.0 *)
(** The invariants of DESIGN.md section 6, established at boot and kept by every step. *)
From Bulkhead Require Import Step.

Definition mode_at (shared : bool) : mode := if shared then SHARED else OWNED.

(** Frames, translations and partitions agree. *)
Record maps (cf : config) (fr : nat -> frame) (ep : nat -> page -> option nat)
            (pa : nat -> partition) : Prop := {
  (* a guest's tables name only frames it owns, at the place the frame says, in the right state *)
  guest_maps : forall p b g f, 2 <= p -> ep p (b, g) = Some f -> fr f = Frame p (mode_at b) g;
  (* a guest's frame is mapped for it *)
  guest_back : forall f, 2 <= owner (fr f) ->
    exists b, state_of (fr f) = mode_at b /\ ep (owner (fr f)) (b, place (fr f)) = Some f;
  (* the manager's tables name only its own frames and those lent to it, at their own numbers *)
  manager_maps : forall b g f, ep MANAGER (b, g) = Some f ->
    b = false /\ g = f /\
    ((owner (fr f) = MANAGER /\ state_of (fr f) = OWNED) \/ (2 <= owner (fr f) /\ state_of (fr f) = SHARED));
  manager_back : forall f, owner (fr f) = MANAGER -> state_of (fr f) = OWNED /\ ep MANAGER (false, f) = Some f;
  borrower_back : forall f, state_of (fr f) = SHARED -> 2 <= owner (fr f) /\ ep MANAGER (false, f) = Some f;
  (* the core's frames are mapped for nobody, and the core has no tables *)
  core_free : forall f, owner (fr f) = CORE -> state_of (fr f) = FREE;
  core_maps : forall x, ep CORE x = None;
  (* only RAM is owned; guest pages are below the shared bit *)
  ram_only : forall f, owner (fr f) <> CORE -> f < limit cf;
  place_below : forall f, 2 <= owner (fr f) -> place (fr f) < span cf;
  (* who owns something exists; what the sweep has passed is not owned any more *)
  owner_exists : forall f, 2 <= owner (fr f) -> life_of (pa (owner (fr f))) <> NOBODY;
  sweep_passed : forall f, 2 <= owner (fr f) -> cursor (pa (owner (fr f))) <= place (fr f);
  sweep_begins : forall p, life_of (pa p) <> DESTROYING -> cursor (pa p) = 0
}.

(** CPUs and vCPUs agree: a vCPU is on one CPU at most, a claimed vCPU exists. *)
Record claims (pa : nat -> partition) (ct : nat -> nat -> control) (cp : nat -> cpu) : Prop := {
  claimed_lent : forall p i c, claimed (ct p i) = Some c <-> lent (cp c) = Some (p, i);
  claimed_exists : forall p i c, claimed (ct p i) = Some c ->
    2 <= p /\ i < vcpu_count (pa p) /\ life_of (pa p) <> NOBODY
}.

Definition maps_ok (P : public) := maps (cfg P) (frames P) (ept P) (parts P).
Definition claims_ok (P : public) := claims (parts P) (ctl P) (cpus P).
Definition inv_pub (P : public) : Prop := maps_ok P /\ claims_ok P.
Definition inv (s : state) : Prop := inv_pub (pub s).

(** Case analysis on every test in sight. *)
Ltac flat :=
  repeat match goal with
  | H : _ /\ _ |- _ => destruct H
  | H : (_, _) = (_, _) |- _ => injection H; clear H; intros; subst
  | H : Some _ = Some _ |- _ => injection H; clear H; intros; subst
  | H : Some _ = None |- _ => discriminate H
  | H : None = Some _ |- _ => discriminate H
  | H : true = false |- _ => discriminate H
  | H : false = true |- _ => discriminate H
  | H : _ && _ = true |- _ => apply andb_true_iff in H
  | H : _ || _ = false |- _ => apply orb_false_iff in H
  | H : negb _ = true |- _ => apply negb_true_iff in H
  | H : negb _ = false |- _ => apply negb_false_iff in H
  | H : (_ =? _) = true |- _ => apply Nat.eqb_eq in H
  | H : (_ =? _) = false |- _ => apply Nat.eqb_neq in H
  | H : (_ <=? _) = true |- _ => apply Nat.leb_le in H
  | H : (_ <=? _) = false |- _ => apply Nat.leb_gt in H
  | H : (_ <? _) = true |- _ => apply Nat.ltb_lt in H
  | H : (_ <? _) = false |- _ => apply Nat.ltb_ge in H
  end.

Lemma within_spec : forall a n k, within a n k = true <-> a <= k < a + n.
Proof. intros. unfold within. rewrite andb_true_iff, Nat.leb_le, Nat.ltb_lt. tauto. Qed.
Lemma within_not : forall a n k, within a n k = false <-> ~ (a <= k < a + n).
Proof. intros. rewrite <- within_spec. destruct (within a n k); intuition congruence. Qed.

Lemma is_mode_eq : forall a b, is_mode a b = true <-> a = b.
Proof. destruct a, b; simpl; intuition congruence. Qed.

Lemma forallb_seq : forall f h n, forallb f (seq h n) = true -> forall k, h <= k < h + n -> f k = true.
Proof. intros f h n H k K. rewrite forallb_forall in H. apply H, in_seq. exact K. Qed.
Lemma existsb_seq : forall f h n, existsb f (seq h n) = false -> forall k, h <= k < h + n -> f k = false.
Proof.
  intros f h n H k K. destruct (f k) eqn:E; auto.
  assert (existsb f (seq h n) = true) by (apply existsb_exists; exists k; split; auto; apply in_seq; exact K).
  congruence.
Qed.

(** A change of partitions that ends no life and moves no cursor on. *)
Lemma maps_parts : forall cf fr ep pa pa',
  maps cf fr ep pa ->
  (forall p, life_of (pa' p) = NOBODY -> life_of (pa p) = NOBODY) ->
  (forall p, cursor (pa' p) = 0 \/ (cursor (pa' p) = cursor (pa p) /\ life_of (pa' p) = life_of (pa p))) ->
  maps cf fr ep pa'.
Proof.
  intros cf fr ep pa pa' M L C. destruct M. constructor; auto.
  - intros f O N. apply (owner_exists0 f O), L, N.
  - intros f O. pose proof (sweep_passed0 f O). destruct (C (owner (fr f))); lia.
  - intros p N. destruct (C p) as [Z|[Z E]]; auto. rewrite E in N. rewrite Z. auto.
Qed.

Lemma maps_nobody : forall cf fr ep pa p x, maps cf fr ep pa -> 2 <= p -> life_of (pa p) = NOBODY -> ep p x = None.
Proof.
  intros cf fr ep pa p [b g] M Hp L. destruct (ep p (b, g)) eqn:E; auto.
  pose proof (guest_maps _ _ _ _ M _ _ _ _ Hp E) as F.
  exfalso. apply (owner_exists _ _ _ _ M n); rewrite F; simpl; auto.
Qed.

(** A frame is at one place of a partition at most. *)
Lemma mapped_once : forall cf fr ep pa p x y f,
  maps cf fr ep pa -> ep p x = Some f -> ep p y = Some f -> x = y.
Proof.
  intros cf fr ep pa p [b g] [c h] f M X Y.
  destruct (Nat.eq_dec p CORE) as [->|N0]. { rewrite (core_maps _ _ _ _ M) in X. discriminate. }
  destruct (Nat.eq_dec p MANAGER) as [->|N1].
  - apply (manager_maps _ _ _ _ M) in X. apply (manager_maps _ _ _ _ M) in Y. flat. congruence.
  - assert (Hp : 2 <= p) by (unfold CORE, MANAGER in *; lia).
    apply (guest_maps _ _ _ _ M _ _ _ _ Hp) in X. apply (guest_maps _ _ _ _ M _ _ _ _ Hp) in Y.
    rewrite X in Y. destruct b, c; simpl in Y; congruence.
Qed.

(** The commits keep the invariant. *)
Lemma maps_donate : forall P p g h n,
  maps_ok P -> 2 <= p ->
  life_of (parts P p) = LIVE -> cursor (parts P p) <= g ->
  g + n <= span (cfg P) ->
  (forall k, h <= k < h + n -> owner (frames P k) = MANAGER) ->
  (forall k, g <= k < g + n -> ept P p (false, k) = None) ->
  maps_ok (pub_donate P p g h n).
Proof.
  intros P p g h n M Hp HL HC Hs Ho Ha. unfold maps_ok in *. simpl.
  assert (M' : maps (cfg P) (donate_frames P p g h n) (donate_ept P p g h n) (parts P)).
  { destruct M; unfold donate_frames, donate_ept in *; constructor; unfold MANAGER, CORE in *.
    - intros q b x f Hq E. destruct (Nat.eqb_spec q 1); [lia|].
      destruct ((q =? p) && negb (fst (b, x)) && within g n (snd (b, x))) eqn:T; simpl in T.
      + flat. rewrite within_spec in *. simpl in *.
        replace (within h n (h + (x - g))) with true by (symmetry; apply within_spec; lia).
        subst. simpl. f_equal. lia.
      + pose proof (guest_maps0 _ _ _ _ Hq E) as F.
        destruct (within h n f) eqn:W; auto.
        apply within_spec in W. pose proof (Ho _ W). rewrite F in *. simpl in *. lia.
    - intros f O. destruct (within h n f) eqn:W; simpl in *.
      + exists false. split; auto. destruct (Nat.eqb_spec p 1); [lia|]. rewrite Nat.eqb_refl. simpl.
        apply within_spec in W.
        replace (within g n (g + (f - h))) with true by (symmetry; apply within_spec; lia).
        f_equal. lia.
      + destruct (guest_back0 f O) as (b & S & E). exists b. split; auto.
        destruct (Nat.eqb_spec (owner (frames P f)) 1); [lia|].
        destruct ((owner (frames P f) =? p) && negb b && within g n (place (frames P f))) eqn:T; auto.
        flat. apply within_spec in H0. subst p b. rewrite Ha in E; auto. discriminate.
    - intros b x f E. simpl in E.
      destruct (negb b && within h n x) eqn:T; try discriminate.
      destruct (manager_maps0 _ _ _ E) as (-> & -> & D). simpl in T. rewrite T. auto.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; [lia|].
      destruct (manager_back0 f H). rewrite W. auto.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; [discriminate|].
      destruct (borrower_back0 f H). rewrite W. auto.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; auto. lia.
    - intros x. destruct (Nat.eqb_spec 0 p); [lia|]. simpl. auto.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; auto.
      apply within_spec in W. apply ram_only0. rewrite (Ho _ W). lia.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; auto.
      apply within_spec in W. lia.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; auto. congruence.
    - intros f. destruct (within h n f) eqn:W; simpl; intros; auto. lia.
    - auto. }
  apply (maps_parts _ _ _ _ _ M'); intro q; unfold donate_parts, upd;
    destruct (Nat.eqb_spec q p); subst; simpl; auto.
Qed.

Lemma converts_spec : forall P p g n to f,
  converts P p g n to f = true <->
  owner (frames P f) = p /\ state_of (frames P f) = mode_before to /\ g <= place (frames P f) < g + n.
Proof.
  intros. unfold converts. rewrite !andb_true_iff, Nat.eqb_eq, is_mode_eq, within_spec. tauto.
Qed.

Lemma mode_at_inj : forall a b, mode_at a = mode_at b -> a = b.
Proof. destruct a, b; simpl; congruence. Qed.
Lemma mode_before_at : forall to, mode_before to = mode_at (negb to).
Proof. destruct to; reflexivity. Qed.
Lemma mode_after_at : forall to, mode_after to = mode_at to.
Proof. destruct to; reflexivity. Qed.

Lemma maps_convert : forall P p g n to,
  maps_ok P -> 2 <= p ->
  (forall k, g <= k < g + n -> ept P p (true, k) = None \/ ept P p (false, k) = None) ->
  maps_ok (pub_convert P p g n to).
Proof.
  intros P p g n to M Hp Hx. unfold maps_ok in *. simpl.
  assert (CV : forall f, converts P p g n to f = true ->
            ept P p (negb to, place (frames P f)) = Some f /\ g <= place (frames P f) < g + n).
  { intros f C. apply converts_spec in C. flat.
    destruct (guest_back _ _ _ _ M f) as (b & S & E); [lia|].
    rewrite mode_before_at, S in H0. apply mode_at_inj in H0. subst b. rewrite H in E. auto. }
  assert (CE : forall k f, g <= k < g + n -> ept P p (negb to, k) = Some f ->
            converts P p g n to f = true /\ place (frames P f) = k).
  { intros k f K E. pose proof (guest_maps _ _ _ _ M _ _ _ _ Hp E) as F.
    split. apply converts_spec. rewrite F, mode_before_at. simpl. auto. rewrite F. auto. }
  pose proof (fun b k f => guest_maps _ _ _ _ M p b k f Hp) as GM.
  destruct M; unfold convert_frames, convert_ept in *; constructor; unfold MANAGER, CORE in *.
  - intros q b x f Hq E. destruct (Nat.eqb_spec q 1); [lia|]. simpl in E.
    destruct ((q =? p) && within g n x) eqn:T.
    + flat. apply within_spec in H0. subst q. destruct (Bool.eqb b to) eqn:B; [|discriminate].
      apply Bool.eqb_prop in B. subst b.
      destruct (ept P p (negb to, x)) eqn:F.
      * flat. assert (K : g <= x < g + n) by lia. destruct (CE _ _ K F) as (C & <-). rewrite C, mode_after_at. auto.
      * pose proof (GM _ _ _ E) as G. destruct (converts P p g n to f) eqn:C; auto.
        apply CV in C. rewrite G in C. simpl in C. destruct C. congruence.
    + pose proof (guest_maps0 _ _ _ _ Hq E) as G. destruct (converts P p g n to f) eqn:C; auto.
      apply converts_spec in C. rewrite G in C. simpl in C. flat. subst q. rewrite Nat.eqb_refl in T. simpl in T.
      apply within_not in T. lia.
  - intros f O. destruct (converts P p g n to f) eqn:C; simpl in *.
    + exists to. rewrite mode_after_at. split; auto.
      destruct (Nat.eqb_spec p 1); [lia|]. rewrite Nat.eqb_refl. simpl.
      apply CV in C. destruct C as (E & K). rewrite (proj2 (within_spec _ _ _) K), Bool.eqb_reflx, E. auto.
    + destruct (guest_back0 f O) as (b & S & E). exists b. split; auto.
      destruct (Nat.eqb_spec (owner (frames P f)) 1); [lia|].
      destruct ((owner (frames P f) =? p) && within g n (place (frames P f))) eqn:T; auto.
      flat. apply within_spec in H0. rewrite H in *.
      destruct (Bool.eqb b to) eqn:B.
      * apply Bool.eqb_prop in B. subst b.
        destruct (ept P p (negb to, place (frames P f))) eqn:F; auto.
        destruct (Hx _ H0); destruct to; simpl in *; congruence.
      * assert (b = negb to) by (destruct b, to; simpl in *; congruence). subst b.
        destruct (CE _ _ H0 E). congruence.
  - intros b x f E. simpl in E.
    destruct (negb b && converts P p g n to x) eqn:T.
    + destruct to; try discriminate. flat. destruct b; try discriminate.
      rewrite H0. simpl. repeat split; auto.
    + destruct (manager_maps0 _ _ _ E) as (-> & -> & D). simpl in T. rewrite T. auto.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros; [lia|].
    destruct (manager_back0 f H). rewrite C. auto.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros.
    + destruct to; simpl in *; try discriminate. rewrite C. auto.
    + destruct (borrower_back0 f H). rewrite C. auto.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros; auto. lia.
  - intros x. destruct (Nat.eqb_spec 0 p); [lia|]. simpl. auto.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros; auto.
    apply converts_spec in C. flat. apply ram_only0. lia.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros; auto.
    apply converts_spec in C. flat. apply place_below0. lia.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros; auto.
    apply converts_spec in C. flat. subst p. auto.
  - intros f. destruct (converts P p g n to f) eqn:C; simpl; intros; auto.
    apply converts_spec in C. flat. subst p. auto.
  - auto.
Qed.

Lemma sweeps_spec : forall P p c n f,
  sweeps P p c n f = true <-> owner (frames P f) = p /\ c <= place (frames P f) < c + n.
Proof. intros. unfold sweeps. rewrite andb_true_iff, Nat.eqb_eq, within_spec. tauto. Qed.

(** The sweep: what it passes is the manager's. *)
Lemma maps_sweep_pages : forall P p n,
  maps_ok P -> 2 <= p ->
  maps (cfg P) (sweep_frames P p (cursor (parts P p)) n) (sweep_ept P p (cursor (parts P p)) n) (parts P).
Proof.
  intros P p n M Hp. unfold maps_ok in *. set (c := cursor (parts P p)).
  pose proof (fun b k f => guest_maps _ _ _ _ M p b k f Hp) as GM.
  destruct M; unfold sweep_frames, sweep_ept in *; constructor; unfold MANAGER, CORE in *.
  - intros q b x f Hq E. destruct (Nat.eqb_spec q 1); [lia|]. simpl in E.
    destruct ((q =? p) && within c n x) eqn:T; try discriminate.
    pose proof (guest_maps0 _ _ _ _ Hq E) as G. destruct (sweeps P p c n f) eqn:C; auto.
    apply sweeps_spec in C. rewrite G in C. simpl in C. flat. subst q. rewrite Nat.eqb_refl in T. simpl in T.
    apply within_not in T. lia.
  - intros f O. destruct (sweeps P p c n f) eqn:C; simpl in *; [lia|].
    destruct (guest_back0 f O) as (b & S & E). exists b. split; auto.
    destruct (Nat.eqb_spec (owner (frames P f)) 1); [lia|].
    destruct ((owner (frames P f) =? p) && within c n (place (frames P f))) eqn:T; auto.
    flat. apply within_spec in H0. assert (sweeps P p c n f = true) by (apply sweeps_spec; auto). congruence.
  - intros b x f E. simpl in E. destruct (negb b && sweeps P p c n x) eqn:T.
    + flat. destruct b; try discriminate. rewrite H0. simpl. auto.
    + destruct (manager_maps0 _ _ _ E) as (-> & -> & D). simpl in T. rewrite T. auto.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; rewrite ?C; auto.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; [discriminate|]. rewrite C. auto.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; auto. lia.
  - intros x. destruct (Nat.eqb_spec 0 p); [lia|]. simpl. auto.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; auto.
    apply sweeps_spec in C. flat. apply ram_only0. lia.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; auto. lia.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; auto. lia.
  - intros f. destruct (sweeps P p c n f) eqn:C; simpl; intros; auto. lia.
  - auto.
Qed.

Lemma maps_sweep : forall P p,
  maps_ok P -> 2 <= p -> life_of (parts P p) = DESTROYING -> maps_ok (pub_sweep P p).
Proof.
  intros P p M Hp HD. pose proof (maps_sweep_pages P p BATCH M Hp) as S.
  assert (W : forall f, 2 <= owner (sweep_frames P p (cursor (parts P p)) BATCH f) ->
              owner (sweep_frames P p (cursor (parts P p)) BATCH f) = p ->
              cursor (parts P p) + BATCH <= place (sweep_frames P p (cursor (parts P p)) BATCH f)).
  { intros f. unfold sweep_frames. destruct (sweeps P p (cursor (parts P p)) BATCH f) eqn:C; simpl; intros O E.
    - unfold MANAGER in *. lia.
    - pose proof (sweep_passed _ _ _ _ M f O). rewrite E in H.
      destruct (le_lt_dec (cursor (parts P p) + BATCH) (place (frames P f))); auto.
      assert (sweeps P p (cursor (parts P p)) BATCH f = true) by (apply sweeps_spec; lia). congruence. }
  unfold maps_ok, pub_sweep. destruct (sweep_ends P p) eqn:E; simpl.
  - apply Nat.leb_le in E. destruct S. constructor; auto.
    + intros f O. pose proof (owner_exists0 f O) as X. unfold upd.
      destruct (Nat.eqb_spec (owner (sweep_frames P p (cursor (parts P p)) BATCH f)) p) as [Q|Q]; auto.
      pose proof (W f O Q). pose proof (place_below0 f O). lia.
    + intros f O. pose proof (sweep_passed0 f O) as X. unfold upd.
      destruct (Nat.eqb_spec (owner (sweep_frames P p (cursor (parts P p)) BATCH f)) p) as [Q|Q]; simpl; try lia; auto.
    + intros q N. unfold upd in *. destruct (Nat.eqb_spec q p); simpl in *; auto.
  - destruct S. constructor; auto.
    + intros f O. pose proof (owner_exists0 f O) as X. unfold upd.
      destruct (Nat.eqb_spec (owner (sweep_frames P p (cursor (parts P p)) BATCH f)) p) as [Q|Q]; auto.
      rewrite Q in X. auto.
    + intros f O. pose proof (sweep_passed0 f O) as X. unfold upd.
      destruct (Nat.eqb_spec (owner (sweep_frames P p (cursor (parts P p)) BATCH f)) p) as [Q|Q]; auto; simpl; apply W; auto.
    + intros q N. unfold upd in *. destruct (Nat.eqb_spec q p); simpl in *; auto. congruence.
Qed.

Lemma maps_power : forall P a, maps_ok P -> maps_ok (pub_power P a).
Proof.
  intros P a M. unfold maps_ok in *. simpl.
  assert (PT : forall p, power_takes P p = true -> 2 <= p).
  { intros p T. unfold power_takes in T. flat. auto. }
  destruct M; unfold power_frames, power_ept, power_parts in *; constructor; unfold MANAGER, CORE in *.
  - intros q b x f Hq E. destruct (Nat.eqb_spec q 1); [lia|].
    destruct (power_takes P q) eqn:T; try discriminate.
    pose proof (guest_maps0 _ _ _ _ Hq E) as G. rewrite G. simpl. rewrite T. auto.
  - intros f O. destruct (power_takes P (owner (frames P f))) eqn:C; simpl in *; [lia|].
    destruct (guest_back0 f O) as (b & S & E). exists b. split; auto.
    destruct (Nat.eqb_spec (owner (frames P f)) 1); [lia|]. rewrite C. auto.
  - intros b x f E. simpl in E. destruct (negb b && power_takes P (owner (frames P x))) eqn:T.
    + flat. destruct b; try discriminate. rewrite H0. simpl. auto.
    + destruct (manager_maps0 _ _ _ E) as (-> & -> & D). simpl in T. rewrite T. auto.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; rewrite ?C; auto.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; [discriminate|]. rewrite C. auto.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; auto. lia.
  - intros x. simpl. destruct (power_takes P 0); auto.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; auto.
    apply PT in C. apply ram_only0. lia.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; auto. lia.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; [lia|]. rewrite C. auto.
  - intros f. destruct (power_takes P (owner (frames P f))) eqn:C; simpl; intros; [lia|]. rewrite C. auto.
  - intros p. destruct (power_takes P p) eqn:T; simpl; auto.
Qed.
