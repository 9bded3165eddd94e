# SPDX-License-Identifier: Apache-2.0
iommu_dmar_test_SRC := iommu/dmar.c iommu/dmar_scope.c tests/unit/fake_memory.c
iommu_dmar_test_CFLAGS := -Wno-unused-parameter
iommu_dmar_test_DATA := $(wildcard tests/unit/data/dmar/*) tests/unit/data/qemu-q35.acpi
