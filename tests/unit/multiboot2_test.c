/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "boot/multiboot2.h"

static uint8_t info[16384];
static size_t length;
static struct boot_parameters parameters;

static void put(uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        info[length++] = (uint8_t)(value >> (8 * i));
    }
}

static void tag(uint32_t type, const void *body, size_t bytes)
{
    put(type, 4);
    put(8 + bytes, 4);
    if (bytes > 0) {
        memcpy(info + length, body, bytes);
    }
    length += bytes;
    while (length % 8 != 0) {
        info[length++] = 0xee;
    }
}

static void module(uint32_t start, uint32_t end, const char *text)
{
    uint8_t body[512];
    memcpy(body, &start, 4);
    memcpy(body + 4, &end, 4);
    memcpy(body + 8, text, strlen(text) + 1);
    tag(3, body, 8 + strlen(text) + 1);
}

/* One available entry of 2 MiB at 1 MiB. */
static const uint8_t memory_map[8 + 24] = {24, 0, 0, 0, 0, 0,    0, 0, 0, 0, 0x10, 0, 0,
                                           0,  0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0,    1};

static int begin(void **state)
{
    length = 8;
    memset(&parameters, 0xaa, sizeof(parameters));
    return 0;
}

/* End it and parse a copy of exactly its size. */
static enum multiboot2_error end(void)
{
    tag(0, NULL, 0);
    const uint32_t total = (uint32_t)length;
    memcpy(info, &total, 4);
    uint8_t *exact = malloc(length);
    memcpy(exact, info, length);
    const enum multiboot2_error error = multiboot2_parse(exact, length, &parameters);
    parameters.memory_map.bytes.at = parameters.efi_memory_map.bytes.at = NULL;
    parameters.rsdp_old.at = parameters.rsdp_new.at = NULL;
    free(exact);
    return error;
}

static void whole_information(void **state)
{
    const char line[] = "smt=on console=screen";
    const uint8_t rsdp[36] = "RSD PTR ";
    const uint64_t table = 0x7f9ec018;
    const uint32_t base = 0x2000000;
    const uint8_t efi[8 + 2 * 48] = {48, 0, 0, 0, 1};
    const uint8_t screen[24] = {0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 32, 1};
    tag(1, line, sizeof(line));
    tag(2, "GRUB 2.06", 10);
    module(0x200000, 0x234567, "manager verbose");
    module(0x300000, 0x300000, "");
    tag(6, memory_map, sizeof(memory_map));
    tag(8, screen, sizeof(screen));
    tag(9, "sections", 8);
    tag(12, &table, 8);
    tag(14, rsdp, 20);
    tag(15, rsdp, 36);
    tag(17, efi, sizeof(efi));
    tag(21, &base, 4);
    tag(1234567, "unknown", 7);
    assert_int_equal(end(), MULTIBOOT2_OK);
    assert_string_equal(parameters.command_line, line);
    assert_int_equal(parameters.module_count, 2);
    assert_int_equal(parameters.modules[0].address, 0x200000);
    assert_int_equal(parameters.modules[0].size, 0x34567);
    assert_string_equal(parameters.modules[0].name, "manager verbose");
    assert_int_equal(parameters.modules[1].size, 0);
    assert_string_equal(parameters.modules[1].name, "");
    assert_int_equal(parameters.memory_map.count, 1);
    assert_int_equal(parameters.memory_map.stride, 24);
    assert_int_equal(parameters.efi_memory_map.count, 2);
    assert_int_equal(parameters.efi_memory_map.stride, 48);
    assert_int_equal(parameters.rsdp_old.size, 20);
    assert_int_equal(parameters.rsdp_new.size, 36);
    assert_true(parameters.has_framebuffer);
    assert_int_equal(parameters.framebuffer.address, 0xc0000000);
    assert_int_equal(parameters.framebuffer.pitch, 0x1400);
    assert_int_equal(parameters.framebuffer.width, 1280);
    assert_int_equal(parameters.framebuffer.height, 1024);
    assert_int_equal(parameters.framebuffer.bits_per_pixel, 32);
    assert_int_equal(parameters.framebuffer.type, FRAMEBUFFER_RGB);
    assert_true(parameters.has_load_base);
    assert_int_equal(parameters.load_base, base);
    assert_int_equal(parameters.efi_system_table, table);
}

