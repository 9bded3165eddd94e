/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/guest_map.h"
#include "manager/load_plan.h"
#include "manager/memory.h"

enum { MODEL_FRAMES = 4096 };

static struct memory memory;
static struct boot_info info;
static bool model[MODEL_FRAMES]; /* which frames are free */

/* The allocator says of each frame what the model says; its ranges are sorted and do not touch. */
static void compare(void)
{
    uint64_t end = 0;
    static bool seen[MODEL_FRAMES];
    memset(seen, 0, sizeof(seen));
    for (uint32_t i = 0; i < memory.count; i++) {
        assert_true(memory.free[i].count > 0);
        assert_true(i == 0 || memory.free[i].first > end);
        end = memory.free[i].first + memory.free[i].count;
        assert_true(end <= MODEL_FRAMES);
        memset(seen + memory.free[i].first, true, memory.free[i].count);
    }
    assert_memory_equal(seen, model, sizeof(model));
}

static void set(uint64_t first, uint64_t count, bool free)
{
    for (uint64_t i = first; i < first + count; i++) {
        assert_int_equal(model[i], !free);
        model[i] = free;
    }
}

static void start_leaves_out_what_is_used(void **state)
{
    info = (struct boot_info){
        .range_count = 3,
        .ranges = {{0, 100}, {512, 2000}, {100, 28}},
        .module_count = 2,
        .modules = {{.address = 600 * 4096, .size = 4097}, {.address = 2511 * 4096, .size = 1}},
    };
    const struct boot_range kept[] = {{512, 10}, {120, 500}};
    memory_start(&memory, &info, kept, 2);
    memset(model, 0, sizeof(model));
    set(1, 119, true);
    set(620, 2511 - 620, true);
    compare();
    assert_int_equal(memory_free_frames(&memory), 119 + 2511 - 620);
}

static void runs_prefer_whole_and_aligned(void **state)
{
    uint64_t first;
    memory = (struct memory){.count = 3, .free = {{10, 600}, {1000, 1100}, {3000, 200}}};
    /* The first aligned run that holds it all. */
    assert_int_equal(memory_take_run(&memory, 1000, &first), 1000);
    assert_int_equal(first, 1024);
    /* None does: the longest aligned. */
    memory = (struct memory){.count = 3, .free = {{10, 600}, {1000, 1100}, {3000, 200}}};
    assert_int_equal(memory_take_run(&memory, 2000, &first), 1076);
    assert_int_equal(first, 1024);
    /* No aligned run is worth it: the longest. */
    memory = (struct memory){.count = 2, .free = {{10, 500}, {1000, 30}}};
    assert_int_equal(memory_take_run(&memory, 501, &first), 500);
    assert_int_equal(first, 10);
    memory.count = 0;
    assert_int_equal(memory_take_run(&memory, 1, &first), 0);
}

static uint32_t random_state;
static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % bound;
}

static void random_calls_against_the_model(void **state)
{
    struct boot_range held[64];
    uint32_t held_count = 0;
    random_state = 1;
    memory = (struct memory){.count = 1, .free = {{1, MODEL_FRAMES - 1}}};
    memset(model, true, sizeof(model));
    model[0] = false;
    for (int i = 0; i < 20000; i++) {
        uint64_t first = MEMORY_NONE;
        uint64_t count = 1 + random_below(300);
        const uint32_t what = held_count == 64 ? 2 : random_below(3);
        if (what == 0) {
            const uint64_t align = 1ull << random_below(6);
            first = memory_take(&memory, count, align);
            assert_int_equal(first % align, 0);
        } else if (what == 1) {
            count = memory_take_run(&memory, count, &first);
        } else if (held_count > 0) {
            const uint32_t which = random_below(held_count);
            memory_give(&memory, held[which].first, held[which].count);
            set(held[which].first, held[which].count, true);
            held[which] = held[--held_count];
        }
        if (what < 2 && first != MEMORY_NONE && count > 0) {
            set(first, count, false);
            held[held_count++] = (struct boot_range){first, count};
        }
        if (i % 16 == 0) {
            compare();
        }
    }
    compare();
    assert_int_equal(memory.lost, 0);
}

static void too_many_ranges_are_lost_not_wrong(void **state)
{
    memory.count = 0;
    memory.lost = 0;
    for (uint64_t i = 0; i < MEMORY_RANGES_MAX + 5; i++) {
        memory_give(&memory, 2 + 2 * i, 1);
    }
    assert_int_equal(memory.count, MEMORY_RANGES_MAX);
    assert_int_equal(memory.lost, 5);
    memory_give(&memory, 3, 1);
    assert_int_equal(memory.count, MEMORY_RANGES_MAX - 1);
    assert_int_equal(memory.free[0].count, 3);
    assert_int_equal(memory_take(&memory, 4, 1), MEMORY_NONE);
    assert_int_equal(memory_take(&memory, 0, 1), MEMORY_NONE);
}

