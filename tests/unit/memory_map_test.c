/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "boot/memory_map.h"
#include "lib/limits.h"
#include "tests/unit/memory_oracle.h"

enum { ENTRIES_MAX = 2048, BITS = 40, MIB = 1 << 20, GIB = 1 << 30 };
enum { AVAILABLE = 1, RESERVED = 2, RECLAIMABLE = 3, NVS = 4, BAD = 5 };

static struct entry {
    uint64_t address;
    uint64_t bytes;
    uint32_t type;
    uint32_t zero;
} entries[ENTRIES_MAX];

static struct efi_entry {
    uint32_t type;
    uint32_t pad;
    uint64_t address;
    uint64_t virtual;
    uint64_t pages;
    uint64_t attribute;
    uint64_t more; /* entries of EFI are larger than their fields */
} efi_entries[ENTRIES_MAX];

static struct boot_parameters parameters;
static struct memory_map map;

static int begin(void **state)
{
    memset(&parameters, 0, sizeof(parameters));
    parameters.memory_map = (struct boot_entries){{(uint8_t *)entries, 0}, sizeof(entries[0]), 0};
    parameters.efi_memory_map = (struct boot_entries){{(uint8_t *)efi_entries, 0}, sizeof(efi_entries[0]), 0};
    return 0;
}

static void entry(uint64_t address, uint64_t bytes, uint32_t type)
{
    entries[parameters.memory_map.count++] = (struct entry){address, bytes, type, 0};
    parameters.memory_map.bytes.size += sizeof(entries[0]);
}

static void efi_entry(uint64_t address, uint64_t pages, uint32_t type, uint64_t attribute)
{
    efi_entries[parameters.efi_memory_map.count++] =
        (struct efi_entry){type, 0, address, 0, pages, attribute, 0};
    parameters.efi_memory_map.bytes.size += sizeof(efi_entries[0]);
}

static void sanitise(void)
{
    memory_map_sanitise(&map, &parameters, BITS);
    assert_true(memory_oracle_is_sound(&map));
}

static void assert_range(uint32_t index, uint64_t first, uint64_t end)
{
    assert_true(index < map.range_count);
    assert_int_equal(map.ranges[index].first, first);
    assert_int_equal(map.ranges[index].first + map.ranges[index].count, end);
}

static void an_ordinary_pc(void **state)
{
    entry(0, 0x9fc00, AVAILABLE);
    entry(0x9fc00, 0x400, RESERVED);
    entry(0xf0000, 0x10000, RESERVED);
    entry(MIB, 0x7fe0000 - MIB, AVAILABLE);
    entry(0x7fe0000, 0x20000, RESERVED);
    entry(0xfffc0000, 0x40000, RESERVED);
    sanitise();
    assert_int_equal(map.range_count, 1);
    assert_range(0, 0x100, 0x7fe0);
    assert_int_equal(memory_map_frames(&map), 0x7ee0);
    assert_int_equal(memory_map_end(&map), 0x7fe0);
    assert_int_equal(map.lost, 0);
}

/* The page other CPUs start from: the highest free one below 640 KiB. */
static void low_page(void **state)
{
    entry(0, 0x9fc00, AVAILABLE);
    entry(MIB, MIB, AVAILABLE);
    sanitise();
    assert_int_equal(map.low_frame, 0x9e);
    entry(0x80000, 0x1f000, RESERVED); /* all above the first 512 KiB */
    entry(0xa0000, 0x1000, AVAILABLE); /* no firmware is right to say so */
    sanitise();
    assert_int_equal(map.low_frame, 0x7f);
    parameters.module_count = 1;
    parameters.modules[0] = (struct boot_module){.address = 0x7f000, .size = 1};
    sanitise();
    assert_int_equal(map.low_frame, 0x7e);
    assert_false(memory_map_holds(&map, 0x7e000, 1));
    entry(0x1000, 0x7f000, NVS);
    sanitise();
    assert_int_equal(map.low_frame, 0);
    assert_int_equal(map.range_count, 1);
    assert_range(0, 0x100, 0x200);
}

