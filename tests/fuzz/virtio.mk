# SPDX-License-Identifier: Apache-2.0
virtio_fuzz_SRC := $(sort $(wildcard devices/*.c))
virtio_fuzz_RUNS := 15000
virtio_fuzz_OPTIONS := -max_len=2048 -len_control=10
