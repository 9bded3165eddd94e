(* SPDX-License-Identifier: Apache-2.0 *)
(** The abstract machine: its state.

    A state has two halves.  [public] is what the manager legitimately knows: who owns each
    frame, at which guest page it is mapped (the manager donated it there, and a guest that
    shares a page says so), the life of each partition, where vCPUs run, its own CPUs, the
    audit log.  The rest is what partitions hold: the contents of frames, the registers of
    vCPUs, requested interrupts, and how many page tables a guest has left. *)
From Coq Require Export Arith Bool List Lia.
Export ListNotations.

Definition CORE := 0.       (* PARTITION_CORE *)
Definition MANAGER := 1.    (* PARTITION_MANAGER; guests are 2 and up *)
Definition BATCH := 32.     (* FRAME_BATCH_MAX *)

(** What boot found, once and for all. *)
Record config := Config {
  limit : nat;      (* frame_limit: first frame above all RAM *)
  span : nat;       (* shared_bit_gfn: private guest pages are those below it *)
  slots : nat;      (* PARTITIONS_MAX *)
  lives : nat;      (* GENERATION_MAX *)
  vcpus_max : nat;  (* VCPUS_MAX *)
  canonical : nat   (* first address that a vCPU cannot start at *)
}.

(** isolation/frame.h.  [place] is the back-pointer: the page at which the owner maps it. *)
Inductive mode := FREE | OWNED | SHARED.
Record frame := Frame { owner : nat; state_of : mode; place : nat }.

(** A guest page: the shared bit, and the number without it. *)
Definition page := (bool * nat)%type.

(** isolation/partition.h. *)
Inductive life := NOBODY | LIVE | SEALED | DESTROYING.   (* NOBODY: PARTITION_FREE *)
Record partition := Partition {
  life_of : life;
  killed : nat;        (* enum kill_reason, 0 is none *)
  generation : nat;
  frames_left : nat;
  slice : nat;         (* tables it was given at its creation: its quota *)
  vcpu_limit : nat;
  vcpu_count : nat;
  cursor : nat         (* the sweep has passed this many guest pages *)
}.
(** The id that a hypercall names a partition by: slot and generation. *)
Definition pid := (nat * nat)%type.

(** Page tables of a partition: how many are left of its slice, which leaf tables there are. *)
Record tables := Tables { room : nat; leaves : list page }.

(** What the core keeps to run a vCPU: the registers that the guest call which waits has
    named ([nil]: none waits), and the CPU that has claimed it. *)
Record control := Control { waiting : list nat; claimed : option nat }.

(** abi/status.h *)
Inductive code := UNKNOWN | INVALID | NOT_OWNER | BAD_STATE | NO_ROOM | BUSY | DENIED.
Inductive operand := NONE | RDI | RSI | RDX | R10 | R8.
Inductive status := OK | RETRY | At (c : code) (o : operand).

(** abi/run_exit.h: why VCPU_RUN came back, which registers the guest named, RDX and RSI. *)
Inductive exit_kind := INTERRUPTED | GUEST_CALL | HALTED | KILLED.
Record exit_word := Exit { kind : exit_kind; named : list nat; value : nat; detail : nat }.

(** The manager on one CPU: its registers, what the last hypercall answered (RAX and RDX),
    how the last run ended, and the guest vCPU that has the CPU meanwhile. *)
Record cpu := Cpu {
  mregs : list nat;
  answer : status * nat;
  exit : exit_word;
  lent : option (nat * nat)
}.

(** abi/audit.h: event, partition or address, reason or qualification, detail. *)
Inductive audit_event :=
  CREATED | SEAL_DONE | DESTROY_DONE | FREED | GUEST_KILLED | MEMORY_DENIED | PORT_DENIED
  | MSR_DENIED | EXCEPTION | POWERED.
Record record := Record_of { ev : audit_event; word_a : nat; word_b : nat; word_c : nat }.
Definition AUDIT_RECORDS := 1024.

Record public := Public {
  cfg : config;
  off : bool;                               (* the machine was switched off or reset *)
  frames : nat -> frame;
  ept : nat -> page -> option nat;          (* what the tables of each partition say *)
  parts : nat -> partition;
  ctl : nat -> nat -> control;              (* by partition and index *)
  cpus : nat -> cpu;
  log : list record;                        (* the newest first *)
  pool : nat;                               (* tables in no slice *)
  vpool : nat                               (* vCPUs in no partition *)
}.

Record state := State {
  pub : public;
  mem : nat -> nat;                         (* contents of a frame; 0 is a zeroed frame *)
  tabs : nat -> tables;
  regs : nat -> nat -> list nat;            (* register file of a vCPU *)
  pend : nat -> nat -> list nat             (* vectors requested of it *)
}.

