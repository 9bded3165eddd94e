# SPDX-License-Identifier: Apache-2.0
"""What the tests that boot something share: machines that are stopped after the test, their consoles shown if it fails."""
import functools
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import iso  # noqa: E402
import run  # noqa: E402,F401 (that of tools/: tests/mutants has one too, so tests say `from conftest import run`)
from machine_bochs import Bochs  # noqa: E402
from machine_nested import Nested  # noqa: E402
from machine_qemu import Qemu  # noqa: E402

BUILD = ROOT / "build"
CORE = BUILD / "core.elf"
MANAGER = BUILD / "manager.bin"

# Seconds after which a machine that says nothing of what is waited for is taken for hung.  Generous: nothing is
# asserted on time, and the host may be busy.
PATIENCE = int(os.environ.get("PATIENCE", "200"))


# Tests of a minute or more.  They go first, shared out between the two workers that `make test` has: xdist gives each
# an eighth of the tests to begin with.
LONG = ("tests/nested/test_nested.py", "tests/nested/test_devices.py", "tests/uefi/", "tests/linux/test_run.py",
        "tests/linux/test_smp.py",
        "tests/boot/test_reproducible.py")
WORKERS = 2


def pytest_collection_modifyitems(items):
    long = [item for item in items if any(name in item.nodeid for name in LONG)]
    short = [item for item in items if item not in long]
    share = max(len(items) // (4 * WORKERS), 2)
    first = long[0::2]
    filled = max(share - len(first), 0)
    items[:] = first + short[:filled] + long[1::2] + short[filled:]


# How the guests of tests/boot/guest.S end.
OUT = "mov ${value}, %r15d; mov ${port}, %r14d; call out"
ENDINGS = {
    "off": OUT.format(value=0x34, port=0x600),
    "reset": OUT.format(value=1, port=0x602),
    "triple": "push $0; push $0; lidt (%rsp); int3",
    # Mapped by the loader's page tables, beyond the memory it has.
    "absent": "mov 0x40000000, %eax",
    # ReportFatalError with a text in R14, R15, RBX, RDI, RSI, R8, R9, RDX.
    "fatal": "xor %eax, %eax; mov $0xffcc, %ecx; xor %r10d, %r10d; mov $0x10003, %r11d; mov $5, %r12d;"
             "movabs $0x6465656e2049, %r14; xor %r15d, %r15d; xor %ebx, %ebx; xor %edi, %edi; xor %esi, %esi;"
             "xor %r8d, %r8d; xor %r9d, %r9d; xor %edx, %edx; TDCALL",
    # Longer than a slice, then off.
    "long": "mov $20000000, %eax; 1: dec %eax; jnz 1b;" + OUT.format(value=0x34, port=0x600),
}


def whole_machine():
    """A machine with VMX and VT-d, for `start` and `boot`: QEMU/KVM with MACHINE=kvm, else that inside Bochs."""
    return functools.partial(Qemu, kvm=True) if os.environ.get("MACHINE") == "kvm" else Nested


def check_whole_machine(machine):
    """After a power-off: QEMU ended well, and KVM refused no VM entry."""
    if isinstance(machine, Nested):
        assert machine.status == 0, "QEMU did not end as after a power-off"
        # The first entry of each VMCS is tried as a VMRESUME.
        refused = [line for line in machine.l0_lines if "trace" in line and "launch_state" not in line]
        assert not refused, "KVM refused a VM entry: see [L0 trace]"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the consoles of the test's machines to the report of a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for machine in getattr(item, "machines", []):
            machine.stop()
            report.sections.append((f"console of {machine.name}", machine.text() or "(silent)"))
            if machine.diagnosis():
                report.sections.append((machine.name, machine.diagnosis()))


@pytest.fixture
def start(request, tmp_path):
    """start(iso) boots an ISO: in Bochs, or in the machine class given, whose settings may follow."""
    request.node.machines = []

    def start_machine(image, machine=Bochs, **settings):
        directory = tmp_path / f"machine{len(request.node.machines)}"
        directory.mkdir()
        started = machine(image, directory, **settings)
        request.node.machines.append(started)
        return started.start()

    yield start_machine
    for machine in request.node.machines:
        machine.stop()


@pytest.fixture
def boot(start, tmp_path):
    """boot({"manager": FILE, ...}) makes an ISO of the core and these modules and boots it."""

    def boot_modules(modules, core=CORE, command_line="", machine=Bochs, **settings):
        image = tmp_path / f"boot{len(list(tmp_path.glob('*.iso')))}.iso"
        iso.make_iso(image, core, modules, command_line=command_line, efi=settings.get("uefi", False))
        return start(image, machine, **settings)

    return boot_modules


@pytest.fixture
def kernel(tmp_path):
    """kernel(name, text) builds a guest that says `text` and ends as ENDINGS[name] does."""

    def build(name, text):
        out = tmp_path / f"{name}.elf"
        subprocess.run(["gcc", "-nostdlib", "-static", "-Wl,-Ttext=0x200000", "-Wl,--build-id=none", "-Wl,-n",
                        f"-DENDING={ENDINGS[name]}", f'-DTEXT="{text}"', str(ROOT / "tests" / "boot" / "guest.S"),
                        "-o", str(out)], check=True)
        return out

    return build
