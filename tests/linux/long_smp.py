# SPDX-License-Identifier: Apache-2.0
"""Stock Linux with many CPUs: what takes too long for `make test`.  `make test-smp` runs it."""
import pytest

from smp_guest import PARTS, finish, smp_iso

LATER = """
cat /sys/devices/system/cpu/online
echo 1 >/sys/devices/system/cpu/cpu1/online || exit 21
cat /sys/devices/system/cpu/online
stress 2
"""


@pytest.mark.parametrize("cpus,machine_cpus", [(4, 4), (4, 2), (4, 1)])
def test_four_cpus(start, tmp_path, cpus, machine_cpus):
    status, said = finish(start(smp_iso(tmp_path, cpus, f"stress {cpus}"), cpus=machine_cpus))
    assert said == [f"ok {part}" for part in PARTS]
    assert status == 0


# Its interrupts delivered by the core.
def test_two_cpus_on_one(start, tmp_path):
    status, said = finish(start(smp_iso(tmp_path, 2, "stress 2", core_line="apicv=off"), cpus=1))
    assert said == [f"ok {part}" for part in PARTS]
    assert status == 0


def test_a_cpu_that_comes_on_later(start, tmp_path):
    status, said = finish(start(smp_iso(tmp_path, 2, LATER, "maxcpus=1"), cpus=2))
    assert said == ["0", "0-1"] + [f"ok {part}" for part in PARTS]
    assert status == 0
