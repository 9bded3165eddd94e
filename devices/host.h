/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICES_HOST_H
#define DEVICES_HOST_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the device models need from whoever runs them.  The manager implements these
 * (manager/device_host.c); so do the fakes of the unit tests.  `struct guest` is opaque here.
 */
struct guest;

/* Copy `bytes` from or to guest-physical memory.  False, with nothing promised about the
 * destination, where any of it is not memory that the guest shares: a hostile guest can make every
 * one of these fail, at any time.  A DMA address never carries the shared bit. */
bool host_guest_read(struct guest *guest, uint64_t gpa, void *to, uint32_t bytes);
bool host_guest_write(struct guest *guest, uint64_t gpa, const void *from, uint32_t bytes);

/* Deliver the message-signalled interrupt (address, data) to the guest; ill-formed ones are dropped. */
void host_msi(struct guest *guest, uint64_t address, uint32_t data);

/* The guest's console wrote these bytes. */
void host_console_output(struct guest *guest, const uint8_t *bytes, uint32_t count);

/* A register of a device that was assigned: 1, 2, 4 or 8 bytes at the manager's `address`, aligned.  False where the core has
 * mapped nothing, which its audit log has a record of then: nothing was read or written. */
bool host_device_read(uint64_t address, unsigned size, uint64_t *value);
bool host_device_write(uint64_t address, unsigned size, uint64_t value);
/* May PCI function `name`, which was assigned, use memory and send messages? */
void host_device_master(uint32_t name, bool on);

/* Fill with random bytes; returns how many were had. */
uint32_t host_entropy(uint8_t *to, uint32_t bytes);

#endif
