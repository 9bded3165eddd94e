/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/vmx_fake.h"

#include "abi/hypercall.h"
#include "abi/status.h"
#include "vmx/map_gpa.h"

static int setup(void **test)
{
    fake_reset();
    return 0;
}

static void is_refused(uint64_t start, uint64_t bytes)
{
    const struct map_gpa_answer answered = map_gpa(start, bytes);

    assert_int_equal(answered.status, TDVMCALL_INVALID_OPERAND);
    assert_int_equal(answered.next, start);
    assert_int_equal(fake.page_calls, 0);
}

static void wrong_ranges(void **test)
{
    const uint64_t shared = FAKE_SHARED_BIT;

    is_refused(0x1000, 0);
    is_refused(0x1001, 0x1000);
    is_refused(0x1000, 0xfff);
    is_refused(0x1000, 0x1001);
    is_refused(shared + 1, 0x1000);
    is_refused(shared * 2, 0x1000);
    is_refused(shared * 2 + 0x1000, 0x1000);
    is_refused(1ull << 63, 0x1000);
    is_refused(0xfffffffffffff000, 0x1000);
    is_refused(0xfffffffffffff000, 0x2000);
    is_refused(shared - 0x1000, 0x2000);          /* private into shared */
    is_refused(shared + shared - 0x1000, 0x2000); /* beyond the shared half */
    is_refused(0, shared + 0x1000);
    is_refused(0x1000, 0xfffffffffffff000);
    is_refused(0x1000, 0xfffffffffffff000 - 0x1000);
    is_refused(shared, 0xfffffffffffff000);
}

static void is_done(uint64_t start, uint64_t bytes, uint64_t gfn, bool to_shared)
{
    const struct map_gpa_answer answered = map_gpa(start, bytes);

    assert_int_equal(answered.status, TDVMCALL_SUCCESS);
    assert_int_equal(answered.next, 0);
    assert_int_equal(fake.page_gfn, gfn);
    assert_int_equal(fake.page_count, bytes / 4096);
    assert_int_equal(fake.page_shared, to_shared);
}

static void right_ranges(void **test)
{
    const uint64_t shared = FAKE_SHARED_BIT;

    is_done(0, 0x1000, 0, false);
    is_done(shared, 0x1000, 0, true);
    is_done(shared + 0x5000, 32 * 0x1000, 5, true);
    is_done(shared - 0x1000, 0x1000, (shared >> 12) - 1, false);
    is_done(shared + shared - 0x1000, 0x1000, (shared >> 12) - 1, true);
}

/* 64 MiB, as Linux asks for its bounce buffer: every page once, in order, at most 32 a call. */
static void retries_until_done(void **test)
{
    const uint64_t first = FAKE_SHARED_BIT + 0x400000;
    const uint64_t end = first + 0x4000000 + 0x3000;
    uint64_t at = first;
    uint32_t calls = 0;

    for (;;) {
        const struct map_gpa_answer answered = map_gpa(at, end - at);

        calls++;
        assert_int_equal(fake.page_gfn, (at - FAKE_SHARED_BIT) / 4096);
        if (answered.status == TDVMCALL_SUCCESS) {
            assert_int_equal(at + fake.page_count * 4096, end);
            break;
        }
        assert_int_equal(answered.status, TDVMCALL_RETRY);
        assert_int_equal(fake.page_count, FRAME_BATCH_MAX);
        assert_int_equal(answered.next, at + FRAME_BATCH_MAX * 4096);
        at = answered.next;
    }
    assert_int_equal(calls, 0x4000000 / 4096 / FRAME_BATCH_MAX + 1);
}

static void failure_is_told(void **test)
{
    fake.page_status = STATUS_NO_ROOM;
    const struct map_gpa_answer answered = map_gpa(FAKE_SHARED_BIT + 0x3000, 0x1000);

    assert_int_equal(answered.status, TDVMCALL_INVALID_OPERAND);
    assert_int_equal(answered.next, FAKE_SHARED_BIT + 0x3000);
}

static void accept(void **test)
{
    assert_int_equal(map_gpa_accept(0x5000), TDX_SUCCESS);
    assert_int_equal(map_gpa_accept(0x200000 | 1), TDX_PAGE_SIZE_MISMATCH);
    assert_int_equal(map_gpa_accept(0x40000000 | 2), TDX_PAGE_SIZE_MISMATCH);
    assert_int_equal(map_gpa_accept(0x5000 | 8), TDX_OPERAND_INVALID);
    assert_int_equal(map_gpa_accept(0x5000 | 0x800), TDX_OPERAND_INVALID);
    assert_int_equal(map_gpa_accept(FAKE_SHARED_BIT | 0x5000), TDX_OPERAND_INVALID);
    assert_int_equal(map_gpa_accept(0xfffffffffffff000), TDX_OPERAND_INVALID);
    fake.page_state = PAGE_SHARED;
    assert_int_equal(map_gpa_accept(0x5000), TDX_OPERAND_INVALID);
    fake.page_state = PAGE_ABSENT;
    assert_int_equal(map_gpa_accept(0x5000), TDX_OPERAND_INVALID);
    assert_int_equal(fake.page_calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(wrong_ranges, setup),
        cmocka_unit_test_setup(right_ranges, setup),
        cmocka_unit_test_setup(retries_until_done, setup),
        cmocka_unit_test_setup(failure_is_told, setup),
        cmocka_unit_test_setup(accept, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
