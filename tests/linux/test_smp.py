# SPDX-License-Identifier: Apache-2.0
"""Stock Linux with two CPUs: processes, pipes, signals, timers, clocks, locks and translations, each with its result
checked in the guest, which then resets itself.  `make test-smp` has more, which takes longer."""
from smp_guest import PARTS, finish, smp_iso

# A kernel with a mailbox of version 0 cannot take a CPU off again, and says so; the guest goes on.
COMMAND = """
grep -c ^processor /proc/cpuinfo
echo 0 >/sys/devices/system/cpu/cpu1/online && exit 21
cat /sys/devices/system/cpu/online
stress 2
echo BULKHEAD-COMMAND-END status=$?
reboot -f
"""


def test_two_cpus_of_a_stock_guest(start, tmp_path):
    machine = start(smp_iso(tmp_path, 2, COMMAND), cpus=2)
    status, said = finish(machine)
    assert "bulkhead: guest linux reset itself" in machine.text()
    assert said[0] == "2"
    assert said[2] == "0-1"
    assert said[3:] == [f"ok {part}" for part in PARTS]
    assert status == 0
