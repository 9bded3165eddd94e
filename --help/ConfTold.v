(* SPDX-License-Identifier: Apache-2.0 *)
(** A guest as observer, continued: a step that tells it e changes what it sees as e says, and its own
    steps depend on what it sees, and on nothing else. *)
From Bulkhead Require Import Step Invariant Preserved Integrity Views ConfGuest.

Definition told_step (v : nat) (s : state) (e : event) (s' : state) : Prop :=
  let P := pub s in
  match e with
  | Created n w => exists c,
      s' = with_tabs (with_pub s (answers (pub_create P v n w) c (OK, v))) v (Tables (guest_tables n) [])
  | Sealed_now => exists c, s' = with_pub s (answers (pub_seal P v) c (OK, 0))
  | Destroyed => exists c, s' = with_pub s (answers (pub_destroy P v) c (OK, 0))
  | Vcpu_made rip rsi cr3 => exists c,
      let i := vcpu_count (parts P v) in
      s' = with_pend (with_regs (with_pub s (answers (pub_vcpu_create P v) c (OK, i))) v i (fresh rip rsi cr3 i)) v i []
  | Given g h n flags l => exists c,
      s' = with_mem (with_tabs (with_pub s (answers (pub_donate P v g h n) c (OK, 0))) v
                               (fst (prepare (tabs s v) false g n)))
                    (donate_mem (mem s) h n (flags =? 1))
      /\ l = (if flags =? 1 then map (mem s) (seq h n) else [])
  | Tables_made g n => exists c st,
      s' = with_tabs (with_pub s (answers P c st)) v (fst (prepare (tabs s v) false g n))
  | Entered c i l => s' = with_regs (with_pub s (pub_run P c v i)) v i (take_over l (regs s v i))
                     /\ i < vcpu_count (parts P v)
  | Requested i x => exists c,
      s' = with_pend (with_pub s (answers P c (OK, 0))) v i (request (pend s v i) x)
      /\ i < vcpu_count (parts P v)
  | Manager_wrote k x => s' = with_mem s (upd (mem s) k x)
  | Interrupted c i => s' = with_pub s (pub_leave P c v i (tick_word (parts P v)) [])
  | Swept ends => exists c st,
      let s1 := with_mem (with_pub s (answers (pub_sweep P v) c st))
                         (sweep_mem P (mem s) v (cursor (parts P v)) BATCH) in
      s' = (if ends then with_tabs s1 v no_tables else s1) /\ ends = sweep_ends P v
  | Switched_off gone => exists x,
      s' = State (pub_power P x) (power_mem P (mem s))
                 (fun p => if power_takes P p then no_tables else tabs s p) (regs s) (pend s)
      /\ gone = power_takes P v
  | _ => False
  end.

Lemma if_mine_some : forall v p e e', if_mine v p e = Some e' -> p = v /\ e = e'.
Proof. intros v p e e'. unfold if_mine. destruct (Nat.eqb_spec p v); intro H; [injection H; auto|discriminate]. Qed.

Ltac mine := match goal with H : if_mine _ _ _ = Some _ |- _ =>
  apply if_mine_some in H; destruct H as [? ?]; subst end.

