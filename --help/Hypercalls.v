(* SPDX-License-Identifier: Apache-2.0 *)
(** What the manager does: hypercalls (abi/hypercall.h), and its own instructions.
    Checks come in the order of the C; a refused call changes nothing but the answer, and
    the tables a donation has made before it is refused for want of more. *)
From Bulkhead Require Import Machine Memory.

Inductive info := ABI_VERSION | TSC_KHZ | CPUS | AUDIT_NEXT | SHARED_BIT | FRAMES_LIMIT | NO_ITEM.

Inductive hypercall :=
| Info (item : info)
| Partition_create (nframes nvcpus : nat)
| Partition_seal (id : pid)
| Partition_destroy (id : pid)
| Vcpu_create (id : pid) (rip rsi cr3 : nat)
| Vcpu_run (id : pid) (i : nat)
| Vcpu_interrupt (id : pid) (i vector : nat)
| Frame_donate (id : pid) (g h n flags : nat)
| Frame_reclaim (id : pid)
| Power (action : nat)
| Audit_read (sequence word : nat)
| Unknown (number : nat).

Inductive manager_op :=
| Hypercall (h : hypercall)
| Mcompute (f : list nat -> status * nat -> exit_word -> list nat)  (* any instructions *)
| Mload (r f : nat)                                  (* register r := frame f *)
| Mstore (f r : nat)
| Mdenied (e : audit_event) (a b : nat).             (* a port, an MSR, an instruction it has not *)

(** The manager's CPU c is told. *)
Definition answers (P : public) (c : nat) (a : status * nat) : public :=
  set_cpus P (upd (cpus P) c (Cpu (mregs (cpus P c)) a (exit (cpus P c)) (lent (cpus P c)))).
Definition mset (P : public) (c : nat) (l : list nat) : public :=
  set_cpus P (upd (cpus P) c (Cpu l (answer (cpus P c)) (exit (cpus P c)) (lent (cpus P c)))).

(** PARTITION_CREATE *)
Definition guest_tables (n : nat) : nat := 2 * (n / 512 + n / 512 / 512) + 16.
Definition slot_find (P : public) : option nat :=
  find (fun p => is_nobody (life_of (parts P p)) && (generation (parts P p) <? lives (cfg P)))
       (seq 2 (slots (cfg P) - 2)).
Definition create_check (P : public) (n v : nat) : status :=
  if (n =? 0) || (limit (cfg P) <? n) then At INVALID RDI
  else if (v =? 0) || (vcpus_max (cfg P) <? v) then At INVALID RSI
  else if negb (present (slot_find P)) then At NO_ROOM NONE
  else if pool P <? guest_tables n then At NO_ROOM RDI
  else if vpool P <? v then At NO_ROOM RSI
  else OK.
Definition pub_create (P : public) (p n v : nat) : public :=
  record_event
    (set_pools
      (set_parts P (upd (parts P) p
        (Partition LIVE 0 (generation (parts P p)) n (guest_tables n) v 0 0)))
      (pool P - guest_tables n) (vpool P - v))
    (Record_of CREATED p (generation (parts P p)) n).
Definition partition_create (s : state) (c n v : nat) : state :=
  match create_check (pub s) n v, slot_find (pub s) with
  | OK, Some p =>
      with_tabs (with_pub s (answers (pub_create (pub s) p n v) c (OK, p)))
                p (Tables (guest_tables n) [])
  | st, _ => with_pub s (answers (pub s) c (st, 0))
  end.

Definition with_life (q : partition) (l : life) : partition :=
  Partition l (killed q) (generation q) (frames_left q) (slice q) (vcpu_limit q) (vcpu_count q) 0.

(** PARTITION_SEAL *)
Definition seal_check (P : public) (id : pid) : status :=
  if negb (found P id) then At INVALID RDI
  else if negb (is_live (life_at P id)) || (vcpu_count (parts P (fst id)) =? 0) then At BAD_STATE RDI
  else OK.
Definition pub_seal (P : public) (p : nat) : public :=
  record_event (set_parts P (upd (parts P) p (with_life (parts P p) SEALED)))
               (Record_of SEAL_DONE p (generation (parts P p)) 0).
Definition partition_seal (s : state) (c : nat) (id : pid) : state :=
  match seal_check (pub s) id with
  | OK => with_pub s (answers (pub_seal (pub s) (fst id)) c (OK, 0))
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** PARTITION_DESTROY *)
Definition destroy_check (P : public) (id : pid) : status :=
  if negb (found P id) then At INVALID RDI
  else if is_destroying (life_at P id) then At BAD_STATE RDI
  else OK.
Definition pub_destroy (P : public) (p : nat) : public :=
  record_event (set_parts P (upd (parts P) p (with_life (parts P p) DESTROYING)))
               (Record_of DESTROY_DONE p (generation (parts P p)) 0).
