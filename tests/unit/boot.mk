# SPDX-License-Identifier: Apache-2.0
multiboot2_test_SRC := boot/multiboot2.c lib/string.c
command_line_test_SRC := boot/command_line.c lib/string.c
memory_map_test_SRC := boot/memory_map.c lib/string.c tests/unit/memory_oracle.c
framebuffer_test_SRC := arch/x86_64/framebuffer.c arch/x86_64/font.c
module_move_test_SRC := boot/module_move.c boot/memory_map.c lib/string.c tests/unit/fake_memory.c
module_move_test_CFLAGS := -Wno-unused-parameter
