# SPDX-License-Identifier: Apache-2.0
"""clang-tidy on the core, with the checks that .clang-tidy names."""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

from sources import CORE_FOLDERS, ROOT, find, make_variable


def check():
    # clang reads the code as gcc compiles it, but for the options it does not know.
    flags = [word for word in make_variable("FREESTANDING") if not word.startswith("-Werror")]
    flags += ["--target=x86_64-elf", "-Wno-unknown-warning-option", "-Wno-unused-command-line-argument"]
    complaint = re.compile(r"^(?:/\S*?/)?(\S+:\d+:\d+: (?:warning|error): .*)$")

    def tidy(source):
        done = subprocess.run(["clang-tidy", "--quiet", str(source), "--", *flags], cwd=ROOT, text=True,
                              capture_output=True, check=False)
        return [line.replace(str(ROOT) + "/", "") for line in done.stdout.splitlines() if complaint.match(line)]

    with ThreadPoolExecutor(2) as pool:
        for lines in pool.map(tidy, find(CORE_FOLDERS, {".c"})):
            yield from lines
