# SPDX-License-Identifier: Apache-2.0
prove-model: ## the Coq model: invariants, integrity, confidentiality over runs, and its table of C functions
	@proofs/coq/check.py $(BUILD)/proofs/coq
.PHONY: prove-model
