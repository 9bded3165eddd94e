# SPDX-License-Identifier: Apache-2.0
"""What the machine's memory holds of a guest's registers after the guest's end: tests/attack/scrub.c, seen from outside, in
the memory of the emulator."""
import re

from conftest import BUILD, PATIENCE

SECRET = 0x00006A09E667F300  # and the 11 numbers after it: RSP, RBX ... R9, XMM5, two MSRs, CR2, DR0
KINDS = 12
MEMORY_MIB = 256
SAME = SECRET.to_bytes(8, "little")[1:]


def found(machine):
    """Which of the secrets stand somewhere in the machine's RAM: the one mapping of Bochs' that is as large."""
    maps = open(f"/proc/{machine.process.pid}/maps", encoding="ascii").read()
    ranges = [(int(first, 16), int(end, 16)) for first, end in re.findall(r"^(\w+)-(\w+) rw", maps, re.MULTILINE)]
    large = [(first, end) for first, end in ranges if end - first >= MEMORY_MIB << 20]
    assert len(large) == 1
    numbers = set()
    with open(f"/proc/{machine.process.pid}/mem", "rb") as memory:
        memory.seek(large[0][0])
        ram = memory.read(large[0][1] - large[0][0])
    at = ram.find(SAME)
    while at > 0:
        numbers.add(ram[at - 1])
        at = ram.find(SAME, at + 1)
    return numbers


def test_a_dead_guests_registers_are_nowhere(boot):
    machine = boot({"manager": BUILD / "attack" / "scrub.bin"}, memory_mib=MEMORY_MIB, cpus=2)
    machine.wait_for("^scrub: held", PATIENCE)
    # It can be seen: all of them are kept while the guest lives.
    assert found(machine) >= set(range(KINDS))
    machine.write(b"k")
    machine.wait_for("^scrub: gone\r", PATIENCE)
    assert found(machine) == set()
    machine.write(b"k")
    machine.wait_for("^scrub: gone under way", PATIENCE)
    assert found(machine) == set()
    machine.write(b"k")
    machine.wait_for("^bulkhead: power off", PATIENCE)
    assert "FAIL" not in machine.text()