(** Updates. *)
Definition upd {A} (f : nat -> A) (k : nat) (x : A) : nat -> A :=
  fun n => if n =? k then x else f n.
Definition upd2 {A} (f : nat -> nat -> A) (p i : nat) (x : A) : nat -> nat -> A :=
  fun q j => if (q =? p) && (j =? i) then x else f q j.

Definition set_off P := Public (cfg P) true (frames P) (ept P) (parts P) (ctl P) (cpus P) (log P) (pool P) (vpool P).
Definition set_maps P fr ep := Public (cfg P) (off P) fr ep (parts P) (ctl P) (cpus P) (log P) (pool P) (vpool P).
Definition set_parts P pa := Public (cfg P) (off P) (frames P) (ept P) pa (ctl P) (cpus P) (log P) (pool P) (vpool P).
Definition set_ctl P ct := Public (cfg P) (off P) (frames P) (ept P) (parts P) ct (cpus P) (log P) (pool P) (vpool P).
Definition set_cpus P cp := Public (cfg P) (off P) (frames P) (ept P) (parts P) (ctl P) cp (log P) (pool P) (vpool P).
Definition set_pools P a b := Public (cfg P) (off P) (frames P) (ept P) (parts P) (ctl P) (cpus P) (log P) a b.
Definition record_event P r := Public (cfg P) (off P) (frames P) (ept P) (parts P) (ctl P) (cpus P) (r :: log P) (pool P) (vpool P).

Definition with_pub s P := State P (mem s) (tabs s) (regs s) (pend s).
Definition with_mem s m := State (pub s) m (tabs s) (regs s) (pend s).
Definition with_tabs s p t := State (pub s) (mem s) (upd (tabs s) p t) (regs s) (pend s).
Definition with_regs s p i r := State (pub s) (mem s) (tabs s) (upd2 (regs s) p i r) (pend s).
Definition with_pend s p i l := State (pub s) (mem s) (tabs s) (regs s) (upd2 (pend s) p i l).

(** Is [k] one of the [n] numbers from [first] on? *)
Definition within (first n k : nat) : bool := (first <=? k) && (k <? first + n).

(** Registers, by the numbers of abi/guest_call.h; above 15 the rest of a vCPU's state. *)
Definition RAX := 0.
Definition R_10 := 10.
Definition R_11 := 11.
Definition TRAP := 16.      (* the exception or #VE to be delivered *)
Definition VECTOR := 17.    (* the interrupt taken *)
Definition DEADLINE := 18.  (* when the vCPU's own timer fires *)

Definition reg (l : list nat) (r : nat) : nat := nth r l 0.
Fixpoint set_reg (r x : nat) (l : list nat) : list nat :=
  match l, r with
  | [], _ => []
  | _ :: l', 0 => x :: l'
  | y :: l', S r' => y :: set_reg r' x l'
  end.

(** TDVMCALL_MASK_ALLOWED: RBX RDX RSI RDI R8-R15. *)
Definition allowed (r : nat) : bool :=
  (r =? 2) || (r =? 3) || (r =? 6) || (r =? 7) || within 8 8 r.

(** What a register file tells by the registers named, and no other. *)
Definition told (names : list nat) (l : list nat) : list (nat * nat) :=
  map (fun r => (r, reg l r)) (filter allowed names).
Fixpoint take_over (values : list (nat * nat)) (l : list nat) : list nat :=
  match values with
  | [] => l
  | (r, x) :: rest => take_over rest (set_reg r x l)
  end.

Definition is_live (l : life) : bool := match l with LIVE => true | _ => false end.
Definition is_sealed (l : life) : bool := match l with SEALED => true | _ => false end.
Definition is_destroying (l : life) : bool := match l with DESTROYING => true | _ => false end.
Definition is_nobody (l : life) : bool := match l with NOBODY => true | _ => false end.
Definition is_owned (m : mode) : bool := match m with OWNED => true | _ => false end.
Definition is_shared (m : mode) : bool := match m with SHARED => true | _ => false end.
Definition present {A} (o : option A) : bool := match o with Some _ => true | None => false end.

(** partition_find(): the slot of a guest that there is, in this generation. *)
Definition found (P : public) (id : pid) : bool :=
  (2 <=? fst id) && (fst id <? slots (cfg P)) && negb (is_nobody (life_of (parts P (fst id))))
  && (generation (parts P (fst id)) =? snd id).
Definition life_at (P : public) (id : pid) : life := life_of (parts P (fst id)).
