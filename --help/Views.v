(* SPDX-License-Identifier: Apache-2.0 *)
(** Who observes, what it can see, and what it is told by others' steps.

    A guest is named by slot and generation: the next guest in a slot is another observer.

    Functions are compared with =, which is finer than pointwise.  That only makes the theorems
    claim more of the states after, and of the states before it asks that the public halves are the
    same function, which they are wherever two machines differ in contents and registers only. *)
From Bulkhead Require Import Step.

Inductive who := Mgr | Guest (v gen : nat).

(** The manager sees all of the public half, the contents of what its tables map, and how many tables
    each guest has left: a donation tells, and in C so does the number of calls FRAME_RECLAIM takes. *)
Record eqv_mgr (s t : state) : Prop := {
  m_pub : pub s = pub t;
  m_mem : forall x f, ept (pub s) MANAGER x = Some f -> mem s f = mem t f;
  m_tabs : forall p, tabs s p = tabs t p
}.

(** A guest sees what is kept of it: life, quotas, vCPUs, translations, and the frames it owns, shared
    ones too, with their contents. *)
Record eqv_guest (v : nat) (s t : state) : Prop := {
  g_parts : parts (pub s) v = parts (pub t) v;
  g_tabs : tabs s v = tabs t v;
  g_ctl : forall i, ctl (pub s) v i = ctl (pub t) v i;
  g_regs : forall i, i < vcpu_count (parts (pub s) v) -> regs s v i = regs t v i;
  g_pend : forall i, i < vcpu_count (parts (pub s) v) -> pend s v i = pend t v i;
  g_ept : forall x, ept (pub s) v x = ept (pub t) v x;
  g_frames : forall f, owner (frames (pub s) f) = v \/ owner (frames (pub t) f) = v ->
    frames (pub s) f = frames (pub t) f /\ mem s f = mem t f
}.

(** Before and after its life a guest sees that its slot is in another generation. *)
Definition eqv (u : who) (s t : state) : Prop :=
  match u with
  | Mgr => eqv_mgr s t
  | Guest v gen =>
      2 <= v ->
      cfg (pub s) = cfg (pub t) /\ off (pub s) = off (pub t) /\
      generation (parts (pub s) v) = generation (parts (pub t) v) /\
      (generation (parts (pub s) v) = gen -> eqv_guest v s t)
  end.

(** What a step tells an observer.  This list is the whole of what crosses between partitions. *)
Inductive event :=
| Own (a : action)                                     (* it made the step itself *)
(* guest to manager: what a guest discloses *)
| Converted (p : nat) (to : bool) (g n : nat)          (* pages were shared, or taken back *)
| Tables_used (p : nat) (to : bool) (g n : nat)        (* MapGPA was refused for want of tables *)
| Wrote_shared (f x : nat)
| Left (c p i : nat) (w : exit_word) (values : list (nat * nat))  (* registers it named, with their values *)
| Died (c p i reason code : nat) (names : list nat) (values : list (nat * nat))
(* manager to guest *)
| Created (n w : nat) | Sealed_now | Destroyed | Vcpu_made (rip rsi cr3 : nat)
| Given (g h n flags : nat) (contents : list nat)      (* contents: of frames donated with DONATE_KEEP *)
| Tables_made (g n : nat)
| Entered (c i : nat) (values : list (nat * nat))      (* the reply: registers the guest named *)
| Requested (i vector : nat)
| Manager_wrote (f x : nat)                            (* to a frame the guest has shared *)
| Interrupted (c i : nat)
| Swept (ends : bool)
| Switched_off (gone : bool).

Definition told_manager (s : state) (a : action) : option event :=
  match a with
  | Gst c p gen i o =>
      if guest_has (pub s) c p gen i then
        let l := regs s p i in
        match o with
        | Store_shared g r =>
            match ept (pub s) p (true, g) with Some k => Some (Wrote_shared k (reg l r)) | None => None end
        | Map_gpa to g n =>
            match map_status (pub s) (tabs s p) p to g n with
            | OK => Some (Converted p to g (Nat.min n BATCH))
            | At NO_ROOM _ => Some (Tables_used p to g (Nat.min n BATCH))
            | _ => None
            end
        | Guest_call names =>
            if names_good names then Some (Left c p i (Exit GUEST_CALL names 0 0) (told names l)) else None
        | Halt => Some (Left c p i (Exit HALTED [] (reg l DEADLINE) 0) [])
        | Fatal_error names => if names_good names then Some (Died c p i 5 0 names (told names l)) else None
        | Touch_absent g => if present (ept (pub s) p (false, g)) then None else Some (Died c p i 2 g [] [])
        | Die reason code => Some (Died c p i reason code [] [])
        | _ => None
        end
      else None
  | _ => None
  end.