Lemma told_guest_step : forall v s a e, told_guest v s a = Some e -> told_step v s e (step s a).
Proof.
  intros v s a e E. destruct a as [c o|c p gen i o|c]; simpl in *; try discriminate.
  - destruct (manager_has (pub s) c); [|discriminate]. destruct o; simpl in *; try discriminate.
    + destruct h; simpl in *; try discriminate.
      * unfold partition_create. destruct (create_check (pub s) nframes nvcpus); try discriminate. simpl in E.
        destruct (slot_find (pub s)); try discriminate. mine. exists c. auto.
      * unfold partition_seal. destruct (seal_check (pub s) id); try discriminate. simpl in E. mine. exists c. auto.
      * unfold partition_destroy. destruct (destroy_check (pub s) id); try discriminate. simpl in E. mine. exists c. auto.
      * unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); try discriminate. simpl in E. mine. exists c. auto.
      * unfold vcpu_run. destruct (run_check (pub s) id i) eqn:R; try discriminate. simpl in E. mine.
        apply run_ok in R. flat. split; auto.
      * unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector) eqn:R; try discriminate. simpl in E. mine.
        exists c. split; auto. unfold interrupt_check in R. checks R. auto.
      * unfold frame_donate. destruct (donate_check (pub s) id g h n flags); try discriminate. simpl in E.
        destruct (snd (prepare (tabs s (fst id)) false g n)); mine; simpl; eauto.
      * unfold frame_reclaim. destruct (reclaim_check (pub s) id); try discriminate. simpl in E. mine.
        simpl. eauto.
      * unfold hypercall_power. destruct (1 <? action); [discriminate|]. injection E as <-. simpl. eauto.
    + destruct (ept (pub s) MANAGER (false, f)); [|discriminate]. mine. reflexivity.
  - destruct (off (pub s)) eqn:F; [discriminate|]. unfold tick. rewrite F.
    destruct (lent (cpus (pub s) c)) as [[p i]|]; [|discriminate]. mine. reflexivity.
Qed.

(** A slot that is free again looks the same to everybody. *)
Lemma eqv_fresh : forall v s t, inv s -> inv t -> 2 <= v ->
  parts (pub s) v = parts (pub t) v -> life_of (parts (pub s) v) = NOBODY ->
  vcpu_count (parts (pub s) v) = 0 -> tabs s v = tabs t v ->
  (forall i, ctl (pub s) v i = ctl (pub t) v i) -> eqv_guest v s t.
