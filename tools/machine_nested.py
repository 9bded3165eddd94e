#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""QEMU/KVM with nested VMX and VT-d on a machine that has neither: inside Bochs.

Bochs runs L0 (a Debian kernel with kvm-intel and QEMU: nested/l0.py); QEMU there runs L1, the core, on a q35 with an
Intel IOMMU.  `machine_nested.py ISO` boots an ISO by hand, and exits with QEMU's status.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time

import cpio
from kernel import KERNEL
from machine import Ended, Machine
from nested import disk, l0
from nested.console import Console
from report import Refusal, progress, run_main

# What costs L0 seconds at boot and is not used here: initcalls of jitter entropy, certificates, function tracing, BPF.
UNUSED = (
    "jent_mod_init,load_system_certificate_list,init_kprobe_trace,trace_eval_init,ftrace_check_for_weak_functions,"
    "bpf_tcp_ca_kfunc_init,bpf_dummy_struct_ops_init"
)
L0_COMMAND_LINE = (
    "console=ttyS0,115200 nokaslr panic=-1 quiet loglevel=4 no_timer_check cryptomgr.notests mitigations=off "
    f"initcall_blacklist={UNUSED}"
)
# A fast clock (ips): a timer interrupt costs L2 a dozen nested exits, half a million instructions.  At 50 MHz these were most of what ran.
CONFIGURATION = """\
config_interface: textconfig
display_library: rfb, options="timeout=0"
cpu: model=corei7_haswell_4770, count={cpus}, ips=200000000, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest={memory}, host={memory}
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/vgabios/vgabios.bin
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=l0.img, mode=flat, translation=auto
boot: disk
clock: sync=none, time0=946681200, rtc_sync=0
com1: enabled=1, mode=term, dev={serial}
log: bochs.log
debugger_log: -
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
speaker: enabled=0
"""
QEMU = (
    "qemu -nodefaults -display none -vga none -net none -L /firmware -no-reboot -accel kvm -cpu host,kvm=off "
    "-machine q35,kernel-irqchip=split -device intel-iommu,intremap=on,caching-mode=on "
    "-chardev stdio,id=serial,signal=off -serial chardev:serial "
    # A virtio disk: each sector of an emulated CD would cost a dozen exits.
    "-drive if=none,id=boot,format=raw,file=/boot.iso,readonly=on -device virtio-blk-pci,drive=boot,bootindex=0"
)
# OVMF looks for a TPM where QEMU, without one, answers zeros: a TPM that is never ready, for 50,000 reads.  Ones, which say that there is none,
# come before the firmware in its own image; what devices have above it keeps its place.
TPM, ONES = 0xFED40000, 0x10000
TALL_FIRMWARE = "/firmware/tall.fd"
BOCHS_MEMORY_MAX = 2048  # MiB
L0_MEMORY = 512  # MiB for L0's kernel, QEMU, and the initramfs (there twice while it is unpacked)
STARTS = "[L0] qemu starts"
ENDED = re.compile(r"\[L0\] qemu ended with status (\d+)")


