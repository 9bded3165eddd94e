# SPDX-License-Identifier: Apache-2.0
loader_fuzz_SRC := manager/loader.c manager/loader_elf.c manager/loader_bzimage.c manager/load_plan.c \
                   manager/guest_acpi.c manager/guest_wait.S
loader_fuzz_OPTIONS := -max_len=16384
