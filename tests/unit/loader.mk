# SPDX-License-Identifier: Apache-2.0
loader_SRC := manager/loader.c manager/loader_elf.c manager/loader_bzimage.c manager/load_plan.c \
              manager/guest_acpi.c manager/guest_wait.S
loader_test_SRC := $(loader_SRC) tests/unit/loader_images.c
loader_acpi_test_SRC := manager/guest_acpi.c
loader_memory_test_SRC := manager/memory.c manager/guest_map.c manager/load_plan.c
