# SPDX-License-Identifier: Apache-2.0
test-nested: core manager guest-images attack-images ## stock Linux beneath the core in QEMU/KVM, inside Bochs: by BIOS and by UEFI
	@/usr/bin/python3 -B -m pytest -p no:cacheprovider --tb=short -v tests/nested/test_nested.py tests/nested/long_nested.py
.PHONY: test-nested
