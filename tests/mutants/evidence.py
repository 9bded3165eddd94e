# SPDX-License-Identifier: Apache-2.0
"""What can kill a mutant: a unit test, a proof of one function, an attack image in Bochs, any other test of pytest."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

from mutant import ROOT, Mend

# Seconds; of a unit test those of the CPU.  A test that hangs has failed; a build or prover that does is no evidence.
SLOWER = int(os.environ.get("SLOWER") or 1)  # so much slower than usual is a busy machine
HANGS = {"unit": 60, "attack": 200 * SLOWER, "pytest": 400 * SLOWER, "prove": 400 * SLOWER, "build": 300 * SLOWER}
UNIT_WAITS = 4 * SLOWER * HANGS["unit"]  # by the clock
PATIENCE = str(100 * SLOWER)  # of tests that boot something (tests/conftest.py): on a busy machine 50 were too few for one that passes
GOAL_SECONDS = "20"  # as proofs/prove.sh
QUIET = "WARNINGS=-w"  # what a mutant leaves unused is no error
PYTEST = ["/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-x", "-q", "--tb=short"]


def environment(tree):
    """Of a command in the tree: nothing of the make that runs us; some programs ask PWD where they are."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS", "BUILD"))}
    return {**kept, "PATIENCE": PATIENCE, "PYTHONDONTWRITEBYTECODE": "1",
            "PWD": str(tree)}