Proof.
  intros v s t [M _] [N _] Hv P L C T K.
  assert (L' : life_of (parts (pub t) v) = NOBODY) by congruence.
  constructor; auto; try (intros; rewrite C in *; lia).
  - intro x. rewrite (maps_nobody _ _ _ _ _ _ M Hv L), (maps_nobody _ _ _ _ _ _ N Hv L'). reflexivity.
  - intros f [O|O]; exfalso.
    + apply (owner_exists _ _ _ _ M f); rewrite O; auto.
    + apply (owner_exists _ _ _ _ N f); rewrite O; auto.
Qed.

Lemma map_seq_eq : forall (m m' : nat -> nat) h n,
  map m (seq h n) = map m' (seq h n) -> forall f, within h n f = true -> m f = m' f.
Proof.
  intros m m' h n E f W. apply within_spec in W. rewrite <- in_seq in W.
  revert E W. induction (seq h n); simpl; [tauto|]. intros E [->|I]; injection E; auto.
Qed.

Ltac here := unfold upd, upd2; rewrite ?Nat.eqb_refl; simpl; auto.

(** What an event of the manager's steps does to what v sees is a function of the event. *)
Lemma guest_told : forall v s t s' t' e, inv s -> inv t -> 2 <= v -> eqv_guest v s t ->
  told_step v s e s' -> told_step v t e t' ->
  outlives e = false -> eqv_guest v s' t'.
Proof.
  intros v s t s' t' e [M _] [N _] Hv Q A B O. destruct Q as [QP QT QC QR QD QE QF].
  assert (V1 : v <> MANAGER) by (unfold MANAGER; lia).
  destruct e; simpl in A, B; try contradiction.
  - destruct A as [c ->], B as [d ->]. constructor; simpl; auto; here; intros; try lia. congruence.
  - destruct A as [c ->], B as [d ->]. constructor; simpl; auto; here; intros; auto. congruence.
  - destruct A as [c ->], B as [d ->]. constructor; simpl; auto; here; intros; auto. congruence.
  - destruct A as [c ->], B as [d ->]. rewrite <- QP. constructor; simpl; auto; here; try congruence.
    + intros i L. destruct (Nat.eqb_spec i (vcpu_count (parts (pub s) v))); auto. apply QR. lia.
    + intros i L. destruct (Nat.eqb_spec i (vcpu_count (parts (pub s) v))); auto. apply QD. lia.
  - destruct A as (c & -> & ->), B as (d & -> & K). constructor; simpl; auto.
    + unfold donate_parts. here. congruence.
    + here. congruence.
    + unfold donate_parts. here.
    + unfold donate_parts. here.
    + intro x. unfold donate_ept. rewrite (proj2 (Nat.eqb_neq v MANAGER)), QE by auto. reflexivity.
    + intros f. unfold donate_frames, donate_mem. destruct (within h n f) eqn:W; simpl; auto.
      intros _. split; auto. destruct (flags =? 1); simpl; auto. eapply map_seq_eq; eauto.
  - destruct A as (c & x & ->), B as (d & y & ->). constructor; simpl; auto. here. congruence.
  - destruct A as [-> I], B as [-> J]. constructor; simpl; auto.
    + intro j. unfold upd2. destruct ((v =? v) && (j =? i)); auto.
    + intros j L. unfold upd2. destruct ((v =? v) && (j =? i)) eqn:T; auto. rewrite QR; auto.
  - destruct A as (c & -> & I), B as (d & -> & J). constructor; simpl; auto.
    intros j L. unfold upd2. destruct ((v =? v) && (j =? i)) eqn:T; auto. rewrite QD; auto.
  - subst. constructor; simpl; auto. intros k K. destruct (QF k K). split; auto. unfold upd. destruct (k =? f); auto.
  - subst. constructor; simpl; auto. intro j. unfold upd2.
    destruct ((v =? v) && (j =? i)); auto. rewrite QP. reflexivity.
  - destruct A as (c & x & -> & A), B as (d & y & -> & B). destruct ends; [discriminate|].
    unfold pub_sweep. rewrite <- A, <- B, <- QP. constructor; simpl; auto; here; try congruence.
    + intro z. unfold sweep_ept. rewrite (proj2 (Nat.eqb_neq v MANAGER)), QE by auto. reflexivity.
    + intros f. unfold sweep_frames, sweep_mem. unfold sweeps. intro K.
      assert (OW : owner (frames (pub s) f) = v \/ owner (frames (pub t) f) = v).
      { destruct K as [K|K]; [left|right];
        match goal with |- owner (frames (pub ?u) f) = v => 
          destruct ((owner (frames (pub u) f) =? v) && within (cursor (parts (pub s) v)) BATCH (place (frames (pub u) f)));
          simpl in K; congruence end. }
      destruct (QF f OW) as [F1 F2]. rewrite <- F1, <- F2. auto.
  - discriminate.
Qed.

(** Events that outlive a generation of v: its slot is freed, or the machine goes off. *)
Lemma guest_told_end : forall v gen s t s' t' e, inv s' -> inv t' -> 2 <= v ->
  eqv (Guest v gen) s t -> told_step v s e s' -> told_step v t e t' ->
  outlives e = true -> eqv (Guest v gen) s' t'.
Proof.
  intros v gen s t s' t' e IS IT Hv Q A B O _. destruct (Q Hv) as (QC & QO & QG & QV).
  assert (V1 : v <> MANAGER) by (unfold MANAGER; lia).
  destruct e; try discriminate; simpl in A, B.
  - destruct ends; [|discriminate].
    destruct A as (c & x & A & A2), B as (d & y & B & B2). unfold pub_sweep in A, B. rewrite <- A2 in A. rewrite <- B2 in B.
    assert (PA : parts (pub s') v = freed (parts (pub s) v)) by (rewrite A; simpl; here).
    assert (PB : parts (pub t') v = freed (parts (pub t) v)) by (rewrite B; simpl; here).
    split; [rewrite A, B; exact QC|]. split; [rewrite A, B; exact QO|].
    split; [rewrite PA, PB; simpl; congruence|]. intros _.
    apply eqv_fresh; auto; rewrite ?PA, ?PB; auto.
    + unfold freed. rewrite QG. reflexivity.
    + rewrite A, B. simpl. here.
    + rewrite A, B. simpl. here.
  - destruct A as (x & A & A2), B as (y & B & B2). destruct gone.
    + assert (PA : parts (pub s') v = freed (parts (pub s) v)) by (rewrite A; simpl; unfold power_parts; rewrite <- A2; auto).
      assert (PB : parts (pub t') v = freed (parts (pub t) v)) by (rewrite B; simpl; unfold power_parts; rewrite <- B2; auto).
      split; [rewrite A, B; exact QC|]. split; [rewrite A, B; reflexivity|].
      split; [rewrite PA, PB; simpl; congruence|]. intros _.
      apply eqv_fresh; auto; rewrite ?PA, ?PB; auto.
      * unfold freed. rewrite QG. reflexivity.
      * rewrite A, B. simpl. rewrite <- A2, <- B2. auto.
      * rewrite A, B. simpl. rewrite <- A2, <- B2. auto.
    + assert (PA : parts (pub s') v = parts (pub s) v) by (rewrite A; simpl; unfold power_parts; rewrite <- A2; auto).
      assert (PB : parts (pub t') v = parts (pub t) v) by (rewrite B; simpl; unfold power_parts; rewrite <- B2; auto).
      split; [rewrite A, B; exact QC|]. split; [rewrite A, B; reflexivity|].
      split; [rewrite PA, PB; exact QG|]. intro G. rewrite PA in G. destruct (QV G) as [QP QT QL QR QD QE QF].
      constructor; rewrite ?PA, ?PB; auto.
      * rewrite A, B. simpl. rewrite <- A2, <- B2. auto.
      * rewrite A, B. simpl. rewrite <- A2, <- B2. auto.
      * rewrite A, B. auto.
      * rewrite A, B. auto.
      * rewrite A, B. simpl. intro z. unfold power_ept. rewrite (proj2 (Nat.eqb_neq v MANAGER)), <- A2, <- B2 by auto. auto.
      * rewrite A, B. simpl. intros f K. unfold power_frames, power_mem in *.
        assert (OW : owner (frames (pub s) f) = v \/ owner (frames (pub t) f) = v).
        { destruct K as [K|K]; [left|right];
          match goal with |- owner (frames (pub ?u) f) = v =>
            destruct (power_takes (pub u) (owner (frames (pub u) f))); simpl in K; congruence end. }
        destruct (QF f OW) as [F1 F2]. rewrite <- F1.
        assert (OV : owner (frames (pub s) f) = v) by (destruct OW; congruence).
        rewrite OV, <- A2, <- B2. auto.
Qed.

(** A guest's own steps. *)
Lemma guest_own : forall v s t c i o, inv s -> inv t -> 2 <= v -> eqv_guest v s t ->
  cfg (pub s) = cfg (pub t) -> i < vcpu_count (parts (pub s) v) ->
  eqv_guest v (guest_step s c v i o) (guest_step t c v i o).
Proof.
  intros v s t c i o [M _] [N _] Hv Q QC HI. pose proof Q as [QP QT QL QR QD QE QF].
  assert (V1 : v <> MANAGER) by (unfold MANAGER; lia).
  assert (R : forall l, eqv_guest v (with_regs s v i l) (with_regs t v i l)).
  { intro l. constructor; simpl; auto. intros j L. unfold upd2. destruct ((v =? v) && (j =? i)); auto. }
  assert (W : forall x k y, ept (pub s) v x = Some k ->
            eqv_guest v (with_mem s (upd (mem s) k y)) (with_mem t (upd (mem t) k y))).
  { intros x k y E. constructor; simpl; auto. intros f O. destruct (QF f O). split; auto.
    unfold upd. destruct (f =? k); auto. }
  assert (KP : forall r d, parts (pub_kill (pub s) v r d) v = parts (pub_kill (pub t) v r d) v).
  { intros. unfold pub_kill. rewrite <- QP. destruct (killed (parts (pub s) v) =? 0); simpl; auto. here. }
  assert (KC : forall u r d j, ctl (pub_kill (pub u) v r d) v j = ctl (pub u) v j).
  { intros. unfold pub_kill. destruct (killed (parts (pub u) v) =? 0); auto. }
  assert (KF : forall u r d, frames (pub_kill (pub u) v r d) = frames (pub u)) by (intros; apply kill_frames).
  assert (KE : forall u r d, ept (pub_kill (pub u) v r d) = ept (pub u)).
  { intros. unfold pub_kill. destruct (killed (parts (pub u) v) =? 0); auto. }
  assert (KN : forall r d, vcpu_count (parts (pub_kill (pub s) v r d) v) = vcpu_count (parts (pub s) v)).
  { intros. unfold pub_kill. destruct (killed (parts (pub s) v) =? 0); simpl; auto. here. }
  assert (K : forall r d w l, eqv_guest v (with_pub s (pub_leave (pub_kill (pub s) v r d) c v i w l))
                                          (with_pub t (pub_leave (pub_kill (pub t) v r d) c v i w l))).
  { intros. constructor; simpl; rewrite ?KF, ?KE, ?KN; auto.
    intro j. unfold upd2. destruct ((v =? v) && (j =? i)); auto. rewrite !KC. auto. }
  assert (Lv : forall w l, eqv_guest v (with_pub s (pub_leave (pub s) c v i w l)) (with_pub t (pub_leave (pub t) c v i w l))).
  { intros. constructor; simpl; auto. intro j. unfold upd2. destruct ((v =? v) && (j =? i)); auto. }
  assert (MM : forall x k, ept (pub s) v x = Some k -> mem s k = mem t k).
  { intros [b g] k E. apply (guest_maps _ _ _ _ M _ _ _ _ Hv) in E. apply QF. rewrite E. auto. }
  destruct o; simpl; rewrite <- ?(QR i HI), <- ?QE, <- ?QP, <- ?(QD i HI); auto.
  - destruct (ept (pub s) v x) eqn:E; [rewrite (MM _ _ E); auto|]. destruct (fst x); auto.
  - destruct (ept (pub s) v (false, g)) eqn:E; eauto.
  - destruct (pend s v i); auto. constructor; simpl; auto.
    + intros j L. unfold upd2. destruct ((v =? v) && (j =? i)); auto.
    + intros j L. unfold upd2. destruct ((v =? v) && (j =? i)); auto.
  - destruct (ept (pub s) v (true, g)) eqn:E; eauto.
  - unfold map_gpa.
    assert (ES : map_status (pub t) (tabs t v) v to g n = map_status (pub s) (tabs s v) v to g n).
    { unfold map_status, map_refused, convert_check. rewrite <- QC, <- QP, <- QT.
      assert (X1 : forall l, existsb (fun k => present (ept (pub t) v (true, k)) && present (ept (pub t) v (false, k))) l
                           = existsb (fun k => present (ept (pub s) v (true, k)) && present (ept (pub s) v (false, k))) l).
      { induction l; simpl; auto. rewrite !QE, IHl. auto. }
      assert (X2 : forall l, existsb (fun k => present (ept (pub t) v (negb to, k))) l
                           = existsb (fun k => present (ept (pub s) v (negb to, k))) l).
      { induction l; simpl; auto. rewrite !QE, IHl. auto. }
      rewrite X1, X2. reflexivity. }
    assert (ET : tables_after (pub t) (tabs t v) v g (Nat.min n BATCH) to = tables_after (pub s) (tabs s v) v g (Nat.min n BATCH) to).
    { unfold tables_after. rewrite <- QT.
      assert (X2 : forall l, existsb (fun k => present (ept (pub t) v (negb to, k))) l
                           = existsb (fun k => present (ept (pub s) v (negb to, k))) l).
      { induction l; simpl; auto. rewrite !QE, IHl. auto. }
      rewrite X2. reflexivity. }
    assert (TR : forall x l, eqv_guest v (with_regs (with_tabs s v x) v i l) (with_regs (with_tabs t v x) v i l)).
    { intros. constructor; simpl; auto; [here|]. intros j L. unfold upd2. destruct ((v =? v) && (j =? i)); auto. }
    rewrite ES, ET, <- (QR i HI). destruct (map_status (pub s) (tabs s v) v to g n) as [| |e ?]; auto; [|destruct e; auto].
    constructor; simpl; auto; [here| | |].
    + intros j L. unfold upd2. destruct ((v =? v) && (j =? i)); auto.
    + intro z. unfold convert_ept. rewrite (proj2 (Nat.eqb_neq v MANAGER)), !QE by auto. reflexivity.
    + intros f O. unfold convert_frames, convert_mem, converts in *.
      assert (OW : owner (frames (pub s) f) = v \/ owner (frames (pub t) f) = v).
      { destruct O as [O|O]; [left|right];
        match goal with |- owner (frames (pub ?u) f) = v =>
          destruct ((owner (frames (pub u) f) =? v) && is_mode (state_of (frames (pub u) f)) (mode_before to)
                    && within g (Nat.min n BATCH) (place (frames (pub u) f))) eqn:T; simpl in O; auto;
          apply andb_true_iff in T; destruct T as [T _]; apply andb_true_iff in T; destruct T as [T _]; apply Nat.eqb_eq; auto end. }
      destruct (QF f OW) as [F1 F2]. rewrite <- F1, <- F2. auto.
  - destruct (names_good names); auto.
  - destruct (names_good names); auto. 
  - destruct (present (ept (pub s) v (false, g))); auto. apply K.
  - apply K.
Qed.

Lemma guest_consistent : forall v gen s t a b e, inv s -> inv t ->
  eqv (Guest v gen) s t -> event_of (Guest v gen) s a = Some e -> event_of (Guest v gen) t b = Some e ->
  eqv (Guest v gen) (step s a) (step t b).
Proof.
  intros v gen s t a b e IS IT Q A B Hv. pose proof (Q Hv) as (QC & QO & QG & QV).
  assert (NT : forall u x y, told_guest v u x = Some y -> forall z, y <> Own z).
  { intros u x y T z ->. apply told_guest_step in T. exact T. }
  assert (TT : forall x y, told_guest v s x = Some e -> told_guest v t y = Some e ->
               (generation (parts (pub s) v) =? gen) || outlives e = true ->
               eqv (Guest v gen) (step s x) (step t y)).
  { intros x y X Y L _. pose proof (told_guest_step _ _ _ _ X) as X'. pose proof (told_guest_step _ _ _ _ Y) as Y'.
    destruct (outlives e) eqn:O.
    - eapply guest_told_end; eauto; apply inv_step; auto.
    - rewrite orb_false_r in L. apply Nat.eqb_eq in L.
      destruct (era_kept _ _ _ _ X O) as [X1 X2]. destruct (era_kept _ _ _ _ Y O) as [Y1 Y2].
      rewrite !cfg_step, X1, X2, Y1, Y2. split; [auto|]. split; [auto|]. split; [auto|]. intros _.
      apply (guest_told v s t _ _ e); auto. }
  assert (OW : forall c i o, eqv (Guest v gen) (step s (Gst c v gen i o)) (step t (Gst c v gen i o))).
  { intros c i o _. simpl.
    destruct (Nat.eqb_spec (generation (parts (pub s) v)) gen) as [G|G].
    - pose proof (QV G) as EV.
      assert (H : guest_has (pub t) c v gen i = guest_has (pub s) c v gen i).
      { unfold guest_has. rewrite QO, <- QG, (g_ctl _ _ _ EV). reflexivity. }
      rewrite H. destruct (guest_has (pub s) c v gen i) eqn:HS; [|auto].
      assert (HI : i < vcpu_count (parts (pub s) v)).
      { unfold guest_has in HS. apply andb_true_iff in HS. destruct HS as [_ HS].
        destruct (claimed (ctl (pub s) v i)) eqn:C; [|discriminate].
        destruct IS as [_ [_ X]]. apply (X _ _ _ C). }
      destruct (guest_op_era s c v i o v) as [X1 X2]. destruct (guest_op_era t c v i o v) as [Y1 Y2].
      pose proof (cfg_step s (Gst c v gen i o)) as C1. pose proof (cfg_step t (Gst c v gen i o)) as C2.
      simpl in C1, C2. rewrite HS in C1. rewrite H in C2.
      rewrite C1, C2, X1, X2, Y1, Y2. split; [auto|]. split; [auto|]. split; [auto|]. intros _.
      apply guest_own; auto.
    - assert (HS : guest_has (pub s) c v gen i = false).
      { unfold guest_has. rewrite (proj2 (Nat.eqb_neq _ _) G). rewrite !andb_false_r. reflexivity. }
      assert (HT : guest_has (pub t) c v gen i = false).
      { unfold guest_has. rewrite QG in G. rewrite (proj2 (Nat.eqb_neq _ _) G). rewrite !andb_false_r. reflexivity. }
      rewrite HS, HT. auto. }
  assert (GO : forall x,
    match told_guest v s x with
    | Some e' => if (generation (parts (pub s) v) =? gen) || outlives e' then Some e' else None
    | None => None
    end = Some e -> eqv (Guest v gen) (step s x) (step t b)).
  { intros x X. destruct (told_guest v s x) as [e1|] eqn:T1; [|discriminate].
    destruct ((generation (parts (pub s) v) =? gen) || outlives e1) eqn:L1; [|discriminate].
    injection X as ->.
    destruct b as [c' o'|c' p' gen'' i' o'|c']; cbn [event_of] in B.
    - destruct (told_guest v t (Man c' o')) as [e2|] eqn:T2; [|discriminate].
      destruct ((generation (parts (pub t) v) =? gen) || outlives e2); [|discriminate].
      injection B as ->. apply TT; auto.
    - destruct ((p' =? v) && (gen'' =? gen)); [|discriminate]. injection B as <-. exfalso. eapply NT; eauto.
    - destruct (told_guest v t (Tick c')) as [e2|] eqn:T2; [|discriminate].
      destruct ((generation (parts (pub t) v) =? gen) || outlives e2); [|discriminate].
      injection B as ->. apply TT; auto. }
  destruct a as [c o|c p gen' i o|c]; cbn [event_of] in A.
  2: { destruct (Nat.eqb_spec p v), (Nat.eqb_spec gen' gen); simpl in A; try discriminate. subst p gen'. injection A as <-.
       destruct b as [c' o'|c' p' gen'' i' o'|c']; cbn [event_of] in B.
       - destruct (told_guest v t (Man c' o')) eqn:T; [|discriminate].
         destruct ((generation (parts (pub t) v) =? gen) || outlives e); [|discriminate].
         injection B as ->. exfalso. eapply NT; eauto.
       - destruct (Nat.eqb_spec p' v), (Nat.eqb_spec gen'' gen); simpl in B; try discriminate. subst p' gen''. injection B as -> -> ->. apply OW; auto.
       - destruct (told_guest v t (Tick c')) eqn:T; [|discriminate].
         destruct ((generation (parts (pub t) v) =? gen) || outlives e); [|discriminate].
         injection B as ->. exfalso. eapply NT; eauto. }
  - apply GO; auto.
  - apply GO; auto.
Qed.
