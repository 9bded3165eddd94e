# SPDX-License-Identifier: Apache-2.0
"""The ISO and the machines themselves, before any of Bulkhead: what fails here fails everything."""
import hashlib

import iso
from conftest import CORE


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_iso_is_the_same_from_the_same_inputs(tmp_path):
    module = tmp_path / "module"
    module.write_bytes(bytes(range(256)) * 100)
    images = [tmp_path / "one.iso", tmp_path / "two.iso"]
    for image in images:
        iso.make_iso(image, CORE, {"module": module})
    assert digest(images[0]) == digest(images[1])
    module.write_bytes(b"something else")
    iso.make_iso(images[1], CORE, {"module": module})
    assert digest(images[0]) != digest(images[1])
