# SPDX-License-Identifier: Apache-2.0
"""VMX and VT-d together, in QEMU/KVM (MACHINE=kvm) or that inside Bochs: a hostile manager and a guest with a real device."""
import re

from conftest import BUILD, check_whole_machine, whole_machine

PATIENCE = 900
EDU = ["-device", "pcie-root-port,id=root0", "-device", "edu,bus=root0,dma_mask=0xffffffffffffffff"]


def test_a_device_of_the_manager_and_of_a_guest(boot):
    machine = boot({"manager": BUILD / "attack" / "passthrough.bin"}, machine=whole_machine(), memory_mib=256, extra=EDU)
    machine.wait_for(r"bulkhead: VT-d: 1 units, all devices blocked", PATIENCE)
    counts = machine.wait_for(r"(\d+) passed, (\d+) failed", PATIENCE)
    failed = re.findall(r"^FAIL .*", machine.text(), re.MULTILINE)
    assert not failed and int(counts.group(2)) == 0 and int(counts.group(1)) > 20
    machine.wait_for("^bulkhead: power off", PATIENCE)
    machine.wait_for_end(PATIENCE)
    check_whole_machine(machine)
