# SPDX-License-Identifier: Apache-2.0
multiboot2_fuzz_SRC := boot/multiboot2.c lib/string.c
multiboot2_fuzz_OPTIONS := -max_len=2048
command_line_fuzz_SRC := boot/command_line.c lib/string.c
command_line_fuzz_OPTIONS := -max_len=300
memory_map_fuzz_SRC := boot/memory_map.c lib/string.c tests/unit/memory_oracle.c
memory_map_fuzz_OPTIONS := -max_len=4096
memory_map_fuzz_RUNS := 10000
acpi_fuzz_SRC := boot/acpi.c boot/acpi_dmar.c boot/acpi_fadt.c boot/acpi_madt.c boot/acpi_mcfg.c boot/acpi_s5.c \
                 boot/acpi_table.c iommu/dmar.c lib/string.c tests/unit/fake_memory.c
acpi_fuzz_OPTIONS := -max_len=4096
