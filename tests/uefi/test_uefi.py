# SPDX-License-Identifier: Apache-2.0
"""The same ISO under UEFI firmware (OVMF), on QEMU's own CPU emulation: as far as one gets without VMX."""
import re

import pytest

from conftest import MANAGER, PATIENCE
from machine_qemu import Qemu

MIB = 256


@pytest.mark.parametrize("uefi", [False, True], ids=["bios", "uefi"])
def test_core_finds_memory_and_acpi_and_refuses_a_cpu_without_vmx(boot, uefi):
    machine = boot({"manager": MANAGER}, machine=Qemu, uefi=uefi, memory_mib=MIB, cpus=2)
    machine.wait_for(r"^bulkhead: refused: .*VMX", PATIENCE)
    assert ("BdsDxe" in machine.text()) == uefi, "the firmware is not the one meant"
    assert re.search(r"^bulkhead: ACPI tables found, CPUs: 2$", machine.text(), re.MULTILINE)
    ram = re.search(r"^bulkhead: memory map found, RAM: (\d+) MiB$", machine.text(), re.MULTILINE)
    # All but what the firmware keeps.
    assert MIB * 3 // 4 < int(ram.group(1)) < MIB
    # It halts there: nothing more is said and nothing else is started.
    assert machine.running()
    assert machine.text().rstrip().splitlines()[-1].startswith("bulkhead: refused: ")
