#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes one check, flush, scrub, mask or bound away from a copy of the core at a time, and runs tests and proof until one
fails.  Ends in `N killed, M alive`, and the plain line `N passed, M failed`.
usage: run.py [--check] [--sample] [--named] [NAME...]
    NAME      a mutant, or the beginning of its file
    --check   only whether they apply
    --sample  some that the commit chooses
    --named   only the evidence that a mutant names; else all there is is asked before it counts as alive
JOURNAL=FILE: what was killed is noted there at once, and a run that comes after one that was ended begins where it was.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import evidence
from mutant import ROOT, Mend, complaints, read_all

WORK = ROOT / "build" / "mutants"
# What a worker builds on; the rest of build/ it does not need.
BUILT = ("core", "core.elf", "manager", "manager.elf", "manager.bin", "tiny", "attack", "tests")
JOBS = int(os.environ.get("JOBS") or min(2, os.cpu_count() or 1))
# A sample's mutants are taken as long as there are so many seconds left for them; about what each kind of evidence takes.
SAMPLE_SECONDS = 100
SECONDS = {"unit": 7, "prove": 30, "attack": 25, "pytest": 60}


def copy_of_tree(folder):
    """A copy of the sources and of what is built of them, times kept, so that only what changes is built again."""
    shutil.rmtree(folder, ignore_errors=True)
    ignored = shutil.ignore_patterns(".git", "build", "cache", "__pycache__")
    shutil.copytree(ROOT, folder, ignore=ignored, symlinks=True)
    (folder / "build").mkdir()
    (folder / "cache").symlink_to(ROOT / "cache")
    for name in BUILT:
        built = ROOT / "build" / name
        if built.is_dir():
            shutil.copytree(built, folder / "build" / name, symlinks=True)
        elif built.exists():
            shutil.copy2(built, folder / "build" / name)
    return folder


class Controls:
    """Evidence that has killed must hold without a mutant: each is asked once."""

    def __init__(self):
        self.lock, self.known = threading.Lock(), {}

    def holds(self, what):
        name = " ".join(what)
        with self.lock:
            first = name not in self.known
            if first:
                self.known[name] = concurrent.futures.Future()
        if first:
            folder = WORK / ("control-" + name.replace("/", "_").replace(" ", "-")[:60])
            try:
                self.known[name].set_result(evidence.holds(copy_of_tree(folder), what))
            except Mend as reason:
                self.known[name].set_result((False, str(reason)))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        good, output = self.known[name].result()
        if not good:
            raise Mend(f"`{name}` fails without a mutant as well, so it is no evidence\n{output[-1500:]}")


CONTROLS = Controls()


def kill(mutant, only_named):
    """(killed, by what or survived what), in a copy of the tree that is thrown away."""
    folder = copy_of_tree(WORK / mutant.name)
    survived = []
    try:
        changed = mutant.apply(folder)
        rest = [] if only_named else (what for what in evidence.everything(mutant) if what not in mutant.evidence)
        for what in [*mutant.evidence, None, *rest]:
            if what is None:
                continue
            good, output = evidence.holds(folder, what, changed)
            (WORK / f"{mutant.name}.log").write_text(f"{' '.join(what)}\n{output}", encoding="utf-8")
            if not good:
                CONTROLS.holds(what)
                by = " ".join(what) + (f": {said}" if (said := evidence.what_it_said(output)) else "")
                return True, by if what == mutant.evidence[0] else f"{by} (name it first)"
            survived.append(" ".join(what))
        return False, ", ".join(survived)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def one(mutant, only_named):
    """Runs one mutant: its line, and whether it is killed, alive, or (None) to be mended."""
    started = time.monotonic()
    try:
        killed, how = kill(mutant, only_named)
    except Mend as reason:
        return f"MEND     {mutant.name}: {reason}", None
    seconds = f"({time.monotonic() - started:.0f} s)"
    if killed:
        return f"killed   {mutant.name}: {how} {seconds}", True
    return f"ALIVE    {mutant.name}: {mutant.what}\n         {mutant.file} {mutant.function}; survived {how} {seconds}", False


