#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the bench images in Bochs, where a tick of the TSC is an instruction, and prints lines `name value unit`.

usage: bench.py MANAGER.bin...      Each image is a manager that says `BENCH name value unit` lines and powers off.
After them the stock Linux guest is booted and timed.
"""
import pathlib
import re
import sys
import tempfile

import iso
import run
from machine import Ended
from machine_bochs import Bochs
from report import Refusal, progress, run_main

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build"
LINE = re.compile(r"BENCH (\S+ \d+ \S+)")
TIME_LIMIT = 300


def run_image(manager):
    """The lines that one bench image says."""
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-") as directory:
        image = pathlib.Path(directory) / "bench.iso"
        iso.make_iso(image, BUILD / "core.elf", {"manager": manager}, efi=False)
        with Bochs(image, directory) as machine:
            try:
                machine.wait_for("^bulkhead: power off", TIME_LIMIT)
            except Ended as ended:
                machine.stop()
                raise Refusal(f"{manager}: {ended}; its console:\n{machine.text()}") from None
            return LINE.findall(machine.text())


def boot_linux():
    """From the manager's word that the guest starts to the first word of its userland, and to its command."""
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-") as directory:
        directory = pathlib.Path(directory)
        with Bochs(run.make_run_iso(directory, "true"), directory, log_serial=True) as machine:
            try:
                machine.wait_for("^BULKHEAD-COMMAND-BEGIN", 3 * TIME_LIMIT)
                machine.stop()
                start = machine.written_at(b": started")
                userland = machine.written_at(b"init: userland") - start
                command = machine.written_at(b"BULKHEAD-COMMAND-BEGIN") - start
            except Ended as ended:
                machine.stop()
                raise Refusal(f"the Linux guest: {ended}; its console:\n{machine.text()}") from None
            return f"boot.to-guest-userland {userland} instructions\nboot.to-guest-command {command} instructions"


def main():
    if len(sys.argv) < 2:
        raise Refusal("there are no bench images: tests/bench has none yet")
    for manager in sys.argv[1:]:
        progress(f"bench: {manager}")
        lines = run_image(manager)
        if not lines:
            raise Refusal(f"{manager} measured nothing")
        print("\n".join(lines), flush=True)
    progress("bench: the stock Linux guest")
    print(boot_linux(), flush=True)
    return 0


if __name__ == "__main__":
    run_main(main)
