# SPDX-License-Identifier: Apache-2.0
manager_DEVICES := $(wildcard devices/*.c)
manager_console_test_SRC := manager/console.c manager/keyboard.c manager/print.c lib/format.c \
                            tests/unit/fake_serial.c
manager_guest_call_test_SRC := manager/guest_call.c $(manager_DEVICES)
manager_interrupt_test_SRC := manager/interrupt.c
manager_guest_device_test_SRC := manager/guest_device.c manager/words.c devices/assigned.c devices/pci_function.c devices/virtio_msix.c
schedule_test_SRC := manager/schedule.c
manager_device_fault_test_SRC := manager/device_fault.c
