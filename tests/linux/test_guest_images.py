# SPDX-License-Identifier: Apache-2.0
"""The guest's kernel and images by themselves, in QEMU without Bulkhead: what fails here is not the hypervisor's fault."""
import os
import struct
import subprocess

import guest_image
import kernel
from conftest import BUILD, ROOT

COMMAND = """
grep ' / ext4' /proc/mounts || exit 11
[ -c /dev/hwrng ] || exit 12
dd if=/dev/urandom of=/root/random bs=1k count=512 2>/dev/null && sha256sum /root/random >/root/sum
sync; echo 3 >/proc/sys/vm/drop_caches
sha256sum -c /root/sum || exit 13
exit 42
"""


def test_guest_images_boot_and_report_the_command_status(tmp_path):
    initrd, disk = tmp_path / "initrd", tmp_path / "disk"
    initrd.write_bytes((BUILD / "initrd.cpio").read_bytes() + guest_image.command_archive(COMMAND))
    disk.write_bytes((BUILD / "root.ext4").read_bytes())
    done = subprocess.run(
        ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "256", "-nodefaults", "-display", "none",
         "-no-reboot", "-kernel", str(ROOT / "cache" / "kernel" / "vmlinuz"), "-initrd", str(initrd),
         "-append", "console=hvc0 quiet panic=-1 cryptomgr.notests mitigations=off",
         "-drive", f"file={disk},format=raw,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk",
         "-device", "virtio-rng-pci", "-device", "virtio-serial-pci", "-chardev", "stdio,id=console",
         "-device", "virtconsole,chardev=console"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
        env=dict(os.environ, LC_ALL="C"))
    assert "BULKHEAD-COMMAND-BEGIN" in done.stdout, done.stdout + done.stderr
    assert "BULKHEAD-COMMAND-END status=42" in done.stdout, done.stdout
    assert done.returncode == 0, done.stderr


def memory(elf):
    """What an ELF image asks for: its entry, and each segment's type, rights, addresses, size and contents."""
    entry, table = struct.unpack_from("<QQ", elf, 24)
    (count,) = struct.unpack_from("<H", elf, 56)
    segments = (struct.unpack_from("<IIQQQQQ", elf, table + 56 * i) for i in range(count))
    return entry, [(kind, rights, virtual, physical, size, elf[offset:offset + held].ljust(size, b"\0"))
                   for kind, rights, offset, virtual, physical, held, size in segments]


def test_the_kernel_is_packed_into_a_smaller_file_and_the_same_memory():
    elf = kernel.extract_vmlinux((ROOT / "cache" / "kernel" / "vmlinuz").read_bytes())
    small = kernel.packed(elf)
    assert len(small) < len(elf)
    assert memory(small) == memory(elf)
    assert kernel.packed(small) == small
