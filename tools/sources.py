# SPDX-License-Identifier: Apache-2.0
"""Which source files there are, and the flags they are compiled with."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE_FOLDERS = ("boot", "arch", "vmx", "ept", "iommu", "isolation", "lib")
MANAGER_FOLDERS = ("manager", "devices")
SHIPPED_FOLDERS = ("abi",) + CORE_FOLDERS + MANAGER_FOLDERS
ALL_FOLDERS = SHIPPED_FOLDERS + ("tests", "proofs")


def find(folders, suffixes):
    """The files under `folders` whose names end so, relative to the top, sorted."""
    found = [path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*")
             if path.suffix in suffixes and path.is_file()]
    return sorted(found)


def make_variable(name):
    """The value of a variable of the Makefile, as words."""
    printed = subprocess.run(["make", "-s", "--no-print-directory", "-f", "-", f"print-{name}"], cwd=ROOT, text=True,
                             input=f"include Makefile\nprint-{name}:\n\t@echo $({name})\n", capture_output=True,
                             check=True)
    return printed.stdout.split()