def sample(mutants):
    """The mutants that this commit chooses."""
    shown = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    commit = shown.stdout.strip() or "no commit"
    left, chosen = SAMPLE_SECONDS, []
    for mutant in sorted(mutants, key=lambda m: hashlib.sha256(f"{commit} {m.name}".encode()).hexdigest()):
        if (cost := SECONDS.get(mutant.evidence[0][0], left + 1)) <= left:
            left -= cost
            chosen.append(mutant)
    print(f"the sample of {commit}: {' '.join(mutant.name for mutant in chosen)}", flush=True)
    return chosen


def choose(mutants, names):
    for name in names:
        if not any(name == m.name or m.file.startswith(name) for m in mutants):
            raise Mend(f"there is no mutant {name}")
    return [m for m in mutants if not names or any(name == m.name or m.file.startswith(name) for name in names)]


def check(mutants):
    """Only whether every mutant applies."""
    wrong = list(complaints(mutants))
    for line in wrong:
        print(line)
    print(f"{len(mutants) - len(wrong)} mutants apply, {len(wrong)} do not")
    print(f"{len(mutants) - len(wrong)} passed, {len(wrong)} failed")
    return 0 if not wrong and mutants else 1


def build():
    status, output = evidence.run(["make", "-s", f"-j{JOBS}", "core", "manager", "attack-images", "boot-images"], ROOT, 2 * evidence.HANGS["build"])
    if status != 0:
        raise Mend(f"the tree does not build without mutants\n{output[-3000:]}")


class Journal:
    """What was killed of the mutants that stand as they did, of files that do, in a file that outlives the run; or nowhere."""

    def __init__(self):
        name = os.environ.get("JOURNAL")
        self.path = pathlib.Path(name) if name else None

    @staticmethod
    def _key(mutant):
        """Changes when the mutant does, or the file that it is about."""
        text = (ROOT / mutant.file).read_bytes() if (ROOT / mutant.file).is_file() else b""
        return hashlib.sha256(text + repr((mutant.function, mutant.edits, mutant.evidence)).encode()).hexdigest()[:16]

    def line(self, mutant):
        """What it says of the mutant, or None."""
        if not self.path or not self.path.is_file():
            return None
        end = f" [{self._key(mutant)}]"
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return next((line for line in lines if line.startswith(f"killed   {mutant.name}:") and line.endswith(end)), None)

    def note(self, mutant, line):
        if self.path:
            with self.path.open("a", encoding="utf-8") as out:
                out.write(f"{line} [{self._key(mutant)}]\n")


def run_all(mutants, only_named):
    killed = alive = mend = 0
    journal = Journal()

    def judge(mutant):
        if known := journal.line(mutant):
            return known, True
        line, result = one(mutant, only_named)
        if result:
            journal.note(mutant, line)
        return line, result

    with concurrent.futures.ThreadPoolExecutor(JOBS) as workers:
        for line, result in workers.map(judge, mutants):
            print(line, flush=True)
            killed, alive, mend = killed + (result is True), alive + (result is False), mend + (result is None)
    if mend:
        print(f"{mend} to be mended")
    print(f"{killed} killed, {alive} alive")
    print(f"{killed} passed, {alive + mend} failed")
    return 0 if killed and not alive and not mend else 1


def main():
    options = {word for word in sys.argv[1:] if word.startswith("--")}
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    if options - {"--check", "--sample", "--named"}:
        print(__doc__)
        return 2
    try:
        mutants = choose(read_all(), names)
        if "--check" in options:
            return check(mutants)
        for mutant in (m for m in mutants if m.hardware and "--sample" not in options):
            print(f"hardware {mutant.name}: {mutant.what}: not counted, {mutant.hardware}")
        mutants = [m for m in mutants if not m.hardware]
        if "--sample" in options:
            mutants = sample(mutants)
        pathlib.Path(WORK).mkdir(parents=True, exist_ok=True)
        only_named = bool(options)
        # What is asked later is built in the mutant's own tree.
        if not only_named or any(mutant.evidence[0][0] in ("attack", "pytest") for mutant in mutants):
            build()
        return run_all(mutants, only_named)
    except Mend as reason:
        print(f"{reason}\n0 passed, 1 failed")
        return 1


if __name__ == "__main__":
    sys.exit(main())
