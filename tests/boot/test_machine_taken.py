# SPDX-License-Identifier: Apache-2.0
"""The whole machine is the core's before the manager's first instruction: in Bochs, and on the model of QEMU, which has
no VMX here, with tests/boot/no_vmx.c in place of it."""
import re

import pytest

from conftest import BUILD, MANAGER, PATIENCE
from machine_bochs import Bochs
from machine_qemu import Qemu

NO_VMX = BUILD / "tests" / "boot"
MODULES = {"manager": MANAGER}


def boot_no_vmx(boot, image, **settings):
    settings.setdefault("cpus", 4)
    return boot(MODULES, core=NO_VMX / f"{image}.elf", machine=Qemu, memory_mib=256, **settings)


@pytest.mark.parametrize("cpus", [1, 4])
def test_every_cpu_is_taken_in_bochs(boot, cpus):
    machine = boot(MODULES, machine=Bochs, memory_mib=256, cpus=cpus)
    machine.wait_for(f"CPUs taken: {cpus};", PATIENCE)
    machine.wait_for("the manager starts", PATIENCE)
    assert "PCI functions: 5\n" in machine.text()
    # CPUID leaf 15H of this model is wrong by far, and the TSC counts emulated instructions: 50 million a second.
    assert re.search(r"time-stamp counter: (4999\d|5000\d) kHz", machine.text())


@pytest.mark.parametrize("command_line,running", [("", 1), ("smt=on", 2)])
def test_one_thread_of_a_core_runs_partitions_unless_told(boot, command_line, running):
    machine = boot(MODULES, machine=Bochs, memory_mib=256, cpus="1:1:2", command_line=command_line)
    machine.wait_for("CPUs taken: 2;", PATIENCE)
    machine.wait_for(f"^bulkhead-manager: {running} CPU", PATIENCE)
    parked = "second threads of a core (smt=on would use them): 1\n"
    assert (parked in machine.text()) == (running == 1)


@pytest.mark.parametrize("uefi", [False, True])
def test_the_machine_is_taken_and_goes_off_in_qemu(boot, uefi):
    machine = boot_no_vmx(boot, "off", uefi=uefi, extra=["-device", "pcie-root-port,id=root0", "-device", "edu,bus=root0",
                                                         "-device", "e1000e"])
    machine.wait_for("CPUs taken: 4;", PATIENCE)
    machine.wait_for("test: end", PATIENCE)
    text = machine.text()
    assert "PCI functions: 8\n" in text
    assert "test: bus masters: 0\n" in text
    assert "test: wrong leaves of the core's tables: 0\n" in text
    assert "test: functions found by ECAM: 8\n" in text
    assert "test: parked CPUs that took an NMI: 3\n" in text
    assert machine.wait_for_end(PATIENCE) == 0
    assert "panic" not in machine.text()


def test_reset_in_qemu_starts_the_core_anew(boot):
    machine = boot_no_vmx(boot, "reset", extra=["-action", "reboot=reset"])
    end = machine.wait_for("test: end", PATIENCE).end()
    machine.wait_for("core starts", PATIENCE, start=end)


@pytest.mark.parametrize("image", ["lost", "stranger"])
def test_a_cpu_that_does_not_start_refuses_the_machine(boot, image):
    machine = boot_no_vmx(boot, image)
    machine.wait_for("refused: A CPU did not start: APIC id 2", PATIENCE)
    assert "CPUs taken" not in machine.text()
