# SPDX-License-Identifier: Apache-2.0
"""The nested machine's console: L0's own lines are told from what L1 prints, however the bytes are cut."""
import pytest

from nested.console import Console

STREAM = b"[L0] qemu starts\r\nhello [L0] not at the start\r\n[L\ra\r\n[L0] qemu ended\r\nmore\n[L0 trace] x\r\nlogin: "
PIECES = ["[L0] qemu starts", b"hello [L0] not at the start\r\n[L\ra\r\n", "[L0] qemu ended", b"more\n", "[L0 trace] x",
          b"login: "]


def joined(pieces):
    """The pieces with bytes that follow each other joined."""
    out = []
    for piece in pieces:
        if out and isinstance(piece, bytes) and isinstance(out[-1], bytes):
            out[-1] += piece
        else:
            out.append(piece)
    return out


@pytest.mark.parametrize("step", range(1, 12))
def test_lines_are_told_apart(step):
    console = Console()
    pieces = [piece for at in range(0, len(STREAM), step) for piece in console.feed(STREAM[at:at + step])]
    assert joined(pieces) == PIECES


def test_a_prompt_is_not_held_back():
    assert list(Console().feed(b"login: ")) == [b"login: "]
