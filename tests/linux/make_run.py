# SPDX-License-Identifier: Apache-2.0
"""`make run`, in Bochs, as its users meet it without a terminal."""
import os
import subprocess

from conftest import PATIENCE, ROOT


def environment(**settings):
    return dict(os.environ, MACHINE="bochs", TERM="vt100", **settings)


def run(**settings):
    """tools/run.py without a terminal; the finished process."""
    return subprocess.run(["tools/run.py"], cwd=ROOT, env=environment(**settings), stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, errors="replace", timeout=3 * PATIENCE, check=False)
