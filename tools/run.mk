# SPDX-License-Identifier: Apache-2.0
run: ## boot a protected Linux guest: a shell on a terminal, else GUEST_CMD (MACHINE= KERNEL= INITRD= DISK= MEM= CMDLINE=)
	@tools/setup run
	@$(MAKE) -s --no-print-directory core manager guest-images
	@tools/run.py
.PHONY: run
export BUILD MACHINE KERNEL INITRD DISK MEM CMDLINE CORE GUEST_CMD TIME_LIMIT CONSOLE LOG
