# SPDX-License-Identifier: Apache-2.0
# tests/boot/no_vmx.c in place of what needs VMX and x2APIC: images that end in power off and
# in reset, that lose a CPU, and to which another comes than was called.
NO_VMX_ABSENT := vmx/capability.c vmx/manager_start.c vmx/nmi.c arch/x86_64/vmxon.c arch/x86_64/lapic.c \
                 arch/x86_64/shootdown.c
no_vmx_obj = $(filter-out $(NO_VMX_ABSENT:%=$(BUILD)/core/%.o),$(core_obj))
NO_VMX_IMAGES := $(addprefix $(BUILD)/tests/boot/,off.elf reset.elf lost.elf stranger.elf)

$(BUILD)/tests/boot/off.o: TEST_END := 0
$(BUILD)/tests/boot/reset.o: TEST_END := 1
$(BUILD)/tests/boot/lost.o: TEST_END := 2
$(BUILD)/tests/boot/stranger.o: TEST_END := 4
$(NO_VMX_IMAGES:.elf=.o): tests/boot/no_vmx.c
	@mkdir -p $(@D)
	@echo '  CC  $< ($@)'
	@$(CC) $(FREESTANDING) -DTEST_END=$(TEST_END) -MMD -MP -c $< -o $@
$(NO_VMX_IMAGES): %.elf: %.o $(core_obj) boot/core.lds
	@echo '  LD  $@'
	@$(CC) $(FREESTANDING) $(LDFLAGS_FREESTANDING) -Wl,-T,boot/core.lds $(no_vmx_obj) $< -o $@
-include $(NO_VMX_IMAGES:.elf=.d)

boot-images: $(NO_VMX_IMAGES)
.PHONY: boot-images
