# SPDX-License-Identifier: Apache-2.0
"""Makes L0, a Debian kernel with KVM and QEMU in an initramfs, out of stock packages; kept under cache/nested.

Nothing here needs root: the kernel package is downloaded and unpacked, never installed.
"""
import os
import pathlib
import struct
import subprocess

import cpio
from kernel import KERNEL
from report import Refusal, progress

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parent.parent / "cache" / "nested"
QEMU = pathlib.Path("/usr/bin/qemu-system-x86_64")
OVMF = pathlib.Path("/usr/share/ovmf/OVMF.fd")
FIRMWARE = (pathlib.Path("/usr/share/seabios/bios-256k.bin"), pathlib.Path("/usr/share/qemu/kvmvapic.bin"), OVMF)
APPLETS = "cat dmesg echo grep insmod mount poweroff printf sed sh sleep stty".split()
MODULES = ("irqbypass", "kvm", "kvm-intel")

PT_LOAD, PT_NOTE = 1, 4
NOTE_XEN_PHYS32_ENTRY = 18  # Xen public headers, "elfnote.h"


def program_headers(elf):
    """Yields (type, offset, physical address, size in the file) of each program header of an ELF64 image."""
    (table,) = struct.unpack_from("<Q", elf, 0x20)
    size, count = struct.unpack_from("<HH", elf, 0x36)
    for index in range(count):
        kind, _, offset, _, physical, in_file = struct.unpack_from("<IIQQQQ", elf, table + index * size)
        yield kind, offset, physical, in_file


def pvh_entry(elf):
    """The 32-bit entry that the kernel's Xen PHYS32_ENTRY note names."""
    for kind, offset, _, size in program_headers(elf):
        end = offset + size
        while kind == PT_NOTE and offset < end:
            name_size, value_size, note = struct.unpack_from("<III", elf, offset)
            value = offset + 12 + (name_size + 3) // 4 * 4
            if note == NOTE_XEN_PHYS32_ENTRY and elf[offset + 12 : offset + 15] == b"Xen":
                return struct.unpack_from("<I", elf, value)[0]
            offset = value + (value_size + 3) // 4 * 4
    raise Refusal("the L0 kernel has no PVH entry: it must be built with CONFIG_PVH, as Debian's is")


def flat(elf):
    """(physical address, bytes): the loadable segments as they lie in memory."""
    loads = [header[1:] for header in program_headers(elf) if header[0] == PT_LOAD]
    base = min(physical for _, physical, _ in loads)
    image = bytearray(max(physical + size for _, physical, size in loads) - base)
    for offset, physical, size in loads:
        image[physical - base : physical - base + size] = elf[offset : offset + size]
    return base, bytes(image)


def stripped_module(name, scratch):
    """A module without BTF and local symbols: ftrace searches all symbols for every function, seconds in the emulator."""
    scratch.write_bytes((KERNEL / "kvm" / f"{name}.ko").read_bytes())
    subprocess.run(["strip", "--strip-unneeded", "-R", ".BTF", str(scratch)], check=True, timeout=60)
    contents = scratch.read_bytes()
    scratch.unlink()
    return contents


def libraries(program):
    """The shared libraries and the loader that a program needs, as paths."""
    listed = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True, timeout=60).stdout
    return sorted({word for line in listed.splitlines() for word in line.split() if word.startswith("/")})


def base_archive():
    """The initramfs but for what each run adds: init, modules, busybox, QEMU with its libraries and firmware."""
    archive = cpio.Archive()
    for name in ("proc", "sys", "dev", "tmp", "run.events"):
        archive.directory(name)
    archive.character_device("dev/console", 5, 1)
    archive.file("init", (HERE / "init").read_bytes(), program=True)
    archive.file("bin/busybox", pathlib.Path("/bin/busybox").read_bytes(), program=True)
    for applet in APPLETS:
        archive.symlink(f"bin/{applet}", "busybox")
    for name in MODULES:
        archive.file(f"{name}.ko", stripped_module(name, CACHE / f"{name}.{os.getpid()}.ko"))
    archive.file("bin/qemu", QEMU.read_bytes(), program=True)
    for library in libraries(QEMU):
        archive.file(library.lstrip("/"), pathlib.Path(library).read_bytes(), program=True)
    for firmware in FIRMWARE:
        archive.file(f"firmware/{firmware.name}", firmware.read_bytes())
    return archive.bytes()


def _newer(target, sources):
    return target.exists() and target.stat().st_mtime > max(source.stat().st_mtime for source in sources)


def base_initramfs():
    """The path of the base initramfs, made again when something it holds is newer."""
    missing = [str(path) for path in (QEMU, *FIRMWARE) if not path.exists()]
    if missing:
        raise Refusal(f"{missing[0]} is missing: run tools/setup")
    CACHE.mkdir(parents=True, exist_ok=True)
    base = CACHE / "base.cpio"
    if not _newer(base, (pathlib.Path(__file__), HERE / "init", KERNEL / "version", QEMU, *FIRMWARE)):
        progress("making the L0 machine (kernel, KVM, QEMU) for Bochs")
        scratch = CACHE / f"base.{os.getpid()}"
        scratch.write_bytes(base_archive())
        scratch.rename(base)
    return base
