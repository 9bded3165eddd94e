#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks a copy of the model in one place at a time: each time a proof must fail, and not the mere definitions.

Ends in the plain line `N passed, M failed`.  usage: mutants.py [build directory]
"""
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FILE_SECONDS = 300
DEFINITIONS = ("Machine.v", "Memory.v", "Hypercalls.v", "GuestCalls.v", "Step.v", "Views.v")
# What is broken, where, the text, and what comes in its place.
MUTANTS = (
    ("share and unshare do not scrub", "Memory.v",
     "fun f => if converts P p g n to f then 0 else m f.", "m."),
    ("reclaim does not scrub", "Memory.v", "fun f => if sweeps P p c n f then 0 else m f.", "m."),
    ("power does not scrub", "Memory.v",
     "fun f => if power_takes P (owner (frames P f)) then 0 else m f.", "m."),
    ("donate never scrubs", "Memory.v", "if within h n f && negb keep then 0 else m f", "m f"),
    ("donate leaves the frames mapped for the manager", "Memory.v",
     "(if negb (fst x) && within h n (snd x) then None else ept P q x)", "ept P q x"),
    ("unshare leaves the frames mapped for the manager", "Memory.v",
     "(if to then Some (snd x) else None)", "Some (snd x)"),
    ("donate does not ask who owns the frames", "Hypercalls.v",
     "  else if negb (forallb (managers_own P) (seq h n)) then At NOT_OWNER RDX\n", ""),
    ("donate maps over what is there", "Hypercalls.v",
     "  else if existsb (fun k => present (ept P (fst id) (false, k))) (seq g n) then At BAD_STATE RSI\n", ""),
    ("reclaim takes frames of a partition that lives", "Hypercalls.v",
     "  else if negb (is_destroying (life_at P id)) then At BAD_STATE RDI\n  else if is_busy", "  else if is_busy"),
    ("reclaim frees a partition that is on a CPU", "Hypercalls.v",
     "  else if is_busy P (fst id) then At BUSY RDI\n", ""),
    ("a vCPU can be claimed twice", "Hypercalls.v",
     "  else if present (claimed (ctl P (fst id) i)) then At BUSY NONE\n", ""),
    ("a new vCPU has the registers of the last one", "Hypercalls.v",
     "with_regs (with_pub s (answers (pub_vcpu_create (pub s) p) c (OK, i)))\n"
     "                           p i (fresh rip rsi cr3 i)",
     "with_regs (with_pub s (answers (pub_vcpu_create (pub s) p) c (OK, i)))\n"
     "                           p i (regs s p i)"),
    ("a reply changes registers that were not named", "Hypercalls.v",
     "told (waiting (ctl P p i)) (mregs (cpus P c))", "told (seq 0 16) (mregs (cpus P c))"),
    ("the manager's loads go past its tables", "Hypercalls.v",
     "  | Mload r f =>\n      match ept P MANAGER (false, f) with", "  | Mload r f =>\n      match Some f with"),
    ("a guest call discloses registers that were not named", "GuestCalls.v",
     "(pub_leave P c p i (Exit GUEST_CALL names 0 0) (told names l))",
     "(pub_leave P c p i (Exit GUEST_CALL names 0 0) (told (seq 0 16) l))"),
    ("the manager's registers are not cleared when a guest halts", "GuestCalls.v",
     "(pub_leave P c p i (Exit HALTED [] (reg l DEADLINE) 0) [])",
     "(pub_leave P c p i (Exit HALTED [] (reg l DEADLINE) 0) [(3, reg l 3)])"),
    ("MapGPA answers by a pool that all share", "GuestCalls.v",
     "then (if snd (prepare t to g n) then OK else At NO_ROOM NONE)",
     "then (if snd (prepare t to g n) && (0 <? pool P) then OK else At NO_ROOM NONE)"),
    ("MapGPA maps over what is there", "GuestCalls.v",
     "  else if existsb (fun k => present (ept P p (true, k)) && present (ept P p (false, k))) (seq g n)\n"
     "       then At BAD_STATE NONE\n", ""),
)


def first_failure(build):
    """The first file that coqc refuses, or None."""
    for name in (HERE / "_CoqProject").read_text().split("\n"):
        if name.endswith(".v") and name != "Theorems.v":
            done = subprocess.run(["coqc", "-q", "-Q", ".", "Bulkhead", name], cwd=build, timeout=FILE_SECONDS,
                                  stdin=subprocess.DEVNULL, capture_output=True)
            if done.returncode != 0:
                return name
    return None


def run_mutant(build, what, name, old, new):
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    for path in HERE.glob("*.v"):
        shutil.copy(path, build / path.name)
    text = (build / name).read_text()
    if text.count(old) != 1:
        return f"the text to break is there {text.count(old)} times"
    (build / name).write_text(text.replace(old, new))
    failed = first_failure(build)
    if failed is None:
        return "every proof still passes"
    if failed in DEFINITIONS:
        return f"{failed} does not compile: no proof was asked"
    print(f"coq mutant: {what}: noticed in {failed}", flush=True)
    return None


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/proofs/coq-mutants").resolve()
    failures = 0
    for mutant in MUTANTS:
        complaint = run_mutant(build, *mutant)
        if complaint:
            failures += 1
            print(f"coq mutant: {mutant[0]}: FAILED: {complaint}", flush=True)
    print(f"{len(MUTANTS) - failures} passed, {failures} failed")
    return 0 if failures == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
