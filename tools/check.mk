# SPDX-License-Identifier: Apache-2.0
check: core ## format, layer rule, headers alone, the linked core, lock-free reads, mutants that apply, clang-tidy (CHECKS=name: only that)
	@tools/check.py $(CHECKS)
tcb: ## code lines of the core, file by file
	@tools/tcb.py
.PHONY: check tcb
format: ## lay out all C as `make check` wants it
	@find $(wildcard abi boot arch vmx ept iommu isolation lib manager devices tests proofs) -name '*.[ch]' | xargs clang-format -i
.PHONY: format
