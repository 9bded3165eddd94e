#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the Coq model, checks that its theorems rest on nothing, and that it and the C name each other.

Ends in the plain line `N passed, M failed`.  usage: check.py [build directory]
"""
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FILE_SECONDS = 300
CLOSED = "Closed under the global context"
ESCAPES = re.compile(r"\b(Axioms?|Parameters?|Conjecture|Admitted|admit|Variables?|Hypothes[ie]s|Unset|bypass_check)\b")
TRANSITION_TYPES = ("hypercall", "manager_op", "guest_op", "action")
ABI_ENUMS = (("abi/hypercall.h", "hypercall"), ("abi/guest_call.h", "tdcall_leaf"),
             ("abi/guest_call.h", "tdvmcall_function"), ("abi/run_exit.h", "run_exit"))
CALLERS = ("vmx", "boot")
NOT_OF_ISOLATION = ("trusted.h", "trusted_device.h")  # contracts of functions that are declared and listed elsewhere


def without_comments(text, opening, closing):
    """Blanks out comments; they nest in Coq and do not in C, where no `/*` stands within one."""
    out, depth, i = [], 0, 0
    while i < len(text):
        if text.startswith(opening, i) and (depth == 0 or opening == "(*"):
            depth, i = depth + 1, i + 2
        elif text.startswith(closing, i) and depth:
            depth, i = depth - 1, i + 2
        else:
            out.append(text[i] if depth == 0 or text[i] == "\n" else " ")
            i += 1
    return "".join(out)


def coq(name):
    return without_comments((HERE / name).read_text(), "(*", "*)")


def c_text(path):
    """The source without comments and attributes."""
    return re.sub(r"__attribute__\(\(\w+\)\) *|^EXIT_HANDLER ", "", without_comments(path.read_text(), "/*", "*/"), flags=re.M)


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, complaints):
        complaints = list(complaints)
        self.passed += not complaints
        self.failed += bool(complaints)
        print(f"coq: {what}: {'failed' if complaints else 'ok'}", flush=True)
        for complaint in complaints:
            print(f"    {complaint}", flush=True)


def source_order():
    """The files as `_CoqProject` lists them: each after those it needs."""
    lines = (HERE / "_CoqProject").read_text().split("\n")
    return [line for line in lines if line.endswith(".v")]


def compile_all(tally, build):
    """Compiles every file afresh in `build`; what Theorems.v printed, or None."""
    output = None
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    for name in source_order():
        shutil.copy(HERE / name, build / name)
        started = time.monotonic()
        try:
            done = subprocess.run(["coqc", "-q", "-Q", ".", "Bulkhead", name], cwd=build, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=FILE_SECONDS)
            complaints = [] if done.returncode == 0 else (done.stdout + done.stderr).split("\n")
            output = done.stdout
        except subprocess.TimeoutExpired:
            complaints = [f"not done after {FILE_SECONDS} seconds"]
        except FileNotFoundError:
            complaints = ["there is no coqc: install Debian's package coq"]
        tally.check(f"{name} ({time.monotonic() - started:.0f} s)", complaints)
        if complaints:
            return None
    return output


def check_theorems(tally, output):
    """Theorems.v asks what all theorems together rest on: where that is nothing, each rests on nothing."""
    body = re.search(r"Definition everything := \((.*?)\)\.", coq("Theorems.v"), re.S)
    names = re.findall(r"\w+", body.group(1)) if body else []
    verdict = (output or "").strip()
    for name in names:
        tally.check(f"theorem {name}", [] if verdict == CLOSED else [verdict or "no verdict of coqc"])
    stated = set()
    for name in source_order():
        stated |= set(re.findall(r"^\s*Theorem (\w+)", coq(name), re.M))
    tally.check("every theorem is listed in Theorems.v",
                [f"{name} is not" for name in sorted(stated - set(names))] +
                [f"{name} is listed, but is no theorem" for name in sorted(set(names) - stated)])


def check_sources(tally):
    present = {path.name for path in HERE.glob("*.v")}
    tally.check("every file is in _CoqProject", [f"{n} is not" for n in sorted(present - set(source_order()))])
    tally.check("no axiom, no admitted proof",
                [f"{name}: {word}" for name in source_order() for word in ESCAPES.findall(coq(name))])


def read_table():
    """The three kinds of rows of map.txt."""
    transitions, observes, abi = [], [], []
    for line in (HERE / "map.txt").read_text().split("\n"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "transition":
            transitions.append((words[1], words[2]))
        elif words[0] == "observes":
            observes.append(words[1])
        elif words[0] == "abi":
            abi.append((words[1], words[2]))
        else:
            raise SystemExit(f"map.txt: no such kind of row: {line}")
    return transitions, observes, abi


def model_transitions():
    """The constructors of the model's types of steps, and `boot`."""
    found = {"boot"}
    for name in source_order():
        for kind, body in re.findall(r"^Inductive (\w+) :=(.*?)\.\s*$", coq(name), re.M | re.S):
            if kind in TRANSITION_TYPES:
                found |= set(re.findall(r"\|\s*(\w+)", "|" + body if not body.lstrip().startswith("|") else body))
    return found


