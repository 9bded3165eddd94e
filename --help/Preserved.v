(* SPDX-License-Identifier: Apache-2.0 *)
(** Every step keeps the invariant, and boot establishes it. *)
From Bulkhead Require Import Step Invariant.

(** Claims. *)
Lemma claims_cpus : forall pa ct cp cp',
  claims pa ct cp -> (forall c, lent (cp' c) = lent (cp c)) -> claims pa ct cp'.
Proof.
  intros pa ct cp cp' [A B] L. constructor; auto. intros. rewrite L. apply A.
Qed.

Lemma claims_parts : forall pa pa' ct cp,
  claims pa ct cp ->
  (forall p, life_of (pa p) <> NOBODY ->
     vcpu_count (pa p) <= vcpu_count (pa' p) /\ life_of (pa' p) <> NOBODY) ->
  claims pa' ct cp.
Proof.
  intros pa pa' ct cp [A B] L. constructor; auto. intros p i c H.
  destruct (B _ _ _ H) as (X & Y & Z). destruct (L _ Z). repeat split; auto. lia.
Qed.

Lemma lent_answers : forall P c a k, lent (cpus (answers P c a) k) = lent (cpus P k).
Proof. intros. simpl. unfold upd. destruct (Nat.eqb_spec k c); subst; auto. Qed.
Lemma lent_mset : forall P c a k, lent (cpus (mset P c a) k) = lent (cpus P k).
Proof. intros. simpl. unfold upd. destruct (Nat.eqb_spec k c); subst; auto. Qed.

Lemma inv_answers : forall P c a, inv_pub P -> inv_pub (answers P c a).
Proof.
  intros P c a [M C]. split; [exact M|].
  apply (claims_cpus _ _ (cpus P)); [exact C|]. apply lent_answers.
Qed.
Lemma inv_mset : forall P c a, inv_pub P -> inv_pub (mset P c a).
Proof.
  intros P c a [M C]. split; [exact M|].
  apply (claims_cpus _ _ (cpus P)); [exact C|]. apply lent_mset.
Qed.
Lemma inv_record : forall P r, inv_pub P -> inv_pub (record_event P r).
Proof. intros P r [M C]. split; [exact M|exact C]. Qed.

(** A change of partitions that ends no life and takes no vCPU away. *)
Lemma inv_parts : forall P pa,
  inv_pub P ->
  (forall p, life_of (pa p) = NOBODY -> life_of (parts P p) = NOBODY) ->
  (forall p, cursor (pa p) = 0 \/ (cursor (pa p) = cursor (parts P p) /\ life_of (pa p) = life_of (parts P p))) ->
  (forall p, life_of (parts P p) <> NOBODY -> vcpu_count (parts P p) <= vcpu_count (pa p)) ->
  inv_pub (set_parts P pa).
Proof.
  intros P pa [M C] L K N. split.
  - exact (maps_parts _ _ _ _ _ M L K).
  - apply (claims_parts (parts P)); [exact C|]. intros p H. split; auto.
Qed.

Ltac at_slot p := unfold upd; let q := fresh "q" in intro q; destruct (Nat.eqb_spec q p); subst; simpl; auto; try congruence; try lia.

Lemma slot_find_spec : forall P p, slot_find P = Some p -> 2 <= p /\ life_of (parts P p) = NOBODY.
Proof.
  intros P p F. unfold slot_find in F. apply find_some in F. destruct F as (I & F).
  apply in_seq in I. flat. split; try lia. destruct (life_of (parts P p)); simpl in *; congruence.
Qed.

Lemma inv_create : forall P p n v,
  inv_pub P -> life_of (parts P p) = NOBODY -> inv_pub (pub_create P p n v).
Proof.
  intros P p n v H L. apply inv_record.
  enough (G : inv_pub (set_parts P (upd (parts P) p
     (Partition LIVE 0 (generation (parts P p)) n (guest_tables n) v 0 0)))) by exact G.
  apply inv_parts; auto; at_slot p.
Qed.

Lemma found_spec : forall P id, found P id = true ->
  2 <= fst id /\ life_of (parts P (fst id)) <> NOBODY /\ generation (parts P (fst id)) = snd id.
Proof.
  intros P id F. unfold found in F. flat. repeat split; auto.
  intro L. rewrite L in H1. discriminate.
Qed.

Lemma inv_life : forall P p l, inv_pub P -> l <> NOBODY ->
  inv_pub (set_parts P (upd (parts P) p (with_life (parts P p) l))).
Proof. intros P p l H L. apply inv_parts; auto; at_slot p. Qed.

Lemma inv_more_vcpu : forall P p, inv_pub P -> inv_pub (pub_vcpu_create P p).
Proof. intros P p H. apply inv_parts; auto; at_slot p. Qed.

Lemma inv_kill : forall P p r d, inv_pub P -> inv_pub (pub_kill P p r d).
Proof.
  intros P p r d H. unfold pub_kill. destruct (killed (parts P p) =? 0); auto.
  apply inv_record, inv_parts; auto; at_slot p.
Qed.

Lemma inv_run : forall P c p i,
  inv_pub P -> 2 <= p -> i < vcpu_count (parts P p) -> life_of (parts P p) <> NOBODY ->
  claimed (ctl P p i) = None -> lent (cpus P c) = None -> inv_pub (pub_run P c p i).
Proof.
  intros P c p i [M [A B]] Hp Hi HL HC HU. split; [exact M|].
  unfold claims_ok. simpl. constructor; unfold upd2, upd; intros q j k.
  - destruct ((q =? p) && (j =? i)) eqn:T; destruct (Nat.eqb_spec k c); simpl.
    + flat. subst. tauto.
    + flat. subst. split; intro H; [congruence|]. apply A in H. congruence.
    + subst. split; intro H.
      * apply A in H. congruence.
      * injection H as -> ->. rewrite !Nat.eqb_refl in T. discriminate.
    + apply A.
  - destruct ((q =? p) && (j =? i)) eqn:T; simpl; intro H.
    + flat. subst. auto.
    + apply (B _ _ _ H).
Qed.

Lemma inv_leave : forall P c p i w l,
  inv_pub P -> claimed (ctl P p i) = Some c -> inv_pub (pub_leave P c p i w l).
Proof.
  intros P c p i w l [M [A B]] HC. split; [exact M|].
  unfold claims_ok. simpl. constructor; unfold upd2, upd; intros q j k.
  - destruct ((q =? p) && (j =? i)) eqn:T; destruct (Nat.eqb_spec k c); simpl.
    + split; discriminate.
    + flat. subst. split; intro H; [discriminate|]. apply A in H. congruence.
    + subst. split; intro H; [|discriminate]. apply A in H. apply A in HC. rewrite H in HC.
      injection HC as -> ->. rewrite !Nat.eqb_refl in T. discriminate.
    + apply A.
  - destruct ((q =? p) && (j =? i)) eqn:T; simpl; intro H; [discriminate|]. apply (B _ _ _ H).
Qed.

Lemma inv_leave_kill : forall P c p i w l r d,
  inv_pub P -> claimed (ctl P p i) = Some c -> inv_pub (pub_leave (pub_kill P p r d) c p i w l).
Proof.
  intros. apply inv_leave. apply inv_kill; auto.
  unfold pub_kill. destruct (killed (parts P p) =? 0); auto.
Qed.

Lemma not_busy : forall P p, claims_ok P -> is_busy P p = false -> forall i, claimed (ctl P p i) = None.
Proof.
  intros P p [A B] N i. destruct (claimed (ctl P p i)) eqn:E; auto.
  destruct (B _ _ _ E) as (_ & K & _). unfold is_busy in N.
  apply existsb_seq with (k := i) in N; [|lia]. rewrite E in N. discriminate.
Qed.

Lemma inv_sweep : forall P p, inv_pub P -> 2 <= p -> life_of (parts P p) = DESTROYING -> is_busy P p = false ->
  inv_pub (pub_sweep P p).
Proof.
  intros P p [M C] Hp HD N. split; [apply maps_sweep; auto|].
  pose proof (not_busy P p C N) as I. destruct C as [A B].
  unfold claims_ok, pub_sweep. destruct (sweep_ends P p); simpl; constructor; intros q j k.
  - destruct (Nat.eqb_spec q p); [|apply A]. subst. simpl. split; [discriminate|].
    intro H. apply A in H. rewrite I in H. discriminate.
  - destruct (Nat.eqb_spec q p); simpl; [discriminate|]. intro H. unfold upd.
    rewrite (proj2 (Nat.eqb_neq q p)); auto. apply (B _ _ _ H).
  - apply A.
  - intro H. destruct (B _ _ _ H) as (X & Y & Z). unfold upd.
    destruct (Nat.eqb_spec q p); subst; simpl; auto.
Qed.

Lemma inv_power : forall P a, inv_pub P -> inv_pub (pub_power P a).
Proof.
  intros P a [M C]. split; [apply maps_power; auto|].
  assert (I : forall p i, power_takes P p = true -> claimed (ctl P p i) = None).
  { intros p i T. unfold power_takes in T. flat. apply not_busy; auto. }
  destruct C as [A B]. unfold claims_ok. simpl. constructor; unfold power_parts; intros q j k.
  - destruct (power_takes P q) eqn:T; [|apply A]. simpl. split; [discriminate|].
    intro H. apply A in H. rewrite (I _ _ T) in H. discriminate.
  - destruct (power_takes P q) eqn:T; simpl; [discriminate|]. apply B.
Qed.

Lemma inv_donate : forall P p g h n,
  inv_pub P -> 2 <= p -> life_of (parts P p) = LIVE ->
  g + n <= span (cfg P) ->
  (forall k, h <= k < h + n -> owner (frames P k) = MANAGER) ->
  (forall k, g <= k < g + n -> ept P p (false, k) = None) ->
  inv_pub (pub_donate P p g h n).
Proof.
  intros P p g h n [M C] Hp HL HS HO HA. split.
  - apply maps_donate; auto. pose proof (sweep_begins _ _ _ _ M p) as Z. rewrite HL in Z. rewrite Z; [lia|discriminate].
  - unfold claims_ok. simpl. apply (claims_parts (parts P)); [exact C|].
    unfold donate_parts. intros q L. unfold upd. destruct (Nat.eqb_spec q p); subst; simpl; auto.
Qed.

Lemma inv_convert : forall P p g n to,
  inv_pub P -> 2 <= p ->
  (forall k, g <= k < g + n -> ept P p (true, k) = None \/ ept P p (false, k) = None) ->
  inv_pub (pub_convert P p g n to).
Proof. intros P p g n to [M C] Hp X. split; [apply maps_convert; auto|exact C]. Qed.

(** What the checks that passed say. *)
Ltac checks H :=
  repeat match type of H with
  | context [if ?b then _ else _] => destruct b eqn:?; try discriminate H
  end; flat.

Lemma donate_ok : forall P id g h n flags, donate_check P id g h n flags = OK ->
  2 <= fst id /\ generation (parts P (fst id)) = snd id /\ life_of (parts P (fst id)) = LIVE /\
  g + n <= span (cfg P) /\ (forall k, h <= k < h + n -> managers_own P k = true) /\
  (forall k, g <= k < g + n -> ept P (fst id) (false, k) = None).
Proof.
  intros P id g h n flags H. unfold donate_check in H. checks H.
  match goal with F : found P id = true |- _ => apply found_spec in F; flat end.
  repeat split; auto.
  - unfold life_at in *. destruct (life_of (parts P (fst id))); simpl in *; congruence.
  - lia.
  - intros k K. eapply forallb_seq; eauto.
  - intros k K.
    match goal with F : existsb _ _ = false |- _ => apply existsb_seq with (k := k) in F; auto end.
    destruct (ept P (fst id) (false, k)); auto. discriminate.
Qed.

Lemma managers_own_owner : forall P f, managers_own P f = true -> owner (frames P f) = MANAGER.
Proof. intros P f H. unfold managers_own in H. flat. auto. Qed.

Lemma reclaim_ok : forall P id, reclaim_check P id = OK ->
  2 <= fst id /\ generation (parts P (fst id)) = snd id /\
  life_of (parts P (fst id)) = DESTROYING /\ is_busy P (fst id) = false.
Proof.
  intros P id H. unfold reclaim_check in H. checks H.
  match goal with F : found P id = true |- _ => apply found_spec in F; flat end.
  repeat split; auto.
  unfold life_at in *. destruct (life_of (parts P (fst id))); simpl in *; congruence.
Qed.

Lemma run_ok : forall P id i, run_check P id i = OK ->
  2 <= fst id /\ generation (parts P (fst id)) = snd id /\ i < vcpu_count (parts P (fst id)) /\
  claimed (ctl P (fst id) i) = None /\ life_of (parts P (fst id)) = SEALED.
Proof.
  intros P id i H. unfold run_check in H. checks H.
  match goal with F : found P id = true |- _ => apply found_spec in F; flat end.
  repeat split; auto.
  - destruct (claimed (ctl P (fst id) i)); simpl in *; congruence.
  - unfold life_at in *. destruct (life_of (parts P (fst id))); simpl in *; congruence.
Qed.

Lemma convert_ok : forall P t p g n to, convert_check P t p g n to = OK ->
  g + n <= span (cfg P) /\ life_of (parts P p) = SEALED /\
  (forall k, g <= k < g + n -> ept P p (true, k) = None \/ ept P p (false, k) = None).
Proof.
  intros P t p g n to H. unfold convert_check in H. checks H; repeat split; try lia;
  try (destruct (life_of (parts P p)); simpl in *; congruence);
  intros k K;
  match goal with F : existsb (fun k => present _ && present _) _ = false |- _ =>
    apply existsb_seq with (k := k) in F; auto end;
  destruct (ept P p (true, k)); auto; destruct (ept P p (false, k)); auto; discriminate.
Qed.

Lemma map_ok : forall P t p to g n, map_status P t p to g n = OK ->
  life_of (parts P p) = SEALED /\
  (forall k, g <= k < g + Nat.min n BATCH -> ept P p (true, k) = None \/ ept P p (false, k) = None).
Proof.
  intros P t p to g n H. unfold map_status in H. destruct (map_refused P g n); [discriminate|].
  apply convert_ok in H. tauto.
Qed.

Lemma inv_hypercall : forall s c h, inv s -> lent (cpus (pub s) c) = None -> inv (hypercall_step s c h).
Proof.
  intros s c h I L. destruct h; simpl; try (apply inv_answers; exact I).
  - unfold partition_create. destruct (create_check (pub s) nframes nvcpus);
    destruct (slot_find (pub s)) eqn:F; try (apply inv_answers; exact I).
    apply slot_find_spec in F. flat. apply inv_answers, inv_create; auto.
  - unfold partition_seal. destruct (seal_check (pub s) id); apply inv_answers; auto.
    apply inv_record, inv_life; auto; discriminate.
  - unfold partition_destroy. destruct (destroy_check (pub s) id); apply inv_answers; auto.
    apply inv_record, inv_life; auto; discriminate.
  - unfold vcpu_create. destruct (vcpu_create_check (pub s) id rip cr3); apply inv_answers; auto.
    apply inv_more_vcpu; auto.
  - unfold vcpu_run. destruct (run_check (pub s) id i) eqn:E; try (apply inv_answers; exact I).
    apply run_ok in E. flat. apply inv_run; auto. congruence.
  - unfold vcpu_interrupt. destruct (interrupt_check (pub s) id i vector); apply inv_answers; exact I.
  - unfold frame_donate. destruct (donate_check (pub s) id g h n flags) eqn:E; try (apply inv_answers; exact I).
    apply donate_ok in E. flat.
    destruct (snd (prepare (tabs s (fst id)) false g n)); apply inv_answers; auto.
    apply inv_donate; auto. intros. apply managers_own_owner; auto.
  - unfold frame_reclaim. destruct (reclaim_check (pub s) id) eqn:E; try (apply inv_answers; exact I).
    apply reclaim_ok in E. flat.
    destruct (sweep_ends (pub s) (fst id)); apply inv_answers, inv_sweep; auto.
  - unfold hypercall_power. destruct (1 <? action); [apply inv_answers; exact I|].
    apply inv_power; exact I.
Qed.

Lemma inv_manager : forall s c o, inv s -> lent (cpus (pub s) c) = None -> inv (manager_step s c o).
Proof.
  intros s c o I L. destruct o; simpl.
  - apply inv_hypercall; auto.
  - apply inv_mset; exact I.
  - destruct (ept (pub s) MANAGER (false, f)); apply inv_mset; auto.
  - destruct (ept (pub s) MANAGER (false, f)); auto. apply inv_mset, inv_record; exact I.
  - apply inv_mset, inv_record; exact I.
Qed.

Lemma inv_guest : forall s c p i o,
  inv s -> 2 <= p -> claimed (ctl (pub s) p i) = Some c -> inv (guest_step s c p i o).
Proof.
  intros s c p i o I Hp C. destruct o; simpl; auto; try exact I.
  - destruct (ept (pub s) p x); auto. destruct (fst x); auto.
  - destruct (ept (pub s) p (false, g)); auto.
  - destruct (pend s p i); auto.
  - destruct (ept (pub s) p (true, g)); auto.
  - unfold map_gpa. destruct (map_status (pub s) (tabs s p) p to g n) eqn:E; auto; [|destruct c0; auto].
    apply map_ok in E. flat. apply inv_convert; auto.
  - destruct (names_good names); auto. apply inv_leave; auto.
  - apply inv_leave; auto.
  - destruct (names_good names); auto. apply inv_leave_kill; auto.
  - destruct (present (ept (pub s) p (false, g))); auto. apply inv_leave_kill; auto.
  - apply inv_leave_kill; auto.
Qed.

Theorem inv_step : forall s a, inv s -> inv (step s a).
Proof.
  intros s [c o|c p gen i o|c] I; simpl.
  - destruct (manager_has (pub s) c) eqn:H; auto. unfold manager_has in H. flat.
    apply inv_manager; auto. destruct (lent (cpus (pub s) c)); [discriminate|auto].
  - destruct (guest_has (pub s) c p gen i) eqn:H; auto. unfold guest_has in H. flat.
    destruct (claimed (ctl (pub s) p i)) eqn:E; try discriminate. flat. subst.
    apply inv_guest; auto.
  - unfold tick. destruct (lent (cpus (pub s) c)) as [[p i]|] eqn:E; [|exact I].
    destruct (off (pub s)); [exact I|]. apply inv_leave; [exact I|].
    destruct I as [_ [A _]]. apply A. exact E.
Qed.

Theorem inv_run_of : forall tr s, inv s -> inv (run s tr).
Proof. induction tr; simpl; auto. intros. apply IHtr, inv_step. auto. Qed.

(** Boot: isolation_init() and frame_grant(): RAM that is usable becomes the manager's. *)
Definition idle_cpu : cpu := Cpu (repeat 0 22) (OK, 0) (Exit INTERRUPTED [] 0 0) None.
Definition boot_public (cf : config) (usable : nat -> bool) (tables_left : nat) : public :=
  let ram f := usable f && (f <? limit cf) in
  Public cf false
    (fun f => if ram f then Frame MANAGER OWNED f else Frame CORE FREE 0)
    (fun p x => if (p =? MANAGER) && negb (fst x) && ram (snd x) then Some (snd x) else None)
    (fun p => Partition (if p <? 2 then SEALED else NOBODY) 0 0 0 0 0 0 0)
    (fun _ _ => idle) (fun _ => idle_cpu) [] tables_left (vcpus_max cf).
Definition boot (cf : config) (usable : nat -> bool) (tables_left : nat) (contents : nat -> nat) : state :=
  State (boot_public cf usable tables_left) contents (fun _ => no_tables) (fun _ _ => []) (fun _ _ => []).

Theorem inv_boot : forall cf usable t m, inv (boot cf usable t m).
Proof.
  intros. split.
  - unfold maps_ok. simpl. constructor; unfold MANAGER, CORE.
    + intros p b g f Hp. destruct (Nat.eqb_spec p 1); [lia|]. discriminate.
    + intros f. destruct (usable f && (f <? limit cf)); simpl; lia.
    + intros b g f. simpl. destruct b; simpl; [discriminate|].
      destruct (usable g && (g <? limit cf)) eqn:U; [|discriminate]. intro H. injection H as <-. rewrite U. simpl. auto.
    + intros f. destruct (usable f && (f <? limit cf)) eqn:U; simpl; [|discriminate]. rewrite U. auto.
    + intros f. destruct (usable f && (f <? limit cf)); simpl; discriminate.
    + intros f. destruct (usable f && (f <? limit cf)); simpl; auto. discriminate.
    + auto.
    + intros f. destruct (usable f && (f <? limit cf)) eqn:U; simpl; [|lia]. flat. auto.
    + intros f. destruct (usable f && (f <? limit cf)); simpl; lia.
    + intros f. destruct (usable f && (f <? limit cf)); simpl; lia.
    + intros f. destruct (usable f && (f <? limit cf)); simpl; lia.
    + auto.
  - constructor; simpl; intros.
    + split; discriminate.
    + discriminate.
Qed.
