/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/loader.h"
#include "manager/loader_bzimage.h"
#include "tests/unit/loader_images.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

static struct loader_pages pages;
static struct loader_result result;
static struct loader_request request;
static uint8_t *image;
static _Alignas(8) uint8_t frame[4096];

static void use(uint8_t *bytes, uint64_t size)
{
    request = (struct loader_request){
        .kernel = {bytes, size},
        .command_line = {(const uint8_t *)"quiet", 5},
        .memory = 64 * MIB,
        .cpus = 1,
        .serial = true,
    };
}

static int set_up_elf(void **state)
{
    image = malloc(IMAGE_ELF_BYTES);
    loader_images_elf(image);
    use(image, IMAGE_ELF_BYTES);
    return 0;
}

static int set_up_bzimage(void **state)
{
    image = malloc(IMAGE_BZIMAGE_BYTES);
    loader_images_bzimage(image);
    use(image, IMAGE_BZIMAGE_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    free(image);
    return 0;
}

static enum loader_status plan(void)
{
    memset(&pages, 0xa5, sizeof(pages));
    memset(&result, 0xa5, sizeof(result));
    return loader_plan(&request, &pages, &result);
}

/* What the guest will find at `gpa`. */
static const uint8_t *loaded(uint64_t gpa)
{
    memset(frame, 0xa5, sizeof(frame));
    load_plan_fill(&result.plan, gpa / 4096, frame);
    return frame + gpa % 4096;
}

static void an_elf_is_loaded(void **state)
{
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(result.rip, 0x1000010);
    assert_int_equal(result.rsi, GUEST_BOOT_PARAMS);
    assert_int_equal(result.cr3, GUEST_PAGE_TABLES);
    assert_memory_equal(loaded(0x1000000), image + 0x1000, 4096);
    /* The frame that both segments share, and zeros after the second. */
    assert_memory_equal(loaded(0x1001000), image + 0x2000, 4096);
    assert_int_equal(loaded(0x1002000)[0], 0);
    /* Only as many as it has frames are kept. */
    bool kept;
    assert_int_equal(load_plan_run(&result.plan, 0x1000, 32, &kept), 2);
    assert_true(kept);
    assert_int_equal(load_plan_run(&result.plan, 0x1002, 32, &kept), 32);
    assert_false(kept);
}

static void boot_parameters_of_an_elf(void **state)
{
    assert_int_equal(plan(), LOADER_OK);
    const uint8_t *params = loaded(GUEST_BOOT_PARAMS);
    assert_int_equal(loader_images_get(params + 0x70, 8), 0xe0000);
    assert_int_equal(loader_images_get(params + 0x1fe, 2), 0xaa55);
    assert_memory_equal(params + 0x202, "HdrS", 4);
    assert_int_equal(loader_images_get(params + 0x206, 2), 0x020f);
    assert_int_equal(params[0x210], 0xff);
    assert_int_equal(params[0x211], 1);
    assert_int_equal(loader_images_get(params + 0x218, 8), 0);
    assert_int_equal(loader_images_get(params + 0x228, 4), 0x91000);
    assert_int_equal(loader_images_get(params + 0x230, 4), 0x200000);
    assert_string_equal((const char *)loaded(GUEST_COMMAND_LINE), "quiet reboot=acpi");
    assert_int_equal(loaded(0x91012)[0], 0);
    assert_memory_equal(loaded(GUEST_ACPI), "RSD PTR ", 8);
}

static void assert_e820(unsigned index, uint64_t start, uint64_t end, uint32_t type)
{
    const uint8_t *entry = pages.boot_params + 0x2d0 + index * 20;
    assert_int_equal(loader_images_get(entry, 8), start);
    assert_int_equal(loader_images_get(entry + 8, 8), end - start);
    assert_int_equal(loader_images_get(entry + 16, 4), type);
}

static void the_memory_map(void **state)
{
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(pages.boot_params[0x1e8], 4);
    assert_e820(0, 0, 0x9f000, 1);
    assert_e820(1, 0xe0000, 0x100000, 3);
    assert_e820(2, 0x100000, 64 * MIB, 1);
    assert_e820(3, 0xe8000000, 0xe8100000, 2);

    request.memory = 5 * GIB;
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(pages.boot_params[0x1e8], 5);
    assert_e820(2, 0x100000, 3 * GIB, 1);
    assert_e820(4, 4 * GIB, 6 * GIB, 1);
}

static void the_page_tables(void **state)
{
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(pages.page_tables[0][0], 0x93003);
    assert_int_equal(pages.page_tables[0][1], 0);
    for (uint64_t gpa = 0; gpa < 3 * GIB; gpa += 2 * MIB) {
        const uint64_t pointer = pages.page_tables[1][gpa / GIB];
        assert_int_equal(pointer, (0x94000 + gpa / GIB * 4096) | 3);
        assert_int_equal(pages.page_tables[2 + gpa / GIB][gpa % GIB / (2 * MIB)], gpa | 0x83);
    }
    assert_int_equal(pages.page_tables[1][3], 0);
    assert_true(GUEST_PAGE_TABLES + sizeof(pages.page_tables) <= GUEST_RAM0_END);
}

static void an_initrd_lies_at_the_top(void **state)
{
    uint8_t *initrd = malloc(5000);
    memset(initrd, 0x5a, 5000);
    request.initrd = (struct bytes){initrd, 5000};
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(loader_images_get(pages.boot_params + 0x218, 4), 64 * MIB - 8192);
    assert_int_equal(loader_images_get(pages.boot_params + 0x21c, 4), 5000);
    assert_memory_equal(loaded(64 * MIB - 8192), initrd, 4096);
    assert_int_equal(loaded(64 * MIB - 8192 + 4999)[0], 0x5a);
    assert_int_equal(loaded(64 * MIB - 8192 + 5000)[0], 0);

    /* Below what the kernel can reach, where there is more memory. */
    request.memory = 4 * GIB;
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(loader_images_get(pages.boot_params + 0x218, 4), 2 * GIB - 8192);

    /* The last one that fits, and one page more. */
    request.memory = 64 * MIB;
    request.initrd = (struct bytes){image, 64 * MIB - 0x1012000};
    assert_int_equal(plan(), LOADER_OK);
    request.initrd.size++;
    assert_int_equal(plan(), LOADER_INITRD);
    request.initrd.size = UINT64_MAX;
    assert_int_equal(plan(), LOADER_INITRD);
    free(initrd);
}

static void a_long_command_line(void **state)
{
    char line[2048];
    memset(line, 'x', sizeof(line));
    request.command_line = (struct bytes){(const uint8_t *)line, 2047};
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(loaded(GUEST_COMMAND_LINE + 2046)[0], 'x');
    assert_int_equal(loaded(GUEST_COMMAND_LINE + 2047)[0], 0);
    request.command_line.size = 2048;
    assert_int_equal(plan(), LOADER_COMMAND_LINE);
}

static void assert_command_line(const char *given, const char *loaded_as)
{
    request.command_line = (struct bytes){(const uint8_t *)given, strlen(given)};
    assert_int_equal(plan(), LOADER_OK);
    assert_string_equal((const char *)loaded(GUEST_COMMAND_LINE), loaded_as);
}

static void reboots_by_the_reset_register(void **state)
{
    assert_command_line("", " reboot=acpi");
    assert_command_line("quiet", "quiet reboot=acpi");
    assert_command_line("noreboot=x", "noreboot=x reboot=acpi");
    assert_command_line("quiet reboot", "quiet reboot reboot=acpi");
    assert_command_line("reboot=k", "reboot=k");
    assert_command_line("quiet reboot=k ro", "quiet reboot=k ro");
    assert_command_line("quiet\treboot=k", "quiet\treboot=k");
}

/* One field of the ELF file broken, and what that must give. */
static const struct {
    unsigned offset;
    unsigned bytes;
    uint64_t value;
    enum loader_status status;
} broken_elf[] = {
    {0, 1, 0x7e, LOADER_UNKNOWN_FORMAT},
    {4, 1, 1, LOADER_ELF_NOT_X86_64},
    {5, 1, 2, LOADER_ELF_NOT_X86_64},
    {16, 2, 3, LOADER_ELF_NOT_X86_64},
    {18, 2, 3, LOADER_ELF_NOT_X86_64},
    {24, 8, 0x0ffffff, LOADER_ELF_ENTRY},
    {24, 8, 0x1002000, LOADER_ELF_ENTRY},
    {24, 8, UINT64_MAX, LOADER_ELF_ENTRY},
    {32, 8, IMAGE_ELF_BYTES - 3 * 56 + 1, LOADER_ELF_BROKEN},
    {32, 8, UINT64_MAX - 8, LOADER_ELF_BROKEN},
    {54, 2, 64, LOADER_ELF_BROKEN},
    {56, 2, 0, LOADER_ELF_ENTRY},
    {56, 2, 0xffff, LOADER_ELF_BROKEN},
    {IMAGE_ELF_SEGMENT_0 + 8, 8, IMAGE_ELF_BYTES - 0x1800 + 1, LOADER_ELF_SEGMENTS},
    {IMAGE_ELF_SEGMENT_0 + 8, 8, UINT64_MAX - 0x1000, LOADER_ELF_SEGMENTS},
    {IMAGE_ELF_SEGMENT_0 + 24, 8, 0, LOADER_MEMORY},
    {IMAGE_ELF_SEGMENT_0 + 24, 8, 0xfffff, LOADER_MEMORY},
    {IMAGE_ELF_SEGMENT_0 + 24, 8, 64 * MIB, LOADER_MEMORY},
    {IMAGE_ELF_SEGMENT_0 + 24, 8, 64 * MIB - 0x17ff, LOADER_MEMORY},
    {IMAGE_ELF_SEGMENT_0 + 24, 8, UINT64_MAX - 0x1000, LOADER_MEMORY},
    {IMAGE_ELF_SEGMENT_0 + 24, 8, 0x1001000, LOADER_ELF_SEGMENTS},
    {IMAGE_ELF_SEGMENT_0 + 32, 8, 0x1801, LOADER_ELF_SEGMENTS},
    {IMAGE_ELF_SEGMENT_0 + 32, 8, UINT64_MAX, LOADER_ELF_SEGMENTS},
    {IMAGE_ELF_SEGMENT_0 + 40, 8, 0x17ff, LOADER_ELF_SEGMENTS},
    {IMAGE_ELF_SEGMENT_1 + 40, 8, 64 * MIB - 0x1001800 + 1, LOADER_MEMORY},
    {IMAGE_ELF_SEGMENT_1 + 40, 8, UINT64_MAX, LOADER_MEMORY},
};

static void a_broken_elf_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof(broken_elf) / sizeof(broken_elf[0]); i++) {
        loader_images_elf(image);
        loader_images_put(image + broken_elf[i].offset, broken_elf[i].value, broken_elf[i].bytes);
        if (plan() != broken_elf[i].status) {
            fail_msg("case %zu: %s", i, loader_reason(plan()));
        }
    }
}

