# SPDX-License-Identifier: Apache-2.0
"""The manager and its guests: tiny ones that end in every way, beside what the configuration gets wrong."""
import re

import pytest

from conftest import ENDINGS, MANAGER, PATIENCE

def configuration(tmp_path, text):
    path = tmp_path / "guests.ini"
    path.write_text(text)
    return path


def section(name, kernel, memory="32M", *more):
    return "\n".join([f"[guest {name}]", f"kernel = {kernel}", f"memory = {memory}", *more, ""])


def lines(machine):
    return [line.rstrip("\r") for line in machine.text().split("\n")]


@pytest.mark.parametrize("cpus", [1, 2])
def test_guests_end_in_every_way_and_do_not_touch_each_other(boot, kernel, tmp_path, cpus):
    text = (section("a-off", "off") + section("broken", "off", "32X") + section("text", "guests") +
            section("missing", "nothing") + section("big", "off", "64G") + section("a-triple", "triple") +
            section("a-absent", "absent") + section("a-fatal", "fatal") + section("a-reset", "reset") +
            section("a-long", "long", "40M", f"cpus = {cpus}"))
    modules = {"manager": MANAGER, "guests": configuration(tmp_path, text)}
    modules |= {name: kernel(name, rf"I end by {name}\n") for name in ENDINGS}
    machine = boot(modules, cpus=cpus)
    machine.wait_for(r"^bulkhead: power off", PATIENCE)
    console = lines(machine)
    assert any(line.startswith(f"bulkhead-manager: {cpus} CPUs, ") for line in console)

    # What the configuration has wrong is said with its line, and only those guests are left out.
    assert [line for line in console if line.startswith("bulkhead-manager: guests, line")] == [
        "bulkhead-manager: guests, line 6: memory is a number with M or G, from 32M to 512G: 32X",
        "bulkhead-manager: guests, line 11: GRUB loaded no module of this name; add a module2 line for it: nothing"]
    for name, reason in (("broken", "is not started: its configuration has mistakes"),
                         ("missing", "is not started: its configuration has mistakes")):
        assert f"bulkhead-manager: guest {name} {reason}" in console
    assert "bulkhead-manager: guest text: the kernel is neither a vmlinux (ELF) nor a bzImage" in console
    assert "bulkhead-manager: guest big: there is not enough memory left for it" in console

    # Each guest spoke under its name and ended as it wanted to, or as the core made it.
    for name in ENDINGS:
        assert f"a-{name}| I end by {name}" in console
    for said in ("guest a-off powered off", "guest a-long powered off", "guest a-reset reset itself",
                 "guest a-triple stopped: triple fault (1, 0x0)",
                 "guest a-absent stopped: it touched private memory that it does not have (2, 0x40000000)",
                 "guest a-fatal says: I need", "guest a-fatal stopped: it reported a fatal error (5, 0x5)"):
        assert f"bulkhead: {said}" in [re.sub(r"\?+$", "", line) for line in console]
    assert "bulkhead-manager: the core denied the manager 0 memory accesses, 0 ports, 0 MSRs" in console


def test_a_guest_starts_again_and_the_user_has_the_last_word(boot, kernel, tmp_path):
    text = ("[manager]\nwhen_done = wait\n" + section("again", "reset", "140M", "on_reset = restart") +
            section("once", "off"))
    machine = boot({"manager": MANAGER, "guests": configuration(tmp_path, text),
                    "reset": kernel("reset", r"here I am\n"), "off": kernel("off", r"and gone\n")}, memory_mib=256)
    # Its memory comes back each time: there would not be enough for a second guest of that size.
    end = 0
    for _ in range(3):
        end = machine.wait_for(r"^again\| here I am", PATIENCE, end).end()
        end = machine.wait_for(r"^bulkhead: guest again reset itself", PATIENCE, end).end()
    machine.write(b"\x01l")
    machine.wait_for(r"^bulkhead: guest again is (on|ending)", PATIENCE, end)
    machine.wait_for(r"^bulkhead: guest once is off", PATIENCE, end)
    machine.write(b"\x01s")
    machine.wait_for(r"^bulkhead: guest again: 140 MiB, weight 100, cap 0 %", PATIENCE, end)
    machine.wait_for(r"^bulkhead:   vCPU 0 \w+ on CPU \d+: ran \d+ ms, waited \d+ ms; exits: \d+ calls", PATIENCE, end)
    machine.write(b"\x01m")
    machine.wait_for(r"^status guest=again vcpu=0 state=\w+ cpu=\d+ ran=\d+ waited=\d+ calls=\d+", PATIENCE, end)
    machine.write(b"\x01x")
    machine.wait_for(r"^bulkhead: power off", PATIENCE)


def test_without_a_guest_the_machine_goes_off(boot, kernel, tmp_path):
    machine = boot({"manager": MANAGER})
    machine.wait_for(r"^bulkhead-manager: there is no guest configuration", PATIENCE)
    machine.wait_for(r"^bulkhead: power off", PATIENCE)
