# SPDX-License-Identifier: Apache-2.0
"""The ISO in QEMU/KVM with nested VMX and VT-d, inside Bochs: KVM's VM-entry checks and capabilities are not Bochs' own.
By UEFI here, by BIOS in test_devices.py; `make test-nested` has Linux by BIOS as well."""
from nested_linux import check_linux


def test_stock_linux_by_uefi_reaches_userland_as_a_protected_guest(start, tmp_path, monkeypatch):
    check_linux(start, tmp_path, monkeypatch, uefi=True)
