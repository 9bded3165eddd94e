/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/config.h"

static struct config config;

/* Parses a copy that ends where the text does: the sanitizer sees any byte read beyond. */
static char *parse(const char *text)
{
    const size_t size = strlen(text);
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, text, size);
    memset(&config, 0xa5, sizeof(config));
    config_parse(&config, copy, size);
    return copy;
}

static void assert_text(struct config_text text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.at, expected, text.length);
}

static void a_whole_configuration(void **state)
{
    char *text = parse("# two guests\n"
                       "[manager]\n"
                       "when_done = wait\n"
                       "\n"
                       "[guest first]\r\n"
                       "kernel = vmlinux\r\n"
                       "initrd=initrd\n"
                       "  disk =  root \n"
                       "disk_access = read-only\n"
                       "command_line = console=hvc0 root=/dev/vda  quiet\n"
                       "memory = 1G\n"
                       "cpus = 16\n"
                       "cap = 150\n"
                       "on_cpus = 0 3  63\n"
                       "devices = 01:00.0  Ff:1F.7\n"
                       "weight = 10000\n"
                       "console = serial\n"
                       "on_reset = restart\n"
                       "; a comment\n"
                       "[ guest\t second.2-x_Y ]\n"
                       "kernel = bzImage");
    assert_int_equal(config.mistake_count, 0);
    assert_int_equal(config.mistakes_lost, 0);
    assert_false(config.power_off_when_done);
    assert_int_equal(config.guest_count, 2);

    const struct config_guest *guest = &config.guests[0];
    assert_text(guest->name, "first");
    assert_text(guest->kernel, "vmlinux");
    assert_text(guest->initrd, "initrd");
    assert_text(guest->disk, "root");
    assert_text(guest->command_line, "console=hvc0 root=/dev/vda  quiet");
    assert_int_equal(guest->line, 5);
    assert_int_equal(guest->kernel_line, 6);
    assert_int_equal(guest->memory, 1ull << 30);
    assert_int_equal(guest->weight, 10000);
    assert_int_equal(guest->cpus, 16);
    assert_int_equal(guest->cap, 150);
    assert_true(guest->on_cpus == (1ull << 63 | 9));
    assert_int_equal(guest->device_count, 2);
    assert_int_equal(guest->devices[0].name, 0x100);
    assert_text(guest->devices[0].text, "01:00.0");
    assert_int_equal(guest->devices[1].name, 0xffff);
    assert_int_equal(guest->console, CONFIG_CONSOLE_SERIAL);
    assert_true(guest->disk_read_only && guest->restart && guest->sound);

    guest = &config.guests[1];
    assert_text(guest->name, "second.2-x_Y");
    assert_text(guest->kernel, "bzImage");
    assert_int_equal(guest->memory, 256ull << 20);
    assert_int_equal(guest->cpus, 1);
    assert_int_equal(guest->weight, 100);
    assert_int_equal(guest->cap, 0);
    assert_int_equal(guest->device_count, 0);
    assert_true(guest->on_cpus == UINT64_MAX);
    assert_int_equal(guest->console, CONFIG_CONSOLE_VIRTIO | CONFIG_CONSOLE_SERIAL);
    assert_int_equal(guest->initrd.length + guest->disk.length + guest->command_line.length, 0);
    assert_false(guest->disk_read_only || guest->restart);
    assert_true(guest->sound);
    free(text);
}

static void nothing_is_a_configuration(void **state)
{
    free(parse(""));
    assert_int_equal(config.guest_count + config.mistake_count, 0);
    assert_true(config.power_off_when_done);
    free(parse("\n\n   \n# only\n;comments"));
    assert_int_equal(config.guest_count + config.mistake_count, 0);
}

#define G "[guest a]\nkernel = k\n"

