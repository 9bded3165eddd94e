# SPDX-License-Identifier: Apache-2.0
"""QEMU: with KVM where nested VMX is there (the whole of Bulkhead), with TCG for what needs no VMX."""
import os
import pathlib
import shutil

from machine import Machine
from report import Refusal



def why_no_nested_kvm():
    """None where QEMU/KVM can run Bulkhead, else the reason in a few words."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm is not there or not ours to use"
    if " vmx " not in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace"):
        return "the CPU has no VMX"
    nested = pathlib.Path("/sys/module/kvm_intel/parameters/nested")
    if not nested.exists() or nested.read_text(encoding="ascii").strip() not in ("Y", "1"):
        return "kvm_intel has nesting off"
    return None


class Qemu(Machine):
    """A q35 machine with an Intel IOMMU (`iommu`: its properties; "": none)."""

    name = "QEMU"

    def __init__(self, iso, directory, memory_mib=None, kvm=False, uefi=False, cpus=1, extra=(), iommu="intremap=on,caching-mode=on"):
        super().__init__(iso, directory, memory_mib)
        if shutil.which("qemu-system-x86_64") is None:
            raise Refusal("qemu-system-x86_64 is not installed: run tools/setup")
        self.name = "QEMU/KVM" if kvm else "QEMU/TCG"
        self.iommu = ["-device", f"intel-iommu,{iommu}"] if iommu else []
        self.kvm, self.uefi, self.cpus, self.extra = kvm, uefi, cpus, list(extra)

    def serial_is_stdio(self):
        return True

    def command(self):
        accelerator = ["-accel", "kvm", "-cpu", "host"] if self.kvm else ["-accel", "tcg", "-cpu", "max"]
        firmware = ["-bios", "/usr/share/ovmf/OVMF.fd"] if self.uefi else []
        return ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-vga", "std", "-net", "none", *accelerator,
                "-machine", "q35,kernel-irqchip=split", *self.iommu,
                "-m", str(self.memory_mib), "-smp", str(self.cpus), *firmware, "-cdrom", self.iso, "-boot", "d",
                "-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial", "-no-reboot", *self.extra]

    def diagnosis(self):
        path = os.path.join(self.directory, "emulator.out")
        return open(path, encoding="utf-8", errors="replace").read() if os.path.exists(path) else ""