static void least_information(void **state)
{
    tag(6, memory_map, sizeof(memory_map));
    assert_int_equal(end(), MULTIBOOT2_OK);
    assert_string_equal(parameters.command_line, "");
    assert_int_equal(parameters.module_count, 0);
    assert_false(parameters.has_framebuffer);
    assert_false(parameters.has_load_base);
    assert_int_equal(parameters.efi_system_table, 0);
    assert_int_equal(parameters.rsdp_new.size, 0);
}

static void no_memory_map_refuses(void **state)
{
    assert_int_equal(end(), MULTIBOOT2_NO_MEMORY_MAP);
    begin(state);
    tag(6, memory_map, 8);
    assert_int_equal(end(), MULTIBOOT2_NO_MEMORY_MAP);
}

static void sizes_are_checked(void **state)
{
    tag(6, memory_map, sizeof(memory_map));
    assert_int_equal(end(), MULTIBOOT2_OK);
    for (uint64_t bytes = 0; bytes < length; bytes++) {
        uint8_t *exact = malloc(bytes + 1);
        memcpy(exact, info, bytes);
        /* It says more than can be read. */
        assert_int_equal(multiboot2_parse(exact, bytes, &parameters),
                         bytes < 16 ? MULTIBOOT2_TOO_SHORT : MULTIBOOT2_SIZE);
        /* It says what can be read, but stops inside. */
        if (bytes >= 16) {
            memcpy(exact, &bytes, 4);
            const enum multiboot2_error error = multiboot2_parse(exact, bytes, &parameters);
            assert_true(error == MULTIBOOT2_TAG_BEYOND || error == MULTIBOOT2_NO_END);
        }
        free(exact);
    }
    memset(info, 0, 4);
    assert_int_equal(multiboot2_parse(info, length, &parameters), MULTIBOOT2_TOO_SHORT);
}

static void tags_are_bounded(void **state)
{
    const uint32_t sizes[] = {0, 1, 7, 1000, 0x7fffffff, 0xfffffff8, 0xffffffff};
    for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin(state);
        tag(6, memory_map, sizeof(memory_map));
        const size_t at = length;
        tag(77, "body", 4);
        memcpy(info + at + 4, &sizes[i], 4);
        assert_int_equal(end(), sizes[i] < 8 ? MULTIBOOT2_TAG_SMALL : MULTIBOOT2_TAG_BEYOND);
        assert_int_equal(parameters.bad_tag, 77);
    }
}

static void bodies_smaller_than_their_kind(void **state)
{
    const struct {
        uint32_t type;
        size_t least;
        enum multiboot2_error error;
    } kinds[] = {
        {3, 8, MULTIBOOT2_TAG_SMALL},  {6, 8, MULTIBOOT2_MEMORY_ENTRY}, {8, 23, MULTIBOOT2_TAG_SMALL},
        {17, 8, MULTIBOOT2_EFI_ENTRY}, {21, 4, MULTIBOOT2_TAG_SMALL},
    };
    for (uint32_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (size_t bytes = 0; bytes < kinds[i].least; bytes++) {
            const uint8_t zeros[32] = {0};
            begin(state);
            tag(kinds[i].type, zeros, bytes);
            assert_int_equal(end(), kinds[i].error);
            assert_int_equal(parameters.bad_tag, kinds[i].type);
        }
    }
}

static void single_tags_twice(void **state)
{
    const uint32_t single[] = {1, 6, 8, 11, 12, 14, 15, 17, 21};
    uint8_t body[64] = {0};
    for (uint32_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        begin(state);
        body[0] = single[i] == 6 || single[i] == 17 ? 40 : 0; /* their stride */
        tag(single[i], body, sizeof(body));
        tag(single[i], body, sizeof(body));
        assert_int_equal(end(), MULTIBOOT2_TAG_TWICE);
        assert_int_equal(parameters.bad_tag, single[i]);
    }
    begin(state);
    tag(6, memory_map, sizeof(memory_map));
    tag(13, body, 8); /* SMBIOS, and network cards: as often as there are */
    tag(13, body, 8);
    tag(16, body, 8);
    tag(16, body, 8);
    assert_int_equal(end(), MULTIBOOT2_OK);
}

