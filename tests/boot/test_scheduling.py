# SPDX-License-Identifier: Apache-2.0
"""What guests get of two CPUs, by their own clocks: their weights, over every 100 ms; a sleeper its CPU when it wakes; no
more than a cap, and nothing of a CPU that is not theirs."""
import re
import subprocess

import pytest

from conftest import MANAGER, PATIENCE, ROOT

WEIGHTS = {"one": 100, "two": 150, "three": 150, "four": 200}
SLICE = 2000  # us
QUIET = 190000  # us of the 200,000 of a window on two CPUs that guests get when the manager has nothing else to do


@pytest.fixture
def kernel(tmp_path):
    """kernel(name, flags) builds tests/boot/schedule_guest.c."""

    def build(name, *flags):
        out = tmp_path / f"{name}.elf"
        subprocess.run(["gcc", "-std=gnu11", "-O2", "-ffreestanding", "-nostdlib", "-static", "-mgeneral-regs-only",
                        "-fno-pic", "-no-pie", "-mno-red-zone", "-fno-asynchronous-unwind-tables", "-fcf-protection=none",
                        "-I", str(ROOT), "-Wl,-Ttext=0x200000,--build-id=none,-n,--no-warn-rwx-segments", *flags,
                        str(ROOT / "tests" / "boot" / "schedule_guest.c"), "-o", str(out)], check=True)
        return out

    return build


def section(name, kernel_name, weight, more=""):
    return f"[guest {name}]\nkernel = {kernel_name}\nmemory = 32M\nweight = {weight}\n{more}"


def windows_of(text, names):
    """What each guest said: {name: {window: us}}."""
    return {name: dict((int(window), int(us)) for window, us in re.findall(rf"^{name}\| (\d+) (\d+)$", text, re.MULTILINE))
            for name in names}


def common(ran):
    """The windows in which all of them were there the whole time, and had found their places."""
    return sorted(set.intersection(*(set(of) for of in ran.values())))[2:-2]


def judged(ran):
    """What is judged: each quiet window, and those in which the sleeper's memory was scrubbed, on CPU 0, as one: (name, us of each)."""
    scrubbing = dict.fromkeys(ran, 0)
    for window in common(ran):
        got = {name: of[window] for name, of in ran.items()}
        total = sum(got.values())
        assert total > 130000, f"the two CPUs have other things to do in window {window}"
        if total > QUIET:
            yield window, got
        else:
            scrubbing = {name: us + got[name] for name, us in scrubbing.items()}
    yield "while the sleeper's memory was scrubbed", scrubbing


def test_weights_and_wake_ups_on_two_cpus(boot, kernel, tmp_path):
    guests = tmp_path / "guests.ini"
    guests.write_text("".join(section(name, "busy", weight) for name, weight in WEIGHTS.items()) +
                      section("sleeper", "sleeper", 100))
    machine = boot({"manager": MANAGER, "guests": guests, "busy": kernel("busy"),
                    "sleeper": kernel("sleeper", "-DSLEEPER")}, memory_mib=512, cpus=2)
    machine.wait_for(r"^bulkhead: power off", 2 * PATIENCE)
    text = machine.text()
    windows = dict(judged(windows_of(text, WEIGHTS)))
    assert len(windows) > 10
    unfair, mean = {}, dict.fromkeys(WEIGHTS, 0)
    for window, got in windows.items():
        for name, weight in WEIGHTS.items():
            promised = sum(got.values()) * weight / sum(WEIGHTS.values())
            mean[name] += got[name] / promised / len(windows) if promised else 1 / len(windows)
            # The ends of a window cut slices in two.
            if abs(got[name] - promised) > max(promised / 20, 1.5 * SLICE):
                unfair[name, window] = got[name], round(promised)
    assert not unfair, "(guest, window): (us, promised us)"
    assert all(0.98 < of < 1.02 for of in mean.values()), mean
    late = re.search(r"^sleeper\| (\d+)$", text, re.MULTILINE)
    assert late and int(late.group(1)) <= SLICE, "us late, at worst"


PERIOD = 100000  # us, of a cap, and of a window
CAP = 30  # percent


def test_a_cap_and_pins_on_two_cpus(boot, kernel, tmp_path):
    """CPU 0 is the capped guest's alone and idle for the rest; two others, weight 1 to 3, may only use CPU 1."""
    guests = tmp_path / "guests.ini"
    guests.write_text(section("capped", "busy", 100, f"cap = {CAP}\non_cpus = 0\n") +
                      section("less", "busy", 100, "on_cpus = 1\n") + section("more", "busy", 300, "on_cpus = 1\n"))
    machine = boot({"manager": MANAGER, "guests": guests, "busy": kernel("busy")}, memory_mib=512, cpus=2)
    machine.wait_for(r"^bulkhead: power off", 2 * PATIENCE)
    ran = windows_of(machine.text(), ("capped", "less", "more"))
    windows = common(ran)
    assert len(windows) > 10
    for window in windows:
        capped, less, more = (ran[name][window] for name in ("capped", "less", "more"))
        # A window may have the ends of two periods.
        assert capped <= PERIOD * CAP // 100 + SLICE, (window, capped)
        assert less + more <= PERIOD, (window, less, more)
    mean = {name: sum(of[window] for window in windows) / len(windows) for name, of in ran.items()}
    assert abs(mean["capped"] - PERIOD * CAP // 100) < 0.05 * PERIOD * CAP // 100, mean
    assert mean["less"] + mean["more"] > 0.95 * PERIOD, mean
    assert abs(mean["less"] - (mean["less"] + mean["more"]) / 4) < SLICE / 2, mean