/* Every mistake there is: the text, the line, a part of the reason, what it is about. */
static const struct {
    const char *text;
    uint32_t line;
    const char *reason;
    const char *what;
} mistakes[] = {
    {G "kernl = x", 3, "no such key", "kernl"},
    {G "when_done = wait", 3, "no such key", "when_done"},
    {"[manager]\nkernel = x", 2, "no such key", "kernel"},
    {"memory = 64M", 1, "before any section", "memory"},
    {G "memory", 3, "a line is", "memory"},
    {G "]", 3, "a line is", "]"},
    {"[guest a", 1, "a section ends in ']'", "[guest a"},
    {"[", 1, "a section ends in ']'", "["},
    {"[]", 1, "a section is", ""},
    {"[guest]", 1, "a section is", "guest"},
    {"[guests a]", 1, "a section is", "guests a"},
    {"[Manager]", 1, "a section is", "Manager"},
    {"[guest a b]\nkernel = k", 1, "a guest's name", "a b"},
    {"[guest a/b]\nkernel = k", 1, "a guest's name", "a/b"},
    {"[guest 012345678901234567890123456789012]\nkernel = k", 1, "a guest's name",
     "012345678901234567890123456789012"},
    {G "[guest a]\nkernel = k", 3, "of this name already", "a"},
    {"[guest a]\nmemory = 64M", 1, "has no kernel", "a"},
    {G "kernel = l", 3, "was set before", "kernel"},
    {G "memory = 64M\nmemory = 64M", 4, "was set before", "memory"},
    {G "memory =", 3, "has no value", "memory"},
    {G "memory = 64", 3, "memory is", "64"},
    {G "memory = M", 3, "memory is", "M"},
    {G "memory = 64K", 3, "memory is", "64K"},
    {G "memory = -64M", 3, "memory is", "-64M"},
    {G "memory = 31M", 3, "memory is", "31M"},
    {G "memory = 513G", 3, "memory is", "513G"},
    {G "memory = 524289M", 3, "memory is", "524289M"},
    {G "memory = 18446744073709551617G", 3, "memory is", "18446744073709551617G"},
    {G "memory = 6 4M", 3, "memory is", "6 4M"},
    {G "cpus = 0", 3, "1 to 16 CPUs", "0"},
    {G "cpus = 17", 3, "1 to 16 CPUs", "17"},
    {G "cap = 0", 3, "a cap is", "0"},
    {G "cap = 1601", 3, "a cap is", "1601"},
    {G "on_cpus = 64", 3, "on_cpus is", "64"},
    {G "on_cpus = 0 x", 3, "on_cpus is", "0 x"},
    {G "cpus = one", 3, "1 to 16 CPUs", "one"},
    {G "weight = 0", 3, "a weight is", "0"},
    {G "weight = 10001", 3, "a weight is", "10001"},
    {G "weight = 1e3", 3, "a weight is", "1e3"},
    {G "console = tty", 3, "a console is", "tty"},
    {G "devices = 1:00.0", 3, "a device is", "1:00.0"},
    {G "devices = 01:20.0", 3, "a device is", "01:20.0"},
    {G "devices = 01:1f.8", 3, "a device is", "01:1f.8"},
    {G "devices = 01:0g.0", 3, "a device is", "01:0g.0"},
    {G "devices = 01.00:0", 3, "a device is", "01.00:0"},
    {G "devices = 0000:01:00.0", 3, "a device is", "0000:01:00.0"},
    {G "devices = 01:00.0 01:00.0", 3, "named before", "01:00.0"},
    {G "devices = 01:00.0 02:00.0 03:00.0 04:00.0 05:00.0", 3, "no more than 4", "05:00.0"},
    {G "devices =", 3, "has no value", "devices"},
    {G "disk_access = rw", 3, "disk_access is", "rw"},
    {G "on_reset = reboot", 3, "on_reset is", "reboot"},
    {"[manager]\nwhen_done = never", 2, "when_done is", "never"},
    {G "initrd = 0123456789012345678901234567890123456789012345678901234567890123", 3, "a module's name",
     "0123456789012345678901234567890123456789012345678901234567890123"},
};

static void every_mistake_has_its_line(void **state)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        char *text = parse(mistakes[i].text);
        if (config.mistake_count != 1 || config.mistakes[0].line != mistakes[i].line ||
            strstr(config.mistakes[0].reason, mistakes[i].reason) == NULL) {
            fail_msg("%s: %u mistakes, first on line %u: %s", mistakes[i].text, config.mistake_count,
                     config.mistakes[0].line, config.mistake_count ? config.mistakes[0].reason : "-");
        }
        assert_text(config.mistakes[0].what, mistakes[i].what);
        for (uint32_t g = 0; g + 1 < config.guest_count; g++) {
            assert_true(config.guests[g].sound);
        }
        if (config.guest_count > 0) {
            assert_false(config.guests[config.guest_count - 1].sound);
        }
        free(text);
    }
}

static void the_other_guests_are_sound(void **state)
{
    char *text = parse("[guest a]\nkernel = k\nmemory = 7\nfoo = bar\n"
                       "[guest b]\nkernel = k\nmemory = 64M\n"
                       "[nonsense]\nmemory = 7\n"
                       "[guest c]\nkernel = k\n");
    assert_int_equal(config.guest_count, 3);
    assert_false(config.guests[0].sound);
    assert_true(config.guests[1].sound);
    assert_true(config.guests[2].sound);
    assert_int_equal(config.mistake_count, 3);
    assert_int_equal(config.mistakes[0].line, 3);
    assert_int_equal(config.mistakes[1].line, 4);
    assert_int_equal(config.mistakes[2].line, 8);
    free(text);
}

static void devices_are_there_and_of_one_guest(void **state)
{
    static const uint32_t functions[] = {0x0, 0x100, 0xffff};
    char *text = parse("[guest a]\nkernel = k\ndevices = 01:00.0 ff:1f.7\n"
                       "[guest b]\nkernel = k\ndevices = 02:00.0\n"
                       "[guest c]\nkernel = k\n\ndevices = 00:00.0 01:00.0\n"
                       "[guest d]\nkernel = k\n");

    config_check_devices(&config, functions, 3);
    assert_int_equal(config.mistake_count, 2);
    assert_int_equal(config.mistakes[0].line, 6);
    assert_non_null(strstr(config.mistakes[0].reason, "no such PCI function"));
    assert_text(config.mistakes[0].what, "02:00.0");
    assert_int_equal(config.mistakes[1].line, 10);
    assert_non_null(strstr(config.mistakes[1].reason, "an earlier guest has"));
    assert_text(config.mistakes[1].what, "01:00.0");
    assert_true(config.guests[0].sound && !config.guests[1].sound && !config.guests[2].sound &&
                config.guests[3].sound);
    free(text);
}

