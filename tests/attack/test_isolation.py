# SPDX-License-Identifier: Apache-2.0
"""Hostile managers and guests against the core: each image is a tiny manager, some with tiny guests, that counts its
own checks.  In Bochs."""
import re

import pytest

from conftest import BUILD, PATIENCE

ATTACKS = ["hypercalls", "memory", "secrets", "shares", "contained", "stepping", "registers", "guest_abi",
           "alignment", "devices", "leak", "transition"]
# Those about interrupts of guests: these also where the core delivers them, not the CPU.
BY_THE_CORE = ["guest_abi"]


@pytest.mark.parametrize("attack,command_line", [pytest.param(attack, "", id=attack) for attack in ATTACKS] +
                         [(attack, "apicv=off") for attack in BY_THE_CORE])
def test_isolation_holds(boot, attack, command_line):
    machine = boot({"manager": BUILD / "attack" / f"{attack}.bin"}, memory_mib=256, command_line=command_line)
    # `transition` takes ten times as long as any other.
    counts = machine.wait_for(r"(\d+) passed, (\d+) failed", 3 * PATIENCE if attack == "transition" else PATIENCE)
    failed = re.findall(r"^FAIL .*", machine.text(), re.MULTILINE)
    assert not failed and int(counts.group(2)) == 0 and int(counts.group(1)) > 0
    machine.wait_for("^bulkhead: power off", PATIENCE)
