#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every part of the tests, one after the other, and ends in the plain line `N passed, M failed`.

A part that is absent, hangs, is cut short or skips something counts as failed: nothing is passed over in silence.
usage: test.py [PART...]
"""
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
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
    ("prove", ["make", "-s", "-j2", "prove", "SMOKE=sample"], 2700),
    ("faults", ["make", "-s", "prove-faults"], 900),
)
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


def cpu_seconds():
    """What ended children, and theirs, have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_part(name, command, time_limit):
    """Runs one part, showing what it prints; its (passed, failed)."""
    print(f"---- {name}: {' '.join(command)}", flush=True)
    started, used = time.monotonic(), cpu_seconds()
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    late = threading.Timer(time_limit, os.killpg, (process.pid, signal.SIGKILL))
    late.start()
    counts = None
    for line in process.stdout:
        sys.stdout.write(line)
        sys.stdout.flush()
        counts = count_line(line.rstrip("\n")) or counts
    status = process.wait()
    in_time = late.is_alive()
    late.cancel()
    seconds, used = time.monotonic() - started, cpu_seconds() - used
    if name in COUNTED_BY_STATUS:
        counts = (1, 0) if status == 0 else (0, 1)
    passed, failed = counts or (0, 0)
    if not in_time:
        print(f"{name}: ended after its time limit of {time_limit} seconds")
    elif counts is None:
        print(f"{name}: ended without saying how many tests passed (exit status {status})")
    if failed == 0 and (status != 0 or passed == 0):
        failed = 1
    print(f"---- {name}: {passed} passed, {failed} failed ({seconds:.0f} s, {used:.0f} s of CPU time)", flush=True)
    return passed, failed


def main():
    wanted = sys.argv[1:]
    unknown = set(wanted) - {name for name, _, _ in PARTS}
    if unknown:
        print(f"error: no such part of the tests: {' '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    results = [(name, *run_part(name, command, limit)) for name, command, limit in PARTS if not wanted or name in wanted]
    print()
    for name, passed, failed in results:
        print(f"{name + ':':10}{passed} passed, {failed} failed")
    passed, failed = sum(r[1] for r in results), sum(r[2] for r in results)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
