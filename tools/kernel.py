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
    (target / "vmlinux").write_bytes(extract_vmlinux(bzimage.read_bytes()))
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
        pathlib.Path(sys.argv[2]).write_bytes(extract_vmlinux(pathlib.Path(sys.argv[1]).read_bytes()))
        return 0
    if not all((KERNEL / name).exists() for name in ("version", *MODULES)):
        fetch()
    progress(f"stock kernel: {(KERNEL / 'version').read_text().strip()} in {KERNEL}")
    return 0


if __name__ == "__main__":
    run_main(main)
