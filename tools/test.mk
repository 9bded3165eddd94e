# SPDX-License-Identifier: Apache-2.0
test: ## every test; the last line is `N passed, M failed` (PARTS="build check unit fuzz torture system prove faults": only some)
	@tools/setup
	@tools/test.py $(PARTS)
.PHONY: test
