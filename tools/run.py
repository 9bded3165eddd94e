#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Bulkhead with one Linux guest and gives its console.  `make run` calls this; settings are environment variables:

  MACHINE   bochs, kvm or nested: where to run (kvm where nested VMX is available, else bochs)
  KERNEL    the guest's kernel, vmlinux or bzImage (Debian's stock cloud kernel)
  INITRD    its initramfs (busybox)           DISK      its disk image (a small ext4 root file system)
  MEM       its memory (256M)                 CMDLINE   more words for its command line
  CPUS      its CPUs, and the machine's (1)
  CORE      words for the core's command line: smt=on, apicv=off
  GUEST_CMD the command to run in it where there is no terminal
  CONSOLE   a file to keep what the machine's console said     LOG   one for Bochs' own log
  TIME_LIMIT seconds after which a run without a terminal is ended (900)
"""
import configparser
import os
import pathlib
import re
import select
import sys
import tempfile
import termios
import tty

import guest_image
import iso
from machine import Ended
from machine_bochs import Bochs
from machine_nested import Nested
from machine_qemu import Qemu, why_no_nested_kvm
from report import Refusal, progress, run_main

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
DEFAULT_COMMAND = "uname -a; cat /proc/cpuinfo | grep -c processor; dmesg | grep -i tdx; free -m"
BEGIN, END = rb"^BULKHEAD-COMMAND-BEGIN\r?\n", rb"BULKHEAD-COMMAND-END status=(\d+)"
POWER_OFF = rb"^bulkhead: power off"
# What the console says when a stage is reached, and what is then going on.
STAGES = (
    (rb"^bulkhead: ", "the core is up"),
    (rb"^bulkhead-manager: ", "the manager is up and starts the guest"),
    (BEGIN, "the guest is up and runs the command"),
)


def setting(name, default=""):
    """The environment variable `name`; empty counts as not given."""
    return os.environ.get(name) or default


def _file_setting(name, default):
    given = setting(name)
    path = pathlib.Path(given) if given else default
    if not path.is_file():
        raise Refusal(f"{name}={path}: there is no such file" if given
                      else f"{path} has not been built: run `make guest-images`")
    return path


def choose_machine(iso_path, directory, interactive):
    """The machine that MACHINE asks for, or the best that is here; says which."""
    wanted = setting("MACHINE")
    lacking = why_no_nested_kvm()
    if wanted not in ("", "bochs", "kvm", "nested"):
        raise Refusal(f"MACHINE={wanted}: say bochs, kvm or nested")
    if wanted == "kvm" and lacking:
        raise Refusal(f"MACHINE=kvm: {lacking}; MACHINE=bochs runs anywhere")
    if wanted == "nested":
        progress("machine: QEMU/KVM with nested VMX, inside Bochs (MACHINE=nested)")
        return Nested(iso_path, directory)
    if wanted == "kvm" or (not wanted and not lacking):
        progress("machine: QEMU/KVM with nested VMX")
        return Qemu(iso_path, directory, kvm=True, cpus=int(setting("CPUS", "1")))
    progress("machine: Bochs" + ("" if wanted else f" ({lacking}, so not QEMU/KVM)"))
    # At a terminal time passes as on the wall; without one as fast as it can.
    return Bochs(iso_path, directory, sync="slowdown" if interactive else "none", cpus=setting("CPUS", "1"))


def guest_configuration():
    """tools/guests.ini with MEM and CMDLINE put in, as text."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tools" / "guests.ini")
    guest = parser["guest linux"]
    if setting("MEM"):
        if not re.fullmatch(r"[1-9][0-9]*[MG]", setting("MEM")):
            raise Refusal(f"MEM={setting('MEM')}: say a number and M or G, as in MEM=256M")
        guest["memory"] = setting("MEM")
    if setting("CPUS"):
        if not re.fullmatch(r"[1-9]|1[0-6]", setting("CPUS")):
            raise Refusal(f"CPUS={setting('CPUS')}: say a number from 1 to 16")
        guest["cpus"] = setting("CPUS")
    if setting("CMDLINE"):
        guest["command_line"] += " " + setting("CMDLINE")
    return "".join(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in parser[section].items())
                   for section in parser.sections())


