# SPDX-License-Identifier: Apache-2.0
"""Two builds of one tree, in folders of different names, are identical: core, manager, guest images and ISO."""
import hashlib
import os
import shutil
import subprocess

import pytest

from conftest import ROOT

IMAGES = ("core.elf", "manager.bin", "initrd.cpio", "root.ext4", "bulkhead.iso")


def build_copy(folder):
    """Builds a copy of the tree in `folder`; the digests of its images."""
    ignored = shutil.ignore_patterns(".git", "build", "cache", "__pycache__", "*.pyc")
    folder.parent.mkdir(exist_ok=True)
    shutil.copytree(ROOT, folder, ignore=ignored)
    # The kernel is downloaded, not built.
    (folder / "cache").symlink_to(ROOT / "cache")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "BUILD"))}
    done = subprocess.run(["make", "-s", "-j2", "iso"], cwd=folder, env=environment, text=True, capture_output=True,
                          timeout=600, check=False)
    if done.returncode != 0:
        pytest.fail(f"the build in {folder} failed: {done.stderr}")
    return {name: hashlib.sha256((folder / "build" / name).read_bytes()).hexdigest() for name in IMAGES}


def test_two_builds_are_identical(tmp_path):
    first = build_copy(tmp_path / "one")
    second = build_copy(tmp_path / "elsewhere" / "another")
    assert first == second