def prototype_complaint(place):
    """Does the header declare the function, with a contract in words above it or its group?"""
    header, _, function = place.partition(":")
    path = ROOT / header
    if not path.is_file():
        return f"{place}: there is no such header"
    if not re.search(rf"^[a-z][\w \t\*]*\b{function}\(", c_text(path), re.M):
        return f"{place}: the header has no such prototype"
    if not re.search(rf"\*/\n(?:[^\n]+\n)*?[^\n]*\b{function}\(", path.read_text()):
        return f"{place}: no contract stands above the prototype"
    return None


def entry_points():
    """Public functions of isolation/ that are called from above it."""
    public = {}
    for header in sorted((ROOT / "isolation").glob("*.h")):
        if header.name in NOT_OF_ISOLATION:
            continue
        for function in re.findall(r"^[a-z][\w \t\*]*?\b(\w+)\([^;{]*\);", c_text(header), re.M):
            public[function] = f"isolation/{header.name}:{function}"
    above = "".join(c_text(path) for d in CALLERS for path in sorted((ROOT / d).glob("*.[ch]")))
    return sorted(place for function, place in public.items() if re.search(rf"\b{function}\(", above))


def check_table(tally):
    transitions, observes, abi = read_table()
    model = model_transitions()
    named = {name for name, _ in transitions}
    places = {place for _, place in transitions} | set(observes)
    tally.check("every transition has a C function", [f"{n} has none" for n in sorted(model - named)])
    tally.check("every row is of a transition of the model", [f"{n} is none" for n in sorted(named - model)])
    tally.check("every C function named exists, with a contract",
                filter(None, (prototype_complaint(place) for place in sorted(places))))
    points = entry_points()
    tally.check("every entry point of isolation/ has a transition",
                [f"{p} has none" for p in points if p not in places] or ([] if points else ["none found"]))
    complaints = []
    for header, enum in ABI_ENUMS:
        body = re.search(rf"enum {enum} \{{(.*?)\}};", c_text(ROOT / header), re.S)
        members = set(re.findall(r"\b([A-Z]\w+)\s*(?:=|,)", body.group(1))) if body else set()
        complaints += [] if members else [f"enum {enum} was not found in {header}"]
        complaints += [f"{m} has no transition" for m in sorted(members - {a for a, _ in abi})]
    complaints += [f"{a}: {t} is no transition" for a, t in abi if t not in model]
    tally.check("every number of the ABI has a transition", complaints)


def main():
    if any(word.startswith("-") for word in sys.argv[1:]):
        raise SystemExit("usage: proofs/coq/check.py [FOLDER]     FOLDER: where to compile, build/proofs/coq if not given")
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/proofs/coq").resolve()
    tally = Tally()
    check_theorems(tally, compile_all(tally, build))
    check_sources(tally)
    check_table(tally)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
