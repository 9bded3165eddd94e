# SPDX-License-Identifier: Apache-2.0
"""A hostile manager against the machine: parked CPUs, ports, memory, MSRs.  Each tests/attack/machine_*.c is one."""
import re

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