Definition if_ok (st : status) (e : option event) : option event := match st with OK => e | _ => None end.
Definition if_mine (v p : nat) (e : event) : option event := if p =? v then Some e else None.

Definition told_guest (v : nat) (s : state) (a : action) : option event :=
  let P := pub s in
  match a with
  | Man c o =>
      if manager_has P c then
        match o with
        | Hypercall (Partition_create n w) =>
            if_ok (create_check P n w)
              (match slot_find P with Some p => if_mine v p (Created n w) | None => None end)
        | Hypercall (Partition_seal id) => if_ok (seal_check P id) (if_mine v (fst id) Sealed_now)
        | Hypercall (Partition_destroy id) => if_ok (destroy_check P id) (if_mine v (fst id) Destroyed)
        | Hypercall (Vcpu_create id rip rsi cr3) =>
            if_ok (vcpu_create_check P id rip cr3) (if_mine v (fst id) (Vcpu_made rip rsi cr3))
        | Hypercall (Vcpu_run id i) =>
            if_ok (run_check P id i) (if_mine v (fst id) (Entered c i (reply P c (fst id) i)))
        | Hypercall (Vcpu_interrupt id i x) =>
            if_ok (interrupt_check P id i x) (if_mine v (fst id) (Requested i x))
        | Hypercall (Frame_donate id g h n flags) =>
            if_ok (donate_check P id g h n flags)
              (if_mine v (fst id)
                (if snd (prepare (tabs s (fst id)) false g n)
                 then Given g h n flags (if flags =? 1 then map (mem s) (seq h n) else [])
                 else Tables_made g n))
        | Hypercall (Frame_reclaim id) =>
            if_ok (reclaim_check P id) (if_mine v (fst id) (Swept (sweep_ends P (fst id))))
        | Hypercall (Power x) => if 1 <? x then None else Some (Switched_off (power_takes P v))
        | Mstore f r =>
            match ept P MANAGER (false, f) with
            | Some k => if_mine v (owner (frames P k)) (Manager_wrote k (reg (mregs (cpus P c)) r))
            | None => None
            end
        | _ => None
        end
      else None
  | Tick c =>
      if off P then None
      else match lent (cpus P c) with Some (p, i) => if_mine v p (Interrupted c i) | None => None end
  | Gst _ _ _ _ _ => None
  end.

(** What a guest of another generation of the slot is told: that the slot is free again. *)
Definition outlives (e : event) : bool :=
  match e with Swept true | Switched_off _ => true | _ => false end.

Definition event_of (u : who) (s : state) (a : action) : option event :=
  match u, a with
  | Mgr, Gst _ _ _ _ _ => told_manager s a
  | Mgr, _ => Some (Own a)
  | Guest v gen, Gst _ p gen' _ _ => if (p =? v) && (gen' =? gen) then Some (Own a) else None
  | Guest v gen, _ =>
      match told_guest v s a with
      | Some e => if (generation (parts (pub s) v) =? gen) || outlives e then Some e else None
      | None => None
      end
  end.

(** What an observer can read off: a register of a CPU or vCPU it has, the answer of its hypercall, a page
    that its tables map. *)
Inductive query := Q_register (i r : nat) | Q_answer (c : nat) | Q_page (x : page).
Inductive reading := Nothing | Number (n : nat) | Answer (st : status) (n : nat) (w : exit_word).

Definition output (u : who) (s : state) (q : query) : reading :=
  let P := pub s in
  match u, q with
  | Mgr, Q_register c r => Number (reg (mregs (cpus P c)) r)
  | Mgr, Q_answer c => Answer (fst (answer (cpus P c))) (snd (answer (cpus P c))) (exit (cpus P c))
  | Mgr, Q_page x => match ept P MANAGER x with Some f => Number (mem s f) | None => Nothing end
  | Guest v gen, _ =>
      if (2 <=? v) && (generation (parts P v) =? gen) then
        match q with
        | Q_register i r => if i <? vcpu_count (parts P v) then Number (reg (regs s v i) r) else Nothing
        | Q_answer _ => Nothing
        | Q_page x => match ept P v x with Some f => Number (mem s f) | None => Nothing end
        end
      else Nothing
  end.
