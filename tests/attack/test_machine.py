# SPDX-License-Identifier: Apache-2.0
"""A hostile manager against the machine: parked CPUs, ports, memory, MSRs.  Each tests/attack/machine_*.c is one."""
import re
import time

import pytest

from conftest import BUILD, PATIENCE

# And how many CPUs the machine has: emulated CPUs take time even when parked.
ATTACKS = {"smp": 2, "windows": 2, "machine_cpus": 2, "machine_memory": 1, "machine_msrs": 1, "machine_ports": 1}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_machine_stays_the_cores(boot, attack):
    machine = boot({"manager": BUILD / "attack" / f"{attack}.bin"}, memory_mib=256, cpus=ATTACKS[attack])
    counts = machine.wait_for(r"(\d+) passed, (\d+) failed", PATIENCE)
    failed = re.findall(r"^(?:FAIL|  .*: FAIL) .*", machine.text(), re.MULTILINE)
    assert not failed and int(counts.group(2)) == 0 and int(counts.group(1)) > 0
    machine.wait_for("^bulkhead: power off", PATIENCE)
    machine.wait_for_end(PATIENCE)
    assert "panic:" not in machine.text()


@pytest.mark.parametrize("place", range(7))
def test_a_dead_manager_stops_the_machine(boot, place):
    """The places are those of dead_manager.c: without a guest, with one in each state, on either of two CPUs."""
    machine = boot({"manager": BUILD / "attack" / "dead_manager.bin"}, memory_mib=256, cpus=2 if place >= 5 else 1,
                   command_line=f"dead={place}")
    machine.wait_for("^bulkhead: panic: the manager cannot go on .*tsc=", PATIENCE)
    time.sleep(1)  # for a CPU that was not stopped to say so
    text = machine.text()
    assert "dies" in text and " passed" not in text
    assert "alive" not in text[text.index("panic:"):], "a CPU goes on"
    assert place < 5 or "alive" in text, "no guest ran"
