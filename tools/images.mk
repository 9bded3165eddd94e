# SPDX-License-Identifier: Apache-2.0
# The images: the stock kernel, the guest's initramfs and root file system, and the ISO that holds everything.
ISO := $(BUILD)/bulkhead.iso
GUEST_IMAGES := $(BUILD)/initrd.cpio $(BUILD)/root.ext4
STOCK_KERNEL := cache/kernel/vmlinux

cache/kernel/version: tools/kernel.py
	tools/kernel.py
	@touch $@
$(STOCK_KERNEL): cache/kernel/version

$(BUILD)/initrd.cpio: tools/guest_image.py tools/cpio.py $(wildcard tools/guest/*) cache/kernel/version
	@mkdir -p $(@D)
	tools/guest_image.py initramfs $@
$(BUILD)/root.ext4: tools/guest_image.py $(wildcard tools/guest/*) cache/kernel/version
	@mkdir -p $(@D)
	tools/guest_image.py root $@

guest-images: $(GUEST_IMAGES) $(STOCK_KERNEL) ## the stock kernel, initramfs and root file system of the guest

$(ISO): $(BUILD)/core.elf $(BUILD)/manager.bin tools/guests.ini tools/iso.py $(GUEST_IMAGES) $(STOCK_KERNEL) $(BUILD)/attack/torture.bin
	tools/iso.py $@ $(BUILD)/core.elf manager=$(BUILD)/manager.bin guests=tools/guests.ini kernel=$(STOCK_KERNEL) \
	    initrd=$(BUILD)/initrd.cpio disk=$(BUILD)/root.ext4 torture=$(BUILD)/attack/torture.bin
iso: $(ISO) ## build/bulkhead.iso: boots from CD, disk or USB stick, BIOS and UEFI
setup: ## install what is missing from apt
	tools/setup
.PHONY: guest-images iso setup
