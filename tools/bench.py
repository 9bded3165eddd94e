#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the bench images in Bochs, where a tick of the TSC is an instruction, and prints lines `name value unit`.

usage: bench.py MANAGER.bin...      Each image is a manager that says `BENCH name value unit` lines and powers off.
After them the stock Linux guest is booted and timed, and the same kernel without hypervisor.
"""
import configparser
import pathlib
import re
import struct
import sys
import tempfile

import iso
import run
from machine import Ended
from machine_bochs import Bochs
from report import Refusal, progress, run_main

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build"
LINE = re.compile(r"BENCH (\S+ \d+ \S+)")
FAILED = re.compile(r"^FAIL ", re.MULTILINE)
TIME_LIMIT = 300
MEMORY_MIB = 512
CPUS = {"ipi": 2}  # of the machines for images that need more than one
# Lines that are measured again where the core delivers the interrupts of guests, not the CPU, with this at their name.
BY_THE_CORE = {"ipi": "ipi.same-guest", "exits": "exit.none.eoi"}
BY_THE_CORE_SUFFIX = ".apicv-off"
ELF_ENTRY = 24  # offset of e_entry


def run_image(manager, command_line=""):
    """The lines that one bench image says, on a core with this command line."""
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-") as directory:
        image = pathlib.Path(directory) / "bench.iso"
        iso.make_iso(image, BUILD / "core.elf", {"manager": manager}, command_line=command_line, efi=False)
        with Bochs(image, directory, memory_mib=MEMORY_MIB, cpus=CPUS.get(pathlib.Path(manager).stem, 1)) as machine:
            try:
                machine.wait_for("^bulkhead: power off", TIME_LIMIT)
            except Ended as ended:
                machine.stop()
                raise Refusal(f"{manager}: {ended}; its console:\n{machine.text()}") from None
            if FAILED.search(machine.text()):
                raise Refusal(f"{manager} failed; its console:\n{machine.text()}")
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
            return userland, command


def boot_bare():
    """The same kernel and initramfs without any hypervisor: from the kernel's first instruction to its userland."""
    words = configparser.ConfigParser(interpolation=None)
    words.read(BUILD.parent / "tools" / "guests.ini")
    command_line = words["guest linux"]["command_line"].replace("console=hvc0 root=/dev/vda", "console=ttyS0 nokaslr")
    entry = f'menuentry "bare" {{\n    linux /boot/kernel {command_line}\n    initrd /boot/initrd\n}}\n'
    # The same memory as the guest's.
    command_line += f" mem={words['guest linux']['memory']}"
    # The unpacked kernel starts at its ELF entry, which is a physical address.
    with open(run.ROOT / "cache" / "kernel" / "vmlinux", "rb") as vmlinux:
        entry_point = struct.unpack("<Q", vmlinux.read(ELF_ENTRY + 8)[ELF_ENTRY:])[0]
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-") as directory:
        directory = pathlib.Path(directory)
        image = directory / "bare.iso"
        iso.make_iso(image, BUILD / "core.elf", {"kernel": run.ROOT / "cache" / "kernel" / "vmlinuz", "initrd": BUILD / "initrd.cpio"},
                     entries=[entry], efi=False, more_modules=["linux"])
        with Bochs(image, directory, log_serial=True, ignore_bad_msrs=1, debugger=f"pb {entry_point:#x}\nc\nc\nquit\n") as machine:
            try:
                machine.wait_for("^init: no root file system", 3 * TIME_LIMIT)
                machine.stop()
                return machine.written_at(b"init: userland") - machine.stopped_at()[1]
            except Ended as ended:
                machine.stop()
                raise Refusal(f"Linux on the bare machine: {ended}; its console:\n{machine.text()}") from None


def main():
    if len(sys.argv) < 2:
        raise Refusal("there are no bench images: tests/bench has none yet")
    for manager in sys.argv[1:]:
        progress(f"bench: {manager}")
        lines = run_image(manager)
        if not lines:
            raise Refusal(f"{manager} measured nothing")
        print("\n".join(lines), flush=True)
        again = BY_THE_CORE.get(pathlib.Path(manager).stem)
        if again:
            line = next(line for line in run_image(manager, "apicv=off") if line.startswith(again + " "))
            print(line.replace(again, again + BY_THE_CORE_SUFFIX), flush=True)
    progress("bench: the stock Linux guest")
    userland, command = boot_linux()
    print(f"boot.to-guest-userland {userland} instructions\nboot.to-guest-command {command} instructions", flush=True)
    progress("bench: the same kernel without hypervisor")
    bare = boot_bare()
    print(f"boot.bare-to-userland {bare} instructions\nboot.overhead {userland * 1000 // bare} thousandths", flush=True)
    return 0


if __name__ == "__main__":
    run_main(main)
