# SPDX-License-Identifier: Apache-2.0
dmar_fuzz_SRC := iommu/dmar.c iommu/dmar_scope.c
dmar_fuzz_OPTIONS := -max_len=1024
