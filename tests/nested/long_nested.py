# SPDX-License-Identifier: Apache-2.0
"""What of the nested machine takes too long for `make test`.  `make test-nested` runs it."""
from nested_linux import check_linux


def test_stock_linux_by_bios(start, tmp_path, monkeypatch):
    check_linux(start, tmp_path, monkeypatch, uefi=False)
