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

IOMMU_UNIT := iommu_dmar iommu_vtd device device_group
test-iommu: core manager $(IOMMU_TEST_IMAGE) $(BUILD)/attack/passthrough.bin ## VT-d: real DMA and interrupts of an emulated device, DMAR tables
	@tests/iommu/run $(IOMMU_UNIT)
.PHONY: test-iommu
