# SPDX-License-Identifier: Apache-2.0
# Tiny managers: each tests/attack/NAME.c and tests/bench/NAME.c is one, linked with the runtime in tests/tiny.
TINY_RUNTIME := $(addprefix $(BUILD)/tiny/,$(patsubst %,%.o,$(wildcard tests/tiny/*.c tests/tiny/*.S tests/model/*.c tests/hostile/*.c) manager/entry.S \
                $(wildcard lib/*.c)))
ATTACK_IMAGES := $(patsubst tests/attack/%.c,$(BUILD)/attack/%.bin,$(wildcard tests/attack/*.c))
BENCH_IMAGES += $(patsubst tests/bench/%.c,$(BUILD)/bench/%.bin,$(wildcard tests/bench/*.c))
TINY_FLAGS := $(FREESTANDING)

$(BUILD)/tiny/%.c.o: %.c
	@mkdir -p $(@D)
	@$(CC) $(TINY_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/tiny/%.S.o: %.S
	@mkdir -p $(@D)
	@$(CC) $(TINY_FLAGS) -D__ASSEMBLY__ -MMD -MP -c $< -o $@
$(BUILD)/attack/%.elf: $(BUILD)/tiny/tests/attack/%.c.o $(TINY_RUNTIME) manager/manager.lds
	@mkdir -p $(@D)
	@$(CC) $(TINY_FLAGS) $(LDFLAGS_FREESTANDING) -Wl,-T,manager/manager.lds $(filter %.o,$^) -o $@
$(BUILD)/bench/%.elf: $(BUILD)/tiny/tests/bench/%.c.o $(TINY_RUNTIME) manager/manager.lds
	@mkdir -p $(@D)
	@$(CC) $(TINY_FLAGS) $(LDFLAGS_FREESTANDING) -Wl,-T,manager/manager.lds $(filter %.o,$^) -o $@
$(BUILD)/attack/%.bin: $(BUILD)/attack/%.elf
	@$(OBJCOPY) -O binary --set-section-flags .bss=alloc,load,contents $< $@
$(BUILD)/bench/%.bin: $(BUILD)/bench/%.elf
	@$(OBJCOPY) -O binary --set-section-flags .bss=alloc,load,contents $< $@
$(BUILD)/attack/transition.elf: $(BUILD)/tiny/tests/transition/transition.c.o
attack-images: $(ATTACK_IMAGES) $(BENCH_IMAGES)
.PHONY: attack-images
.SECONDARY:
-include $(TINY_RUNTIME:.o=.d) $(BUILD)/tiny/tests/transition/transition.c.d $(patsubst %,$(BUILD)/tiny/%.d,$(wildcard tests/attack/*.c tests/bench/*.c))
