#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the ACPI tables out of a dump of physical memory, for tests/unit/acpi_test.c.

usage: capture.py DUMP OUTPUT [DUMP_BASE [DUMP BASE]...]

A dump of QEMU: monitor command `pmemsave 0 0x8000000 "file"`; of Bochs: debugger command
`writemem "file" address bytes`.  The output is records of: u64 physical address, u32 length, bytes.
The first records are the RSDPs.
"""
import struct
import sys


class Memory:
    def __init__(self, dumps):
        self.dumps = [(base, open(path, "rb").read()) for path, base in dumps]

    def read(self, address, count):
        for base, data in self.dumps:
            if base <= address and address + count <= base + len(data):
                return data[address - base:address - base + count]
        return None


def good(data):
    return data is not None and sum(data) & 0xFF == 0


def rsdps(memory):
    for base, data in memory.dumps:
        at = data.find(b"RSD PTR ")
        while at >= 0:
            if good(data[at:at + 20]):
                length = 36 if data[at + 15] >= 2 else 20
                if good(data[at:at + length]):
                    yield base + at, data[at:at + length]
            at = data.find(b"RSD PTR ", at + 1)


def tables(memory, rsdp):
    root = struct.unpack_from("<Q", rsdp, 24)[0] if len(rsdp) == 36 else struct.unpack_from("<I", rsdp, 16)[0]
    kind = "<Q" if len(rsdp) == 36 else "<I"
    todo, done = [root], set()
    while todo:
        address = todo.pop(0)
        header = memory.read(address, 36) if address and address not in done else None
        done.add(address)
        if header is None:
            continue
        length = struct.unpack_from("<I", header, 4)[0]
        table = memory.read(address, length)
        yield address, table
        if address == root:
            todo += [entry for entry, in struct.iter_unpack(kind, table[36:])]
        if table[:4] == b"FACP":
            todo += struct.unpack_from("<II", table, 36)
            todo += struct.unpack_from("<QQ", table, 132) if length >= 148 else ()


def main():
    dump, output, *rest = sys.argv[1:]
    dumps = [(dump, int(rest[0], 0) if rest else 0)]
    dumps += [(path, int(base, 0)) for path, base in zip(rest[1::2], rest[2::2])]
    memory = Memory(dumps)
    records = {}
    pointers = list(rsdps(memory))
    for address, rsdp in pointers:
        records[address] = rsdp
    for _, rsdp in pointers:
        records.update((a, t) for a, t in tables(memory, rsdp) if a not in records)
    with open(output, "wb") as out:
        for address, data in records.items():
            out.write(struct.pack("<QI", address, len(data)) + data)
            print(hex(address), data[:8], len(data))


main()
