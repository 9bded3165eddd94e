/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "vmx/instruction_check.h"

/* Tables in frames 1 to 4, code in frames 5 and 6. */
#define PRESENT 1u
#define LARGE   0x80u
#define CODE    0xffffffff80001000ull

static const uint8_t tdcall_bytes[] = {0x66, 0x0f, 0x01, 0xcc};

static void put_entry(uint32_t gfn, uint32_t index, uint64_t entry)
{
    memcpy(&fake.memory[gfn][index * 8], &entry, sizeof(entry));
}

static int setup(void **test)
{
    fake_reset();
    vmcs_write(VMCS_GUEST_CR3, 0x1000 | 0x12 /* PCID and PWT: not address */);
    put_entry(1, 511, 0x2000 | PRESENT | 0x8000000000000000 /* NX */);
    put_entry(2, 510, 0x3000 | PRESENT | 0xe62);
    put_entry(3, 0, 0x4000 | PRESENT);
    put_entry(4, 1, 0x5000 | PRESENT);
    put_entry(4, 2, 0x6000 | PRESENT);
    memcpy(&fake.memory[5][0x123], tdcall_bytes, 4);
    return 0;
}

static bool check(uint64_t rip)
{
    const bool is_tdcall = instruction_check_is_tdcall(rip);

    assert_false(fake.window_open);
    assert_false(fake.locked);
    return is_tdcall;
}

static void finds_it(void **test)
{
    assert_true(check(CODE + 0x123));
    assert_int_equal(fake.windows, 5);
    assert_true(check(CODE + 0x123)); /* known: not read again */
    assert_int_equal(fake.windows, 5);
    assert_false(check(CODE + 0x122));
    assert_false(check(CODE + 0x124));
}

/* A fifth site takes the place of the first. */
static void sites_are_a_ring(void **test)
{
    for (uint32_t n = 0; n < 5; n++) {
        memcpy(&fake.memory[5][0x200 + 16 * n], tdcall_bytes, 4);
        assert_true(check(CODE + 0x200 + 16 * n));
    }
    fake.windows = 0;
    assert_true(check(CODE + 0x210));
    assert_int_equal(fake.windows, 0);
    assert_true(check(CODE + 0x200));
    assert_int_equal(fake.windows, 5);
    assert_false(check(0)); /* an empty place is not address 0 */
}

static void crosses_pages(void **test)
{
    for (uint32_t first = 1; first < 4; first++) {
        const uint64_t rip = CODE + 4096 - first;

        vcpu_state()->tdcall_sites[0] = 0;
        vcpu_state()->tdcall_site_next = 0;
        memset(fake.memory[6], 0xff, 8);
        memcpy(&fake.memory[5][4096 - first], tdcall_bytes, first);
        assert_false(check(rip));
        memcpy(fake.memory[6], tdcall_bytes + first, 4 - first);
        assert_true(check(rip));
        vcpu_state()->tdcall_sites[0] = 0;
        put_entry(4, 2, 0);
        assert_false(check(rip));
        put_entry(4, 2, 0x6000 | PRESENT);
        memset(&fake.memory[5][4096 - first], 0, first);
    }
}

/* The highest address of all: the bytes after it are at 0, where nothing is mapped. */
static void wraps_nowhere(void **test)
{
    put_entry(2, 511, 0x3000 | PRESENT);
    put_entry(3, 511, 0x4000 | PRESENT);
    put_entry(4, 511, 0x5000 | PRESENT);
    memcpy(&fake.memory[5][4094], tdcall_bytes, 2);
    assert_false(check(UINT64_MAX - 1));
    assert_false(check(UINT64_MAX));
}

static void large_pages(void **test)
{
    memcpy(&fake.memory[7][0x10], tdcall_bytes, 4);
    put_entry(3, 1, 0 | PRESENT | LARGE | 0x1000 /* PAT of a large page: not address */);
    assert_true(check(0xffffffff80207010));
    put_entry(2, 509, 0 | PRESENT | LARGE);
    assert_true(check(0xffffffff40007010));
    put_entry(1, 0, 0 | PRESENT | LARGE); /* no such page: a table at 0, which is empty */
    assert_false(check(0x7010));
}

