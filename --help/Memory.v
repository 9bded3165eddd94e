(* SPDX-License-Identifier: Apache-2.0 *)
(** Ownership changes: what each commits on frames, translations, contents and tables.
    Each is given for all frames at once, as the batch in C leaves them. *)
From Bulkhead Require Import Machine.

(** Table quota: table_prepare() for the first and the last page of a batch.  One leaf table
    covers 512 pages.  The upper levels are left out. *)
Definition region (g : nat) : nat := g / 512.
Definition page_eqb (x y : page) : bool := Bool.eqb (fst x) (fst y) && (snd x =? snd y).
Definition prepare_one (t : tables) (x : page) : tables * bool :=
  if existsb (page_eqb x) (leaves t) then (t, true)
  else match room t with
       | 0 => (t, false)
       | S rest => (Tables rest (x :: leaves t), true)
       end.
Definition prepare (t : tables) (shared : bool) (g n : nat) : tables * bool :=
  let (t1, ok) := prepare_one t (shared, region g) in
  if ok then prepare_one t1 (shared, region (g + n - 1)) else (t1, false).

(** donate: the manager's frames h .. h + n - 1 become partition p's, at pages g on. *)
Definition donate_frames (P : public) (p g h n : nat) : nat -> frame :=
  fun f => if within h n f then Frame p OWNED (g + (f - h)) else frames P f.
Definition donate_ept (P : public) (p g h n : nat) : nat -> page -> option nat :=
  fun q x =>
    if q =? MANAGER then (if negb (fst x) && within h n (snd x) then None else ept P q x)
    else if (q =? p) && negb (fst x) && within g n (snd x) then Some (h + (snd x - g))
    else ept P q x.
Definition donate_mem (m : nat -> nat) (h n : nat) (keep : bool) : nat -> nat :=
  fun f => if within h n f && negb keep then 0 else m f.
Definition donate_parts (P : public) (p n : nat) : nat -> partition :=
  let q := parts P p in
  upd (parts P) p (Partition (life_of q) (killed q) (generation q) (frames_left q - n) (slice q)
                             (vcpu_limit q) (vcpu_count q) (cursor q)).
Definition pub_donate (P : public) (p g h n : nat) : public :=
  set_parts (set_maps P (donate_frames P p g h n) (donate_ept P p g h n)) (donate_parts P p n).

(** share and unshare: of p's pages g .. g + n - 1 those that are private become shared
    ([to] = true), or the other way round. *)
Definition mode_before (to : bool) : mode := if to then OWNED else SHARED.
Definition mode_after (to : bool) : mode := if to then SHARED else OWNED.
Definition is_mode (a b : mode) : bool :=
  match a, b with FREE, FREE | OWNED, OWNED | SHARED, SHARED => true | _, _ => false end.
Definition converts (P : public) (p g n : nat) (to : bool) (f : nat) : bool :=
  (owner (frames P f) =? p) && is_mode (state_of (frames P f)) (mode_before to)
  && within g n (place (frames P f)).
Definition convert_frames (P : public) (p g n : nat) (to : bool) : nat -> frame :=
  fun f => if converts P p g n to f then Frame p (mode_after to) (place (frames P f)) else frames P f.
Definition convert_ept (P : public) (p g n : nat) (to : bool) : nat -> page -> option nat :=
  fun q x =>
    if q =? MANAGER then
      if negb (fst x) && converts P p g n to (snd x) then (if to then Some (snd x) else None)
      else ept P q x
    else if (q =? p) && within g n (snd x) then
      if Bool.eqb (fst x) to then
        match ept P p (negb to, snd x) with Some f => Some f | None => ept P p x end
      else None
    else ept P q x.
Definition convert_mem (P : public) (m : nat -> nat) (p g n : nat) (to : bool) : nat -> nat :=
  fun f => if converts P p g n to f then 0 else m f.
Definition pub_convert (P : public) (p g n : nat) (to : bool) : public :=
  set_maps P (convert_frames P p g n to) (convert_ept P p g n to).

(** reclaim: p's frames at pages c .. c + n - 1, private or shared, become the manager's. *)
Definition sweeps (P : public) (p c n : nat) (f : nat) : bool :=
  (owner (frames P f) =? p) && within c n (place (frames P f)).
Definition sweep_frames (P : public) (p c n : nat) : nat -> frame :=
  fun f => if sweeps P p c n f then Frame MANAGER OWNED f else frames P f.
Definition sweep_ept (P : public) (p c n : nat) : nat -> page -> option nat :=
  fun q x =>
    if q =? MANAGER then (if negb (fst x) && sweeps P p c n (snd x) then Some (snd x) else ept P q x)
    else if (q =? p) && within c n (snd x) then None
    else ept P q x.
Definition sweep_mem (P : public) (m : nat -> nat) (p c n : nat) : nat -> nat :=
  fun f => if sweeps P p c n f then 0 else m f.

(** A slot that nobody has: partition_free(), table_slice_close(), vcpu_free_all(). *)
Definition freed (q : partition) : partition := Partition NOBODY 0 (S (generation q)) 0 0 0 0 0.
Definition idle : control := Control [] None.
Definition no_tables : tables := Tables 0 [].
Definition with_cursor (q : partition) (c : nat) : partition :=
  Partition (life_of q) (killed q) (generation q) (frames_left q) (slice q) (vcpu_limit q) (vcpu_count q) c.

(** One call of the sweep; [ends] when it has passed the last page. *)
Definition sweep_ends (P : public) (p : nat) : bool := span (cfg P) <=? cursor (parts P p) + BATCH.
Definition pub_sweep (P : public) (p : nat) : public :=
  let q := parts P p in
  let c := cursor q in
  let P1 := set_maps P (sweep_frames P p c BATCH) (sweep_ept P p c BATCH) in
  if sweep_ends P p then
    record_event
      (set_ctl (set_pools (set_parts P1 (upd (parts P) p (freed q))) (pool P + slice q) (vpool P + vcpu_limit q))
               (fun r i => if r =? p then idle else ctl P r i))
      (Record_of FREED p (generation q) 0)
  else set_parts P1 (upd (parts P) p (with_cursor q (c + BATCH))).

(** power: every guest is destroyed and swept to the end, but one that is still on a CPU. *)
Definition is_busy (P : public) (p : nat) : bool :=
  existsb (fun i => present (claimed (ctl P p i))) (seq 0 (vcpu_count (parts P p))).
Definition power_takes (P : public) (p : nat) : bool :=
  (2 <=? p) && negb (is_nobody (life_of (parts P p))) && negb (is_busy P p).
Definition power_frames (P : public) : nat -> frame :=
  fun f => if power_takes P (owner (frames P f)) then Frame MANAGER OWNED f else frames P f.
Definition power_ept (P : public) : nat -> page -> option nat :=
  fun q x =>
    if q =? MANAGER then
      if negb (fst x) && power_takes P (owner (frames P (snd x))) then Some (snd x) else ept P q x
    else if power_takes P q then None else ept P q x.
Definition power_mem (P : public) (m : nat -> nat) : nat -> nat :=
  fun f => if power_takes P (owner (frames P f)) then 0 else m f.
Definition power_parts (P : public) : nat -> partition :=
  fun p => if power_takes P p then freed (parts P p) else parts P p.
Definition pub_power (P : public) (action : nat) : public :=
  set_off (record_event
    (set_ctl (set_parts (set_maps P (power_frames P) (power_ept P)) (power_parts P))
             (fun p i => if power_takes P p then idle else ctl P p i))
    (Record_of POWERED action 0 0)).
