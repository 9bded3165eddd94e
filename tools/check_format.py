# SPDX-License-Identifier: Apache-2.0
"""Layout of the text: clang-format for C, one SPDX line for every source file."""
import subprocess

from sources import ALL_FOLDERS, ROOT, find


def check():
    files = [str(path) for path in find(ALL_FOLDERS, {".c", ".h"})]
    done = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=1", "-Werror", *files], cwd=ROOT, text=True,
                          capture_output=True, check=False)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})
    yield from (f"{name} is not formatted: run `clang-format -i {name}`" for name in wrong)
    if done.returncode != 0 and not wrong:
        yield f"clang-format: {done.stderr.strip()}"
    for path in find(ALL_FOLDERS + ("tools",), {".c", ".h", ".S", ".py", ".mk", ".lds"}):
        head = (ROOT / path).read_text(encoding="utf-8", errors="replace").splitlines()[:2]
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
            yield f"{path} does not begin with its SPDX line"
