# SPDX-License-Identifier: Apache-2.0
prove-model: ## the Coq model: invariants, integrity, confidentiality over runs; and its table of C functions
	@proofs/coq/check.py $(BUILD)/proofs/coq
prove-model-mutants: ## the Coq model broken in one place at a time: a proof must fail each time
	@proofs/coq/mutants.py $(BUILD)/proofs/coq-mutants
.PHONY: prove-model prove-model-mutants