static void command_line_that_is_too_long(void **state)
{
    char line[COMMAND_LINE_BYTES + 1];
    memset(line, 'x', sizeof(line));
    line[COMMAND_LINE_BYTES - 1] = '\0';
    tag(1, line, COMMAND_LINE_BYTES);
    tag(6, memory_map, sizeof(memory_map));
    assert_int_equal(end(), MULTIBOOT2_OK);
    assert_int_equal(strlen(parameters.command_line), COMMAND_LINE_BYTES - 1);
    begin(state);
    tag(1, line, COMMAND_LINE_BYTES - 1); /* no NUL in it: its end is its size */
    tag(6, memory_map, sizeof(memory_map));
    assert_int_equal(end(), MULTIBOOT2_OK);
    begin(state);
    line[COMMAND_LINE_BYTES - 1] = 'x';
    tag(1, line, sizeof(line));
    assert_int_equal(end(), MULTIBOOT2_COMMAND_LINE);
}

static void modules_are_checked(void **state)
{
    module(0x2000, 0x1000, "backwards");
    assert_int_equal(end(), MULTIBOOT2_MODULE_RANGE);
    begin(state);
    module(0x2001, 0x3000, "inside a page");
    assert_int_equal(end(), MULTIBOOT2_MODULE_RANGE);
    begin(state);
    char name[BOOT_NAME_BYTES + 20];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    for (uint32_t i = 0; i < BOOT_MODULES_MAX; i++) {
        module(0x1000 * i, 0x1000 * i + 1, name);
    }
    tag(6, memory_map, sizeof(memory_map));
    assert_int_equal(end(), MULTIBOOT2_OK);
    assert_int_equal(parameters.module_count, BOOT_MODULES_MAX);
    assert_int_equal(strlen(parameters.modules[31].name), BOOT_NAME_BYTES - 1); /* cut */
    begin(state);
    for (uint32_t i = 0; i <= BOOT_MODULES_MAX; i++) {
        module(0x1000 * i, 0x1000 * i + 1, "one more");
    }
    assert_int_equal(end(), MULTIBOOT2_MODULES);
}

static void boot_services_refuse(void **state)
{
    tag(6, memory_map, sizeof(memory_map));
    tag(18, NULL, 0);
    assert_int_equal(end(), MULTIBOOT2_BOOT_SERVICES);
}

static void strides_are_honoured(void **state)
{
    uint8_t body[8 + 3 * 40] = {40};
    tag(6, body, sizeof(body) - 1); /* the third entry is cut off: not counted */
    assert_int_equal(end(), MULTIBOOT2_OK);
    assert_int_equal(parameters.memory_map.count, 2);
    assert_int_equal(parameters.memory_map.stride, 40);
    const uint8_t bad[] = {0, 23};
    for (uint32_t i = 0; i < sizeof(bad); i++) {
        begin(state);
        body[0] = bad[i];
        tag(6, body, sizeof(body));
        assert_int_equal(end(), MULTIBOOT2_MEMORY_ENTRY);
    }
}

static void every_error_has_its_sentence(void **state)
{
    for (enum multiboot2_error error = MULTIBOOT2_TOO_SHORT; error <= MULTIBOOT2_NO_MEMORY_MAP; error++) {
        assert_true(strlen(multiboot2_error_text(error)) > 20);
    }
    assert_string_equal(multiboot2_error_text(MULTIBOOT2_OK), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(whole_information, begin),
        cmocka_unit_test_setup(least_information, begin),
        cmocka_unit_test_setup(no_memory_map_refuses, begin),
        cmocka_unit_test_setup(sizes_are_checked, begin),
        cmocka_unit_test_setup(tags_are_bounded, begin),
        cmocka_unit_test_setup(bodies_smaller_than_their_kind, begin),
        cmocka_unit_test_setup(single_tags_twice, begin),
        cmocka_unit_test_setup(command_line_that_is_too_long, begin),
        cmocka_unit_test_setup(modules_are_checked, begin),
        cmocka_unit_test_setup(boot_services_refuse, begin),
        cmocka_unit_test_setup(strides_are_honoured, begin),
        cmocka_unit_test(every_error_has_its_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
