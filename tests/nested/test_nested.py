# SPDX-License-Identifier: Apache-2.0
"""The ISO in QEMU/KVM with nested VMX and VT-d, inside Bochs: KVM's VM-entry checks and capabilities are not Bochs' own.
`make test-nested` has Linux by UEFI as well, which takes longer."""
from conftest import MANAGER, check_whole_machine
from machine_nested import Nested
from nested_linux import L1_MIB, PATIENCE, check_linux

CONFIGURATION = """\
[guest tiny]
kernel = kernel
memory = 32M
"""


def test_stock_linux_reaches_userland_as_a_protected_guest(start, tmp_path, monkeypatch):
    check_linux(start, tmp_path, monkeypatch, uefi=False)


def test_a_guest_by_uefi(boot, kernel, tmp_path):
    configuration = tmp_path / "guests.ini"
    configuration.write_text(CONFIGURATION)
    machine = boot({"manager": MANAGER, "guests": configuration, "kernel": kernel("off", "hello by UEFI")},
                   machine=Nested, memory_mib=L1_MIB, uefi=True)
    machine.wait_for(r"bulkhead: core starts", PATIENCE)
    assert "BdsDxe" in machine.text(), "the firmware is not the one meant"
    machine.wait_for(r"hello by UEFI", PATIENCE)
    machine.wait_for(r"^bulkhead: guest tiny powered off", PATIENCE)
    machine.wait_for(r"^bulkhead: power off", PATIENCE)
    machine.wait_for_end(PATIENCE)
    check_whole_machine(machine)
