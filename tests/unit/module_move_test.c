/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "boot/module_move.h"
#include "lib/addr.h"
#include "tests/unit/fake_memory.h"

enum { LOW = 0x5000, SIZE = 2 * FRAME_SIZE + 5, FIRST = 0x200 };

static struct memory_map map;

/* RAM of `frames` frames from 2 MiB on, and a module below 1 MiB. */
static struct boot_module start(uint64_t frames)
{
    struct boot_module module = {.address = LOW, .size = SIZE, .name = "manager"};
    uint8_t bytes[SIZE];

    for (uint32_t i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)(i * 7 + 1);
    }
    fake_memory_clear();
    fake_memory_put(LOW, bytes, SIZE);
    memset(&map, 0, sizeof(map));
    map.frames_limit = 0x100000;
    map.range_count = 1;
    map.ranges[0] = (struct boot_range){FIRST, frames};
    return module;
}

static void a_low_module_moves_up_whole(void **state)
{
    struct boot_module module = start(8);
    /* The highest place: frames 5 to 7 of the range. */
    uint8_t *to = fake_memory_put((FIRST + 5) * FRAME_SIZE, NULL, SIZE);

    assert_true(module_move_up(&module, &map));
    assert_int_equal(module.address, (FIRST + 5) * FRAME_SIZE);
    assert_int_equal(module.size, SIZE);
    for (uint32_t i = 0; i < SIZE; i++) {
        assert_int_equal(to[i], (uint8_t)(i * 7 + 1));
    }
    /* It stays RAM, and nothing of the core's comes there. */
    assert_true(memory_map_holds(&map, module.address, module.size));
    assert_int_equal(memory_map_frames(&map), 8);
    uint64_t first;
    assert_false(memory_map_take_region(&map, 6, 1, UINT64_MAX, &first));
    assert_true(memory_map_take_region(&map, 5, 1, UINT64_MAX, &first));
    assert_int_equal(first, FIRST);
}

static void what_is_refused_changes_nothing(void **state)
{
    struct boot_module module = start(2);
    const struct memory_map before = map;

    /* No room. */
    assert_false(module_move_up(&module, &map));
    /* Not below 1 MiB, not wholly, empty. */
    module = start(8);
    fake_memory_put((FIRST + 5) * FRAME_SIZE, NULL, SIZE);
    module.address = 0x100000;
    assert_false(module_move_up(&module, &map));
    module.address = 0x100000 - SIZE + 1;
    assert_false(module_move_up(&module, &map));
    module.address = UINT64_MAX - 10;
    assert_false(module_move_up(&module, &map));
    module = (struct boot_module){.address = LOW, .size = 0};
    assert_false(module_move_up(&module, &map));
    module.size = UINT64_MAX;
    assert_false(module_move_up(&module, &map));
    assert_int_equal(module.address, LOW);
    map.ranges[0].count = 2;
    assert_memory_equal(&map, &before, sizeof(map));
    /* No room to remember it. */
    module = start(8);
    fake_memory_put((FIRST + 5) * FRAME_SIZE, NULL, SIZE);
    map.kept_count = MEMORY_KEPT_MAX;
    assert_false(module_move_up(&module, &map));
    assert_int_equal(module.address, LOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_low_module_moves_up_whole),
        cmocka_unit_test(what_is_refused_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