static void maps_find_their_frames(void **state)
{
    static struct guest_map map;
    uint64_t hfn;
    assert_false(guest_map_find(&map, 0, &hfn));
    for (uint64_t i = 0; i < GUEST_EXTENTS_MAX; i++) {
        assert_true(guest_map_add(&map, (struct guest_extent){10 + i * 10, 5000 - i * 7, 5}));
    }
    assert_false(guest_map_add(&map, (struct guest_extent){100000, 1, 1}));
    for (uint64_t gfn = 0; gfn < 10 + GUEST_EXTENTS_MAX * 10 + 20; gfn++) {
        const bool there = gfn >= 10 && gfn < 10 + GUEST_EXTENTS_MAX * 10 && gfn % 10 < 5;
        assert_int_equal(guest_map_find(&map, gfn, &hfn), there);
        if (there) {
            assert_int_equal(hfn, 5000 - (gfn / 10 - 1) * 7 + gfn % 10);
        }
    }
    assert_false(guest_map_find(&map, UINT64_MAX, &hfn));
}

static void plans_refuse_overlaps(void **state)
{
    static struct load_plan plan;
    const uint8_t bytes[64] = {0};
    assert_true(load_plan_add(&plan, 100, (struct bytes){bytes, 10}));
    assert_true(load_plan_add(&plan, 50, (struct bytes){bytes, 0}));
    assert_int_equal(plan.count, 1);
    assert_false(load_plan_add(&plan, 109, (struct bytes){bytes, 1}));
    assert_false(load_plan_add(&plan, 91, (struct bytes){bytes, 10}));
    assert_false(load_plan_add(&plan, 95, (struct bytes){bytes, 30}));
    assert_false(load_plan_add(&plan, UINT64_MAX, (struct bytes){bytes, 2}));
    assert_true(load_plan_add(&plan, 110, (struct bytes){bytes, 10}));
    assert_true(load_plan_add(&plan, 90, (struct bytes){bytes, 10}));
    assert_int_equal(plan.pieces[0].gpa, 90);
    assert_int_equal(plan.pieces[2].gpa, 110);
    assert_int_equal(load_plan_bytes(&plan), 30);
    while (plan.count < LOAD_PIECES_MAX) {
        assert_true(load_plan_add(&plan, 1000 + plan.count * 10, (struct bytes){bytes, 10}));
    }
    assert_false(load_plan_add(&plan, 0, (struct bytes){bytes, 1}));
}

/* Runs and fills against a byte-by-byte model of 16 frames. */
static void plans_against_the_model(void **state)
{
    static uint8_t expected[16 * 4096];
    static uint8_t from[3 * 4096];
    static _Alignas(8) uint8_t frame[4096];
    random_state = 7;
    for (int round = 0; round < 300; round++) {
        struct load_plan plan = {.count = 0};
        memset(expected, 0, sizeof(expected));
        for (size_t i = 0; i < sizeof(from); i++) {
            from[i] = (uint8_t)(1 + random_below(255));
        }
        for (int i = 0; i < 6; i++) {
            const uint64_t size = random_below(sizeof(from));
            const uint64_t gpa = random_below(2) ? random_below(13) * 4096 : random_below(13 * 4096);
            if (load_plan_add(&plan, gpa, (struct bytes){from, size})) {
                memcpy(expected + gpa, from, size);
            }
        }
        for (uint64_t gfn = 0; gfn < 16;) {
            bool kept;
            const uint64_t run = load_plan_run(&plan, gfn, 16 - gfn, &kept);
            assert_in_range(run, 1, 16 - gfn);
            for (uint64_t i = gfn; i < gfn + run; i++) {
                static const uint8_t zeros[4096];
                assert_int_equal(memcmp(expected + i * 4096, zeros, 4096) != 0, kept);
                load_plan_fill(&plan, i, frame);
                assert_memory_equal(frame, expected + i * 4096, 4096);
            }
            gfn += run;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_leaves_out_what_is_used),
        cmocka_unit_test(runs_prefer_whole_and_aligned),
        cmocka_unit_test(random_calls_against_the_model),
        cmocka_unit_test(too_many_ranges_are_lost_not_wrong),
        cmocka_unit_test(maps_find_their_frames),
        cmocka_unit_test(plans_refuse_overlaps),
        cmocka_unit_test(plans_against_the_model),
    };
    return cmocka_run_group_tests_name("loader_memory", tests, NULL, NULL);
}
