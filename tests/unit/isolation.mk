# SPDX-License-Identifier: Apache-2.0
isolation_test_SRC := ept/table.c ept/table_step.c ept/table_large.c ept/table_cache.c ept/ept_flush.c ept/ept_window.c tests/unit/iommu_none.c \
    isolation/audit.c isolation/frame.c isolation/frame_large.c isolation/frame_grant.c isolation/frame_donate.c isolation/frame_reclaim.c \
    isolation/isolation.c isolation/lock.c isolation/page.c isolation/page_batch.c isolation/partition.c isolation/partition_create.c \
    isolation/sweep.c isolation/vcpu.c
isolation_test_CFLAGS := -DFRAMES_MAX=4096u -DTABLES_MAX=256u -DPARTITIONS_MAX=6u -DVCPUS_MAX=8u -DCPUS_MAX=4u