static void an_elf_cut_anywhere(void **state)
{
    for (size_t size = 0; size < IMAGE_ELF_BYTES; size += size < 300 ? 1 : 97) {
        uint8_t *cut = malloc(size > 0 ? size : 1);
        memcpy(cut, image, size);
        request.kernel = (struct bytes){cut, size};
        assert_int_not_equal(plan(), LOADER_OK);
        free(cut);
    }
}

static void more_segments_than_a_plan_holds(void **state)
{
    uint8_t *many = calloc(1, 64 + 56 * 64 + 64);
    memcpy(many, image, 64);
    loader_images_put(many + 56, 64, 2);
    for (unsigned i = 0; i < 64; i++) {
        uint8_t *header = many + 64 + 56 * i;
        memcpy(header, image + IMAGE_ELF_SEGMENT_0, 56);
        loader_images_put(header + 8, 64 + 56 * 64, 8);
        loader_images_put(header + 24, 0x1000000 + 64 * i, 8);
        loader_images_put(header + 32, 64, 8);
        loader_images_put(header + 40, 64, 8);
    }
    request.kernel = (struct bytes){many, 64 + 56 * 64 + 64};
    assert_int_equal(plan(), LOADER_ELF_SEGMENTS);
    /* As many as leave no room for the loader's own pages are refused too. */
    loader_images_put(many + 56, 30, 2);
    assert_int_equal(plan(), LOADER_ELF_SEGMENTS);
    loader_images_put(many + 56, 28, 2);
    assert_int_equal(plan(), LOADER_OK);
    free(many);
}

