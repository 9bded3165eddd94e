# SPDX-License-Identifier: Apache-2.0
"""What exits may cost, in instructions, which Bochs counts exactly: DESIGN.md section 13.  `make bench` prints the figures."""
import re

from conftest import BUILD, PATIENCE

AT_MOST = {
    "exit.null-hypercall": 200,
    "exit.cpuid": 200,
    "exit.rdmsr": 200,
    "exit.manager-call": 900,
    "exit.port-io": 1500,
    "exit.mmio": 1500,
}


def test_exits_cost_at_most_what_they_may(boot):
    machine = boot({"manager": BUILD / "bench" / "exits.bin"})
    machine.wait_for("^bulkhead: power off", PATIENCE)
    costs = {name: int(value) for name, value in re.findall(r"BENCH (\S+) (\d+) instructions", machine.text())}
    assert not AT_MOST.keys() - costs.keys(), "not measured"
    assert {name: cost for name, cost in costs.items() if cost > AT_MOST.get(name, cost)} == {}
