# SPDX-License-Identifier: Apache-2.0
"""`make run` without a terminal, of stock Linux with two CPUs: what the default command shows, then processes, pipes,
signals, timers, clocks, locks and translations, each with its result checked in the guest, which then resets itself.
`make test-smp` has more, which takes longer."""
import re
import shutil
import subprocess

from conftest import BUILD
from conftest import run as tools_run
from make_run import run
from smp_guest import PARTS

# A kernel with a mailbox of version 0 cannot take a CPU off again, and says so; the guest goes on.
COMMAND = """
echo 0 >/sys/devices/system/cpu/cpu1/online && exit 21
cat /sys/devices/system/cpu/online
stress 2
echo BULKHEAD-COMMAND-END status=$?
reboot -f
"""


def test_the_default_command_and_two_cpus_of_a_stock_guest(tmp_path):
    console, disk = tmp_path / "console", tmp_path / "root.ext4"
    shutil.copy(BUILD / "root.ext4", disk)
    for request in f"write {BUILD}/tests/linux/stress bin/stress", "set_inode_field bin/stress mode 0100755":
        subprocess.run(["/sbin/debugfs", "-w", "-R", request, disk], check=True)
    done = run(CPUS="2", DISK=str(disk), GUEST_CMD=tools_run.DEFAULT_COMMAND + COMMAND, CONSOLE=str(console))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.match(r"Linux \S+ 6\.12\..*cloud-amd64 ", lines[0]), done.stdout
    assert lines[1] == "2", done.stdout
    assert any("tdx: Guest detected" in line for line in lines), done.stdout
    assert any(line.startswith("Mem:") for line in lines), done.stdout
    assert lines[-1 - len(PARTS):] == ["0-1", *(f"ok {part}" for part in PARTS)], done.stdout
    said = console.read_text(errors="replace")
    assert "bulkhead: guest linux reset itself" in said
    # The core's own log: in all this the manager touched no frame that the guest had not shared.
    assert "the core denied the manager 0 memory accesses, 0 ports, 0 MSRs" in said
