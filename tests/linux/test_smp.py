# SPDX-License-Identifier: Apache-2.0
"""Debian's stock kernel with two CPUs, on a machine of two: it brings the second one up by the ACPI mailbox, and both work."""
import run
from conftest import PATIENCE

COMMAND = """
[ $(grep -c ^processor /proc/cpuinfo) = 2 ] || exit 11
sum() { taskset $1 sh -c 'n=0; i=0; while [ $i -lt 2000 ]; do n=$((n + i)); i=$((i + 1)); done; echo $n'; }
sum 1 >/tmp/a & sum 2 >/tmp/b; wait
[ $(cat /tmp/a) = 1999000 ] && [ $(cat /tmp/b) = 1999000 ] || exit 12
[ $(taskset 1 seq 1000 | taskset 2 awk '{ s += $1 } END { print s }') = 500500 ] || exit 13
for i in 1 2 3 4 5 6 7 8; do (taskset $((i % 2 + 1)) sleep 0.05; echo $i) & done >/tmp/c; wait
[ $(sort /tmp/c | tr -d '\\n') = 12345678 ] || exit 14
(trap 'exit 9' USR1; while :; do sleep 1; done) & taskset 2 kill -USR1 $!; wait $!; [ $? = 9 ] || exit 15
last=0; i=0
while [ $i -lt 12 ]; do
    now=$(taskset $((i % 2 + 1)) awk '{ print int($1 * 100) }' /proc/uptime); [ $now -ge $last ] || exit 16
    last=$now; i=$((i + 1))
done
awk '/^ *(RES|CAL):/ { one += $2; two += $3 } END { exit one == 0 || two == 0 }' /proc/interrupts || exit 17
exit 7
"""


def test_two_cpus_on_two(start, tmp_path, monkeypatch):
    monkeypatch.setenv("CPUS", "2")
    machine = start(run.make_run_iso(tmp_path, COMMAND), cpus=2)
    end = machine.wait_for("BULKHEAD-COMMAND-END status=(.*?)\r?\n", 5 * PATIENCE)
    machine.wait_for("^bulkhead: power off", PATIENCE, end.end())
    assert end.group(1) == b"7"
