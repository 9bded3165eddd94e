# SPDX-License-Identifier: Apache-2.0
# What Linux guests with several CPUs are put to: a program without libraries.
LINUX_STRESS := $(BUILD)/tests/linux/stress
$(LINUX_STRESS): $(wildcard tests/linux/stress/*.c tests/linux/stress/*.h)
	@mkdir -p $(@D)
	@echo '  CC  $@'
	@$(CC) -std=gnu11 -O2 -g0 -Wall -Wextra -Werror -I. -static -pthread $(filter %.c,$^) -o $@
boot-images: $(LINUX_STRESS)

test-smp: core manager guest-images boot-images ## stock Linux on many CPUs in Bochs: 4 on 4, CPUs brought on later, more vCPUs than CPUs
	@/usr/bin/python3 -B -m pytest -p no:cacheprovider --tb=short -v tests/linux/test_smp.py tests/linux/long_smp.py
.PHONY: test-smp
