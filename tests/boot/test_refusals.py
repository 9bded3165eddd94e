# SPDX-License-Identifier: Apache-2.0
"""What the core cannot work with it refuses: one plain line on the console, and no manager runs."""
import pytest

from conftest import MANAGER, PATIENCE


def refusal(machine):
    """The sentence the core refuses with; nothing of the manager may follow."""
    found = machine.wait_for(r"^bulkhead: refused: (.*?)\r?\n", PATIENCE)
    with pytest.raises(Exception, match="no .* on the console|stopped before"):
        machine.wait_for("bulkhead-manager: ", 2, found.end())
    return found.group(1).decode()


def test_no_manager(boot):
    assert refusal(boot({})).startswith("There is no manager")


def test_a_module_that_is_no_manager(boot, tmp_path):
    fake = tmp_path / "fake"
    fake.write_bytes(bytes(range(256)) * 64)
    assert "is not a Bulkhead manager image" in refusal(boot({"manager": fake}))


def test_a_manager_cut_off(boot, tmp_path):
    cut = tmp_path / "cut"
    cut.write_bytes(MANAGER.read_bytes()[:-4096])
    assert "cut off or damaged" in refusal(boot({"manager": cut}))


def test_a_manager_of_another_version(boot, tmp_path):
    other = bytearray(MANAGER.read_bytes())
    other[8] ^= 0x80  # abi_version in struct manager_header, abi/boot_info.h
    changed = tmp_path / "other"
    changed.write_bytes(other)
    assert "another version of the core" in refusal(boot({"manager": changed}))


@pytest.mark.parametrize("model, words", [
    ("p4_prescott_celeron_336", "This CPU has no VMX"),
    ("core2_penryn_t9600", "lacks a VMX control"),
    ("corei5_lynnfield_750", "unrestricted guest"),
])
def test_a_cpu_without_what_isolation_needs(boot, model, words):
    assert words in refusal(boot({"manager": MANAGER}, model=model))


def test_too_little_memory(boot):
    assert "too little memory" in refusal(boot({"manager": MANAGER}, memory_mib=12))
