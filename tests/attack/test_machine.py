# SPDX-License-Identifier: Apache-2.0
"""A hostile manager against the machine: parked CPUs, ports, memory, MSRs.  Each tests/attack/machine_*.c is one."""
import re
import struct
import subprocess
import time

import pytest

from conftest import BUILD, CORE, PATIENCE

# And how many CPUs the machine has: emulated CPUs take time even when parked.
ATTACKS = {"smp": 2, "windows": 2, "apic": 2, "machine_cpus": 2, "machine_memory": 1, "machine_msrs": 1, "machine_ports": 1}
# Those about interrupts of guests: once where the CPU delivers them, once where the core does.
IN_BOTH_WAYS = ["smp", "apic"]
DELIVERS = {"": "CPU", "apicv=off": "core"}


@pytest.mark.parametrize("attack,command_line", [pytest.param(attack, "", id=attack) for attack in ATTACKS] +
                         [(attack, "apicv=off") for attack in IN_BOTH_WAYS])
def test_the_machine_stays_the_cores(boot, attack, command_line):
    machine = boot({"manager": BUILD / "attack" / f"{attack}.bin"}, memory_mib=256, cpus=ATTACKS[attack],
                   command_line=command_line)
    machine.wait_for(f"^bulkhead: interrupts of guests are delivered by the {DELIVERS[command_line]}", PATIENCE)
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


def core_that_meets_a_machine_check(path):
    """The core, which executes INT 18 where it would say that the manager is dead: no emulator raises a machine check by itself."""
    code = bytearray(CORE.read_bytes())
    symbols = subprocess.run(["nm", str(CORE)], capture_output=True, text=True, check=True).stdout
    address = int(re.search(r"^(\w+) t manager_cannot_go_on$", symbols, re.MULTILINE).group(1), 16)
    headers, = struct.unpack_from("<Q", code, 32)
    segments = [struct.unpack_from("<IIQQQQQQ", code, headers + 56 * n) for n in range(struct.unpack_from("<H", code, 56)[0])]
    place, = [offset + address - start for kind, _, offset, start, _, size, _, _ in segments
              if kind == 1 and start <= address < start + size]
    code[place:place + 2] = b"\xcd\x12"
    path.write_bytes(code)
    return path


@pytest.mark.parametrize("place", (0, 5, 6))
def test_a_machine_check_stops_the_machine(boot, tmp_path, place):
    """In the core: alone, with a guest on the other CPU, on the other CPU with a guest on this one."""
    machine = boot({"manager": BUILD / "attack" / "dead_manager.bin"}, core_that_meets_a_machine_check(tmp_path / "core.elf"),
                   memory_mib=256, cpus=2 if place >= 5 else 1, command_line=f"dead={place}")
    machine.wait_for(f"^bulkhead: panic: machine check reason=0x2 .*cpu=0x{int(place == 6)} .*tsc=", PATIENCE)
    time.sleep(1)  # for a CPU that was not stopped to say so
    text = machine.text()
    assert "the manager cannot go on" not in text
    assert "alive" not in text[text.index("panic:"):], "a CPU goes on"
    assert place < 5 or "alive" in text, "no guest ran"
