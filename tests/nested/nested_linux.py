# SPDX-License-Identifier: Apache-2.0
"""Stock Linux in QEMU/KVM with nested VMX, inside Bochs."""
import re

from conftest import check_whole_machine, run
from kernel import KERNEL
from machine_nested import Nested

# Seconds for each stage; the host may be busy, and nothing is asserted on time.
PATIENCE = 900
L1_MIB = 384
COMMAND = "uname -r; echo userland $((6 * 7)); dmesg | grep -i tdx; exit 5"


def check_linux(start, tmp_path, monkeypatch, uefi):
    """Boots it by one firmware or the other, runs COMMAND and powers off."""
    # GRUB under the BIOS reads slowly through KVM, so that the compressed kernel is the faster one there.
    kernel = "vmlinux" if uefi else "vmlinuz"
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
    check_whole_machine(machine)
