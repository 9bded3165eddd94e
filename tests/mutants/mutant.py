# SPDX-License-Identifier: Apache-2.0
"""Mutants: what each of tests/mutants/*.txt takes away from the core, and how it is taken away.  README.md has the format."""
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
TOKEN = re.compile(r"\w+|[^\w\s]")
KEYS = ("mutant", "file", "in", "what", "by", "hardware")


class Mend(Exception):
    """A mutant that is not what it says: it does not apply, does not build, or its evidence fails without it."""


class Mutant:
    """One check, flush, scrub, mask or bound that is removed."""

    def __init__(self, source, name):
        self.source, self.name = source, name
        self.file = self.function = self.what = self.hardware = ""
        self.evidence = []  # what should kill it, the cheapest first
        self.edits = []     # (text as it is, text as it becomes), in order

    def mend(self, why):
        return Mend(f"{self.name} ({self.source}): {why}: mend it")

    def apply(self, tree):
        """Applies the edits in the folder `tree`; the name of the file that it changed."""
        path = self._path(pathlib.Path(tree))
        path.write_text(self._changed(path.read_text(encoding="utf-8")), encoding="utf-8")
        return str(path.relative_to(tree))

    def check(self, tree):
        """Would it apply, and change something?"""
        text = self._path(pathlib.Path(tree)).read_text(encoding="utf-8")
        if self._changed(text) == text:
            raise self.mend("changes nothing")

    def _path(self, tree):
        """Its file; or where its function has moved to, in the same folder."""
        path = tree / self.file
        if self.function and not (path.is_file() and self._body(_code(path))):
            others = [other for other in sorted(path.parent.glob("*.[ch]")) if self._body(_code(other))]
            if len(others) != 1:
                raise self.mend(f"does not apply any more: {len(others)} files beside {self.file} have {self.function}()")
            return others[0]
        if not path.is_file():
            raise self.mend(f"does not apply any more: there is no {self.file}")
        return path

    def _changed(self, text):
        for old, new in self.edits:
            first, last = self._find(text, old)
            text = text[:first] + new + text[last:]
        return text

    def _find(self, text, old):
        """Where `old` stands, once, in the code of the function; spaces and line ends do not matter, comments are no code."""
        code = _without_comments(text)
        first, last = self._body(code)
        places = list(_pattern(old).finditer(code, first, last))
        if len(places) != 1:
            where = f"{self.function}() of {self.file}" if self.function else self.file
            raise self.mend(f"does not apply any more: `{' '.join(old.split())}` stands {len(places)} times in {where}")
        return places[0].span()

    def _body(self, code):
        """Where its function stands, or None; the whole file if it names none."""
        if not self.function:
            return 0, len(code)
        found = re.search(rf"^\w[^\n;]*\b{self.function}\([^;{{]*\)\s*^{{.*?^}}", code, re.DOTALL | re.MULTILINE)
        return found and found.span()


def _without_comments(text):
    """The same, with blanks where comments stand."""
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def _code(path):
    return _without_comments(path.read_text(encoding="utf-8"))


def _pattern(text):
    """The text as an expression in which white space is free."""
    tokens, parts = TOKEN.findall(text), []
    for before, token in zip([""] + tokens, tokens):
        words = re.match(r"\w", before) and re.match(r"\w", token)
        parts.append((r"\s+" if words else r"\s*" if before else "") + re.escape(token))
    first, last = (r"\b" if re.match(r"\w", tokens[0]) else ""), (r"\b" if re.match(r"\w", tokens[-1]) else "")
    return re.compile(first + "".join(parts) + last)


def _parse(path):
    mutant, sign_before = None, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}:{number}"
        sign = line[:1] if line[:2].rstrip() in ("-", "+") else ""
        key, _, value = line.partition(":")
        if not line.strip() or line.startswith("#"):
            pass
        elif key == "mutant":
            mutant = Mutant(where, value.strip())
            yield mutant
        elif mutant is None:
            raise Mend(f"{where}: no mutant has begun")
        elif sign == "-":
            if sign_before == "-":
                mutant.edits[-1][0] += "\n" + line[2:]
            else:
                mutant.edits.append([line[2:], ""])
        elif sign == "+":
            mutant.edits[-1][1] += ("\n" if mutant.edits[-1][1] else "") + line[2:]
        elif key not in KEYS:
            raise Mend(f"{where}: {line!r} is none of {', '.join(KEYS)}, - and +")
        elif key == "by":
            mutant.evidence.append(value.split())
        else:
            setattr(mutant, {"in": "function"}.get(key, key), value.strip())
        sign_before = sign


def _check(mutant):
    for needed in ("file", "what", "edits"):
        if not getattr(mutant, needed):
            raise mutant.mend(f"says no {needed}")
    if bool(mutant.evidence) == bool(mutant.hardware):
        raise mutant.mend("says either what kills it, or why that needs hardware")


def read_all():
    """All mutants there are, by file."""
    mutants = [mutant for path in sorted(HERE.glob("*.txt")) for mutant in _parse(path)]
    names = set()
    for mutant in mutants:
        _check(mutant)
        if mutant.name in names:
            raise mutant.mend("the name is taken")
        names.add(mutant.name)
    return mutants


def complaints(mutants, tree=ROOT):
    """What is wrong with mutants that are not to be run now."""
    for mutant in mutants:
        try:
            mutant.check(tree)
        except Mend as reason:
            yield str(reason)