static void order_does_not_matter_and_the_restrictive_wins(void **state)
{
    for (uint32_t type = RESERVED; type <= BAD; type++) {
        begin(state);
        entry(0x00400000, 0x00001001, type); /* touches two frames */
        entry(0x00100000, 0x00800000, AVAILABLE);
        entry(0x00300000, 0x00000000, type); /* empty */
        entry(0x00600fff, 0x00000001, type); /* the last byte of a frame */
        entry(0x00800000, 0x00200000, AVAILABLE);
        sanitise();
        assert_int_equal(map.range_count, 3);
        assert_range(0, 0x100, 0x400);
        assert_range(1, 0x402, 0x600);
        assert_range(2, 0x601, 0xa00);
        assert_true(memory_oracle_agrees(&map, &parameters, BITS, 0x1000));
    }
}

static void ram_is_rounded_inwards(void **state)
{
    entry(0x200001, 0x2000, AVAILABLE); /* one whole frame */
    entry(0x300fff, 0x1000, AVAILABLE); /* none */
    entry(0x400000, 0x0fff, AVAILABLE); /* none */
    sanitise();
    assert_int_equal(map.range_count, 1);
    assert_range(0, 0x201, 0x202);
}

static void what_wraps(void **state)
{
    entry(0x200000, UINT64_MAX, AVAILABLE); /* no honest RAM */
    entry(UINT64_MAX - 0xfff, 0x1000, AVAILABLE);
    entry(UINT64_MAX, 1, AVAILABLE);
    entry(UINT64_MAX, UINT64_MAX, AVAILABLE);
    sanitise();
    assert_int_equal(map.range_count, 0);
    assert_int_equal(memory_map_end(&map), 0);
    entry(MIB, 64 * MIB, AVAILABLE);
    entry(32 * MIB, UINT64_MAX, RESERVED); /* takes all above */
    sanitise();
    assert_int_equal(map.range_count, 1);
    assert_range(0, 0x100, 32 * MIB / 4096);
}

static void one_tebibyte(void **state)
{
    entry(0, 0xa0000, AVAILABLE);
    entry(MIB, 0x7ff00000, AVAILABLE);
    entry(0x80000000, 0x80000000, RESERVED);
    entry(4ull * GIB, (1ull << 40) - 2ull * GIB, AVAILABLE); /* up to 1 TiB + 2 GiB */
    memory_map_sanitise(&map, &parameters, 46);
    assert_int_equal(map.range_count, 2);
    assert_range(1, 0x100000, FRAMES_MAX);
    memory_map_sanitise(&map, &parameters, 39);
    assert_range(1, 0x100000, 1ull << (39 - 12));
    memory_map_sanitise(&map, &parameters, 32);
    assert_int_equal(map.range_count, 1);
    memory_map_sanitise(&map, &parameters, 46);
    uint64_t first;
    /* 2 % of it, 2 MiB aligned, below 1 GiB is too much; below 4 GiB and anywhere it fits. */
    assert_false(memory_map_take_region(&map, 1 << 22, 512, 0x40000, &first));
    assert_true(memory_map_take_region(&map, 1 << 18, 512, 0x100000, &first));
    assert_int_equal(first, 0x40000);
    assert_true(memory_map_take_region(&map, 1 << 22, 512, UINT64_MAX, &first));
    assert_int_equal(first, FRAMES_MAX - (1 << 22));
    assert_true(memory_oracle_is_sound(&map));
}

static void efi_memory_map(void **state)
{
    const uint64_t wb = 1 << 3;
    entry(MIB, 255 * MIB, AVAILABLE);
    efi_entry(1 * MIB, 256, 7, wb);
    efi_entry(2 * MIB, 1, 5, wb | 1ull << 63);          /* runtime code */
    efi_entry(3 * MIB, 1, 7, wb | 1ull << 63);          /* conventional, but runtime */
    efi_entry(4 * MIB, 1, 3, wb);                       /* boot services: ours now */
    efi_entry(5 * MIB, 1, 10, wb);                      /* NVS */
    efi_entry(6 * MIB, 1, 7, 1);                        /* uncacheable only */
    efi_entry(7 * MIB, 1, 7, wb | 1 << 18);             /* specific purpose */
    efi_entry(8 * MIB, 1, 14, wb | 1 << 15);            /* persistent */
    efi_entry(9 * MIB, 1, 15, wb);                      /* not accepted yet */
    efi_entry(10 * MIB, 1, 2, wb);                      /* the boot loader's: ours */
    efi_entry(200 * MIB, UINT64_MAX / 4096 + 2, 0, wb); /* reserved, and wraps */
    sanitise();
    assert_int_equal(map.range_count, 8);
    assert_true(memory_oracle_agrees(&map, &parameters, BITS, 256 * MIB / 4096));
    assert_int_equal(memory_map_end(&map), 200 * MIB / 4096);
}

