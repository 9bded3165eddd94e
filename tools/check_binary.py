# SPDX-License-Identifier: Apache-2.0
"""The linked core: no undefined symbol, no call or jump through a register or memory, no floating point, no W+X."""
import re
import subprocess

from sources import ROOT

CORE = ROOT / "build" / "core.elf"
# Functions that may jump through a register: the far ends of the boot path, none of which an attacker reaches.
INDIRECT_ALLOWED = {"start", "_start", "boot_entry", "long_mode", "boot_switch"}
INDIRECT = re.compile(r"\t(?:notrack )?(?:l?call|l?jmp)[a-z]*\s+\*")
VECTOR_REGISTER = re.compile(r"%[xyz]mm\d|%mm\d|%st\b")
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")


def _run(*command):
    return subprocess.run([*command, str(CORE)], capture_output=True, text=True, check=True).stdout


def check():
    if not CORE.is_file():
        yield "build/core.elf is not there: run `make core`"
        return
    for line in _run("nm", "-u").splitlines():
        yield f"core.elf: undefined symbol {line.split()[-1]}"
    function = "?"
    for line in _run("objdump", "-d", "--no-show-raw-insn").splitlines():
        named = FUNCTION.match(line)
        if named:
            function = named.group(1)
        elif INDIRECT.search(line) and function not in INDIRECT_ALLOWED:
            yield f"core.elf: {function} calls or jumps through a pointer: {' '.join(line.split()[1:])}"
        elif VECTOR_REGISTER.search(line):
            yield f"core.elf: {function} uses a floating-point or vector register: {' '.join(line.split()[1:])}"
    for line in _run("readelf", "-lW").splitlines():
        if re.match(r"\s+LOAD\b.*\bRWE\b", line):
            yield f"core.elf: a segment is writable and executable: {' '.join(line.split())}"
