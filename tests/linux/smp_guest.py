# SPDX-License-Identifier: Apache-2.0
"""A stock Linux guest with several CPUs, in Bochs, and the program of tests/linux/stress in it."""
import re

import guest_image
import iso
from conftest import BUILD, CORE, MANAGER, PATIENCE, ROOT

CONFIGURATION = """\
[guest linux]
kernel = kernel
initrd = initrd
memory = 160M
cpus = {cpus}
command_line = console=hvc0 cryptomgr.notests mitigations=off swiotlb=2048 no_timer_check quiet panic=-1 {words}
"""
PARTS = ["processes", "pipes", "signals", "timers", "clock", "threads", "memory"]


def smp_iso(directory, cpus, command, words="", core_line=""):
    """An ISO whose guest has `cpus` CPUs and runs `command` in its initramfs, where /bin/stress is.  `core_line`: the core's
    command line."""
    configuration, initrd = directory / "guests.ini", directory / "initrd"
    configuration.write_text(CONFIGURATION.format(cpus=cpus, words=words))
    initrd.write_bytes((BUILD / "initrd.cpio").read_bytes() +
                       guest_image.command_archive(command, [BUILD / "tests" / "linux" / "stress"]))
    out = directory / "smp.iso"
    iso.make_iso(out, CORE, {"manager": MANAGER, "guests": configuration, "initrd": initrd,
                             "kernel": ROOT / "cache" / "kernel" / "vmlinux"}, command_line=core_line, efi=False)
    return out


def finish(machine):
    """Waits for the end of the guest's command and of the machine; the command's status and what it said, in lines."""
    end = machine.wait_for(r"BULKHEAD-COMMAND-END status=(\d+)", 10 * PATIENCE)
    machine.wait_for("^bulkhead: power off", PATIENCE, end.end())
    said = re.search(r"BULKHEAD-COMMAND-BEGIN\n(.*)BULKHEAD-COMMAND-END", machine.text(), re.DOTALL)
    assert "the core denied the manager 0 memory accesses, 0 ports, 0 MSRs" in machine.text()
    return int(end.group(1)), said.group(1).splitlines()
