#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the guest's initramfs and its ext4 root image, byte for byte the same from the same inputs, without root.

usage: guest_image.py initramfs OUT | guest_image.py root OUT [SIZE_MIB]
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import cpio
from kernel import KERNEL
from report import Refusal, run_main

GUEST = pathlib.Path(__file__).resolve().parent / "guest"
BUSYBOX = pathlib.Path("/bin/busybox")
SCRIPTS = ("start", "session", "stop")
EPOCH = "1735689600"  # 2025-01-01: every time in the images
ROOT_UUID = "b01c4ead-0000-4000-8000-000000000001"
HASH_SEED = "b01c4ead-0000-4000-8000-000000000002"


def busybox_applets():
    """The names busybox answers to; it must be the static one, since the guest has no libraries."""
    if not BUSYBOX.exists():
        raise Refusal("/bin/busybox is missing: run tools/setup")
    if b"INTERP" in subprocess.run(["readelf", "-lW", str(BUSYBOX)], capture_output=True, check=True).stdout:
        raise Refusal("/bin/busybox is not static: install busybox-static (tools/setup does)")
    listed = subprocess.run([str(BUSYBOX), "--list"], capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split() if name != "busybox"]


def initramfs():
    """The initramfs as bytes: busybox, the virtio modules, and the same small system as the root image."""
    archive = cpio.Archive()
    for name in ("dev", "proc", "sys", "run", "tmp", "root", "sbin"):
        archive.directory(name)
    archive.character_device("dev/console", 5, 1)
    archive.file("bin/busybox", BUSYBOX.read_bytes(), program=True)
    for name in busybox_applets():
        archive.symlink(f"bin/{name}", "busybox")
    archive.symlink("sbin/init", "/bin/busybox")
    archive.file("init", (GUEST / "init").read_bytes(), program=True)
    archive.file("etc/inittab", (GUEST / "inittab").read_bytes())
    for name in SCRIPTS:
        archive.file(f"etc/{name}", (GUEST / name).read_bytes(), program=True)
    for module in sorted((KERNEL / "modules").glob("*.ko")):
        archive.file(f"lib/modules/{module.name}", module.read_bytes())
    return archive.bytes()


def command_archive(command, programs=()):
    """A further cpio archive, to be appended to an initramfs: the command the session runs, and `programs`, files by path."""
    archive = cpio.Archive()
    archive.file("command", command.encode() + b"\n", program=True)
    for path in programs:
        archive.file(f"bin/{path.name}", path.read_bytes(), program=True)
    return archive.bytes()


def _root_commands(scratch):
    """The debugfs commands that fill the root file system: in a fixed order, unlike `mkfs.ext4 -d`."""
    def file(path, source=None, text=None, program=False):
        copy = scratch / path.replace("/", "_")
        copy.write_bytes(source.read_bytes() if source else text.encode())
        return (f"write {copy} {path}", f"set_inode_field {path} mode 0100{'755' if program else '644'}")

    for name in ("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp"):
        yield f"mkdir {name}"
    yield from file("bin/busybox", source=BUSYBOX, program=True)
    for name in busybox_applets():
        yield f"symlink bin/{name} busybox"
    yield "symlink sbin/init /bin/busybox"
    yield from file("etc/inittab", source=GUEST / "inittab")
    for name in SCRIPTS:
        yield from file(f"etc/{name}", source=GUEST / name, program=True)
    yield from file("etc/passwd", text="root::0:0:root:/root:/bin/sh\n")
    yield from file("etc/group", text="root:x:0:\n")


def root_image(out, mebibytes):
    """Writes an ext4 file system with the guest's userland to `out`."""
    environment = dict(os.environ, E2FSPROGS_FAKE_TIME=EPOCH, SOURCE_DATE_EPOCH=EPOCH, MKE2FS_CONFIG="/dev/null",
                       DEBUGFS_PAGER="cat")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        script = scratch / "commands"
        script.write_text("\n".join(_root_commands(scratch)) + "\n")
        out.unlink(missing_ok=True)
        make = ["/sbin/mkfs.ext4", "-q", "-F", "-b", "1024", "-I", "256", "-L", "guest-root", "-U", ROOT_UUID,
                "-m", "0", "-J", "size=1",
                "-O", "none,has_journal,ext_attr,dir_index,filetype,extent,sparse_super,large_file,metadata_csum,64bit",
                "-E", f"hash_seed={HASH_SEED},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,nodiscard",
                str(out), f"{mebibytes}M"]
        for command in (make, ["/sbin/debugfs", "-w", "-f", str(script), str(out)]):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            complaints = [line for line in done.stderr.splitlines()
                          if line and not line.startswith(("debugfs 1.", "Warning: the fs_type"))]
            if done.returncode != 0 or complaints:
                raise Refusal(f"{command[0]} failed: {' / '.join(complaints)}")


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "initramfs":
        pathlib.Path(sys.argv[2]).write_bytes(initramfs())
    elif len(sys.argv) >= 3 and sys.argv[1] == "root":
        root_image(pathlib.Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 8)
    else:
        raise Refusal(__doc__.strip().splitlines()[-1])
    return 0


if __name__ == "__main__":
    run_main(main)
