/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/keyboard.h"
#include "manager/print.h"
#include "manager/status.h"
#include "tests/unit/fake_serial.h"

static struct guest guests[3];
static struct guest *const list[] = {&guests[0], &guests[1], &guests[2]};
static char input[3][256]; /* what each guest got */
static uint32_t room;      /* bytes that the guests still take */

uint32_t device_set_console_input(struct device_set *set, const uint8_t *bytes, uint32_t count)
{
    for (unsigned i = 0; i < 3; i++) {
        if (set == &guests[i].devices) {
            const uint32_t taken = count < room ? count : room;
            strncat(input[i], (const char *)bytes, taken);
            room -= taken;
            return taken;
        }
    }
    return 0;
}

void status_show(struct guest *const *shown, uint32_t count)
{
    print("status of %u\n", (uint64_t)count);
}

void status_lines(struct guest *const *shown, uint32_t count)
{
    print("lines of %u\n", (uint64_t)count);
}

static int set_up(void **state)
{
    static const char *const names[] = {"a", "bb", "c"};
    memset(guests, 0, sizeof(guests));
    memset(input, 0, sizeof(input));
    room = 1000;
    for (unsigned i = 0; i < 3; i++) {
        guests[i].voice = (struct console_voice){.name = names[i], .name_length = (uint32_t)strlen(names[i])};
        guests[i].state = GUEST_ON;
    }
    fake_serial_type("");
    print("\n");
    fake_serial_written();
    return 0;
}

static void say(unsigned guest, const char *text)
{
    console_guest_output(&guests[guest].voice, (const uint8_t *)text, (uint32_t)strlen(text));
}

static void one_guest_passes_through(void **state)
{
    console_name_guests(false);
    say(0, "\x1b[1mhello\r\n$ ");
    say(0, "ls\r\n");
    assert_string_equal(fake_serial_written(), "\x1b[1mhello\r\n$ ls\r\n");
}

static void messages_begin_a_line(void **state)
{
    console_name_guests(false);
    say(0, "login: ");
    print("guest %t: %u MiB, %x%%, %s\n", "name\x1b[2J", (uint32_t)5, (uint64_t)64, (uint64_t)0xfe, "ok");
    say(0, "x\n");
    print("done\n");
    assert_string_equal(fake_serial_written(), "login: \r\nguest name?: 64 MiB, 0xfe%, ok\r\nx\ndone\r\n");
}

static void a_long_message_is_cut(void **state)
{
    char text[2 * PRINT_BYTES];
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    print("%s", text);
    assert_int_equal(strlen(fake_serial_written()), PRINT_BYTES - 1);
    print("\n");
}

static void several_guests_carry_their_names(void **state)
{
    console_name_guests(true);
    say(0, "one\r\ntw");
    say(1, "three");
    say(1, " four\n");
    say(0, "o\n\n");
    assert_string_equal(fake_serial_written(), "a| one\r\nbb| three four\na| two\na| \n");
}

static void a_line_is_held_until_its_guest_pauses(void **state)
{
    console_name_guests(true);
    say(0, "$ ");
    assert_string_equal(fake_serial_written(), "");
    console_end_turn(&guests[0].voice, true);
    assert_string_equal(fake_serial_written(), "a| $ ");
    /* What follows goes on in the same line, while nobody else speaks. */
    say(0, "ls");
    console_end_turn(&guests[0].voice, true);
    assert_string_equal(fake_serial_written(), "ls");
    say(1, "x\n");
    assert_string_equal(fake_serial_written(), "\r\nbb| x\n");
    /* It is busy: what it holds comes out after a turn in which it said nothing. */
    say(0, "50%");
    console_end_turn(&guests[0].voice, false);
    assert_string_equal(fake_serial_written(), "");
    console_end_turn(&guests[0].voice, false);
    assert_string_equal(fake_serial_written(), "a| 50%");
}