static void a_bzimage_is_loaded(void **state)
{
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(result.rip, 0x1000200);
    assert_memory_equal(loaded(0x1000000), image + IMAGE_BZIMAGE_PART, 4096);
    assert_memory_equal(loaded(0x1002000), image + IMAGE_BZIMAGE_PART + 0x2000, 0x800);
    assert_int_equal(loaded(0x1002800)[0], 0);
    /* The setup header, all of it and no more, as the file has it but for what the loader fills in. */
    const uint8_t *params = loaded(GUEST_BOOT_PARAMS);
    assert_int_equal(params[0x1f0], 0);
    assert_memory_equal(params + 0x1f1, image + 0x1f1, 0x210 - 0x1f1);
    assert_int_equal(params[0x210], 0xff);
    assert_int_equal(params[0x211], 1);
    assert_memory_equal(params + 0x22c, image + 0x22c, 0x26c - 0x22c);
    assert_int_equal(loader_images_get(params + 0x228, 4), 0x91000);
    assert_int_equal(params[0x26c], 0);
    assert_int_equal(loader_images_get(params + 0x70, 8), 0xe0000);
}

static void a_bzimage_keeps_the_initrd_off(void **state)
{
    uint8_t initrd[1] = {1};
    request.initrd = (struct bytes){initrd, 1};
    loader_images_put(image + 0x22c, 0x2ffffff, 4);
    assert_int_equal(plan(), LOADER_OK);
    assert_int_equal(loader_images_get(pages.boot_params + 0x218, 4), 0x2fff000);
    loader_images_put(image + 0x22c, 0x17fffff, 4);
    assert_int_equal(plan(), LOADER_INITRD);
    /* An end so low that subtracting the size would wrap. */
    uint8_t large[5000] = {1};
    request.initrd = (struct bytes){large, sizeof(large)};
    loader_images_put(image + 0x22c, 0, 4);
    assert_int_equal(plan(), LOADER_INITRD);
}

