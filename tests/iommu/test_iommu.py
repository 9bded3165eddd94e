# SPDX-License-Identifier: Apache-2.0
"""VT-d units as QEMU models them: real DMA and interrupts of its edu device, checked by tests/iommu/devices.c, which
runs where the manager would start."""
import re

import pytest

from conftest import BUILD, MANAGER, PATIENCE
from machine_qemu import Qemu

IMAGE = BUILD / "tests" / "iommu" / "devices.elf"
EDU = ["-device", "edu,dma_mask=0xffffffffffffffff"]
DRIVEN = "bulkhead: VT-d: 1 units, all devices blocked\n"
UNDRIVEN = "bulkhead: bus mastering off (no VT-d unit can be driven), PCI functions: "
NO_INTERRUPTS = "bulkhead: VT-d units without interrupt remapping: 1\n"
# What devices.c checks: with a unit that remaps interrupts, with one that does not, without a unit; with an NVMe controller
# more; with an edu that can be reset more.
ALL, DMA, NONE, NVME, RESET = 123, 73, 3, 16, 16


def run(boot, iommu, extra=(), edu=EDU):
    """Boots the image and lets it end; its console, and how many checks it made."""
    machine = boot({"manager": MANAGER}, core=IMAGE, machine=Qemu, memory_mib=256, iommu=iommu, extra=[*edu, *extra])
    machine.wait_for(r"test: \d+ passed, \d+ failed", PATIENCE)
    machine.wait_for_end(PATIENCE)
    text = machine.text().replace("\r", "")
    assert "FAILED" not in text and "panic" not in text
    passed, failed = re.search(r"^test: (\d+) passed, (\d+) failed$", text, re.MULTILINE).groups()
    assert int(failed) == 0 and text.count("test: ok: ") == int(passed)
    return text, int(passed)


def run_on_bus(boot, bridge):
    """The same with the edu on a bus of its own."""
    return run(boot, "intremap=on", edu=["-device", bridge, "-device", EDU[1] + ",bus=root0"])


@pytest.mark.parametrize("iommu, levels", [
    ("intremap=on,aw-bits=39", 3),
    ("intremap=on,aw-bits=48", 4),
    ("intremap=on,caching-mode=on,aw-bits=48", 4),
    ("intremap=on,caching-mode=on,aw-bits=39", 3),
    ("intremap=on,device-iotlb=on,snoop-control=on", 3),
])
def test_dma_and_interrupts(boot, iommu, levels):
    text, checks = run(boot, iommu)
    assert DRIVEN in text and NO_INTERRUPTS not in text
    assert f"test: levels: {levels}\n" in text
    assert checks == ALL


@pytest.mark.parametrize("iommu", ["intremap=on,aw-bits=39", "intremap=on,caching-mode=on,aw-bits=48"])
def test_two_devices_of_two_partitions(boot, iommu):
    """An NVMe controller beside the edu: it fetches its own commands, and sees another partition's memory."""
    text, checks = run(boot, iommu, ["-blockdev", "null-co,node-name=disk,size=1048576", "-device",
                                     "nvme,drive=disk,serial=1"])
    assert checks == ALL + NVME and text.count("NVMe:") == NVME


def test_a_unit_without_interrupt_remapping(boot):
    text, checks = run(boot, "intremap=off,aw-bits=48")
    assert DRIVEN in text and NO_INTERRUPTS in text
    assert checks == DMA


def test_no_unit_leaves_bus_mastering_off(boot):
    text, checks = run(boot, "")
    assert UNDRIVEN in text and "VT-d:" not in text
    assert checks == NONE


def test_behind_a_port_that_lets_any_id_pass(boot):
    """No access control: the edu could sign with the id of another function, so it is no guest's."""
    text, checks = run_on_bus(boot, "pcie-root-port,id=root0,disable-acs=on")
    assert checks == ALL and "test: ok: moves" not in text


def test_behind_a_bridge(boot):
    """The edu on a bus of its own, so another context table, and a bus to reset: it moves between guests."""
    assert run_on_bus(boot, "pcie-root-port,id=root0")[1] == ALL + RESET
