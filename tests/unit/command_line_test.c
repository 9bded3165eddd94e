/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "boot/command_line.h"

static void keys_are_whole_words(void **state)
{
    const char line[] = "  smt=on\tconsole=screen,com1  quiet key= =odd a=b=c";
    struct command_line_word value;
    assert_true(command_line_says(line, sizeof(line), "smt", "on"));
    assert_false(command_line_says(line, sizeof(line), "smt", "o"));
    assert_false(command_line_says(line, sizeof(line), "smt", "one"));
    assert_false(command_line_says(line, sizeof(line), "sm", "on"));
    assert_true(command_line_says(line, sizeof(line), "console", "screen,com1"));
    assert_true(command_line_find(line, sizeof(line), "quiet", &value));
    assert_int_equal(value.length, 0);
    assert_true(command_line_find(line, sizeof(line), "key", &value));
    assert_int_equal(value.length, 0);
    assert_false(command_line_find(line, sizeof(line), "on", &value));
    assert_false(command_line_find(line, sizeof(line), "odd", &value));
    assert_true(command_line_says(line, sizeof(line), "a", "b=c"));
    assert_false(command_line_find("", 1, "smt", &value));
}

static void the_last_one_counts(void **state)
{
    const char line[] = "smt=on smt=off";
    assert_true(command_line_says(line, sizeof(line), "smt", "off"));
    assert_false(command_line_says(line, sizeof(line), "smt", "on"));
}

static void words_are_bounded(void **state)
{
    const char line[] = {'o', 'n', 'e', ' ', 't', 'w', 'o', '=', '2'}; /* no NUL */
    struct command_line_word value;
    for (uint32_t bound = 0; bound <= sizeof(line); bound++) {
        char *exact = malloc(bound + 1);
        memcpy(exact, line, bound);
        assert_int_equal(command_line_find(exact, bound, "one", &value), bound >= 3);
        assert_int_equal(command_line_find(exact, bound, "two", &value), bound >= 7);
        assert_int_equal(command_line_says(exact, bound, "two", "2"), bound == sizeof(line));
        free(exact);
    }
    char *blanks = malloc(3);
    memcpy(blanks, "a  ", 3); /* nothing behind the last blank is read */
    assert_true(command_line_find(blanks, 3, "a", &value));
    assert_false(command_line_find(blanks, 3, "", &value));
    free(blanks);
    assert_true(command_line_find(line, sizeof(line), "two", &value));
    assert_int_equal(value.length, 1);
    assert_memory_equal(value.at, "2", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_whole_words),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(words_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
