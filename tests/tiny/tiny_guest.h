/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TINY_TINY_GUEST_H
#define TESTS_TINY_TINY_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What runs inside a tiny guest.  Guest-physical memory is private and mapped at TINY_PRIVATE, and the same with
 * the shared bit at TINY_SHARED; the image itself runs at its own virtual addresses.
 */
#define TINY_PRIVATE 0x100000000ull
#define TINY_SHARED  0x200000000ull
/* Guest pages that belong to the test, first and after the last. */
#define TINY_FREE_FIRST 0x300u
#define TINY_FREE_END   0x340u

/* TDCALL with the registers of TDVMCALL: [n] is register n; RCX and the rest are in and out. */
uint64_t guest_tdcall(uint64_t leaf, uint64_t reg[16]);

/* TDG.VP.VMCALL of `function`; returns R10, and R11 in *value where it is not NULL. */
uint64_t guest_vmcall(uint64_t function, uint64_t r12, uint64_t r13, uint64_t r14, uint64_t r15,
                      uint64_t *value);

/* Tell the manager `value` (a port write to TINY_PORT), and wait for its answer. */
#define TINY_PORT 0x500u
uint64_t guest_say(uint64_t value);

/* MapGPA: pages from `gfn` on become shared, or private.  Goes on at RETRY.  Returns R10. */
uint64_t guest_map(uint64_t gfn, uint64_t count, bool shared);

/* Halt until an interrupt. */
void guest_halt(void);

/* The last #VE that guest_try_* met (TDG.VP.VEINFO.GET): exit reason, qualification, GLA, GPA. */
struct guest_ve {
    uint64_t reason;
    uint64_t qualification;
    uint64_t linear;
    uint64_t physical;
    uint64_t length;
};
extern struct guest_ve guest_last_ve;

#endif