Definition partition_destroy (s : state) (c : nat) (id : pid) : state :=
  match destroy_check (pub s) id with
  | OK => with_pub s (answers (pub_destroy (pub s) (fst id)) c (OK, 0))
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** VCPU_CREATE: what the new vCPU starts with is a function of the arguments. *)
Definition fresh (rip rsi cr3 i : nat) : list nat :=
  [0; 0; 0; 0; 0; 0; rsi; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; rip; cr3; i].
Definition vcpu_create_check (P : public) (id : pid) (rip cr3 : nat) : status :=
  if canonical (cfg P) <=? rip then At INVALID RSI
  else if span (cfg P) <=? cr3 then At INVALID R10
  else if negb (found P id) then At INVALID RDI
  else if negb (is_live (life_at P id)) then At BAD_STATE RDI
  else if vcpu_limit (parts P (fst id)) <=? vcpu_count (parts P (fst id)) then At NO_ROOM RDI
  else OK.
Definition one_more_vcpu (q : partition) : partition :=
  Partition (life_of q) (killed q) (generation q) (frames_left q) (slice q) (vcpu_limit q)
            (S (vcpu_count q)) (cursor q).
Definition pub_vcpu_create (P : public) (p : nat) : public :=
  set_parts P (upd (parts P) p (one_more_vcpu (parts P p))).
Definition vcpu_create (s : state) (c : nat) (id : pid) (rip rsi cr3 : nat) : state :=
  match vcpu_create_check (pub s) id rip cr3 with
  | OK =>
      let p := fst id in
      let i := vcpu_count (parts (pub s) p) in
      with_pend (with_regs (with_pub s (answers (pub_vcpu_create (pub s) p) c (OK, i)))
                           p i (fresh rip rsi cr3 i)) p i []
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** VCPU_RUN: the CPU goes to the vCPU; the reply changes the registers that wait, no other. *)
Definition run_check (P : public) (id : pid) (i : nat) : status :=
  if negb (found P id) || (vcpu_count (parts P (fst id)) <=? i) then At INVALID NONE
  else if present (claimed (ctl P (fst id) i)) then At BUSY NONE
  else if negb (is_sealed (life_at P id)) || negb (killed (parts P (fst id)) =? 0) then At BAD_STATE NONE
  else OK.
Definition pub_run (P : public) (c p i : nat) : public :=
  set_cpus (set_ctl P (upd2 (ctl P) p i (Control [] (Some c))))
           (upd (cpus P) c (Cpu (mregs (cpus P c)) (answer (cpus P c)) (exit (cpus P c)) (Some (p, i)))).
Definition reply (P : public) (c p i : nat) : list (nat * nat) :=
  told (waiting (ctl P p i)) (mregs (cpus P c)).
Definition vcpu_run (s : state) (c : nat) (id : pid) (i : nat) : state :=
  match run_check (pub s) id i with
  | OK =>
      let p := fst id in
      with_regs (with_pub s (pub_run (pub s) c p i)) p i
                (take_over (reply (pub s) c p i) (regs s p i))
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** VCPU_INTERRUPT *)
Definition interrupt_check (P : public) (id : pid) (i v : nat) : status :=
  if negb (found P id) || (vcpu_count (parts P (fst id)) <=? i) then At INVALID RDI
  else if (v <? 32) || (255 <? v) || (v =? 128) then At INVALID RSI
  else OK.
Definition request (l : list nat) (v : nat) : list nat :=
  if existsb (Nat.eqb v) l then l else v :: l.
Definition vcpu_interrupt (s : state) (c : nat) (id : pid) (i v : nat) : state :=
  match interrupt_check (pub s) id i v with
  | OK => with_pend (with_pub s (answers (pub s) c (OK, 0))) (fst id) i (request (pend s (fst id) i) v)
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** FRAME_DONATE *)
Definition managers_own (P : public) (f : nat) : bool :=
  (owner (frames P f) =? MANAGER) && is_owned (state_of (frames P f))
  && present (ept P MANAGER (false, f)).
Definition donate_check (P : public) (id : pid) (g h n flags : nat) : status :=
  if 1 <? flags then At INVALID R8
  else if (n =? 0) || (BATCH <? n) then At INVALID R10
  else if negb (found P id) then At INVALID RDI
  else if negb (is_live (life_at P id)) then At BAD_STATE RDI
  else if (span (cfg P) <=? g) || (span (cfg P) - g <? n) then At INVALID RSI
  else if (limit (cfg P) <=? h) || (limit (cfg P) - h <? n) then At INVALID RDX
  else if frames_left (parts P (fst id)) <? n then At NO_ROOM R10
  else if negb (forallb (managers_own P) (seq h n)) then At NOT_OWNER RDX
  else if existsb (fun k => present (ept P (fst id) (false, k))) (seq g n) then At BAD_STATE RSI
  else OK.
