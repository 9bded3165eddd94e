# SPDX-License-Identifier: Apache-2.0
prove: ## proves the isolation core with Frama-C/WP, and the model in Coq (some minutes)
	@proofs/sum.sh proofs/prove.sh proofs/coq/check.py
.PHONY: prove
prove-faults: ## plants some of these faults, those told in seconds: what make test runs
	@FIRST=1 TIMEOUT=3 JOBS=3 proofs/mutants.sh --quick
prove-mutants: ## plants faults that the proofs must notice (some minutes)
	@proofs/mutants.sh
.PHONY: prove-mutants prove-faults
