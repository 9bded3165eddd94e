# SPDX-License-Identifier: Apache-2.0
"""tests/attack/README.md: every class of bug has a test or a reason, and every test it names exists."""
import re

from conftest import ROOT

CLASSES = 43  # rows there are
TABLE = (ROOT / "tests/attack/README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|$", TABLE, re.MULTILINE)
TEST = re.compile(r"`(tests/[^`:]+)(?:::(\w+))?`")


def test_every_class_has_a_row():
    assert [int(number) for number, _, _ in ROWS] == list(range(1, CLASSES + 1))
    for number, name, tests in ROWS:
        assert TEST.search(tests) or "cannot apply" in tests or "OPEN" in tests, f"row {number}, {name}: no test, no reason"


def test_every_test_named_exists():
    for number, _, tests in ROWS:
        for file, function in TEST.findall(tests):
            path = ROOT / file
            assert path.is_file(), f"row {number}: there is no {file}"
            assert not function or re.search(rf"\b{function}\b", path.read_text(encoding="utf-8")), \
                f"row {number}: no {function} in {file}"


def test_every_attack_stands_in_a_row():
    for path in sorted((ROOT / "tests/attack").glob("*.c")):
        assert path.name == "stepping.c" or f"`tests/attack/{path.name}`" in TABLE, f"{path.name} is in no row"
