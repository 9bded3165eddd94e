/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/layout.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/window.h"
#include "lib/addr.h"

/*
 * The core's own tables, as a hardware walker sees them: writable or executable and never both, nothing but what the core
 * says it maps, and windows that show one frame at a time.  The image is where it is linked, so that its physical addresses
 * are its own on the host.
 */
enum { TEXT_PAGES = 3, CONSTANT_PAGES = 2, DATA_PAGES = 4, ENTRIES = 512 };
__asm__(".data\n.balign 4096\n"
        ".globl image_start\nimage_start: .skip 0x3000\n"
        ".globl image_rodata\nimage_rodata: .skip 0x2000\n"
        ".globl image_data\nimage_data: .skip 0x4000\n"
        ".globl image_end\nimage_end: .byte 0\n.text\n");
extern const uint8_t image_start[], image_rodata[], image_data[];

#define PRESENT    (1ull << 0)
#define WRITE      (1ull << 1)
#define USER       (1ull << 2)
#define UNCACHED   (3ull << 3)
#define LARGE      (1ull << 7)
#define NO_EXECUTE (1ull << 63)
#define ADDRESS    0x000ffffffffff000ull
#define RIGHTS     (PRESENT | WRITE | USER | UNCACHED | NO_EXECUTE)

#define FRAME_WINDOW (LAYOUT_CPUS + CPU_PAGE_FRAME_WINDOW * FRAME_SIZE)
#define STATE_WINDOW (LAYOUT_CPUS + CPU_PAGE_STATE_WINDOW * FRAME_SIZE)
#define A_FRAME      0x1234ull

static struct percpu this_cpu;
static uint64_t root_loaded;
static uint64_t forgotten; /* the last address whose translation was forgotten */
static uint64_t scrubbed;  /* quadwords, of the frame window while it showed A_FRAME */
static uint64_t written_back;

/* The leaf that translates `virtual`, or 0. */
static uint64_t walk(uint64_t virtual)
{
    uint64_t entry = paging_root();

    for (uint32_t shift = 39; shift >= 12; shift -= 9) {
        entry = ((const uint64_t *)(entry & ADDRESS))[(virtual >> shift) % ENTRIES];
        if ((entry & PRESENT) == 0) {
            return 0;
        }
        if (shift == 12 || (entry & LARGE) != 0) {
            return entry;
        }
        assert_int_equal(entry & USER, 0);
    }
    return 0;
}

static void assert_leaf(uint64_t virtual, uint64_t physical, uint64_t rights)
{
    const uint64_t leaf = walk(virtual);

    assert_int_equal(leaf & ADDRESS, physical);
    assert_int_equal(leaf & RIGHTS, rights);
}

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    return (uint64_t)&this_cpu;
}

void insn_write_cr3(uint64_t value)
{
    root_loaded = value;
}

void insn_invlpg(const void *address)
{
    forgotten = (uint64_t)address;
}

void insn_zero_quadwords(void *to, uint64_t count)
{
    assert_int_equal((uint64_t)to, FRAME_WINDOW);
    assert_leaf(FRAME_WINDOW, A_FRAME * FRAME_SIZE, PRESENT | WRITE | NO_EXECUTE);
    scrubbed = count;
}

void insn_clflush(const void *at)
{
    assert_int_equal(walk(FRAME_WINDOW) & ADDRESS, A_FRAME * FRAME_SIZE);
    assert_int_equal((uint64_t)at, FRAME_WINDOW + written_back);
    written_back += 64;
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    mock_assert(0, "panic", "window.c or paging.c", 0);
    abort();
}

static int setup(void **state)
{
    memset(&this_cpu, 0, sizeof(this_cpu));
    this_cpu.self = (uint64_t)&this_cpu;
    paging_init(LAYOUT_IMAGE);
    window_init_state();
    return 0;
}

static void image_is_writable_or_executable(void **state)
{
    for (uint64_t n = 0; n < TEXT_PAGES; n++) {
        const uint64_t at = (uint64_t)image_start + n * FRAME_SIZE;

        assert_leaf(at, at, PRESENT);
    }
    for (uint64_t n = 0; n < CONSTANT_PAGES; n++) {
        const uint64_t at = (uint64_t)image_rodata + n * FRAME_SIZE;

        assert_leaf(at, at, PRESENT | NO_EXECUTE);
    }
    for (uint64_t n = 0; n < DATA_PAGES; n++) {
        const uint64_t at = (uint64_t)image_data + n * FRAME_SIZE;

        assert_leaf(at, at, PRESENT | WRITE | NO_EXECUTE);
    }
    assert_int_equal(walk((uint64_t)image_start - FRAME_SIZE), 0);
    assert_int_equal(walk((uint64_t)image_data + DATA_PAGES * FRAME_SIZE), 0);
    assert_int_equal(walk(0), 0);
    assert_int_equal(walk(LAYOUT_BOOT), 0);
}

static void no_page_of_a_cpu_is_there_before_it_is_given(void **state)
{
    for (uint64_t page = 0; page < ENTRIES; page++) {
        assert_int_equal(walk(LAYOUT_CPUS + page * FRAME_SIZE), 0);
    }
    paging_switch();
    assert_int_equal(root_loaded, paging_root());
}