static void five_hundred_and_twelve_entries(void **state)
{
    /* Alternating RAM and reserved, the RAM ranges ever larger: the largest are what is kept. */
    uint64_t at = MIB;
    for (uint32_t i = 0; i < 256; i++) {
        entry(at, (i + 1) * 4096ull, AVAILABLE);
        at += (i + 1) * 4096ull;
        entry(at, 4096, RESERVED);
        at += 4096;
    }
    sanitise();
    assert_int_equal(map.range_count, MEMORY_RANGES_MAX);
    assert_int_equal(map.lost, 128 * 129 / 2);
    assert_true(memory_oracle_agrees(&map, &parameters, BITS, at / 4096));
    for (uint32_t i = 0; i < map.range_count; i++) {
        assert_true(map.ranges[i].count > 128);
    }
    memory_map_shorten(&map, BOOT_RANGES_MAX);
    assert_int_equal(map.range_count, BOOT_RANGES_MAX);
    assert_true(memory_oracle_is_sound(&map));
    assert_int_equal(map.ranges[0].count, 193);
    /* And 512 RAM entries that touch, last ones first, are one range. */
    begin(state);
    for (uint32_t i = 0; i < 512; i++) {
        entry(MIB + 4096ull * (511 - (i ^ 1)), 4096, AVAILABLE);
    }
    sanitise();
    assert_int_equal(map.range_count, 1);
    assert_range(0, 0x100, 0x300);
    assert_int_equal(map.lost, 0);
}

static uint64_t random_state = 88172645463325252ull;

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static void overlapping_garbage(void **state)
{
    for (uint32_t round = 0; round < 300; round++) {
        begin(state);
        const uint64_t count = 1 + random_below(40);
        for (uint64_t i = 0; i < count; i++) {
            const uint64_t wild = random_below(20);
            entry(wild == 0 ? 0 - random_below(8 * MIB) : random_below(8 * MIB),
                  wild == 1 ? 0 - random_below(8 * MIB) : random_below(2 * MIB) * (wild != 2),
                  (uint32_t)random_below(7) < 4 ? AVAILABLE : (uint32_t)random_below(7));
        }
        for (uint64_t i = random_below(4); i > 0; i--) {
            efi_entry(random_below(8 * MIB), random_below(64), (uint32_t)random_below(16),
                      random_below(8) == 0 ? 1ull << 63 | 8 : 8);
        }
        sanitise();
        assert_true(memory_oracle_agrees(&map, &parameters, BITS, 12 * MIB / 4096));
    }
}

static void exclusion(void **state)
{
    entry(MIB, 15 * MIB, AVAILABLE);
    sanitise();
    memory_map_exclude(&map, 0x200800, 0x1000); /* two frames are touched */
    memory_map_exclude(&map, 0, MIB);
    memory_map_exclude(&map, 0x300000, 0);
    memory_map_exclude(&map, 0xf00000, UINT64_MAX);
    assert_int_equal(map.range_count, 2);
    assert_range(0, 0x100, 0x200);
    assert_range(1, 0x202, 0xf00);
    assert_true(memory_map_holds(&map, 0x100000, 0x100000));
    assert_false(memory_map_holds(&map, 0x100000, 0x100001));
    assert_false(memory_map_holds(&map, 0xfffff, 2));
    assert_true(memory_map_holds(&map, 0x202000, 1));
    assert_false(memory_map_holds(&map, 0x201fff, 1));
    assert_false(memory_map_holds(&map, 0x202000, UINT64_MAX));
    assert_true(memory_map_holds(&map, 0x12345678, 0));
}

