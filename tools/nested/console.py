# SPDX-License-Identifier: Apache-2.0
"""Tells L0's own lines from what L1 prints on the same serial line."""

import re

MARK = b"[L0"
LINE = re.compile(rb"[^\n]*\n|[^\n]+")


class Console:
    """Splits a byte stream: lines that begin with "[L0" are L0's and wait until whole, all else passes as it comes."""

    def __init__(self):
        self._held = b""  # the beginning of a line that may still turn out to be L0's
        self._inside = False  # in the middle of a line that is not

    def feed(self, chunk):
        """Yields what the bytes hold, in order: str for a line of L0 (without its end), bytes for what is L1's."""
        for piece in LINE.findall(self._held + chunk):
            complete = piece.endswith(b"\n")
            self._held = b""
            if self._inside or not piece.startswith(MARK[: len(piece)]):
                self._inside = not complete
                yield piece
            elif complete:
                yield piece.strip().decode(errors="replace")
            else:
                self._held = piece