static void arrays_are_data(void **state)
{
    paging_map_large(LAYOUT_FRAMES, 0x40000000, 3 * LAYOUT_LARGE_PAGE);
    for (uint64_t n = 0; n < 3; n++) {
        const uint64_t leaf = walk(LAYOUT_FRAMES + n * LAYOUT_LARGE_PAGE);

        assert_int_equal(leaf & (RIGHTS | LARGE), PRESENT | WRITE | NO_EXECUTE | LARGE);
        assert_int_equal(leaf & ADDRESS, 0x40000000 + n * LAYOUT_LARGE_PAGE);
    }
    assert_int_equal(walk(LAYOUT_FRAMES + 3 * LAYOUT_LARGE_PAGE), 0);
}

static void registers_are_uncached_and_apart(void **state)
{
    const uint64_t first = (uint64_t)paging_map_device(0xfed00010, 0x400);
    const uint64_t second = (uint64_t)paging_map_device(0xfec00ff0, 0x20);

    assert_leaf(first, 0xfed00000, PRESENT | WRITE | UNCACHED | NO_EXECUTE);
    assert_int_equal(first % FRAME_SIZE, 0x10);
    assert_leaf(second, 0xfec00000, PRESENT | WRITE | UNCACHED | NO_EXECUTE);
    assert_leaf(second + 0x10, 0xfec01000, PRESENT | WRITE | UNCACHED | NO_EXECUTE);
    assert_int_equal(walk(first + FRAME_SIZE), 0);
    assert_int_equal(walk(second + 2 * FRAME_SIZE), 0);
    paging_unmap_device((const void *)second);
    assert_int_equal(walk(second), 0);
    assert_int_equal(walk(second + FRAME_SIZE), 0);
    assert_leaf(first, 0xfed00000, PRESENT | WRITE | UNCACHED | NO_EXECUTE);
}

static void start_page_is_executable_only_while_it_is_needed(void **state)
{
    paging_map_trampoline(0x8000);
    assert_leaf(0x8000, 0x8000, PRESENT);
    forgotten = 0;
    paging_unmap_trampoline(0x8000);
    assert_int_equal(walk(0x8000), 0);
    assert_int_equal(forgotten, 0x8000);
}

static void a_window_shows_one_frame(void **state)
{
    forgotten = 0;
    assert_int_equal((uint64_t)window_open(A_FRAME), FRAME_WINDOW);
    assert_int_equal(forgotten, FRAME_WINDOW);
    assert_leaf(FRAME_WINDOW, A_FRAME * FRAME_SIZE, PRESENT | WRITE | NO_EXECUTE);
    assert_int_equal(this_cpu.taint, 1);
    expect_assert_failure(window_open(A_FRAME + 1));
    forgotten = 0;
    window_close();
    assert_int_equal(walk(FRAME_WINDOW), 0);
    assert_int_equal(forgotten, FRAME_WINDOW);
    expect_assert_failure(window_open(0));
    expect_assert_failure(window_open(FRAMES_MAX));
    assert_int_equal(walk(FRAME_WINDOW), 0);
}

static void a_window_to_read_is_read_only(void **state)
{
    assert_int_equal((uint64_t)window_open_read(A_FRAME), FRAME_WINDOW);
    assert_leaf(FRAME_WINDOW, A_FRAME * FRAME_SIZE, PRESENT | NO_EXECUTE);
    assert_int_equal(this_cpu.taint, 1);
    window_close();
    assert_int_equal(walk(FRAME_WINDOW), 0);
}

static void a_scrub_is_of_the_whole_frame(void **state)
{
    scrubbed = 0;
    written_back = 0;
    window_scrub(A_FRAME);
    assert_int_equal(scrubbed * 8, FRAME_SIZE);
    assert_int_equal(written_back, 0);
    assert_int_equal(walk(FRAME_WINDOW), 0);
    window_write_back();
    window_scrub(A_FRAME);
    assert_int_equal(written_back, FRAME_SIZE);
}

static void the_state_window_shows_one_vcpu(void **state)
{
    assert_int_equal((uint64_t)this_cpu.state_window, STATE_WINDOW);
    assert_int_equal(walk(STATE_WINDOW), 0);
    window_map_state(A_FRAME);
    assert_leaf(STATE_WINDOW, A_FRAME * FRAME_SIZE, PRESENT | WRITE | NO_EXECUTE);
    assert_leaf(STATE_WINDOW + FRAME_SIZE, (A_FRAME + 1) * FRAME_SIZE, PRESENT | WRITE | NO_EXECUTE);
    assert_int_equal(walk(STATE_WINDOW + 2 * FRAME_SIZE), 0);
    this_cpu.taint = 0;
    forgotten = 0;
    window_map_state(A_FRAME + 8);
    assert_leaf(STATE_WINDOW, (A_FRAME + 8) * FRAME_SIZE, PRESENT | WRITE | NO_EXECUTE);
    assert_leaf(STATE_WINDOW + FRAME_SIZE, (A_FRAME + 9) * FRAME_SIZE, PRESENT | WRITE | NO_EXECUTE);
    assert_int_equal(this_cpu.taint, 1);
    assert_int_equal(forgotten, STATE_WINDOW + FRAME_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_is_writable_or_executable),
        cmocka_unit_test(no_page_of_a_cpu_is_there_before_it_is_given),
        cmocka_unit_test(arrays_are_data),
        cmocka_unit_test(registers_are_uncached_and_apart),
        cmocka_unit_test(start_page_is_executable_only_while_it_is_needed),
        cmocka_unit_test(a_window_shows_one_frame),
        cmocka_unit_test(a_window_to_read_is_read_only),
        cmocka_unit_test(a_scrub_is_of_the_whole_frame),
        cmocka_unit_test(the_state_window_shows_one_vcpu),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
