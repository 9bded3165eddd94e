# SPDX-License-Identifier: Apache-2.0
"""How the tools speak: progress on standard error, refusals in one plain sentence."""
import sys
import time

START = time.monotonic()


def progress(text):
    """Tells the user what is going on, with the seconds since the start."""
    print(f"[{time.monotonic() - START:6.1f} s] {text}", file=sys.stderr, flush=True)


class Refusal(Exception):
    """Something the user can put right: what is wrong and the next step, in one sentence."""


def run_main(main):
    """Runs main() and turns a Refusal into one line and exit status 2."""
    try:
        sys.exit(main())
    except Refusal as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
