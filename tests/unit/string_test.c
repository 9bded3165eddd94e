/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "lib/string.h"

static void length_stops_at_nul_or_bound(void **state)
{
    const char unterminated[3] = {'a', 'b', 'c'};
    assert_int_equal(string_length("", 8), 0);
    assert_int_equal(string_length("hull", 8), 4);
    assert_int_equal(string_length("hull", 2), 2);
    assert_int_equal(string_length(unterminated, sizeof(unterminated)), 3);
    assert_int_equal(string_length(unterminated, 0), 0);
}

static void is_compares_whole_words(void **state)
{
    assert_true(string_is("smt=on", 3, "smt"));
    assert_false(string_is("smt=on", 4, "smt"));
    assert_false(string_is("smt=on", 2, "smt"));
    assert_false(string_is("sms", 3, "smt"));
    assert_true(string_is("", 0, ""));
    assert_false(string_is("", 0, "a"));
    assert_false(string_is("a\0b", 3, "a"));
}

static void copy_cuts_and_fills(void **state)
{
    char to[5];
    assert_true(string_copy(to, sizeof(to), "keel", 4));
    assert_memory_equal(to, "keel", 5);
    assert_true(string_copy(to, sizeof(to), "a\0rest", 6));
    assert_memory_equal(to, "a\0\0\0", 5);
    assert_false(string_copy(to, sizeof(to), "bilge", 5));
    assert_memory_equal(to, "bilg", 5);
    assert_false(string_copy(to, 1, "x", 1));
    assert_int_equal(to[0], 0);
    assert_true(string_copy(to, 1, "x", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_stops_at_nul_or_bound),
        cmocka_unit_test(is_compares_whole_words),
        cmocka_unit_test(copy_cuts_and_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
