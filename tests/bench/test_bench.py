# SPDX-License-Identifier: Apache-2.0
"""What exits, guests and interrupts may cost, in instructions, which Bochs counts exactly.  `make bench` prints the figures."""
import re

import pytest

from conftest import BUILD, PATIENCE

AT_MOST = {
    "exit.null-hypercall": 200,
    "exit.cpuid": 200,
    "exit.rdmsr": 200,
    "exit.none.eoi": 10,
    "exit.manager-call": 900,
    "exit.port-io": 1500,
    "exit.mmio": 1500,
}


# A guest among that many costs at most this much more than the first, in percent.
AMONG = (10, 50, 200)
DEARER = {"scale.start": 50, "scale.switch": 10, "scale.donate": 10}
IPI_AT_MOST = 1500


def costs_of(boot, image, **settings):
    machine = boot({"manager": BUILD / "bench" / f"{image}.bin"}, **settings)
    machine.wait_for("^bulkhead: power off", PATIENCE)
    assert not re.search("^FAIL ", machine.text(), re.MULTILINE)
    return {name: int(value) for name, value in re.findall(r"BENCH (\S+) (\d+) instructions", machine.text())}


# Where the core delivers the interrupts of guests, not the CPU.
BY_THE_CORE = {"exit.none.eoi": 250}


@pytest.mark.parametrize("command_line,other", [("", {}), ("apicv=off", BY_THE_CORE)])
def test_exits_cost_at_most_what_they_may(boot, command_line, other):
    at_most = AT_MOST | other
    costs = costs_of(boot, "exits", command_line=command_line)
    assert not AT_MOST.keys() - costs.keys(), "not measured"
    assert {name: cost for name, cost in costs.items() if cost > at_most.get(name, cost)} == {}


def test_two_hundred_guests_cost_each_what_one_does(boot):
    costs = costs_of(boot, "scale", memory_mib=512)
    dear = {f"{name}.{n}": (costs[f"{name}.{n}"], costs[f"{name}.1"]) for name in DEARER for n in AMONG
            if costs[f"{name}.{n}"] * 100 > costs[f"{name}.1"] * (100 + DEARER[name])}
    assert not dear, "(cost, cost of the first)"


@pytest.mark.parametrize("command_line", ["", "apicv=off"])
def test_an_interrupt_between_running_vcpus(boot, command_line):
    assert 0 < costs_of(boot, "ipi", cpus=2, command_line=command_line)["ipi.same-guest"] <= IPI_AT_MOST
