# SPDX-License-Identifier: Apache-2.0
"""The random torture test of tests/attack/torture.c in Bochs, as the second entry of the ISO's menu boots it; and that of two CPUs."""
import os
import re

from conftest import BUILD, CORE, PATIENCE, iso

STEPS = 4000  # of what `make torture` makes 120,000
ROUNDS = 1000  # and of 20,000


def test_the_menu_entry_finds_nothing(start, tmp_path):
    seed = int.from_bytes(os.urandom(4), "little")
    modules = {"manager": BUILD / "manager.bin", "torture": BUILD / "attack" / "torture.bin"}
    entries = [iso.menu_entry("Bulkhead", ["manager"]), iso.torture_entry(f"torture-seed={seed} torture-steps={STEPS}")]
    iso.make_iso(tmp_path / "torture.iso", CORE, modules, entries=entries, default=1, efi=False)
    machine = start(tmp_path / "torture.iso", memory_mib=256)
    counts = machine.wait_for(r"(\d+) passed, (\d+) failed", PATIENCE)
    text = machine.text()
    assert int(counts.group(2)) == 0 and int(counts.group(1)) > 0, f"again: torture-seed={seed}"
    assert f"seed {seed} " in text and not re.findall(r"^FAIL .*", text, re.MULTILINE)
    rows = re.findall(r"^TABLE machine, [^|]+\|(\d+)\|(\d+)\|(\d+)\|0$", text, re.MULTILINE)
    assert len(rows) == 9 and sum(int(calls) for _, calls, _ in rows) >= STEPS / 2
    machine.wait_for("^bulkhead: power off", PATIENCE)


def test_calls_of_two_cpus_at_once_have_an_order(boot):
    """tests/attack/races.c"""
    seed = int.from_bytes(os.urandom(4), "little")
    machine = boot({"manager": BUILD / "attack" / "races.bin"}, memory_mib=256, cpus=2,
                   command_line=f"torture-seed={seed} torture-rounds={ROUNDS}")
    counts = machine.wait_for(r"(\d+) passed, (\d+) failed", PATIENCE)
    text = machine.text()
    assert int(counts.group(2)) == 0 and int(counts.group(1)) > 0, f"again: torture-seed={seed}"
    assert f"seed {seed} " in text and not re.findall(r"^FAIL .*", text, re.MULTILINE)
    assert re.search(rf"^TABLE two CPUs at once\|{ROUNDS}\|{6 * ROUNDS}\|\d+\|0$", text.replace("\r", ""), re.MULTILINE)
    machine.wait_for("^bulkhead: power off", PATIENCE)
