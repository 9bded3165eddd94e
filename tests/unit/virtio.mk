# SPDX-License-Identifier: Apache-2.0
VIRTIO_TEST_SRC := $(sort $(wildcard devices/*.c)) tests/unit/virtio_fake.c tests/unit/virtio_driver.c
pci_host_test_SRC := $(VIRTIO_TEST_SRC)
assigned_test_SRC := $(VIRTIO_TEST_SRC)
virtio_pci_test_SRC := $(VIRTIO_TEST_SRC)
virtio_queue_test_SRC := $(VIRTIO_TEST_SRC)
virtio_console_test_SRC := $(VIRTIO_TEST_SRC)
virtio_block_test_SRC := $(VIRTIO_TEST_SRC)
virtio_entropy_test_SRC := $(VIRTIO_TEST_SRC)
virtio_uart_test_SRC := devices/uart.c tests/unit/virtio_fake.c
