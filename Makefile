# SPDX-License-Identifier: Apache-2.0
# Bulkhead: `make help` lists everything.  Fragments *.mk beside what they build are included below.
.DEFAULT_GOAL := all
BUILD ?= build
CC := gcc
OBJCOPY := objcopy

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
            -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough -Wno-unused-parameter
# Freestanding, no floating point, no jump tables; every path in the output is relative (reproducible).
FREESTANDING := -std=c11 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) -I. \
                -O2 -g0 -fno-pic -fno-pie -mcmodel=medium -mno-red-zone -mgeneral-regs-only \
                -fno-jump-tables -fno-strict-aliasing -fno-stack-protector -fno-asynchronous-unwind-tables \
                -fcf-protection=none -fno-common -ffunction-sections -fdata-sections \
                -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) $(EXTRA_CFLAGS)
LDFLAGS_FREESTANDING := -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none \
                        -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments

# The core is optimised as a whole; names and order depend on nothing but the sources (reproducible).
CORE_FLAGS = $(FREESTANDING) -O3 -flto -flto-partition=one -frandom-seed=$<

CORE_DIRS := boot arch/x86_64 vmx ept iommu isolation lib
CORE_SRC := $(sort $(foreach d,$(CORE_DIRS),$(wildcard $(d)/*.c $(d)/*.S)))
MANAGER_DIRS := manager devices lib
MANAGER_SRC := $(sort $(foreach d,$(MANAGER_DIRS),$(wildcard $(d)/*.c $(d)/*.S $(d)/*/*.c)))
core_obj = $(patsubst %,$(BUILD)/core/%.o,$(CORE_SRC))
manager_obj = $(patsubst %,$(BUILD)/manager/%.o,$(MANAGER_SRC))

all: core manager ## build the core and the manager
core: $(BUILD)/core.elf
manager: $(BUILD)/manager.bin
.PHONY: all core manager

$(BUILD)/core/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC  $<'
	@$(CC) $(CORE_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/core/%.S.o: %.S Makefile
	@mkdir -p $(@D)
	@echo '  AS  $<'
	@$(CC) $(FREESTANDING) -D__ASSEMBLY__ -MMD -MP -c $< -o $@
$(BUILD)/manager/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC  $<'
	@$(CC) $(FREESTANDING) -MMD -MP -c $< -o $@
$(BUILD)/manager/%.S.o: %.S
	@mkdir -p $(@D)
	@echo '  AS  $<'
	@$(CC) $(FREESTANDING) -D__ASSEMBLY__ -MMD -MP -c $< -o $@

$(BUILD)/core.elf: $(core_obj) boot/core.lds
	@echo '  LD  $@'
	@$(CC) $(CORE_FLAGS) $(LDFLAGS_FREESTANDING) -Wl,-T,boot/core.lds $(core_obj) -o $@
$(BUILD)/manager.elf: $(manager_obj) manager/manager.lds
	@echo '  LD  $@'
	@$(CC) $(FREESTANDING) $(LDFLAGS_FREESTANDING) -Wl,-T,manager/manager.lds $(manager_obj) -o $@
# Flat, .bss included: what abi/boot_info.h describes.
$(BUILD)/manager.bin: $(BUILD)/manager.elf
	$(OBJCOPY) -O binary --set-section-flags .bss=alloc,load,contents $< $@

-include $(core_obj:.o=.d) $(manager_obj:.o=.d)
-include $(sort $(wildcard tools/*.mk proofs/*.mk tests/*.mk tests/*/*.mk))

clean: ## remove everything that was built
	rm -rf $(BUILD)
.PHONY: clean
help: ## this list
	@grep -hE '^[a-zA-Z_-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-zA-Z_-]+):.*## /\1\t/' | expand -t 18
.PHONY: help
