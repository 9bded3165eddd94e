# SPDX-License-Identifier: Apache-2.0
# Fragments under tests/bench add their images to BENCH_IMAGES and say how they are built.
bench: core manager guest-images $(BENCH_IMAGES) ## figures of merit in instructions (Bochs): lines `name value unit`
	@tools/bench.py $(BENCH_IMAGES)
.PHONY: bench
