#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a hybrid ISO (BIOS and UEFI; CD, disk or USB stick) in which GRUB loads the core and its modules by multiboot2.

The same inputs give the same bytes: every time, serial number and UUID in it is fixed.

The module named torture is not loaded with the others: it is the manager of a menu entry of its own.

usage: iso.py OUT CORE NAME=FILE...      e.g. iso.py build/bulkhead.iso build/core.elf manager=build/manager.bin
"""
import os
import pathlib
import subprocess
import sys
import tempfile

from report import Refusal, run_main

GRUB = pathlib.Path("/usr/lib/grub")
EPOCH = "1735689600"
VOLUME_DATE = "2025010100000000"
MODULES = "normal configfile multiboot2 iso9660 fat part_gpt part_msdos search search_fs_file test echo halt reboot".split()
BIOS_MODULES = ["biosdisk"]
EFI_MODULES = ["efi_gop", "efi_uga", "all_video"]
# What the images carry to find the rest: the ISO 9660 file system that holds the core.
EARLY_CONFIGURATION = """search --no-floppy --set=root --file /boot/core.elf
set prefix=($root)/boot/grub
configfile /boot/grub/grub.cfg
"""


def _run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env=dict(os.environ, SOURCE_DATE_EPOCH=EPOCH, TZ="UTC"))
    if done.returncode != 0:
        raise Refusal(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")


def menu_entry(title, modules, command_line=""):
    """A GRUB menu entry that loads /boot/core.elf with `command_line` and the modules named."""
    lines = [f'menuentry "{title}" {{', f"    multiboot2 /boot/core.elf {command_line}".rstrip()]
    lines += [f"    module2 /boot/{name} {name}" for name in modules]
    return "\n".join(lines + ["}"]) + "\n"


def torture_entry(settings=""):
    """The menu entry whose manager is the module "torture": `settings` are words torture-seed=N, torture-steps=N."""
    return (f'menuentry "isolation torture test" {{\n    multiboot2 /boot/core.elf {settings}'.rstrip()
            + "\n    module2 /boot/torture manager\n}\n")


def grub_configuration(entries, timeout, default=0):
    """grub.cfg: the menu, on the display and on nothing else (the serial port is the core's)."""
    return f"set timeout={timeout}\nset default={default}\nset gfxpayload=keep\n" + "".join(entries)


def _bios_image(scratch, early, more_modules):
    image = scratch / "eltorito.img"
    _run("grub-mkimage", "-O", "i386-pc-eltorito", "-d", GRUB / "i386-pc", "-p", "/boot/grub", "-c", early,
         "-o", image, *MODULES, *BIOS_MODULES, *more_modules)
    return image


def _efi_image(scratch, early):
    """A FAT file system with /EFI/BOOT/BOOTX64.EFI."""
    program, image = scratch / "bootx64.efi", scratch / "efi.img"
    _run("grub-mkimage", "-O", "x86_64-efi", "-d", GRUB / "x86_64-efi", "-p", "/boot/grub", "-c", early,
         "-o", program, *MODULES, *EFI_MODULES)
    # 32 KiB or more beside the program for the file system itself; a whole number of tracks.
    kibibytes = (program.stat().st_size // 1024 + 64) // 32 * 32
    image.write_bytes(bytes(kibibytes * 1024))
    _run("mformat", "-i", image, "-N", "b01c4ead", "-v", "BULKHEAD", "-T", kibibytes * 2, "-h", "2", "-s", "32", "::")
    os.utime(program, (int(EPOCH), int(EPOCH)))
    _run("mmd", "-i", image, "::/EFI", "::/EFI/BOOT")
    _run("mcopy", "-m", "-i", image, program, "::/EFI/BOOT/BOOTX64.EFI")
    return image


def make_iso(out, core, modules, entries=None, command_line="", timeout=0, efi=True, default=0, more_modules=()):
    """Writes the ISO `out`: `core` and `modules` (a dict: name -> path, in GRUB's order) under /boot, and the menu.

    `entries` are menu entries made by menu_entry(); without them there is one, which loads every module.  `more_modules`
    are modules of GRUB's for these entries, by BIOS.
    """
    for name, path in dict(modules, core=core).items():
        if not pathlib.Path(path).is_file():
            raise Refusal(f"{name}: there is no file {path}")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        early, menu = scratch / "early.cfg", scratch / "grub.cfg"
        early.write_text(EARLY_CONFIGURATION)
        menu.write_text(grub_configuration(entries or [menu_entry("Bulkhead", modules, command_line)], timeout, default))
        graft = {"boot/grub/eltorito.img": _bios_image(scratch, early, more_modules), "boot/grub/grub.cfg": menu,
                 "boot/core.elf": core} | {f"boot/{name}": path for name, path in modules.items()}
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-graft-points", "-o", out, "-V", "BULKHEAD", "-R",
                   "-r", "--modification-date=" + VOLUME_DATE, "--set_all_file_dates", VOLUME_DATE,
                   "--gpt_disk_guid", "b01c4ead00004000800000000000000a",
                   "-b", "boot/grub/eltorito.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table",
                   "--grub2-boot-info", "--grub2-mbr", GRUB / "i386-pc" / "boot_hybrid.img", "--protective-msdos-label"]
        if efi:
            graft["efi.img"] = _efi_image(scratch, early)
            command += ["--efi-boot", "efi.img", "-efi-boot-part", "--efi-boot-image"]
        pathlib.Path(out).unlink(missing_ok=True)
        _run(*command, *(f"{name}={path}" for name, path in graft.items()))


def main():
    if len(sys.argv) < 3:
        raise Refusal(__doc__.strip().splitlines()[-1])
    modules = dict(argument.split("=", 1) for argument in sys.argv[3:])
    entries = [menu_entry("Bulkhead", [name for name in modules if name != "torture"])]
    if "torture" in modules:
        entries.append(torture_entry())
    make_iso(sys.argv[1], sys.argv[2], modules, entries=entries, timeout=3)
    return 0


if __name__ == "__main__":
    run_main(main)
