/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_PORT_POLICY_H
#define VMX_PORT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * I/O ports.  Both bitmaps start from all-intercepted; the manager gets COM1 and, where the emulator has
 * one, the debug port 0xE9.  Every other port is the core's (PM1, SLEEP_CONTROL, SMI_CMD, 0x64, 0x92, 0xCF8-0xCFF, ISA DMA,
 * 8259, PIT, TCO ...) or nobody's.  Guests have none: their port accesses are #VE.
 * Source: Intel SDM Vol. 3C, "I/O-Bitmap Addresses".
 */
void port_policy_init(bool debug_port);

/* Physical addresses for VMCS_IO_BITMAP_A; B is the next frame. */
uint64_t port_policy_manager_bitmap(void);
uint64_t port_policy_guest_bitmap(void);

#endif
