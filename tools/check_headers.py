# SPDX-License-Identifier: Apache-2.0
"""Every header of the shipped code compiles alone, and twice over."""
import subprocess
from concurrent.futures import ThreadPoolExecutor

from sources import ROOT, SHIPPED_FOLDERS, find, make_variable


def check():
    flags = make_variable("CC") + make_variable("FREESTANDING")

    def compile_alone(header):
        text = f'#include "{header}"\n#include "{header}"\ntypedef int not_empty;\n'
        done = subprocess.run(flags + ["-fsyntax-only", "-x", "c", "-"], input=text, cwd=ROOT, text=True,
                              capture_output=True, check=False)
        first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip())
        return None if done.returncode == 0 else f"{header} does not compile alone: {first}"

    with ThreadPoolExecutor(2) as pool:
        yield from filter(None, pool.map(compile_alone, find(SHIPPED_FOLDERS, {".h"})))
