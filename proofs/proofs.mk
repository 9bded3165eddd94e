# SPDX-License-Identifier: Apache-2.0
prove: ## proves the isolation core with Frama-C/WP (some minutes)
	@proofs/prove.sh
.PHONY: prove
prove-mutants: ## plants faults that the proofs must notice (some minutes)
	@proofs/mutants.sh
.PHONY: prove-mutants