class Nested(Machine):
    """QEMU/KVM inside Bochs.  `memory_mib` and `cpus` are L1's, `extra` are more options for its QEMU.

    `before` and `after` are lines of shell for L0 to run before and after its QEMU; what they echo begins with "[L0] ".
    `trace` names kvm: trace events that L0 shall print (kvm_nested_vmenter_failed it always does).  What L0 says is
    in `l0_lines` and not in the transcript; `status` is the exit status of L0's QEMU once that has ended.
    """

    name = "QEMU/KVM in Bochs"
    memory_mib = 640
    typing_piece, typing_pause = 8, 0.1  # Bochs' UART takes no more

    def __init__(self, iso, directory, memory_mib=None, uefi=False, cpus=1, extra=(), trace=(),
                 before="", after=""):
        super().__init__(iso, directory, memory_mib)
        if shutil.which("bochs") is None:
            raise Refusal("bochs is not installed: run tools/setup")
        self.uefi, self.cpus, self.extra, self.trace = uefi, cpus, list(extra), list(trace)
        self.before, self.after = before, after
        self.l0_lines, self.status = [], None
        self._l0_text = b""  # what L0's kernel printed before QEMU had the console
        self._console = Console()

    def _qemu_command(self):
        firmware = ["-bios", TALL_FIRMWARE] if self.uefi else []
        return " ".join([QEMU, "-m", str(self.memory_mib), "-smp", str(self.cpus), *firmware, *self.extra])

    def prepare(self):
        directory = pathlib.Path(self.directory)
        iso = pathlib.Path(self.iso).read_bytes()
        memory = max(1024, self.memory_mib + L0_MEMORY + 2 * (len(iso) >> 20))
        if memory > BOCHS_MEMORY_MAX:
            raise Refusal(f"{self.name} would need {memory} MiB and Bochs has {BOCHS_MEMORY_MAX}: lower MEM=")
        archive = cpio.Archive()
        archive.file("boot.iso", iso)
        if self.uefi:
            archive.file("ones", b"\xff" * ONES)
            below = (0x100000000 - TPM - l0.OVMF.stat().st_size) // ONES
            self.before = f"cat {'/ones ' * below} /firmware/{l0.OVMF.name} > {TALL_FIRMWARE}\n{self.before}"
        script = [self.before, self._qemu_command(), "status=$?", self.after, "exit $status"]
        archive.file("run.sh", "".join(f"{line}\n" for line in script).encode())
        for event in self.trace:
            archive.file(f"run.events/{event}", b"")
        initramfs = (l0.base_initramfs().read_bytes(), archive.bytes())
        disk.write(directory / "l0.img", KERNEL / "vmlinux", initramfs, L0_COMMAND_LINE)
        text = CONFIGURATION.format(serial=self.serial_path, cpus=self.cpus, memory=memory)
        (directory / "bochsrc").write_text(text, encoding="ascii")
        (directory / "debugger").write_text("c\nquit\n", encoding="ascii")

    def command(self):
        return ["bochs", "-q", "-f", "bochsrc", "-rc", "debugger"]

    def read(self, timeout):
        before = self.transcript
        passed = b""
        for piece in self._console.feed(super().read(timeout)):
            if isinstance(piece, str):
                self._hear(piece)
            elif STARTS in self.l0_lines:
                passed += piece
            else:
                self._l0_text += piece
        self.transcript = before + passed
        return passed

    def _hear(self, line):
        """What L0 said: told to the user; its last word ends Bochs."""
        self.l0_lines.append(line)
        progress(line)
        ended = ENDED.match(line)
        if ended:
            self.status = int(ended[1])
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def diagnosis(self):
        log = pathlib.Path(self.directory) / "bochs.log"
        text = log.read_text(errors="replace") if log.exists() else ""  # it may not have come to start
        panics = [line for line in text.splitlines() if ">>PANIC<<" in line]
        return "\n".join([self._l0_text.decode(errors="replace"), *self.l0_lines[-30:], *panics])


def main():
    parser = argparse.ArgumentParser(description="Boot an ISO in QEMU/KVM with nested VMX, inside Bochs.")
    parser.add_argument("iso")
    parser.add_argument("--memory", type=int, help="MiB of L1")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--uefi", action="store_true")
    parser.add_argument("--qemu", default="", help="more QEMU options")
    parser.add_argument("--trace", action="append", default=[], help="a kvm: trace event; may be repeated")
    parser.add_argument("--limit", type=int, default=600, help="seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nested.") as directory:
        machine = Nested(
            options.iso, directory, options.memory, options.uefi, options.cpus, options.qemu.split(), options.trace
        )
        deadline = time.monotonic() + options.limit
        with machine:
            try:
                while time.monotonic() < deadline:
                    sys.stdout.buffer.write(machine.read(1))
                    sys.stdout.buffer.flush()
                progress(f"{options.limit} seconds are over")
            except Ended:
                pass
        if machine.status is None:
            print(machine.diagnosis(), file=sys.stderr)
    return 124 if machine.status is None else machine.status


if __name__ == "__main__":
    run_main(main)
