# SPDX-License-Identifier: Apache-2.0
# libFuzzer targets.  Every tests/fuzz/NAME_fuzz.c has an LLVMFuzzerTestOneInput.  A fragment
# tests/fuzz/NAME.mk says what it needs besides itself:
#     NAME_fuzz_SRC := boot/multiboot2.c lib/string.c
#     NAME_fuzz_CFLAGS := -DSOMETHING       (optional)
#     NAME_fuzz_RUNS := 50000               (optional: runs of the short run; aim at a few seconds)
#     NAME_fuzz_OPTIONS := -max_len=8192    (optional, for libFuzzer)
# Seeds are files in tests/fuzz/corpus/NAME.  Inputs found go to build/fuzz/corpus/NAME; crashes to build/fuzz.
FUZZ_CC ?= clang
FUZZ_CFLAGS := -std=gnu11 -I. -g -O1 -fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
               -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DUNIT_TEST $(WARNINGS)
FUZZ_RUNS ?= 50000
SECONDS ?= 60
FUZZ_NAMES := $(sort $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_PROGRAMS := $(FUZZ_NAMES:%=$(BUILD)/fuzz/%_fuzz)

fuzz-short: $(FUZZ_PROGRAMS) ## a short run of every fuzz target (FUZZ_SEED=n repeats one)
	@BUILD=$(BUILD) tests/fuzz/run $(foreach n,$(FUZZ_NAMES),"$n $(or $($n_fuzz_RUNS),$(FUZZ_RUNS)) $($n_fuzz_OPTIONS)")
fuzz: $(BUILD)/fuzz/$(FUZZ)_fuzz ## a long run of one fuzz target: FUZZ=name SECONDS=n
	@mkdir -p $(BUILD)/fuzz/corpus/$(FUZZ) tests/fuzz/corpus/$(FUZZ)
	$(BUILD)/fuzz/$(FUZZ)_fuzz -max_total_time=$(SECONDS) -artifact_prefix=$(BUILD)/fuzz/$(FUZZ)- -print_final_stats=1 \
	    $($(FUZZ)_fuzz_OPTIONS) $(BUILD)/fuzz/corpus/$(FUZZ) tests/fuzz/corpus/$(FUZZ)
.PHONY: fuzz-short fuzz

.SECONDEXPANSION:
$(BUILD)/fuzz/%_fuzz: tests/fuzz/%_fuzz.c $$($$*_fuzz_SRC)
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) $($*_fuzz_CFLAGS) -MM -MP -MT $@ $(filter %.c,$^) > $@.d
	$(FUZZ_CC) $(FUZZ_CFLAGS) $($*_fuzz_CFLAGS) $(filter %.c %.S,$^) -o $@

-include $(FUZZ_PROGRAMS:=.d)
