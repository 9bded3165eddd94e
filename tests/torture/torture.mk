# SPDX-License-Identifier: Apache-2.0
# The host build of the torture test: the core above arch/x86_64, on tests/torture/machine.c.
TORTURE_CORE := $(filter-out isolation/device%,$(wildcard ept/*.c isolation/*.c)) tests/unit/iommu_none.c \
                $(filter-out vmx/capability.c,$(wildcard vmx/*.c))
TORTURE_FILES := $(addprefix tests/torture/,machine.c no_devices.c party.c) tests/model/model.c tests/model/hostile.c
TORTURE_LIMITS := -iquote tests/torture/fake -DFRAMES_MAX=2048u -DTABLES_MAX=512u -DPARTITIONS_MAX=8u -DVCPUS_MAX=24u -DCPUS_MAX=2u
TORTURE_FLAGS := $(TORTURE_LIMITS) -std=gnu11 -I. -g -fno-omit-frame-pointer -fno-strict-aliasing -fno-common $(WARNINGS)
TORTURE_SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all
TORTURE_BUILD = @mkdir -p $(@D) && echo '  CC  $@' && $(CC) $(TORTURE_FLAGS)
torture_headers := $(wildcard abi/*.h lib/*.h arch/x86_64/*.h ept/*.h iommu/*.h isolation/*.h vmx/*.h tests/torture/*.h tests/model/*.h tests/transition/*.h \
                   tests/torture/fake/*/*/*.h)

$(BUILD)/torture/host: tests/torture/host.c $(TORTURE_FILES) $(TORTURE_CORE) $(torture_headers)
	$(TORTURE_BUILD) -O2 $(filter %.c,$^) -o $@
$(BUILD)/torture/host-sanitized: tests/torture/host.c $(TORTURE_FILES) $(TORTURE_CORE) $(torture_headers)
	$(TORTURE_BUILD) -O1 $(TORTURE_SANITIZERS) $(filter %.c,$^) -o $@
$(BUILD)/torture/transition: tests/torture/transition.c tests/transition/transition.c $(TORTURE_FILES) $(TORTURE_CORE) $(torture_headers)
	$(TORTURE_BUILD) -O2 $(filter %.c,$^) -o $@
TORTURE_PROGRAMS := $(addprefix $(BUILD)/torture/,host host-sanitized transition)

torture: $(TORTURE_PROGRAMS) $(BUILD)/core.elf $(patsubst %,$(BUILD)/attack/%.bin,torture transition windows races) ## hostile managers and guests, 20 minutes at most (HOURS=n: go on; SEED=n: again)
	@tests/torture/torture.py
torture-short: $(TORTURE_PROGRAMS) $(BUILD)/core.elf $(BUILD)/attack/races.bin
	@tests/torture/torture.py --short
.PHONY: torture torture-short
