# SPDX-License-Identifier: Apache-2.0
"""Writes cpio archives of the "newc" format that depend on nothing but their contents (no times, no owners)."""

DIRECTORY = 0o040755
FILE = 0o100644
PROGRAM = 0o100755
SYMLINK = 0o120777
CHARACTER_DEVICE = 0o020600
TRAILER = "TRAILER!!!"


def _padding(length):
    return b"\0" * (-length % 4)


class Archive:
    """Collects entries; bytes() is the archive, sorted by name with every parent directory present."""

    def __init__(self):
        self._entries = {}

    def _add(self, name, mode, contents=b"", device=(0, 0)):
        parent = name.rpartition("/")[0]
        if parent and parent not in self._entries:
            self.directory(parent)
        self._entries[name] = (mode, contents, device)

    def directory(self, name):
        self._add(name, DIRECTORY)

    def file(self, name, contents, program=False):
        self._add(name, PROGRAM if program else FILE, contents)

    def symlink(self, name, target):
        self._add(name, SYMLINK, target.encode())

    def character_device(self, name, major, minor):
        self._add(name, CHARACTER_DEVICE, b"", (major, minor))

    @staticmethod
    def _entry(inode, name, mode, contents, device):
        encoded = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(contents), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        return header + encoded + _padding(len(header) + len(encoded)) + contents + _padding(len(contents))

    def bytes(self):
        parts = []
        for inode, (name, (mode, contents, device)) in enumerate(sorted(self._entries.items()), start=1):
            parts.append(self._entry(inode, name, mode, contents, device))
        parts.append(self._entry(0, TRAILER, 0, b"", (0, 0)))
        return b"".join(parts)
