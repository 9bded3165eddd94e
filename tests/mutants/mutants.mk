# SPDX-License-Identifier: Apache-2.0
mutants: ## one check of the core taken away at a time: a test or proof must fail each time (NAME='...' CHECK=1 SAMPLE=1 NAMED=1 JOBS=n)
	@tests/mutants/run.py $(if $(CHECK),--check) $(if $(SAMPLE),--sample) $(if $(NAMED),--named) $(NAME)
.PHONY: mutants