static void region_avoids_what_is_kept(void **state)
{
    uint64_t first;
    entry(MIB, 31 * MIB, AVAILABLE); /* hfn 0x100 to 0x2000 */
    parameters.module_count = 1;
    parameters.modules[0] = (struct boot_module){.address = 0x1f00000, .size = 0x12345};
    sanitise();
    assert_true(memory_map_keep(&map, 0x1c00800, 1));
    /* Above the module there are 0xed frames; 0x100 do not fit; between the two there are 0x2ff. */
    struct memory_map copy = map;
    assert_true(memory_map_take_region(&copy, 0xed, 1, UINT64_MAX, &first));
    assert_int_equal(first, 0x1f13);
    copy = map;
    assert_true(memory_map_take_region(&copy, 0x100, 0x100, UINT64_MAX, &first));
    assert_int_equal(first, 0x1e00);
    assert_false(memory_map_holds(&copy, 0x1e00000, 1));
    assert_true(memory_map_holds(&copy, 0x1f00000, 0x12345));
    copy = map;
    assert_true(memory_map_take_region(&copy, 0x300, 1, UINT64_MAX, &first));
    assert_int_equal(first, 0x1900);
    copy = map;
    assert_true(memory_map_take_region(&copy, 0x10, 0x10, 0x1234, &first));
    assert_int_equal(first, 0x1220);
    copy = map;
    assert_false(memory_map_take_region(&copy, 0x1b01, 1, UINT64_MAX, &first));
    assert_memory_equal(&copy, &map, sizeof(map));
    assert_false(memory_map_take_region(&copy, UINT64_MAX, 1, UINT64_MAX, &first));
    assert_false(memory_map_take_region(&copy, 1, 1, 0x100, &first));
    assert_true(memory_map_take_region(&copy, 1, 1, 0x101, &first));
    assert_int_equal(first, 0x100);
}

/* Against trying every place. */
static void region_is_the_highest(void **state)
{
    for (uint32_t round = 0; round < 300; round++) {
        begin(state);
        for (uint32_t i = 0; i < 6; i++) {
            entry(MIB + 4096 * random_below(512), 4096 * random_below(200), AVAILABLE);
        }
        sanitise();
        for (uint32_t i = 0; i < 4; i++) {
            assert_true(memory_map_keep(&map, MIB + 4096 * random_below(512), 4096 * random_below(20)));
        }
        const uint64_t frames = 1 + random_below(100);
        const uint64_t alignment = 1ull << random_below(6);
        const uint64_t below = 0x100 + random_below(1024);
        uint64_t expected = 0;
        for (uint64_t place = 0; place + frames <= below; place += alignment) {
            bool free = true;
            for (uint64_t frame = place; frame < place + frames && free; frame++) {
                free = memory_oracle_has(&map, frame);
                for (uint32_t k = 0; k < map.kept_count; k++) {
                    free = free &&
                           !(frame >= map.kept[k].first && frame < map.kept[k].first + map.kept[k].count);
                }
            }
            expected = free ? place : expected;
        }
        uint64_t first = 0;
        const uint64_t before = memory_map_frames(&map);
        assert_int_equal(memory_map_take_region(&map, frames, alignment, below, &first), expected != 0);
        assert_int_equal(first, expected);
        assert_int_equal(memory_map_frames(&map), before - (expected != 0 ? frames : 0));
        assert_true(memory_oracle_is_sound(&map));
    }
}

static void keeping_has_a_limit(void **state)
{
    sanitise();
    for (uint32_t i = 0; i < MEMORY_KEPT_MAX; i++) {
        assert_true(memory_map_keep(&map, 4096ull * i, 1));
    }
    assert_true(memory_map_keep(&map, 0, 0));
    assert_false(memory_map_keep(&map, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_ordinary_pc, begin),
        cmocka_unit_test_setup(low_page, begin),
        cmocka_unit_test_setup(order_does_not_matter_and_the_restrictive_wins, begin),
        cmocka_unit_test_setup(ram_is_rounded_inwards, begin),
        cmocka_unit_test_setup(what_wraps, begin),
        cmocka_unit_test_setup(one_tebibyte, begin),
        cmocka_unit_test_setup(efi_memory_map, begin),
        cmocka_unit_test_setup(five_hundred_and_twelve_entries, begin),
        cmocka_unit_test_setup(overlapping_garbage, begin),
        cmocka_unit_test_setup(exclusion, begin),
        cmocka_unit_test_setup(region_avoids_what_is_kept, begin),
        cmocka_unit_test_setup(region_is_the_highest, begin),
        cmocka_unit_test_setup(keeping_has_a_limit, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
