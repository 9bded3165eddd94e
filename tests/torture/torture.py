#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The isolation torture test: every state and call, and random hostile calls, on the host and in Bochs.

usage: torture.py [--short]     (make torture, make torture-short)
  SEED=n      the seed of the random parts; a new one each time without it
  EPISODE=n   one episode of the host part alone: what a failure says
  HOURS=n     go on for so long
Writes build/torture/report.json and report.html; ends in `N passed, M failed`.
"""
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("BUILD", "build")
sys.path.insert(0, str(ROOT / "tools"))

import iso  # noqa: E402
from machine import Ended  # noqa: E402
from machine_bochs import Bochs  # noqa: E402

ROW = re.compile(r"TABLE ([^|]+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)")
RESULT = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
COLUMNS = ("resource", "tests", "calls made", "attacks denied", "failures", "seed")
SHORT_SECONDS, LONG_SECONDS = 60, 500
HOST_CALLS, SANITIZED_CALLS = 10_000_000, 1_000_000
EMULATOR_SECONDS = 900
SHORT_ROUNDS, LONG_ROUNDS = 1000, 20000  # of races


class Part:
    """One program of the test: its rows of the table, and how many of its tests passed and failed."""

    def __init__(self, name, seed):
        self.name, self.seed, self.rows, self.text = name, seed, [], ""
        self.passed, self.failed = 0, 1

    def finish(self, text, status=0):
        counts = RESULT.findall(text)
        if counts:
            self.passed, self.failed = map(int, counts[-1])
        if not counts or (status != 0 and self.failed == 0):
            self.failed = max(self.failed, 1)
        for name, tests, calls, denied, failures in ROW.findall(text):
            self.rows.append((name, int(tests), int(calls), int(denied), int(failures), self.seed))
        if not self.rows:
            self.rows.append((self.name, self.passed + self.failed, 0, 0, self.failed, self.seed))
        self.text = text


def run_program(part, command, seconds):
    """Runs a program of the host, showing what it says as it says it."""
    text = ""
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        late = threading.Timer(seconds, process.kill)
        late.start()
        for line in process.stdout:
            text += line
            if not line.startswith("TABLE"):
                print(f"{part.name}: {line}", end="", flush=True)
        status = process.wait()
        late.cancel()
    part.finish(text, status)


def run_emulator(part, attack, cpus=1, settings=""):
    """Boots a hostile manager in Bochs."""
    with tempfile.TemporaryDirectory(prefix="bulkhead-torture-") as directory:
        image = pathlib.Path(directory) / f"{attack}.iso"
        iso.make_iso(image, BUILD / "core.elf", {"manager": BUILD / "attack" / f"{attack}.bin"},
                     command_line=f"torture-seed={part.seed}{settings}", efi=False)
        machine = Bochs(image, directory, memory_mib=256, cpus=cpus)
        with machine:
            try:
                machine.wait_for(r"^\d+ passed, \d+ failed", EMULATOR_SECONDS)
                machine.wait_for("^bulkhead: power off", EMULATOR_SECONDS)
                text = machine.text()
            except Ended as ended:
                text = machine.text() + f"\n{ended}\n0 passed, 1 failed\n"
    for line in text.splitlines():
        if not line.startswith("TABLE"):
            print(f"{part.name}: {line}", flush=True)
    part.finish(text)


def coverage():
    """Rows of tests/attack/README.md: number, class of bug, tests that cover it."""
    table = (ROOT / "tests/attack/README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)


def page(rows, passed, failed):
    """The report as a web page that needs nothing else."""
    def table(head, body):
        cells = "".join(f"<th>{html.escape(str(word))}</th>" for word in head)
        lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(word))}</td>" for word in row) + "</tr>" for row in body)
        return f"<table><tr>{cells}</tr>{lines}</table>"
    style = "body{font:15px sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #999;padding:3px 8px;text-align:left}"
    return (f"<!doctype html><meta charset=utf-8><title>Bulkhead: isolation torture test</title><style>{style}</style>"
            f"<h1>Isolation torture test</h1><p>{passed} passed, {failed} failed</p>{table(COLUMNS, rows)}"
            f"<h2>Classes of bugs</h2>{table(('#', 'class', 'tests'), coverage())}")


def report(parts):
    rows = [row for part in parts for row in part.rows]
    passed, failed = sum(part.passed for part in parts), sum(part.failed for part in parts)
    print()
    widths = [max(len(str(row[n])) for row in rows + [COLUMNS]) for n in range(len(COLUMNS))]
    for row in [COLUMNS] + rows:
        print("  ".join(str(word).ljust(width) if n == 0 else str(word).rjust(width)
                        for n, (word, width) in enumerate(zip(row, widths))))
    out = BUILD / "torture"
    (out / "report.json").write_text(json.dumps({
        "passed": passed, "failed": failed, "rows": [dict(zip(COLUMNS, row)) for row in rows],
        "bug classes": [dict(zip(("number", "class", "tests"), row)) for row in coverage()]}, indent=1) + "\n")
    (out / "report.html").write_text(page(rows, passed, failed), encoding="utf-8")
    print(f"report: {out / 'report.html'}, {out / 'report.json'}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


def main():
    short = "--short" in sys.argv
    seed = int(os.environ.get("SEED") or int.from_bytes(os.urandom(4), "little"))
    hours = float(os.environ.get("HOURS") or 0)
    seconds = hours * 3600 or (SHORT_SECONDS if short else LONG_SECONDS)
    endless = 1 << 62
    host = BUILD / "torture"
    print(f"isolation torture test, seed {seed} (again: SEED={seed})", flush=True)
    if os.environ.get("EPISODE"):
        part = Part("host", seed)
        run_program(part, [host / "host-sanitized", seed, 1, 600, os.environ["EPISODE"]], 1200)
        return report([part])
    transition, plain, checked = Part("every state and call", "-"), Part("host", seed), Part("host, sanitizers on", seed + 1)
    real, windows = Part("emulator, every state and call", "-"), Part("emulator, events at every instruction of a switch", "-")
    emulator, races = Part("emulator", seed), Part("emulator, two CPUs at once", seed)
    started = time.monotonic()
    run_program(transition, [host / "transition"], 600)
    # Two at a time.
    first = threading.Thread(target=run_program, args=(plain, [host / "host", plain.seed, endless if hours else HOST_CALLS,
                                                               int(seconds)], seconds + 300))
    first.start()
    run_program(checked, [host / "host-sanitized", checked.seed, endless if hours else SANITIZED_CALLS, int(seconds)],
                seconds + 300)
    run_emulator(races, "races", cpus=2, settings=f" torture-rounds={SHORT_ROUNDS if short else LONG_ROUNDS}")
    parts = [transition, plain, checked, races]
    if not short:
        run_emulator(real, "transition")
        run_emulator(windows, "windows", cpus=2)
        run_emulator(emulator, "torture")
        parts += [real, windows, emulator]
    first.join()
    print(f"{time.monotonic() - started:.0f} seconds")
    return report(parts)


if __name__ == "__main__":
    sys.exit(main())
