# SPDX-License-Identifier: Apache-2.0
acpi_SRC := boot/acpi.c boot/acpi_dmar.c boot/acpi_fadt.c boot/acpi_madt.c boot/acpi_mcfg.c boot/acpi_s5.c \
            boot/acpi_table.c iommu/dmar.c lib/string.c
acpi_test_SRC := $(acpi_SRC) tests/unit/fake_memory.c
acpi_test_DATA := $(wildcard tests/unit/data/*.acpi)
acpi_machines_test_SRC := $(acpi_test_SRC)
acpi_machines_test_DATA := $(acpi_test_DATA)