static void the_length_of_a_command_line(void **state)
{
    char *text = malloc(4096);
    for (int bytes = 2047; bytes <= 2048; bytes++) {
        const int start = sprintf(text, G "command_line = ");
        memset(text + start, 'x', (size_t)bytes);
        text[start + bytes] = '\0';
        free(parse(text));
        assert_int_equal(config.mistake_count, bytes == 2047 ? 0 : 1);
        assert_int_equal(config.guests[0].sound, bytes == 2047);
    }
    free(text);
    free(parse(G "command_line ="));
    assert_int_equal(config.mistake_count, 0);
}

static void too_much_of_everything(void **state)
{
    char *text = calloc(1, 1 << 16);
    for (int i = 0; i < 18; i++) {
        sprintf(text + strlen(text), "[guest g%d]\nkernel = k\nmemory = 64M\n", i);
    }
    free(parse(text));
    assert_int_equal(config.guest_count, 16);
    assert_int_equal(config.mistake_count, 2);
    assert_int_equal(config.mistakes[0].line, 49);
    assert_non_null(strstr(config.mistakes[0].reason, "no more than 16 guests"));

    strcpy(text, G);
    for (int i = 0; i < 40; i++) {
        strcat(text, "x = y\n");
    }
    free(parse(text));
    assert_int_equal(config.mistake_count, CONFIG_MISTAKES_MAX);
    assert_int_equal(config.mistakes_lost, 40 - CONFIG_MISTAKES_MAX);
    assert_int_equal(config.guest_count, 1);
    assert_false(config.guests[0].sound);
    free(text);
}

static struct boot_info machine_with(const char *first, const char *second)
{
    struct boot_info info = {.module_count = 2};
    strcpy(info.modules[0].name, first);
    strcpy(info.modules[1].name, second);
    return info;
}

static void modules_are_found_by_their_first_word(void **state)
{
    struct boot_info info = machine_with("kernel with words", "kern");
    memset(info.modules[2].name, 'x', BOOT_NAME_BYTES);
    info.module_count = 3;
    assert_ptr_equal(config_find_module(&info, (struct config_text){"kernel", 6}), &info.modules[0]);
    assert_ptr_equal(config_find_module(&info, (struct config_text){"kernel", 4}), &info.modules[1]);
    assert_null(config_find_module(&info, (struct config_text){"kernel", 3}));
    assert_null(config_find_module(&info, (struct config_text){info.modules[2].name, BOOT_NAME_BYTES - 1}));
}

static void missing_modules_are_mistakes(void **state)
{
    const struct boot_info info = machine_with("k", "d");
    char *text =
        parse("[guest a]\nkernel = k\ndisk = d\n[guest b]\nkernel = k\ninitrd = i\n[guest c]\nkernel = k2\n");
    config_check_modules(&config, &info);
    assert_int_equal(config.mistake_count, 2);
    assert_int_equal(config.mistakes[0].line, 6);
    assert_int_equal(config.mistakes[1].line, 8);
    assert_true(config.guests[0].sound);
    assert_false(config.guests[1].sound || config.guests[2].sound);
    free(text);
}

static void a_disk_has_one_writer(void **state)
{
    const struct boot_info info = machine_with("k", "d");
    char *text =
        parse("[guest a]\nkernel = k\ndisk = d\n[guest b]\nkernel = k\ndisk = d\ndisk_access = read-only\n");
    config_check_modules(&config, &info);
    assert_int_equal(config.mistake_count, 1);
    assert_int_equal(config.mistakes[0].line, 6);
    assert_true(config.guests[0].sound);
    assert_false(config.guests[1].sound);
    free(text);

    text = parse("[guest a]\nkernel = k\ndisk = d\ndisk_access = read-only\n"
                 "[guest b]\nkernel = k\ndisk = d\ndisk_access = read-only\n[guest c]\nkernel = k\n[guest "
                 "e]\nkernel = k\n");
    config_check_modules(&config, &info);
    assert_int_equal(config.mistake_count, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration),
        cmocka_unit_test(nothing_is_a_configuration),
        cmocka_unit_test(every_mistake_has_its_line),
        cmocka_unit_test(the_other_guests_are_sound),
        cmocka_unit_test(devices_are_there_and_of_one_guest),
        cmocka_unit_test(the_length_of_a_command_line),
        cmocka_unit_test(too_much_of_everything),
        cmocka_unit_test(modules_are_found_by_their_first_word),
        cmocka_unit_test(missing_modules_are_mistakes),
        cmocka_unit_test(a_disk_has_one_writer),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
