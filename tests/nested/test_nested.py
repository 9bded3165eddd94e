# SPDX-License-Identifier: Apache-2.0
"""The ISO in QEMU/KVM with nested VMX and VT-d, inside Bochs: KVM's VM-entry checks and capabilities are not Bochs' own."""
import re

import pytest

from conftest import run
from kernel import KERNEL
from machine_nested import Nested

# Seconds for each stage; the host may be busy, and nothing is asserted on time.
PATIENCE = 900
L1_MIB = 384
COMMAND = "uname -r; echo userland $((6 * 7)); dmesg | grep -i tdx; exit 5"


# GRUB under the BIOS reads slowly through KVM, so that the compressed kernel is the faster one there.
@pytest.mark.parametrize("uefi, kernel", [(False, "vmlinuz"), (True, "vmlinux")], ids=["bios", "uefi"])
def test_stock_linux_reaches_userland_as_a_protected_guest(start, tmp_path, monkeypatch, uefi, kernel):
    monkeypatch.setenv("MEM", "160M")
    monkeypatch.setenv("KERNEL", str(KERNEL / kernel))
    machine = start(run.make_run_iso(tmp_path, COMMAND), Nested, memory_mib=L1_MIB, uefi=uefi)
    machine.wait_for(r"bulkhead: core starts", PATIENCE)
    assert ("BdsDxe" in machine.text()) == uefi, "the firmware is not the one meant"
    machine.wait_for(r"^bulkhead: the manager starts", PATIENCE)
    machine.wait_for(r"^bulkhead-manager: guest linux: started", PATIENCE)
    begin = machine.wait_for(run.BEGIN, PATIENCE)
    end = machine.wait_for(run.END, PATIENCE)
    said = machine.transcript[begin.end() : end.start()].decode()
    assert re.match(r"6\.12\.\S*cloud-amd64\r?\n", said), said
    assert "userland 42" in said
    assert "tdx: Guest detected" in said
    assert end.group(1) == b"5"
    machine.wait_for(run.POWER_OFF, PATIENCE)
    machine.wait_for_end(PATIENCE)
    assert machine.status == 0, "QEMU did not end as after a power-off"
    # The core resumes first and launches if that fails: KVM notes each VMCS's first entry so.
    refused = [line for line in machine.l0_lines if "trace" in line and "launch_state" not in line]
    assert not refused, "KVM refused a VM entry: see [L0 trace]"
