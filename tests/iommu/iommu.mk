# SPDX-License-Identifier: Apache-2.0
# The core up to the manager, and in the manager's place tests/iommu/devices.c (tests/boot/no_vmx.c stands in for VMX).
IOMMU_TEST_IMAGE := $(BUILD)/tests/iommu/devices.elf
iommu_test_obj = $(addprefix $(BUILD)/tests/iommu/,no_vmx.o devices.o assign.o check.o edu.o nvme.o)

$(BUILD)/tests/iommu/no_vmx.o: tests/boot/no_vmx.c
	@mkdir -p $(@D)
	@$(CC) $(FREESTANDING) -DTEST_END=3 -MMD -MP -c $< -o $@
$(BUILD)/tests/iommu/%.o: tests/iommu/%.c
	@mkdir -p $(@D)
	@$(CC) $(FREESTANDING) -MMD -MP -c $< -o $@
$(IOMMU_TEST_IMAGE): $(iommu_test_obj) $(core_obj) boot/core.lds
	@echo '  LD  $@'
	@$(CC) $(FREESTANDING) $(LDFLAGS_FREESTANDING) -Wl,-T,boot/core.lds $(no_vmx_obj) $(iommu_test_obj) -o $@
-include $(iommu_test_obj:.o=.d)
boot-images: $(IOMMU_TEST_IMAGE)

# A hostile manager for a Linux guest: tests/iommu/hostile.c around the real one.
HOSTILE_MANAGER := $(BUILD)/tests/iommu/hostile_manager.bin
$(HOSTILE_MANAGER:.bin=.elf): $(BUILD)/tests/iommu/hostile.o $(manager_obj) manager/manager.lds
	@echo '  LD  $@'
	@$(CC) $(FREESTANDING) $(LDFLAGS_FREESTANDING) -Wl,-T,manager/manager.lds -Wl,--wrap=device_set_mmio_write \
	    -Wl,--wrap=audit_report $(filter %.o,$^) -o $@
$(HOSTILE_MANAGER): $(HOSTILE_MANAGER:.bin=.elf)
	@$(OBJCOPY) -O binary --set-section-flags .bss=alloc,load,contents $< $@
-include $(BUILD)/tests/iommu/hostile.d
boot-images: $(HOSTILE_MANAGER)

IOMMU_UNIT := iommu_dmar iommu_vtd device device_group assigned
test-iommu: core manager $(IOMMU_TEST_IMAGE) $(BUILD)/attack/passthrough.bin $(BUILD)/attack/device_states.bin $(HOSTILE_MANAGER) guest-images ## VT-d: real DMA and interrupts, DMAR tables, a guest with a device (MACHINE=kvm: that on this machine)
	@tests/iommu/run $(IOMMU_UNIT)
.PHONY: test-iommu
