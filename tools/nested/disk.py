# SPDX-License-Identifier: Apache-2.0
"""Lays out the disk that L0 boots from: loader.S, its block in sector 1, the kernel, the initramfs."""
import pathlib
import struct
import subprocess

from nested import l0
from report import Refusal

LOADER = pathlib.Path(__file__).resolve().parent / "loader.S"
SECTOR = 512
CYLINDER = 16 * 63 * SECTOR  # Bochs wants whole cylinders of this geometry
BLOCK, MEMMAP = 0x8000, 0x9000  # as in loader.S
START_INFO, MODULE, COMMAND_LINE = BLOCK + 0x40, BLOCK + 0x80, BLOCK + 0xA0
START_INFO_MAGIC = 0x336EC578
KERNEL_TAIL = 64 << 20  # room after the kernel's image for its .bss and early brk
INITRAMFS_ALIGN = 2 << 20


def boot_sector(scratch):
    """The assembled loader."""
    link = ["-Wl,--build-id=none", "-Wl,-Ttext=0x7c00", "-Wl,--oformat=binary"]
    command = ["gcc", "-m32", "-nostdlib", "-static", "-no-pie", *link, str(LOADER), "-o", str(scratch)]
    subprocess.run(command, check=True, timeout=60)
    contents = scratch.read_bytes()
    scratch.unlink()
    return contents


def block(entry, loads, initramfs, command_line):
    """Sector 1, see loader.S: `loads` are (first sector, sectors, address), `initramfs` is (address, bytes)."""
    table = b"".join(struct.pack("<III", *load) for load in loads) + bytes(12)
    start_info = struct.pack("<IIIIQQQQII", START_INFO_MAGIC, 1, 0, 1, MODULE, COMMAND_LINE, 0, MEMMAP, 0, 0)
    parts = (
        (BLOCK, struct.pack("<II", entry, 0) + table),
        (START_INFO, start_info),
        (MODULE, struct.pack("<QQQQ", *initramfs, 0, 0)),
        (COMMAND_LINE, command_line.encode() + b"\0"),
    )
    sector = bytearray()
    for address, contents in parts:
        sector = sector.ljust(address - BLOCK, b"\0") + contents
    if len(sector) > SECTOR:
        raise Refusal("the L0 kernel's command line does not fit into the loader's sector: shorten it")
    return bytes(sector.ljust(SECTOR, b"\0"))


def _round_up(size, unit):
    return (size + unit - 1) // unit * unit


def write(path, vmlinux, initramfs_parts, command_line):
    """Writes a disk image that boots the ELF `vmlinux` (path) with the concatenated archives (bytes)."""
    elf = vmlinux.read_bytes()
    address, kernel = l0.flat(elf)
    initramfs = b"".join(initramfs_parts)
    initramfs_at = _round_up(address + len(kernel) + KERNEL_TAIL, INITRAMFS_ALIGN)
    kernel_sectors = _round_up(len(kernel), SECTOR) // SECTOR
    loads = (
        (2, kernel_sectors, address),
        (2 + kernel_sectors, _round_up(len(initramfs), SECTOR) // SECTOR, initramfs_at),
    )
    with open(path, "wb") as out:
        out.write(boot_sector(path.with_suffix(".loader")))
        out.write(block(l0.pvh_entry(elf), loads, (initramfs_at, len(initramfs)), command_line))
        out.write(kernel.ljust(kernel_sectors * SECTOR, b"\0"))
        out.write(initramfs)
        out.truncate(_round_up(out.tell(), CYLINDER))
