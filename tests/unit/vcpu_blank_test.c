/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "arch/x86_64/panic.h"
#include "arch/x86_64/vmxon.h"
#include "arch/x86_64/window.h"
#include "lib/addr.h"
#include "vmx/vcpu_blank.h"
#include "vmx/vcpu_frames.h"

/* A vCPU's frames between two owners: VMCLEAR, so that the CPU writes nothing back later; scrub of all; VMCLEAR again. */
enum { FIRST = 100, SLOT = 5, REVISION = 0x1d };

static bool cached; /* the CPU holds part of the VMCS and will write it back */
static bool clean[VCPU_FRAMES];
static bool clear; /* the VMCS is as VMCLEAR leaves it */
static uint32_t word[1024];
static bool vmclear_works;

static uint64_t index_of(hfn_t frame)
{
    assert_in_range(frame, vcpu_frames_vmcs(SLOT), vcpu_frames_vmcs(SLOT) + VCPU_FRAMES - 1);
    return frame - vcpu_frames_vmcs(SLOT);
}

bool insn_vmclear(uint64_t vmcs)
{
    assert_int_equal(vmcs, vcpu_frames_vmcs(SLOT) * FRAME_SIZE);
    if (cached) {
        clean[0] = false;
    }
    cached = false;
    clear = true;
    return vmclear_works;
}

void window_scrub(hfn_t frame)
{
    clean[index_of(frame)] = true;
    clear = clear && index_of(frame) != 0;
    if (index_of(frame) == 0) {
        memset(word, 0, sizeof(word));
    }
}

void *window_open(hfn_t frame)
{
    assert_int_equal(index_of(frame), 0);
    clear = false;
    return word;
}

void window_close(void)
{
}

uint32_t vmxon_revision(void)
{
    return REVISION;
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    mock_assert(0, "panic", "vmx/vcpu_blank.c", 0);
    abort();
}

static int setup(void **state)
{
    vcpu_frames_init(FIRST);
    memset(clean, 0, sizeof(clean));
    memset(word, 0xa5, sizeof(word));
    cached = true;
    clear = false;
    vmclear_works = true;
    return 0;
}

static void nothing_is_left(void **state)
{
    vcpu_blank(SLOT);
    for (uint32_t n = 0; n < VCPU_FRAMES; n++) {
        assert_true(clean[n]);
    }
    assert_false(cached);
    assert_true(clear);
    assert_int_equal(word[0], REVISION);
    assert_int_equal(word[1], 0);
}

static void a_vmcs_that_cannot_be_cleared_stops_the_core(void **state)
{
    vmclear_works = false;
    expect_assert_failure(vcpu_blank(SLOT));
}

static void slots_share_no_frame(void **state)
{
    assert_int_equal(vcpu_frames_vmcs(0), FIRST);
    assert_int_equal(vcpu_frames_vmcs(SLOT + 1), vcpu_frames_vmcs(SLOT) + VCPU_FRAMES);
    assert_in_range(vcpu_frames_state(SLOT), vcpu_frames_vmcs(SLOT) + 1,
                    vcpu_frames_vmcs(SLOT) + VCPU_FRAMES - 1);
    /* The CPU writes to the virtual-APIC page by its number: it is none of the other frames of the vCPU. */
    assert_int_equal(vcpu_frames_virtual_apic(SLOT),
                     vcpu_frames_state(SLOT) + offsetof(struct vcpu_state, virtual_apic) / FRAME_SIZE);
    assert_int_equal(vcpu_frames_virtual_apic(SLOT), vcpu_frames_vmcs(SLOT) + VCPU_FRAMES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_left, setup),
        cmocka_unit_test_setup(a_vmcs_that_cannot_be_cleared_stops_the_core, setup),
        cmocka_unit_test_setup(slots_share_no_frame, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
