/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/port_policy.h"

#include "arch/x86_64/paging.h"
#include "lib/addr.h"

#define PORTS_PER_BYTE  8u
#define COM1_FIRST      0x3f8u
#define COM1_LAST       0x3ffu
#define DEBUG_PORT      0xe9u
#define ALL_INTERCEPTED 0xffu

struct io_bitmap {
    _Alignas(4096) uint8_t byte[2 * FRAME_SIZE];
};

static struct io_bitmap manager_bitmap;
static struct io_bitmap guest_bitmap;

static void grant(uint32_t port)
{
    manager_bitmap.byte[port / PORTS_PER_BYTE] &= (uint8_t) ~(1u << port % PORTS_PER_BYTE);
}

void port_policy_init(bool debug_port)
{
    for (uint32_t i = 0; i < sizeof(guest_bitmap); i++) {
        manager_bitmap.byte[i] = ALL_INTERCEPTED;
        guest_bitmap.byte[i] = ALL_INTERCEPTED;
    }
    for (uint32_t port = COM1_FIRST; port <= COM1_LAST; port++) {
        grant(port);
    }
    if (debug_port) {
        grant(DEBUG_PORT);
    }
}

uint64_t port_policy_manager_bitmap(void)
{
    return paging_physical_of_image(&manager_bitmap);
}

uint64_t port_policy_guest_bitmap(void)
{
    return paging_physical_of_image(&guest_bitmap);
}
