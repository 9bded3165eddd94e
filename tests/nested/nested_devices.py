# SPDX-License-Identifier: Apache-2.0
"""VMX and VT-d together, in QEMU/KVM (MACHINE=kvm) or that inside Bochs: a hostile manager with real devices."""
import re

from conftest import BUILD, check_whole_machine, whole_machine

PATIENCE = 900


def check_devices(boot, attack, devices, at_least):
    """The attack passes on a machine with `devices` (options of QEMU's), in more than `at_least` points."""
    machine = boot({"manager": BUILD / "attack" / f"{attack}.bin"}, machine=whole_machine(), memory_mib=256, extra=devices)
    machine.wait_for(r"bulkhead: VT-d: 1 units, all devices blocked", PATIENCE)
    counts = machine.wait_for(r"(\d+) passed, (\d+) failed", PATIENCE)
    failed = re.findall(r"^FAIL.*", machine.text(), re.MULTILINE)
    assert not failed and int(counts.group(2)) == 0 and int(counts.group(1)) > at_least
    machine.wait_for("^bulkhead: power off", PATIENCE)
    machine.wait_for_end(PATIENCE)
    check_whole_machine(machine)
