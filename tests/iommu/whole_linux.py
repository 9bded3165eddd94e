# SPDX-License-Identifier: Apache-2.0
"""The whole together: stock Linux that was assigned an NVMe controller, beneath a hostile manager (tests/iommu/hostile.c).

In QEMU/KVM (MACHINE=kvm) or that inside Bochs.  Not in `make test`, for the minutes it takes: `make test-iommu` runs it.
"""
import hashlib
import re

import iso
from conftest import BUILD, check_whole_machine, run, whole_machine
from kernel import KERNEL
from machine_nested import Nested

PATIENCE = 1500
BYTES = 256 << 10
FOUND, LEFT = 10000, 50000  # what the disk held before and what the guest writes begin with these numbers
DISK, TAIL = 8 << 20, 1 << 20  # its bytes, and where the guest writes
CHECKS = 15  # of tests/iommu/hostile.c

# Once it has written it resets itself: its next life, another partition, is given the controller again, and finds what it left.
COMMAND = f"""
[ -b /dev/nvme0n1 ] || exit 11
if [ "$(dd if=/dev/nvme0n1 bs=64k skip=16 count=1 2>/dev/null | head -c 5)" != {LEFT} ]; then
    echo found $(head -c {BYTES} /dev/nvme0n1 | sha256sum)
    seq {LEFT} 99999 | head -c {BYTES} >/tmp/left
    dd if=/tmp/left of=/dev/nvme0n1 bs=64k seek=16 conv=fsync 2>/dev/null || exit 12
    echo status $(od -An -tx2 -j6 -N2 /sys/bus/pci/devices/0000:00:07.0/config)
    mount -o remount,ro /
    reboot -f
    exit 13
fi
echo left $(dd if=/dev/nvme0n1 bs=64k skip=16 count=4 2>/dev/null | sha256sum)
grep nvme0q1 /proc/interrupts
cat /sys/bus/pci/devices/0000:00:07.0/class
head -c 4 /sys/firmware/acpi/tables/FACP; echo
dmesg | grep -iE 'nvme|tdx: Guest'
exit 9
"""


def numbers(first):
    """What `seq first 99999 | head -c BYTES` prints."""
    return "".join(f"{n}\n" for n in range(first, 100000)).encode()[:BYTES]


def checksum(first):
    return hashlib.sha256(numbers(first)).hexdigest()


class Disk:
    """The controller's disk: a file where QEMU runs, which is L0 where that is inside Bochs."""

    def __init__(self, machine, path):
        self.here = machine is not Nested
        self.path = path if self.here else "/data.img"
        self.settings = {}
        b = "/bin/busybox"
        if self.here:
            path.write_bytes(numbers(FOUND).ljust(DISK, b"\0"))
        else:
            self.settings = {
                "before": f"{b} seq {FOUND} 99999 | {b} head -c {BYTES} > {self.path}; {b} truncate -s {DISK} {self.path}",
                "after": f'echo "[L0] disk $({b} tail -c +{TAIL + 1} {self.path} | {b} head -c {BYTES} | {b} sha256sum)"'}
        self.settings["extra"] = ["-device", "pcie-root-port,id=root0", "-device", "nvme,bus=root0,drive=data,serial=bulkhead",
                                  "-drive", f"if=none,id=data,format=raw,file={self.path}"]

    def checksum(self, machine):
        """Of what is where the guest writes."""
        if self.here:
            return hashlib.sha256(self.path.read_bytes()[TAIL : TAIL + BYTES]).hexdigest()
        return re.search(r"\[L0\] disk (\w+)", "\n".join(machine.l0_lines)).group(1)


def test_linux_uses_the_controller_it_was_assigned(start, tmp_path):
    configuration = run.guest_configuration().replace("[guest linux]\n", "[guest linux]\ndevices = 01:00.0\non_reset = restart\n")
    (tmp_path / "guests.ini").write_text(re.sub(r"memory = \S+", "memory = 160M", configuration))
    (tmp_path / "initrd").write_bytes(run.with_command((BUILD / "initrd.cpio").read_bytes(), COMMAND))
    image = tmp_path / "hostile.iso"
    iso.make_iso(image, BUILD / "core.elf",
                 {"manager": BUILD / "tests" / "iommu" / "hostile_manager.bin", "guests": tmp_path / "guests.ini",
                  "kernel": KERNEL / "vmlinuz", "initrd": tmp_path / "initrd", "disk": BUILD / "root.ext4"})
    kind = whole_machine()
    disk = Disk(kind, tmp_path / "data.img")
    machine = start(image, kind, memory_mib=384, **disk.settings)
    machine.wait_for(r"bulkhead: VT-d: 1 units, all devices blocked", PATIENCE)
    machine.wait_for(r"^bulkhead-manager: guest linux: started", PATIENCE)
    begin = machine.wait_for(run.BEGIN, PATIENCE)
    end = machine.wait_for(run.END, PATIENCE)
    said = machine.transcript[begin.end() : end.start()].decode()
    counts = machine.wait_for(r"hostile: (\d+) passed, (\d+) failed", PATIENCE)
    machine.wait_for(run.POWER_OFF, PATIENCE)
    machine.wait_for_end(PATIENCE)

    # The guest: its driver found the disk's content and wrote; in its next life it read what it had written, by interrupts.
    assert "bulkhead: guest linux reset itself" in said and said.count("bulkhead-manager: guest linux: started") == 1
    assert end.group(1) == b"9", said
    assert "tdx: Guest detected" in said
    assert f"found {checksum(FOUND)}" in said
    assert f"left {checksum(LEFT)}" in said
    assert int(re.search(r"\d+:\s+(\d+) .*nvme0q1", said).group(1)) > 0, said
    assert "0x010802" in said and "FACP" in said
    # What the hostile manager had the device try was told to the guest, in Status, and to the user.
    assert "status 2010" in said, said
    assert re.search(r"guest linux: its device 01:00.0 was denied memory at 0x1000000, which", machine.text())
    # The disk itself, from outside.
    assert disk.checksum(machine) == checksum(LEFT)
    # The manager: what it tried with the device and by itself.
    assert "hostile: FAILED" not in machine.text()
    assert (int(counts.group(1)), int(counts.group(2))) == (CHECKS, 0)
    check_whole_machine(machine)
