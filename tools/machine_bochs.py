# SPDX-License-Identifier: Apache-2.0
"""Bochs as Debian packages it: VMX on any host, and every run the same to the instruction."""
import os
import re
import shutil

from machine import Ended, Machine
from report import Refusal

# Ticks are instructions; `sync=none` and a fixed clock make runs identical.  What each line is for: docs/machines.md.
CONFIGURATION = """\
config_interface: textconfig
display_library: rfb, options="timeout=0"
cpu: model={model}, count={cpus}, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs={ignore_bad_msrs}
memory: guest={memory}, host={memory}
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/vgabios/vgabios.bin
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
clock: sync={sync}, time0=946681200, rtc_sync=0
com1: enabled=1, mode=term, dev={serial}
port_e9_hack: enabled=1
log: bochs.log
debugger_log: -
panic: action=fatal
error: action={errors}
info: action=ignore
debug: action=ignore{debug}
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
speaker: enabled=0
"""


def ept_violations(log):
    """The guest-physical addresses of all EPT violations that Bochs' log (text) tells of, in order."""
    return [int(address, 16) for address in re.findall(r"EPT violation for guest paddr 0x([0-9a-f]+)", log)]


class Bochs(Machine):
    """A Bochs machine.  What the guest writes to port 0xE9 is in debug_port()."""

    name = "Bochs"
    # Its UART drops what comes while the 16 bytes of its FIFO are full.
    typing_piece, typing_pause = 8, 0.1

    def __init__(self, iso, directory, memory_mib=None, model="corei7_icelake_u", cpus="1", sync="none",
                 ignore_bad_msrs=0, errors="report", log_serial=False, debugger="c\nquit\n"):
        super().__init__(iso, directory, memory_mib)
        if shutil.which("bochs") is None:
            raise Refusal("bochs is not installed: run tools/setup")
        self.debugger = debugger  # its commands: Debian's Bochs starts at its debugger's prompt
        self.settings = {"model": model, "cpus": cpus, "sync": sync, "ignore_bad_msrs": ignore_bad_msrs,
                         "errors": errors, "debug": ", serial=report" if log_serial else ""}

    def prepare(self):
        text = CONFIGURATION.format(iso=self.iso, serial=self.serial_path, memory=self.memory_mib, **self.settings)
        with open(os.path.join(self.directory, "bochsrc"), "w", encoding="ascii") as out:
            out.write(text)
        with open(os.path.join(self.directory, "debugger"), "w", encoding="ascii") as out:
            out.write(self.debugger)

    def command(self):
        return ["bochs", "-q", "-f", "bochsrc", "-rc", "debugger"]

    def _file(self, name):
        path = os.path.join(self.directory, name)
        return open(path, encoding="utf-8", errors="replace").read() if os.path.exists(path) else ""

    def debug_port(self):
        """The text written to port 0xE9, with a few lines of Bochs' own around it."""
        return self._file("emulator.out")

    def written_at(self, text):
        """The tick at which the guest wrote the first byte of `text` to COM1; needs log_serial."""
        writes = re.findall(r"^(\d+)d\[SER +\] com1 register write to +address: 0x03f8 = 0x(\w+)$",
                            self._file("bochs.log"), re.MULTILINE)
        place = bytes(int(value, 16) for _, value in writes).find(text)
        if place < 0:
            raise Ended(f"{text!r} was never written to COM1")
        return int(writes[place][0])

    def stopped_at(self):
        """The ticks at which its debugger stopped, the start of the machine included."""
        return [int(tick) for tick in re.findall(r"^Next at t=(\d+)$", self._file("emulator.out"), re.MULTILINE)]

    def diagnosis(self):
        lines = [line for line in self._file("bochs.log").splitlines() if ">>PANIC<<" in line or "[CPU" in line and "EPT violation" not in line]
        return "\n".join(lines[-30:])