static void not_present_at_each_level(void **test)
{
    const uint32_t places[4][2] = {{1, 511}, {2, 510}, {3, 0}, {4, 1}};

    for (uint32_t n = 0; n < 4; n++) {
        uint64_t entry;

        memcpy(&entry, &fake.memory[places[n][0]][places[n][1] * 8], 8);
        put_entry(places[n][0], places[n][1], entry & ~1ull);
        assert_false(check(CODE + 0x123));
        put_entry(places[n][0], places[n][1], entry);
    }
}

/* A table, or the code, that is no private memory of the guest: shared, absent, beyond, anywhere. */
static void tables_elsewhere(void **test)
{
    static const uint64_t wrong[] = {0x10000,         0x7ffffff000, FAKE_SHARED_BIT, FAKE_SHARED_BIT + 0x2000,
                                     0xffffffffff000, 0xfee00000};
    const uint32_t places[4][2] = {{1, 511}, {2, 510}, {3, 0}, {4, 1}};

    for (uint32_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++) {
        for (uint32_t n = 0; n < 4; n++) {
            uint64_t entry;

            memcpy(&entry, &fake.memory[places[n][0]][places[n][1] * 8], 8);
            put_entry(places[n][0], places[n][1], wrong[w] | PRESENT);
            assert_false(check(CODE + 0x123));
            put_entry(places[n][0], places[n][1], entry);
        }
        vmcs_write(VMCS_GUEST_CR3, wrong[w]);
        assert_false(check(CODE + 0x123));
        vmcs_write(VMCS_GUEST_CR3, 0x1000);
    }
    for (uint32_t n = 0; n < 4; n++) { /* the right table, but shared with the manager */
        uint64_t entry;

        memcpy(&entry, &fake.memory[places[n][0]][places[n][1] * 8], 8);
        put_entry(places[n][0], places[n][1], entry | FAKE_SHARED_BIT);
        assert_false(check(CODE + 0x123));
        put_entry(places[n][0], places[n][1], entry);
    }
    for (uint32_t gfn = 1; gfn <= 5; gfn++) {
        fake.absent[gfn] = true;
        assert_false(check(CODE + 0x123));
        fake.absent[gfn] = false;
    }
    assert_true(check(CODE + 0x123));
}

/* Every entry points to its own table: the walk ends all the same. */
static void recursive_tables(void **test)
{
    for (uint32_t n = 0; n < 512; n++) {
        put_entry(8, n, 0x8000 | PRESENT);
    }
    vmcs_write(VMCS_GUEST_CR3, 0x8000);
    fake.windows = 0;
    assert_false(check(CODE + 0x123));
    assert_int_equal(fake.windows, 5);
    assert_false(check(0xfff)); /* and crossing */
}

static void non_canonical(void **test)
{
    assert_false(check(0x0000800000000000));
    assert_false(check(0xffff7fffffffffff));
    assert_false(check(CODE & 0x0000ffffffffffff));
    assert_int_equal(fake.windows, 0);
}

/* Random tables, random addresses: no answer is wrong, no frame is touched that is not the guest's. */
static void random_tables(void **test)
{
    uint64_t random = 0x123456789abcdef;

    for (uint32_t round = 0; round < 20000; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        put_entry(random >> 60, (random >> 40) & 511,
                  ((random >> 20) & 0x1f) << 12 | (random >> 13 & 1) * FAKE_SHARED_BIT |
                      (random >> 5 & 0x81));
        vmcs_write(VMCS_GUEST_CR3, (random >> 33) & 0x1f000);
        check(random >> 7 << 3 | 0xffff000000000000 * (random >> 54 & 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_it, setup),
        cmocka_unit_test_setup(sites_are_a_ring, setup),
        cmocka_unit_test_setup(crosses_pages, setup),
        cmocka_unit_test_setup(wraps_nowhere, setup),
        cmocka_unit_test_setup(large_pages, setup),
        cmocka_unit_test_setup(not_present_at_each_level, setup),
        cmocka_unit_test_setup(tables_elsewhere, setup),
        cmocka_unit_test_setup(recursive_tables, setup),
        cmocka_unit_test_setup(non_canonical, setup),
        cmocka_unit_test_setup(random_tables, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
