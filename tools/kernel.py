#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Gets Debian's stock cloud kernel by apt and unpacks it into cache/kernel, without installing it on this machine.

Leaves there: vmlinuz (the bzImage), vmlinux (the ELF inside it), modules/*.ko and kvm/*.ko (plain), config, version.
"""
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from report import Refusal, progress, run_main

META_PACKAGE = "linux-image-6.12-cloud-amd64"
# directory under cache/kernel -> modules: what guests load, and what L0 of the nested machine loads.
MODULES = {"modules": ("virtio_blk", "virtio-rng"), "kvm": ("irqbypass", "kvm", "kvm-intel")}
ROOT = pathlib.Path(__file__).resolve().parent.parent
KERNEL = ROOT / "cache" / "kernel"

# Linux/x86 boot protocol, "The Real-Mode Kernel Header".
SETUP_SECTS, HEADER_MAGIC, PAYLOAD_OFFSET, PAYLOAD_LENGTH = 0x1F1, 0x202, 0x248, 0x24C
# System V ABI, "ELF Header" and "Program Header", 64 bits.
ELF_HEADER, ELF_SEGMENT = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQQQ")
PT_LOAD, PAGE = 1, 4096
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def extract_vmlinux(bzimage):
    """The ELF image that the bzImage (bytes) carries, as bytes."""
    if bzimage[HEADER_MAGIC:HEADER_MAGIC + 4] != b"HdrS":
        raise Refusal("this is no bzImage: the word HdrS is missing at offset 0x202")
    setup_sectors = bzimage[SETUP_SECTS] or 4
    offset, length = struct.unpack_from("<II", bzimage, PAYLOAD_OFFSET)
    start = (setup_sectors + 1) * 512 + offset
    payload = bzimage[start:start + length]
    if payload[:4] == b"\x7fELF":
        return payload
    if payload[:4] != ZSTD_MAGIC:
        raise Refusal("the kernel inside the bzImage is not zstd-compressed: give its vmlinux instead")
    # The last four bytes of the payload are the uncompressed size, which zstd ignores with a warning.
    (size,) = struct.unpack_from("<I", payload, length - 4)
    unpacked = subprocess.run(["zstd", "-d", "-q", "-c"], input=payload[:-4], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
    if len(unpacked.stdout) != size or unpacked.stdout[:4] != b"\x7fELF":
        raise Refusal(f"zstd could not unpack the kernel: {unpacked.stderr.decode().strip()}")
    return unpacked.stdout


def packed(elf):
    """The same image in memory by two thirds of the file: without sections, the space between segments, and zeros at a
    segment's end.  GRUB and the emulated BIOS take ten instructions for each byte."""
    fields = list(ELF_HEADER.unpack_from(elf))
    table, entries = fields[5], fields[10]
    segments = [list(ELF_SEGMENT.unpack_from(elf, table + i * ELF_SEGMENT.size)) for i in range(entries)]
    body, moved = bytearray(), []
    start = -(-(ELF_HEADER.size + entries * ELF_SEGMENT.size) // PAGE) * PAGE
    for segment in segments:
        kind, _, offset, _, _, size, *_ = segment
        if kind != PT_LOAD:
            continue
        contents = elf[offset:offset + size].rstrip(b"\0")
        body += bytes(-len(body) % PAGE)
        moved.append((offset, len(contents), start + len(body)))
        segment[2], segment[5], segment[7] = start + len(body), len(contents), PAGE
        body += contents
    for segment in segments:  # notes are in the text
        if segment[0] != PT_LOAD:
            segment[2] = next(to + segment[2] - old for old, size, to in moved if old <= segment[2] < old + size)
    fields[5], fields[6], fields[11:14] = ELF_HEADER.size, 0, (0, 0, 0)
    front = ELF_HEADER.pack(*fields) + b"".join(ELF_SEGMENT.pack(*segment) for segment in segments)
    return front.ljust(start, b"\0") + bytes(body)


def _apt(*arguments, cwd=None):
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"`{' '.join(arguments)}` failed: {done.stderr.strip()}")
    return done.stdout


def resolve_package():
    """The package with the kernel itself: the meta package's dependency."""
    found = re.search(r"Depends: (linux-image-6\.12\S*cloud-amd64)", _apt("apt-cache", "depends", META_PACKAGE))
    if not found:
        raise Refusal(f"apt knows no {META_PACKAGE}: add Debian 12's security suite to its sources and run "
                      "`apt-get update`, or give your own KERNEL=")
    return found.group(1)


def plain_module(tree, name):
    """A module of the unpacked package `tree`, uncompressed, as bytes."""
    found = sorted(tree.glob(f"**/{name}.ko*"))
    if not found:
        raise Refusal(f"the kernel package has no module {name}: was it renamed?")
    contents = found[0].read_bytes()
    return lzma.decompress(contents) if found[0].suffix == ".xz" else contents


def unpack(tree, target):
    """Copies what is wanted from the unpacked package `tree` into the directory `target`."""
    (bzimage,) = (tree / "boot").glob("vmlinuz-*")
    shutil.copy(bzimage, target / "vmlinuz")
    (target / "vmlinux").write_bytes(packed(extract_vmlinux(bzimage.read_bytes())))
    (config,) = (tree / "boot").glob("config-*")
    shutil.copy(config, target / "config")
    for directory, names in MODULES.items():
        (target / directory).mkdir()
        for name in names:
            (target / directory / f"{name}.ko").write_bytes(plain_module(tree, name))
    (target / "version").write_text(bzimage.name.removeprefix("vmlinuz-") + "\n")


def fetch():
    """Downloads and unpacks the kernel; the result appears under cache/kernel all at once."""
    try:
        package = resolve_package()
    except Refusal:
        package = None
    KERNEL.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KERNEL.parent) as scratch:
        scratch = pathlib.Path(scratch)
        if package is None:
            progress("apt has no package lists: apt-get update")
            _apt(*([] if os.geteuid() == 0 else ["sudo"]), "apt-get", "update", "-q")
            package = resolve_package()
        progress(f"downloading {package} (34 MB)")
        _apt("apt-get", "download", package, cwd=scratch)
        (archive,) = scratch.glob("*.deb")
        progress("unpacking it")
        subprocess.run(["dpkg-deb", "-x", str(archive), str(scratch / "tree")], check=True)
        (scratch / "kernel").mkdir()
        unpack(scratch / "tree", scratch / "kernel")
        shutil.rmtree(KERNEL, ignore_errors=True)
        (scratch / "kernel").rename(KERNEL)


def main():
    if len(sys.argv) == 3:
        # kernel.py BZIMAGE VMLINUX: only unpack
        pathlib.Path(sys.argv[2]).write_bytes(packed(extract_vmlinux(pathlib.Path(sys.argv[1]).read_bytes())))
        return 0
    if not all((KERNEL / name).exists() for name in ("version", *MODULES)):
        fetch()
    progress(f"stock kernel: {(KERNEL / 'version').read_text().strip()} in {KERNEL}")
    return 0


if __name__ == "__main__":
    run_main(main)
