# SPDX-License-Identifier: Apache-2.0
"""A release build holds no mutant: what is built after a run of mutants is, byte for byte, what a clean tree gives."""
import hashlib
import os
import re
import shutil
import subprocess

from conftest import ROOT

IMAGES = ("core.elf", "manager.bin")
FOLDERS = ("abi", "boot", "arch", "vmx", "ept", "iommu", "isolation", "lib", "manager", "devices")


def copy_of_tree(folder):
    """A copy of the sources alone."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", "build", "cache", "__pycache__", "*.pyc"))
    return folder


def make(folder, *words):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "BUILD"))}
    return subprocess.run(["make", "-s", "-j2", *words], cwd=folder, env={**environment, "PWD": str(folder)}, text=True,
                          capture_output=True, timeout=600, check=False)


def images(folder):
    return {name: hashlib.sha256((folder / "build" / name).read_bytes()).hexdigest() for name in IMAGES}


def sources(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for name in FOLDERS for path in sorted((folder / name).rglob("*"))
            if path.is_file()}


def test_a_build_after_mutants_is_a_clean_build(tmp_path):
    clean, used = copy_of_tree(tmp_path / "clean"), copy_of_tree(tmp_path / "used")
    done = make(used, "mutants", "NAME=cr0-caches-off vpid-of-the-core", "NAMED=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 killed, 0 alive" in done.stdout
    assert sources(used) == sources(clean)
    for folder in (used, clean):
        built = make(folder, "core", "manager")
        assert built.returncode == 0, built.stderr
    assert images(used) == images(clean)


def test_the_core_has_no_switch_for_mutants():
    marked = [name for name, text in sources(ROOT).items() if re.search(rb"mutant", text, re.IGNORECASE)]
    assert not marked


def test_a_mutant_that_does_not_apply_fails(tmp_path):
    tree = copy_of_tree(tmp_path / "tree")
    path = tree / "vmx" / "exit_cr.c"
    path.write_text(path.read_text(encoding="utf-8").replace("CR_POLICY_CR0_FREE", "cr0_free"), encoding="utf-8")
    done = make(tree, "mutants", "CHECK=1", "NAME=vmx/exit_cr.c")
    assert done.returncode != 0
    assert "cr0-caches-off" in done.stdout and "mend it" in done.stdout
    assert re.search(r"^\d+ passed, 1 failed$", done.stdout, re.MULTILINE)


def test_a_mutant_that_nothing_kills_fails(tmp_path):
    """What is taken away here is a comment's equal: no test can see it, so it must be told."""
    tree = copy_of_tree(tmp_path / "tree")
    (tree / "tests" / "mutants" / "isolation.txt").write_text(
        "mutant: harmless\nfile: lib/string.c\nwhat: nothing\n- #include \"lib/string.h\"\n"
        "+ #include \"lib/string.h\"\n+ _Static_assert(1, \"\");\nby: unit string\n", encoding="utf-8")
    done = make(tree, "mutants", "NAME=harmless", "NAMED=1")
    assert done.returncode != 0
    assert "ALIVE    harmless" in done.stdout and "0 killed, 1 alive" in done.stdout
