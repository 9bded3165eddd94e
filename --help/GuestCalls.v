(* SPDX-License-Identifier: Apache-2.0 *)
(** What a guest vCPU does: its own instructions, guest calls, exits. *)
From Bulkhead Require Import Machine Memory.

Inductive guest_op :=
(* Silent: nothing of these leaves the guest. *)
| Compute (f : list nat -> list nat)     (* any instructions on registers; CPUID, MSRs, virtual x2APIC *)
| Load (r : nat) (x : page)              (* register r := page x *)
| Store_private (g r : nat)
| Take_interrupt
| Trap_instruction (vector : nat)        (* HLT, port I/O, VMCALL, ...: #VE or #UD in the guest *)
| Vp_info
| Page_accept (g : nat)
(* Disclosing. *)
| Store_shared (g r : nat)
| Map_gpa (to : bool) (g n : nat)        (* to shared, or to private: n pages from g on *)
| Guest_call (names : list nat)          (* port or memory I/O that the manager must answer *)
| Halt
| Fatal_error (names : list nat)
| Touch_absent (g : nat)                 (* a private page that is not there: the guest is killed *)
| Die (reason code : nat).               (* triple fault, failed entry, unexpected exit, ... *)

(** The CPU goes back to the manager: VCPU_RUN returns.  The manager's registers tell what
    [values] says; RBP and RSP are as they were, all others are zero. *)
Definition cleared (l : list nat) : list nat :=
  [0; 0; 0; 0; reg l 4; reg l 5; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0; 0].
Definition pub_leave (P : public) (c p i : nat) (w : exit_word) (values : list (nat * nat)) : public :=
  set_cpus
    (set_ctl P (upd2 (ctl P) p i
      (Control (match kind w with GUEST_CALL => named w | _ => [] end) None)))
    (upd (cpus P) c (Cpu (take_over values (cleared (mregs (cpus P c)))) (OK, 0) w None)).

(** partition_kill(): the first reason stays. *)
Definition with_killed (q : partition) (reason : nat) : partition :=
  Partition (life_of q) reason (generation q) (frames_left q) (slice q) (vcpu_limit q) (vcpu_count q) (cursor q).
Definition pub_kill (P : public) (p reason code : nat) : public :=
  if killed (parts P p) =? 0 then
    record_event (set_parts P (upd (parts P) p (with_killed (parts P p) reason)))
                 (Record_of GUEST_KILLED p reason code)
  else P.
Definition kill (s : state) (c p i reason code : nat) : state :=
  with_pub s (pub_leave (pub_kill (pub s) p reason code) c p i (Exit KILLED [] reason code) []).

(** MapGPA: page_share(), page_unshare().  Is what the pages would become free? *)
Definition convert_check (P : public) (t : tables) (p g n : nat) (to : bool) : status :=
  if (n =? 0) || (BATCH <? n) || (span (cfg P) <=? g) || (span (cfg P) - g <? n) then At INVALID NONE
  else if negb (is_sealed (life_of (parts P p))) then At BAD_STATE NONE
  else if existsb (fun k => present (ept P p (true, k)) && present (ept P p (false, k))) (seq g n)
       then At BAD_STATE NONE
  else if existsb (fun k => present (ept P p (negb to, k))) (seq g n)
       then (if snd (prepare t to g n) then OK else At NO_ROOM NONE)
  else OK.
Definition tables_after (P : public) (t : tables) (p g n : nat) (to : bool) : tables :=
  if existsb (fun k => present (ept P p (negb to, k))) (seq g n) then fst (prepare t to g n) else t.

Definition map_refused (P : public) (g n : nat) : bool :=
  (n =? 0) || (span (cfg P) <=? g) || (span (cfg P) - g <? n).
Definition map_status (P : public) (t : tables) (p : nat) (to : bool) (g n : nat) : status :=
  if map_refused P g n then At INVALID NONE else convert_check P t p g (Nat.min n BATCH) to.

(** R10 of a TDVMCALL: 0 success, 1 retry, 2 invalid operand; R11 where to go on. *)
Definition tdvmcall_finish (l : list nat) (st next : nat) : list nat := set_reg R_10 st (set_reg R_11 next l).
Definition map_gpa (s : state) (p i : nat) (to : bool) (g n : nat) : state :=
  let P := pub s in
  let l := regs s p i in
  let m := Nat.min n BATCH in
  match map_status P (tabs s p) p to g n with
  | OK =>
      with_regs
        (with_mem
          (with_tabs (with_pub s (pub_convert P p g m to)) p (tables_after P (tabs s p) p g m to))
          (convert_mem P (mem s) p g m to))
        p i (tdvmcall_finish l (if BATCH <? n then 1 else 0) (if BATCH <? n then g + m else 0))
  | At NO_ROOM _ =>
      with_regs (with_tabs s p (tables_after P (tabs s p) p g m to)) p i (tdvmcall_finish l 2 g)
  | _ => with_regs s p i (tdvmcall_finish l 2 g)
  end.

(** Does a TDVMCALL name the registers of the call, and none that must not be disclosed? *)
Definition names_good (names : list nat) : bool :=
  forallb allowed names && existsb (Nat.eqb R_10) names && existsb (Nat.eqb R_11) names.

Definition guest_step (s : state) (c p i : nat) (o : guest_op) : state :=
  let P := pub s in
  let l := regs s p i in
  match o with
  | Compute f => with_regs s p i (f l)
  | Load r x =>
      match ept P p x with
      | Some k => with_regs s p i (set_reg r (mem s k) l)
      | None => if fst x then with_regs s p i (set_reg TRAP 20 l) else s
      end
  | Store_private g r =>
      match ept P p (false, g) with
      | Some k => with_mem s (upd (mem s) k (reg l r))
      | None => s
      end
  | Take_interrupt =>
      match pend s p i with
      | v :: rest => with_regs (with_pend s p i rest) p i (set_reg VECTOR v l)
      | [] => s
      end
  | Trap_instruction v => with_regs s p i (set_reg TRAP v l)
  | Vp_info => with_regs s p i (set_reg 8 (vcpu_count (parts P p)) (set_reg 9 i l))
  | Page_accept g =>
      with_regs s p i (set_reg RAX (if present (ept P p (false, g)) then 0 else 2) l)
  | Store_shared g r =>
      match ept P p (true, g) with
      | Some k => with_mem s (upd (mem s) k (reg l r))
      | None => with_regs s p i (set_reg TRAP 20 l)
      end
  | Map_gpa to g n => map_gpa s p i to g n
  | Guest_call names =>
      if names_good names
      then with_pub s (pub_leave P c p i (Exit GUEST_CALL names 0 0) (told names l))
      else with_regs s p i (set_reg RAX 2 l)
  | Halt => with_pub s (pub_leave P c p i (Exit HALTED [] (reg l DEADLINE) 0) [])
  | Fatal_error names =>
      if names_good names
      then with_pub s (pub_leave (pub_kill P p 5 0) c p i (Exit KILLED names 5 0) (told names l))
      else with_regs s p i (set_reg RAX 2 l)
  | Touch_absent g => if present (ept P p (false, g)) then s else kill s c p i 2 g
  | Die reason code => kill s c p i reason code
  end.