def default_kernel():
    """The stock kernel: unpacked, but where GRUB reads a megabyte in seconds."""
    return ROOT / "cache" / "kernel" / ("vmlinuz" if setting("MACHINE") == "nested" else "vmlinux")


def with_command(initrd, command):
    """The initramfs (bytes), and `command` for the guest's session."""
    return initrd + bytes(-len(initrd) % 4) + guest_image.command_archive(command)


def make_run_iso(directory, command):
    """An ISO for this run: the user's images where given, and `command` for the guest's session unless None."""
    modules = {"manager": BUILD / "manager.bin", "guests": directory / "guests.ini",
               "kernel": _file_setting("KERNEL", default_kernel()),
               "initrd": _file_setting("INITRD", BUILD / "initrd.cpio"),
               "disk": _file_setting("DISK", BUILD / "root.ext4")}
    modules["guests"].write_text(guest_configuration())
    if command is not None:
        initrd = modules["initrd"].read_bytes()
        modules["initrd"] = directory / "initrd"
        modules["initrd"].write_bytes(with_command(initrd, command))
    out = directory / "run.iso"
    iso.make_iso(out, BUILD / "core.elf", modules, command_line=setting("CORE"))
    return out


def keep_files(machine):
    """What CONSOLE and LOG ask to be kept of a run."""
    if setting("CONSOLE"):
        pathlib.Path(setting("CONSOLE")).write_bytes(machine.transcript)
    log = pathlib.Path(machine.directory) / "bochs.log"
    if setting("LOG") and log.is_file():
        pathlib.Path(setting("LOG")).write_bytes(log.read_bytes())


def show_console(machine, reason):
    """The end of a failed run: its reason and all that the console said."""
    print("---- console ----", file=sys.stderr)
    print(machine.text(), file=sys.stderr)
    if machine.diagnosis():
        print(f"---- {machine.name} ----\n{machine.diagnosis()}", file=sys.stderr)
    print(f"---- failed: {reason}", file=sys.stderr)


def run_command(machine, time_limit):
    """Without a terminal: follows the run, prints what the guest's command printed; its exit status."""
    try:
        for pattern, meaning in STAGES:
            begin = machine.wait_for(pattern + b"|" + POWER_OFF, time_limit)
            if re.match(POWER_OFF, begin.group(0)):
                raise Ended("the machine went off before the guest ran the command")
            progress(meaning)
        end = machine.wait_for(END, time_limit, begin.end())
        machine.wait_for(POWER_OFF, 60, end.end())
        progress("the machine is off")
    except Ended as ended:
        machine.stop()
        show_console(machine, ended)
        return 1
    output = machine.transcript[begin.end():end.start()].replace(b"\r\n", b"\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()
    return int(end.group(1))


def run_session(machine):
    """On a terminal: joins it to the serial port until the machine goes off."""
    progress("the guest's shell follows; leave with `poweroff` in it, or with Ctrl-] at once")
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setraw(keyboard)
    shown = 0
    try:
        while True:
            ready, _, _ = select.select([keyboard, machine.serial], [], [], 0.5)
            if keyboard in ready:
                typed = os.read(keyboard, 4096)
                if b"\x1d" in typed:
                    return 0
                machine.write(typed)
            machine.read(0)
            os.write(sys.stdout.fileno(), machine.transcript[shown:])
            shown = len(machine.transcript)
            if re.search(POWER_OFF, machine.transcript[-4096:], re.MULTILINE):
                return 0
    except Ended as ended:
        # The last bytes of the machine may have ended with it.
        if re.search(POWER_OFF, machine.transcript[-4096:], re.MULTILINE):
            return 0
        print(f"\r\nerror: {ended}\r\n" + machine.diagnosis().replace("\n", "\r\n"), file=sys.stderr)
        return 1
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def main():
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not setting("GUEST_CMD")
    command = None if interactive else setting("GUEST_CMD", DEFAULT_COMMAND)
    with tempfile.TemporaryDirectory(prefix="bulkhead-run-") as directory:
        directory = pathlib.Path(directory)
        machine = choose_machine(make_run_iso(directory, command), directory, interactive)
        progress("GRUB loads the core, the manager and the guest's images (in Bochs about 20 seconds)")
        with machine:
            status = run_session(machine) if interactive else run_command(machine, float(setting("TIME_LIMIT", "900")))
            keep_files(machine)
            return status


if __name__ == "__main__":
    run_main(main)