Definition frame_donate (s : state) (c : nat) (id : pid) (g h n flags : nat) : state :=
  let p := fst id in
  match donate_check (pub s) id g h n flags with
  | OK =>
      let t := prepare (tabs s p) false g n in
      if snd t then
        with_mem (with_tabs (with_pub s (answers (pub_donate (pub s) p g h n) c (OK, 0))) p (fst t))
                 (donate_mem (mem s) h n (flags =? 1))
      else with_tabs (with_pub s (answers (pub s) c (At NO_ROOM RDI, 0))) p (fst t)
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** FRAME_RECLAIM *)
Definition reclaim_check (P : public) (id : pid) : status :=
  if negb (found P id) then At INVALID RDI
  else if negb (is_destroying (life_at P id)) then At BAD_STATE RDI
  else if is_busy P (fst id) then At BUSY RDI
  else OK.
Definition frame_reclaim (s : state) (c : nat) (id : pid) : state :=
  let p := fst id in
  match reclaim_check (pub s) id with
  | OK =>
      let P := pub s in
      let s1 := with_mem (with_pub s (answers (pub_sweep P p) c (if sweep_ends P p then OK else RETRY, 0)))
                         (sweep_mem P (mem s) p (cursor (parts P p)) BATCH) in
      if sweep_ends P p then with_tabs s1 p no_tables else s1
  | st => with_pub s (answers (pub s) c (st, 0))
  end.

(** POWER: after it the machine makes no step.  The tables of a partition that is swept go. *)
Definition hypercall_power (s : state) (c action : nat) : state :=
  if 1 <? action then with_pub s (answers (pub s) c (At INVALID RDI, 0))
  else State (pub_power (pub s) action) (power_mem (pub s) (mem s))
             (fun p => if power_takes (pub s) p then no_tables else tabs s p) (regs s) (pend s).

(** AUDIT_READ; the time stamps are left out. *)
Definition audit_word (r : record) (sequence word : nat) : nat :=
  match word with
  | 0 => sequence
  | 3 => word_a r
  | 4 => word_b r
  | 5 => word_c r
  | _ => 0
  end.
Definition audit_read_answer (P : public) (sequence word : nat) : status * nat :=
  if (length (log P) <=? sequence) || (AUDIT_RECORDS <? length (log P) - sequence) then (At INVALID RDI, 0)
  else if 6 <=? word then (At INVALID RSI, 0)
  else match nth_error (log P) (length (log P) - 1 - sequence) with
       | Some r => (OK, audit_word r sequence word)
       | None => (At INVALID RDI, 0)
       end.

(** INFO *)
Definition info_answer (P : public) (item : info) : status * nat :=
  match item with
  | ABI_VERSION => (OK, 1)
  | TSC_KHZ => (OK, 0)
  | CPUS => (OK, 1)
  | AUDIT_NEXT => (OK, length (log P))
  | SHARED_BIT => (OK, span (cfg P))
  | FRAMES_LIMIT => (OK, limit (cfg P))
  | NO_ITEM => (At INVALID RDI, 0)
  end.

Definition hypercall_step (s : state) (c : nat) (h : hypercall) : state :=
  match h with
  | Info item => with_pub s (answers (pub s) c (info_answer (pub s) item))
  | Partition_create n v => partition_create s c n v
  | Partition_seal id => partition_seal s c id
  | Partition_destroy id => partition_destroy s c id
  | Vcpu_create id rip rsi cr3 => vcpu_create s c id rip rsi cr3
  | Vcpu_run id i => vcpu_run s c id i
  | Vcpu_interrupt id i v => vcpu_interrupt s c id i v
  | Frame_donate id g h n flags => frame_donate s c id g h n flags
  | Frame_reclaim id => frame_reclaim s c id
  | Power action => hypercall_power s c action
  | Audit_read q w => with_pub s (answers (pub s) c (audit_read_answer (pub s) q w))
  | Unknown _ => with_pub s (answers (pub s) c (At UNKNOWN NONE, 0))
  end.

(** The manager's instructions.  Memory goes by its tables; what they do not map is denied. *)
Definition manager_step (s : state) (c : nat) (o : manager_op) : state :=
  let P := pub s in
  let l := mregs (cpus P c) in
  match o with
  | Hypercall h => hypercall_step s c h
  | Mcompute f => with_pub s (mset P c (f l (answer (cpus P c)) (exit (cpus P c))))
  | Mload r f =>
      match ept P MANAGER (false, f) with
      | Some k => with_pub s (mset P c (set_reg r (mem s k) l))
      | None => with_pub s (mset (record_event P (Record_of MEMORY_DENIED f 0 0)) c (set_reg TRAP 14 l))
      end
  | Mstore f r =>
      match ept P MANAGER (false, f) with
      | Some k => with_mem s (upd (mem s) k (reg l r))
      | None => with_pub s (mset (record_event P (Record_of MEMORY_DENIED f 1 0)) c (set_reg TRAP 14 l))
      end
  | Mdenied e a b => with_pub s (mset (record_event P (Record_of e a b 0)) c (set_reg TRAP 13 l))
  end.
