/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_VMX_FAKE_H
#define TESTS_UNIT_VMX_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/guest_call.h"
#include "arch/x86_64/insn.h"
#include "isolation/page.h"
#include "vmx/exit.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"

/*
 * One CPU with one current vCPU of one guest, as the exit handlers see it: the VMCS, the saved
 * registers, what the handlers ask of the rest of the core and what they tell it.
 */
#define FAKE_PARTITION    2u
#define FAKE_VCPUS        20u /* of the guest; the current one is index 0 */
#define FAKE_SHARED_BIT   (1ull << 39)
#define FAKE_GUEST_FRAMES 16u /* private frames 0 .. 15, in frames FAKE_FIRST_FRAME on */
#define FAKE_FIRST_FRAME  0x100u
/* CPUs of the manager's beside the one this is, which has x2APIC id 3, and one it does not have. */
#define FAKE_OTHER_APIC_ID  9u
#define FAKE_PARKED_APIC_ID 11u

enum fake_return { FAKE_NONE, FAKE_INTERRUPTED, FAKE_WAKE, FAKE_CALL, FAKE_HALTED, FAKE_KILLED, FAKE_FATAL };

struct fake {
    uint64_t tsc;
    uint64_t skipped; /* bytes RIP has moved */
    /* run_return_* */
    enum fake_return returned;
    uint64_t return_value; /* mask, deadline or reason */
    /* kick_vcpu, by index of the vCPU */
    uint64_t running; /* on some CPU */
    uint64_t kicked;
    uint64_t return_detail;
    /* The native CPU. */
    struct cpuid_result (*cpuid)(uint32_t leaf, uint32_t subleaf);
    uint64_t native_msr[0x1000];
    uint32_t wrmsr_index;
    uint64_t wrmsr_value;
    uint32_t wrmsr_count;
    bool refuse_msr; /* the CPU does not take the value of world_write_msr() */
    uint64_t xcr0;
    uint32_t xsetbv_count;
    uint64_t dr6;
    /* Memory of the guest. */
    uint8_t memory[FAKE_GUEST_FRAMES][4096];
    bool absent[FAKE_GUEST_FRAMES];
    uint32_t windows; /* opened in all */
    bool window_open;
    bool locked;
    /* page_share and page_unshare. */
    uint64_t page_gfn;
    uint64_t page_count;
    uint32_t page_calls;
    bool page_shared;
    uint64_t page_status;
    enum page_state page_state;
    /* audit_record */
    uint32_t audited; /* records */
    uint64_t audit_event;
    uint64_t audit_a;
};

extern struct fake fake;

/* Everything as after reset of the vCPU, in 64-bit code at CPL 0 with interrupts on. */
void fake_reset(void);
/* A CPU with every feature of the list, or with none. */
struct cpuid_result fake_cpuid_rich(uint32_t leaf, uint32_t subleaf);
struct cpuid_result fake_cpuid_poor(uint32_t leaf, uint32_t subleaf);
/* The event that the next entry would inject: vector, or 0. */
uint32_t fake_injected(void);
/* Does the next entry inject exception `vector`, with error code 0 where it has one? */
bool fake_raises(uint32_t vector);
void fake_clear_injected(void);

#endif