static void a_long_line_is_not_held_for_ever(void **state)
{
    char line[CONSOLE_HELD_MAX + 11];
    memset(line, 'z', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    console_name_guests(true);
    say(2, line);
    assert_int_equal(strlen(fake_serial_written()), strlen("c| ") + CONSOLE_HELD_MAX);
    console_forget(&guests[2].voice);
    assert_int_equal(strlen(fake_serial_written()), 10 + strlen("\r\n"));
    console_forget(&guests[1].voice);
    assert_string_equal(fake_serial_written(), "");
    console_name_guests(false);
}

static void what_is_typed_goes_to_the_focus(void **state)
{
    struct keyboard keyboard = {.focus = 0};
    fake_serial_type("ls\r\x01nwho\x01nx\x01\x01y\x01"
                     "a");
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_string_equal(input[0], "ls\r");
    assert_string_equal(input[1], "who");
    assert_string_equal(input[2], "x\x01y\x01");
    assert_string_equal(fake_serial_written(),
                        "bulkhead: the keyboard is guest bb's\r\nbulkhead: the keyboard is guest c's\r\n");
}

static void what_a_guest_does_not_take_waits(void **state)
{
    struct keyboard keyboard = {.focus = 0};
    fake_serial_type("abc");
    room = 1;
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_string_equal(input[0], "a");
    room = 2;
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_string_equal(input[0], "abc");
    /* A guest that takes nothing leaves the rest on the line. */
    char many[KEYBOARD_WAITING_MAX + 2];
    memset(many, 'm', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    fake_serial_type(many);
    room = 0;
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_int_equal(keyboard.waiting_count, KEYBOARD_WAITING_MAX);
    room = 1000;
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_int_equal(strlen(input[0]), 3 + sizeof(many) - 1);
}

static void the_focus_leaves_a_guest_that_is_off(void **state)
{
    struct keyboard keyboard = {.focus = 0};
    guests[0].state = GUEST_OFF;
    fake_serial_type("abc\x01nd\x01ne");
    guests[2].state = GUEST_OFF;
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_string_equal(input[1], "abcde");
    guests[1].state = GUEST_OFF;
    fake_serial_type("lost");
    assert_true(keyboard_poll(&keyboard, list, 3));
    assert_string_equal(input[1], "abcde");
}

static void commands(void **state)
{
    struct keyboard keyboard = {.focus = 1};
    guests[2].state = GUEST_OFF;
    fake_serial_type("\x01l\x01h");
    assert_true(keyboard_poll(&keyboard, list, 3));
    const char *written = fake_serial_written();
    assert_non_null(strstr(written, "guest a is on\r\n"));
    assert_non_null(strstr(written, "guest bb is on, and has the keyboard\r\n"));
    assert_non_null(strstr(written, "guest c is off\r\n"));
    assert_non_null(strstr(written, "Ctrl-A n: next guest"));
    /* A command may come in two halves. */
    fake_serial_type("\x01");
    assert_true(keyboard_poll(&keyboard, list, 3));
    fake_serial_type("x");
    assert_false(keyboard_poll(&keyboard, list, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_guest_passes_through, set_up),
        cmocka_unit_test_setup(messages_begin_a_line, set_up),
        cmocka_unit_test_setup(a_long_message_is_cut, set_up),
        cmocka_unit_test_setup(several_guests_carry_their_names, set_up),
        cmocka_unit_test_setup(a_line_is_held_until_its_guest_pauses, set_up),
        cmocka_unit_test_setup(a_long_line_is_not_held_for_ever, set_up),
        cmocka_unit_test_setup(what_is_typed_goes_to_the_focus, set_up),
        cmocka_unit_test_setup(what_a_guest_does_not_take_waits, set_up),
        cmocka_unit_test_setup(the_focus_leaves_a_guest_that_is_off, set_up),
        cmocka_unit_test_setup(commands, set_up),
    };
    return cmocka_run_group_tests_name("manager_console", tests, NULL, NULL);
}
