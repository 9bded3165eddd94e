/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TORTURE_MACHINE_H
#define TESTS_TORTURE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/vcpu_state.h"

/*
 * One CPU with VMX, on the host: the whole of the core above arch/x86_64 runs on it, from the VM exit to the VM entry.
 * It keeps EPT translations as long as it may.
 */
enum machine_size {
    MACHINE_RAM_FIRST = 64, /* frames below are the core's */
    MACHINE_LIMIT = 1088,   /* first frame above all RAM */
    MACHINE_TABLES = 256,
    MACHINE_TABLES_HFN = 0x8000,
    MACHINE_CORE_HFN = 0xa000, /* VMCSs and saved registers */
    MACHINE_MSRS = 0x2000,
    MACHINE_VECTOR_WORDS = 16,
};
#define MACHINE_SHARED_GFN (1ull << 27) /* the shared bit, as a number of guest frames */

/* What the CPU holds beside the general registers. */
struct machine {
    uint64_t cr2, dr[4], dr6, xcr0;
    uint64_t msr[MACHINE_MSRS];
    uint64_t vector[MACHINE_VECTOR_WORDS]; /* of XMM and YMM */
    uint64_t tsc;
};
extern struct machine machine;

/* From power on to the first entry of the manager. */
void machine_boot(void);
/* A field of the current VMCS. */
uint64_t machine_vmcs(uint64_t field);
void machine_set_vmcs(uint64_t field, uint64_t value);
/* An exit for `reason` with these general registers: runs the core up to the next entry. */
void machine_exit(uint32_t reason, const struct gpr_file *gpr);
/* VMLAUNCH or VMRESUME fails at once with this VM-instruction error. */
void machine_entry_refused(uint64_t error);
/* The frame that the partition which runs reaches at its guest frame `gfn`, by what the CPU has cached of its EPT; false: an
 * EPT violation. */
bool machine_reach(uint64_t gfn, uint64_t *hfn, bool *executable);
/* The same by the tables alone, of partition slot `partition`. */
bool machine_walk(uint32_t partition, uint64_t gfn, uint64_t *entry);
/* First word of a frame of RAM, and its last. */
uint64_t machine_word(uint64_t hfn);
uint64_t machine_last_word(uint64_t hfn);
void machine_set_words(uint64_t hfn, uint64_t word);
/* Index of an MSR in machine.msr. */
uint32_t machine_msr_place(uint32_t msr);

/* What the test does when something is wrong; does not return. */
_Noreturn void machine_fails(const char *what, uint64_t a, uint64_t b);

#endif
