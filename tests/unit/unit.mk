# SPDX-License-Identifier: Apache-2.0
# Unit tests on the host.  Every tests/unit/NAME_test.c is one cmocka program.  What it needs besides itself
# stands in a fragment tests/unit/NAME.mk:
#     NAME_test_SRC := ept/table.c lib/string.c     (sources of the core or the manager, fakes)
#     NAME_test_CFLAGS := -DSOMETHING               (optional)
#     NAME_test_DATA := tests/unit/data/x.bin       (optional: files it reads at run time, from the top folder)
# The order of fragments does not matter: these lists are read in the second expansion.
# Leave lib/memory.c out of the lists: on the host the C library has memcpy and its kin, and ASan watches those.
UNIT_CC ?= gcc
UNIT_CFLAGS := -std=gnu11 -I. -g -O1 -fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
               -fsanitize=address,undefined -fno-sanitize-recover=all -DUNIT_TEST $(WARNINGS)
UNIT_NAMES := $(if $(TEST),$(TEST),$(sort $(patsubst tests/unit/%_test.c,%,$(wildcard tests/unit/*_test.c))))
UNIT_PROGRAMS := $(UNIT_NAMES:%=$(BUILD)/unit/%_test)

unit: $(UNIT_PROGRAMS) ## unit tests on the host, sanitizers on (TEST=name: only that one)
	@tests/unit/run $(UNIT_PROGRAMS)
.PHONY: unit

.SECONDEXPANSION:
$(BUILD)/unit/%_test: tests/unit/%_test.c $$($$*_test_SRC) $$($$*_test_DATA)
	@mkdir -p $(@D)
	@$(UNIT_CC) $(UNIT_CFLAGS) $($*_test_CFLAGS) -MM -MP -MT $@ $(filter %.c,$< $($*_test_SRC)) > $@.d
	$(UNIT_CC) $(UNIT_CFLAGS) $($*_test_CFLAGS) $(sort $< $(filter %.c %.S,$($*_test_SRC))) -lcmocka -o $@

-include $(UNIT_PROGRAMS:=.d)
