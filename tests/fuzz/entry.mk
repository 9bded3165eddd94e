# SPDX-License-Identifier: Apache-2.0
# The core above arch/x86_64 on the machine of tests/torture/ (see tests/torture/torture.mk).
entry_fuzz_SRC = $(TORTURE_CORE) $(TORTURE_FILES)
entry_fuzz_CFLAGS = $(TORTURE_LIMITS)
entry_fuzz_RUNS := 3000
entry_fuzz_OPTIONS := -max_len=2048
