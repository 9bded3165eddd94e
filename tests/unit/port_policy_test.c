/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/paging.h"
#include "vmx/port_policy.h"

/* Every port of both bitmaps: the manager has COM1 and, where there is one, the debug port; a guest has none. */
enum { PORTS = 65536, COM1_FIRST = 0x3f8, COM1_LAST = 0x3ff, DEBUG_PORT = 0xe9 };

uint64_t paging_physical_of_image(const void *in_image)
{
    return (uint64_t)in_image;
}

static bool is_intercepted(uint64_t bitmap, uint32_t port)
{
    return (((const uint8_t *)bitmap)[port / 8] >> (port % 8) & 1) != 0;
}

static void assert_policy(bool debug_port)
{
    port_policy_init(debug_port);
    assert_int_equal(port_policy_manager_bitmap() % 4096, 0);
    assert_int_equal(port_policy_guest_bitmap() % 4096, 0);
    for (uint32_t port = 0; port < PORTS; port++) {
        const bool granted = (port >= COM1_FIRST && port <= COM1_LAST) || (debug_port && port == DEBUG_PORT);

        assert_int_equal(is_intercepted(port_policy_manager_bitmap(), port), !granted);
        assert_true(is_intercepted(port_policy_guest_bitmap(), port));
    }
}

static void nothing_but_com1(void **state)
{
    assert_policy(true);
    assert_policy(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_com1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
