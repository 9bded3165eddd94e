# SPDX-License-Identifier: Apache-2.0
# What drives the machine, against tests/unit/fake_machine.c in place of ports, registers and instructions.
FAKE_MACHINE := -iquote tests/unit/fake_machine -Wno-unused-parameter
pci_test_SRC := arch/x86_64/pci.c arch/x86_64/pci_config.c tests/unit/fake_machine.c
pci_test_CFLAGS := $(FAKE_MACHINE)
power_test_SRC := arch/x86_64/power.c arch/x86_64/pci_config.c tests/unit/fake_machine.c
power_test_CFLAGS := $(FAKE_MACHINE)
tsc_test_SRC := arch/x86_64/tsc.c arch/x86_64/pit.c arch/x86_64/hpet.c tests/unit/fake_machine.c
tsc_test_CFLAGS := $(FAKE_MACHINE)
silence_test_SRC := arch/x86_64/ioapic.c arch/x86_64/hpet.c arch/x86_64/pic.c arch/x86_64/dma.c \
                    arch/x86_64/lapic.c tests/unit/fake_machine.c
silence_test_CFLAGS := $(FAKE_MACHINE)
cpu_bugs_test_SRC := arch/x86_64/cpu_bugs.c tests/unit/fake_machine.c
cpu_bugs_test_CFLAGS := $(FAKE_MACHINE)
vmxon_test_SRC := arch/x86_64/vmxon.c tests/unit/fake_machine.c
vmxon_test_CFLAGS := $(FAKE_MACHINE)
