# SPDX-License-Identifier: Apache-2.0
iommu_dmar_test_SRC := iommu/dmar.c iommu/dmar_scope.c tests/unit/fake_memory.c
iommu_dmar_test_CFLAGS := -Wno-unused-parameter
iommu_dmar_test_DATA := $(wildcard tests/unit/data/dmar/*) tests/unit/data/qemu-q35.acpi
iommu_vtd_test_SRC := iommu/vtd.c iommu/vtd_context.c iommu/vtd_domain.c iommu/vtd_links.c iommu/vtd_fault.c iommu/vtd_function.c iommu/vtd_interrupt.c iommu/vtd_invalidate.c \
                      iommu/iommu_flush.c iommu/dmar_scope.c ept/table.c ept/table_step.c ept/table_large.c ept/table_cache.c
iommu_vtd_test_CFLAGS := -iquote tests/unit/fake_vtd -Wno-unused-parameter -DTABLES_MAX=64u -DPARTITIONS_MAX=6u
device_group_test_SRC := isolation/device_group.c
device_group_test_DATA := $(wildcard tests/unit/data/pci/*)
device_test_SRC := isolation/device.c
device_test_CFLAGS := -Wno-unused-parameter -DPARTITIONS_MAX=6u
device_transition_test_SRC := isolation/device.c isolation/device_act.c isolation/device_config.c isolation/device_irq.c
device_transition_test_CFLAGS := -iquote tests/unit/fake_vtd -Wno-unused-parameter -DPARTITIONS_MAX=8u
pci_function_test_SRC := arch/x86_64/pci_function.c
pci_function_test_CFLAGS := -Wno-unused-parameter