static const struct {
    unsigned offset;
    unsigned bytes;
    uint64_t value;
    enum loader_status status;
} broken_bzimage[] = {
    {0x202, 1, 'h', LOADER_UNKNOWN_FORMAT},
    {0x206, 2, 0x020b, LOADER_BZIMAGE_OLD},
    {0x236, 2, 0x3e, LOADER_BZIMAGE_OLD},
    {0x1f1, 1, 0xff, LOADER_BZIMAGE_BROKEN},
    {0x1f4, 4, (IMAGE_BZIMAGE_BYTES - IMAGE_BZIMAGE_PART) / 16 + 1, LOADER_BZIMAGE_BROKEN},
    {0x1f4, 4, UINT32_MAX, LOADER_BZIMAGE_BROKEN},
    {0x1f4, 4, 0x20, LOADER_BZIMAGE_BROKEN},
    {0x1f4, 4, 0, LOADER_BZIMAGE_BROKEN},
    {0x201, 1, 0x61, LOADER_BZIMAGE_BROKEN},
    {0x201, 1, 0x8f, LOADER_BZIMAGE_BROKEN},
    {0x258, 8, 0, LOADER_MEMORY},
    {0x258, 8, 0x1000001, LOADER_MEMORY},
    {0x258, 8, 64 * MIB, LOADER_MEMORY},
    {0x258, 8, 0xfffffffffffff000, LOADER_MEMORY},
    {0x260, 4, 64 * MIB - 0x1000000 + 1, LOADER_MEMORY},
    {0x260, 4, 0x27ff, LOADER_MEMORY},
};

static void a_broken_bzimage_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof(broken_bzimage) / sizeof(broken_bzimage[0]); i++) {
        loader_images_bzimage(image);
        loader_images_put(image + broken_bzimage[i].offset, broken_bzimage[i].value, broken_bzimage[i].bytes);
        if (plan() != broken_bzimage[i].status) {
            fail_msg("case %zu: %s", i, loader_reason(plan()));
        }
    }
}

static void a_bzimage_cut_anywhere(void **state)
{
    for (size_t size = 0; size <= IMAGE_BZIMAGE_BYTES - 16; size += size > 0x1e0 && size < 0x300 ? 1 : 61) {
        uint8_t *cut = malloc(size > 0 ? size : 1);
        memcpy(cut, image, size);
        request.kernel = (struct bytes){cut, size};
        assert_int_not_equal(plan(), LOADER_OK);
        free(cut);
    }
}

static void every_status_has_its_words(void **state)
{
    for (int status = LOADER_OK; status <= LOADER_COMMAND_LINE; status++) {
        assert_string_not_equal(loader_reason((enum loader_status)status), "it cannot be loaded");
    }
}

#define ELF_TEST(name)     cmocka_unit_test_setup_teardown(name, set_up_elf, tear_down)
#define BZIMAGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_bzimage, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELF_TEST(an_elf_is_loaded),
        ELF_TEST(boot_parameters_of_an_elf),
        ELF_TEST(the_memory_map),
        ELF_TEST(the_page_tables),
        ELF_TEST(an_initrd_lies_at_the_top),
        ELF_TEST(a_long_command_line),
        ELF_TEST(reboots_by_the_reset_register),
        ELF_TEST(a_broken_elf_is_refused),
        ELF_TEST(an_elf_cut_anywhere),
        ELF_TEST(more_segments_than_a_plan_holds),
        BZIMAGE_TEST(a_bzimage_is_loaded),
        BZIMAGE_TEST(a_bzimage_keeps_the_initrd_off),
        BZIMAGE_TEST(a_broken_bzimage_is_refused),
        BZIMAGE_TEST(a_bzimage_cut_anywhere),
        cmocka_unit_test(every_status_has_its_words),
    };
    return cmocka_run_group_tests_name("loader", tests, NULL, NULL);
}
