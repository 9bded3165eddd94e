# SPDX-License-Identifier: Apache-2.0
prove: ## proves the isolation core with Frama-C/WP (some minutes)
	@proofs/prove.sh
.PHONY: prove