def run(command, tree, seconds):
    """Runs a command in the tree; its exit status (None: it hung, and was ended) and what it printed."""
    process = subprocess.Popen(command, cwd=tree, env=environment(tree), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, process.communicate()[0] + "\n(hung)\n"


def _build(tree, targets):
    status, output = run(["make", "-s", QUIET, *targets], tree, HANGS["build"])
    if status != 0:
        raise Mend(f"does not build: mend it\n{output[-2000:]}")


class UnitTest:
    """A unit test whose objects are compiled once, as tests/unit/unit.mk says; a mutant compiles those again that include it."""

    def __init__(self, name):
        self.name, self.folder = name, ROOT / "build" / "mutants" / "objects" / name
        asked = "".join(f"\t@echo $({variable})\n" for variable in
                        ("UNIT_CC", "UNIT_CFLAGS", f"{name}_test_CFLAGS", f"{name}_test_SRC"))
        printed = subprocess.run(["make", "-s", "--no-print-directory", "-f", "-", "ask"], cwd=ROOT, env=environment(ROOT), text=True,
                                 input=f"include Makefile\nask:\n{asked}", capture_output=True, check=False)
        lines = printed.stdout.split("\n")
        if printed.returncode != 0 or not (ROOT / "tests" / "unit" / f"{name}_test.c").is_file():
            raise Mend(f"there is no unit test {name}: mend it\n{printed.stderr}")
        self.command = [*lines[0].split(), *lines[1].split(), *lines[2].split()]
        self.sources = [f"tests/unit/{name}_test.c", *(word for word in lines[3].split() if word.endswith((".c", ".S")))]
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for source in self.sources:
            self._compile(ROOT, source, self._object(source))

    def _object(self, source):
        return self.folder / (source.replace("/", "_") + ".o")

    def _compile(self, tree, source, to):
        status, output = run([*self.command, "-w", "-MMD", "-MF", f"{to}.d", "-c", source, "-o", str(to)], tree, HANGS["build"])
        if status != 0:
            raise Mend(f"does not build: mend it\n{output[-2000:]}")

    def _includes(self, source, file):
        """Was the object of `source` made of `file`?"""
        return file in pathlib.Path(f"{self._object(source)}.d").read_text(encoding="utf-8").replace("./", "").split()

    def build(self, tree, changed):
        """The program, with what `changed` (a file, or None) has changed in the tree; where it is."""
        objects = []
        for source in self.sources:
            objects.append(self._object(source))
            if changed and self._includes(source, changed):
                objects[-1] = tree / "build" / "unit" / objects[-1].name
                objects[-1].parent.mkdir(parents=True, exist_ok=True)
                self._compile(tree, source, objects[-1])
        program = tree / "build" / "unit" / f"{self.name}_test"
        program.parent.mkdir(parents=True, exist_ok=True)
        status, output = run([*self.command, *map(str, objects), "-lcmocka", "-o", str(program)], tree, HANGS["build"])
        if status != 0:
            raise Mend(f"does not build: mend it\n{output[-2000:]}")
        return str(program.relative_to(tree))


UNIT_TESTS, UNIT_LOCK = {}, threading.Lock()


def _unit(tree, changed, name):
    with UNIT_LOCK:
        test = UNIT_TESTS[name] = UNIT_TESTS.get(name) or UnitTest(name)
    limits = ["env", f"UNIT_SECONDS={UNIT_WAITS}", "prlimit", f"--cpu={HANGS['unit']}"]
    status, output = run([*limits, "tests/unit/run", test.build(tree, changed)], tree, UNIT_WAITS + 10)
    return status == 0, output


def _pytest(tree, targets, node, kind):
    _build(tree, targets)
    status, output = run([*PYTEST, f"--basetemp={tree}/build/pytest", node], tree, HANGS[kind])
    if status not in (None, 0, 1):
        raise Mend(f"there is no test {node}: mend it\n{output[-2000:]}")
    return status == 0, output


def _attack(tree, name):
    if not (ROOT / "tests" / "attack" / f"{name}.c").is_file():
        raise Mend(f"there is no attack image {name}: mend it")
    test = f"test_isolation.py::test_isolation_holds[{name}]"
    if name in ("smp", "windows", "apic") or name.startswith("machine_"):
        test = f"test_machine.py::test_the_machine_stays_the_cores[{name}]"
    if name in ("torture", "scrub"):
        test = f"test_{name}.py"
    if name == "races":
        test = "test_torture.py::test_calls_of_two_cpus_at_once_have_an_order"
    if name == "dead_manager":
        test = "test_machine.py::test_a_dead_manager_stops_the_machine"
    return _pytest(tree, ["core", "manager", f"build/attack/{name}.bin"], f"tests/attack/{test}", "attack")


def _prove(tree, file, function):
    include = subprocess.run(["gcc", "-print-file-name=include"], capture_output=True, text=True, check=True).stdout.strip()
    cache = ["-wp-cache", "update", "-wp-cache-dir", os.environ["CACHE"]] if os.environ.get("CACHE") else []
    status, output = run(["frama-c", "-c11", "-machdep", "gcc_x86_64", "-no-frama-c-stdlib",
                          f"-cpp-extra-args=-ffreestanding -nostdinc -isystem {include} -iquote proofs/trusted -I. "
                          "-include proofs/trusted/frama.h",
                          "-warn-unsigned-overflow", "-warn-unsigned-downcast", "-wp", "-wp-rte", "-wp-prover", "z3,cvc4",
                          "-wp-timeout", GOAL_SECONDS, "-wp-par", "2", *cache, "-kernel-warn-key", "annot-error=abort",
                          "-wp-fct", function, file], tree, HANGS["prove"])
    goals = re.search(r"Proved goals: *(\d+) */ *(\d+)", output)
    if status != 0 or not goals or int(goals.group(2)) == 0:
        raise Mend(f"no proof of {function} in {file}: mend it\n{output[-2000:]}")
    return goals.group(1) == goals.group(2), output


def holds(tree, evidence, changed=None):
    """Does the evidence hold in the tree, in which the file `changed` is changed?  And what it printed."""
    kind, *operands = evidence
    if kind == "unit" and len(operands) == 1:
        return _unit(tree, changed, operands[0])
    if kind == "attack" and len(operands) == 1:
        return _attack(tree, operands[0])
    if kind == "pytest" and operands:
        return _pytest(tree, ["core", "manager", "boot-images"], " ".join(operands), "pytest")
    if kind == "prove" and len(operands) == 2:
        return _prove(tree, *operands)
    raise Mend(f"`{' '.join(evidence)}` is no evidence: mend it")


def what_it_said(output):
    """The line in which a failed test said what failed, or nothing."""
    hung = " (hung)" if output.endswith("(hung)\n") else ""
    for expression in (r"^\[ +FAILED +\] \d+ test.*\n\[ +FAILED +\] (\w+)$", r"^(FAIL[: ].*)$", r"^(.*: FAIL .*)$",
                       r"(panic: .*)$", r"^(.*(?:runtime error|ERROR: AddressSanitizer).*)$", r"^E +(.*)$",
                       r"Proved goals: *(.*)$"):
        found = re.search(expression, output, re.MULTILINE)
        if found:
            return found.group(1).strip()[:100] + hung
    return hung.strip()


def everything(mutant):
    """All the evidence there is, for a mutant that what it names does not kill; cheap evidence first."""
    for path in sorted((ROOT / "build" / "unit").glob("*_test.d")):
        if re.search(rf"(?:^|\s){re.escape(mutant.file)}(?:\s|$)", path.read_text(encoding="utf-8")):
            yield ["unit", path.name[:-len("_test.d")]]
    for path in sorted((ROOT / "tests" / "attack").glob("*.c")):
        if path.stem not in ("passthrough", "device_states"):  # tests/nested runs them, in minutes
            yield ["attack", path.stem]
    if mutant.file.startswith("iommu/"):
        yield ["pytest", "tests/iommu"]
    if mutant.file.startswith(("arch/", "boot/")):
        yield ["pytest", "tests/boot"]
    if mutant.function and mutant.file in (ROOT / "proofs" / "files.txt").read_text(encoding="utf-8").split():
        yield ["prove", mutant.file, mutant.function]
