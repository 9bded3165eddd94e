#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every part of the tests and ends in the plain line `N passed, M failed`.

A part that is absent, hangs, is cut short or skips something counts as failed: nothing is passed over in silence.
Proofs run beside the other parts, with what these leave of the processors, and are shown after them.
usage: test.py [PART...]
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTEST = ["/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "--tb=short", "-v", "-rfE", "--durations=12"]
# Name, command, seconds after which it is taken for hung and ended: all together need a fraction of that.
PARTS = (
    ("build", ["make", "-s", "-j2", "core", "manager", "guest-images", "attack-images", "boot-images"], 600),
    ("check", ["make", "-s", "check"], 600),
    ("unit", ["make", "-s", "-j2", "unit"], 600),
    ("fuzz", ["make", "-s", "-j2", "fuzz-short"], 600),
    ("mutants", ["make", "-s", "mutants", "SAMPLE=1"], 600),
    ("torture", ["make", "-s", "-j2", "torture-short"], 900),
    ("system", PYTEST + ["tests"], 2400),
    ("prove", ["nice", "make", "-s", "-j2", "prove", "SMOKE=sample"], 3600),
    ("faults", ["nice", "make", "-s", "prove-faults"], 900),
)
BESIDE = ("prove", "faults")
COUNTED_BY_STATUS = ("build",)  # one test: it works or it does not
PLAIN = re.compile(r"^(?:\S+: )?(\d+) passed, (\d+) failed$")
PYTEST_SUMMARY = re.compile(r"^=* ?((?:\d+ \w+,? ?)+)in [\d.]+s")
GOOD_IN_PYTEST = ("passed", "warning", "warnings")


def count_line(line):
    """The (passed, failed) that a summary line of a test program tells, or None if it is no such line."""
    plain = PLAIN.match(line)
    if plain:
        return int(plain.group(1)), int(plain.group(2))
    summary = PYTEST_SUMMARY.match(line)
    if summary:
        counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", summary.group(1))}
        # Skipped, expected to fail, deselected: not passed, so failed.
        return counts.get("passed", 0), sum(n for word, n in counts.items() if word not in GOOD_IN_PYTEST)
    return None


running = set()  # processes, each of a session of its own


def end_all():
    """An interrupted run leaves nothing behind."""
    for process in list(running):
        os.killpg(process.pid, signal.SIGKILL)


def run_part(name, command, time_limit, out):
    """Runs one part, writing what it prints to `out`; its (name, passed, failed)."""
    print(f"---- {name}: {' '.join(command)}", file=out, flush=True)
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    running.add(process)
    late = threading.Timer(time_limit, os.killpg, (process.pid, signal.SIGKILL))
    late.start()
    counts = None
    for line in process.stdout:
        print(line, end="", file=out, flush=True)
        counts = count_line(line.rstrip("\n")) or counts
    status = process.wait()
    running.discard(process)
    in_time = late.is_alive()
    late.cancel()
    seconds = time.monotonic() - started
    if name in COUNTED_BY_STATUS:
        counts = (1, 0) if status == 0 else (0, 1)
    passed, failed = counts or (0, 0)
    if not in_time:
        print(f"{name}: ended after its time limit of {time_limit} seconds", file=out)
    elif counts is None:
        print(f"{name}: ended without saying how many tests passed (exit status {status})", file=out)
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    print(f"---- {name}: {passed} passed, {failed} failed ({seconds:.0f} s)", file=out, flush=True)
    return name, passed, failed


def run_beside(parts):
    """Runs parts one after the other in a thread of their own; a function that shows what they print, to the end, and gives
    their results."""
    results = []
    done = threading.Event()
    kept = tempfile.NamedTemporaryFile("w", prefix="bulkhead-test.", encoding="utf-8")  # goes when it is closed

    def run():
        try:
            for part in parts:
                results.append(run_part(*part, kept))
        finally:
            done.set()

    def show():
        with open(kept.name, encoding="utf-8") as text:
            while True:
                over = done.wait(1)
                shutil.copyfileobj(text, sys.stdout)
                sys.stdout.flush()
                if over:
                    break
        kept.close()
        return results + [(name, 0, 1) for name, _, _ in parts[len(results):]]

    threading.Thread(target=run, daemon=True).start()
    return show


def main():
    wanted = sys.argv[1:]
    unknown = set(wanted) - {name for name, _, _ in PARTS}
    if unknown:
        print(f"error: no such part of the tests: {' '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [part for part in PARTS if not wanted or part[0] in wanted]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        show_beside = run_beside([part for part in chosen if part[0] in BESIDE])
        results = [run_part(*part, sys.stdout) for part in chosen if part[0] not in BESIDE]
        results += show_beside()
    finally:
        end_all()
    print()
    for name, passed, failed in results:
        print(f"{name + ':':10}{passed} passed, {failed} failed")
    passed, failed = sum(r[1] for r in results), sum(r[2] for r in results)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
