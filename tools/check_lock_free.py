# SPDX-License-Identifier: Apache-2.0
"""Every field of isolation/ and ept/ that is touched without the ownership lock is in the table of docs/lock-free.md, and
every row of the table is still true.

What runs without the lock is found from the code: all functions of vmx/ that others can call, and whatever they call, but
for the lines between lock_acquire() and lock_release() and what is called from these alone.  boot/ is left out: nothing else
runs meanwhile.
"""
import pathlib
import re

from sources import ROOT

STATE = ("isolation", "ept")
CODE = ("vmx",) + STATE
LIST = "docs/lock-free.md"
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
FOR_THE_PROVER = re.compile(r"^#ifdef __FRAMAC__\n.*?^(?:#else\n(.*?))?^#endif\n", re.S | re.M)
FUNCTION = re.compile(r"^(?!#)([a-z_][\w \*\(\)]*?)\b(\w+)\(([^;{}]*)\)\n\{\n(.*?)^\}", re.S | re.M)
EXTERN = re.compile(r"^extern [\w ]+?\b(\w+)(?:\[[^\]]*\])*;", re.M)
STATIC = re.compile(r"^static (?!inline\b|const\b)[\w ]+?\b(\w+)(?:\s*\[[^\]]*\])*(?: = [^;]*)?;", re.M)
ROW = re.compile(r"^\| `([^`]+)` \|(.*)\|$", re.M)
COLUMNS = 3  # after the field: who reads it, who publishes it, why it is sound


class Function:
    def __init__(self, file, head, name, body):
        self.file, self.name, self.static = file, name, "static" in head.split()
        self.free = without_the_lock(body)


def without_the_lock(body):
    """The text of a function that runs before it takes the lock, and after it has released it."""
    if "lock_acquire();" not in body:
        return body
    return body[:body.index("lock_acquire();")] + body[body.rindex("lock_release();"):]


def text_of(path):
    text = path.read_text(encoding="utf-8")
    return FOR_THE_PROVER.sub(lambda match: match.group(1) or "", COMMENT.sub("", text))


def balanced(text, at):
    """The end of the bracket that opens at `at`."""
    depth = 0
    for end in range(at, len(text)):
        depth += {"[": 1, "]": -1}.get(text[end], 0)
        if depth == 0:
            return end + 1
    return at


def touched(text, names):
    """The fields `name[].field`, or `name`, of the arrays and numbers `names` that the text touches."""
    for match in re.finditer(r"(?<![\w.>])(" + "|".join(names) + r")\b(?!\()", text):
        name, end = match.group(1), match.end()
        indexed = text[end:end + 1] == "["
        while text[end:end + 1] == "[":
            end = balanced(text, end)
        name += "[]" if indexed else ""
        field = re.match(r"\.(\w+)", text[end:])
        yield name + ("." + field.group(1) if field else "")


def check(root=ROOT):
    """Yields complaints; the list and the code are below `root`."""
    root = pathlib.Path(root)
    shared, own, functions = set(), {}, {}
    for folder in CODE:
        for path in sorted(root.glob(f"{folder}/*.[ch]")):
            file, text = str(path.relative_to(root)), text_of(path)
            if folder in STATE:
                shared |= set(EXTERN.findall(text)) if path.suffix == ".h" else set()
                own[file] = set(STATIC.findall(text)) if path.suffix == ".c" else set()
            for head, name, _, body in FUNCTION.findall(text):
                functions[file, name] = Function(file, head, name, body)
    public = {f.name: f for f in functions.values() if not f.static or f.file.endswith(".h")}
    waiting = [f for f in functions.values() if f.file.startswith("vmx/") and not f.static]
    seen, found = set(), {}
    while waiting:
        function = waiting.pop()
        if (function.file, function.name) in seen:
            continue
        seen.add((function.file, function.name))
        for field in touched(function.free, shared | own.get(function.file, set())):
            found.setdefault(field, set()).add(f"{function.name}() in {function.file}")
        for name in set(re.findall(r"\b(\w+)\(", function.free)):
            called = functions.get((function.file, name)) or public.get(name)
            if called:
                waiting.append(called)
    listed = dict(ROW.findall((root / LIST).read_text(encoding="utf-8")))
    if not found or not functions:
        yield f"{LIST}: nothing found in the code: mend tools/check_lock_free.py"
    for field in sorted(set(found) - set(listed)):
        yield f"{field} is touched without the lock by {', '.join(sorted(found[field]))}: take the lock, or say in {LIST} why it is sound"
    for field in sorted(set(listed) - set(found)):
        yield f"{LIST}: nothing touches {field} without the lock any more: drop the row"
    for field, cells in listed.items():
        if len([cell for cell in cells.split(" | ") if cell.strip()]) != COLUMNS:
            yield f"{LIST}: {field}: say who reads it, who publishes it and why it is sound"
