/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TINY_TINY_H
#define TESTS_TINY_TINY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"

/*
 * What a tiny manager needs: a test of the core from outside, that sees only abi/ and lib/.
 * It starts through manager/entry.S, which gives a direct map of the first 4 GiB.
 */
#define TINY_DIRECT_MAP 0xffff800000000000ull

/* Write it.  Called once the console and the fault handlers are there; when it returns the machine goes off. */
void tiny_main(const struct boot_info *info);

/* The console: COM1 and the emulator's debug port. */
void tiny_text(const char *text);
void tiny_hex(uint64_t value);
void tiny_decimal(uint64_t value);

/* "PASS name" or "FAIL name", counted; tiny_end() prints "N passed, M failed". */
void tiny_check(const char *name, bool passed);
/* The same, showing both values where they differ. */
void tiny_check_equal(const char *name, uint64_t got, uint64_t wanted);
/* "BENCH name value unit". */
void tiny_bench(const char *name, uint64_t value, const char *unit);
/* The closing line, and power off. */
_Noreturn void tiny_end(void);

struct tiny_answer {
    uint64_t status;
    uint64_t value;
};
struct tiny_answer tiny_call(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10,
                             uint64_t r8);

/* HYPERCALL_VCPU_RUN.  Registers by number as in TDVMCALL (abi/guest_call.h); rax..rsp are not used. */
struct tiny_run {
    uint64_t reg[16];
    uint64_t status; /* RAX */
    uint64_t exit;   /* RCX */
    uint64_t vcpu;
    uint64_t slice;
};
void tiny_vcpu_run(struct tiny_run *run);
uint32_t tiny_run_kind(const struct tiny_run *run);

/* Do something that may fault, and say which vector it raised: TINY_NO_FAULT, or 0 to 31. */
#define TINY_NO_FAULT 0xffu
uint32_t tiny_try_read(uint64_t address, uint64_t *value);
uint32_t tiny_try_write(uint64_t address, uint64_t value);
uint32_t tiny_try_call(uint64_t address); /* of a function that leaves RAX as it is */
uint32_t tiny_try_in(uint16_t port, uint8_t *value);
uint32_t tiny_try_out(uint16_t port, uint32_t value, uint32_t bytes);
uint32_t tiny_try_rdmsr(uint32_t msr, uint64_t *value);
uint32_t tiny_try_wrmsr(uint32_t msr, uint64_t value);
/* The error code and the address (CR2) of the last fault. */
uint64_t tiny_fault_code(void);
uint64_t tiny_fault_address(void);

/* Run `function` on CPU `cpu` too; returns CPU_START's status once it has begun.  Of those functions alone no more than
 * one at a time may use the console, tiny_check or tiny_frames. */
uint64_t tiny_cpu_start(uint32_t cpu, void (*function)(uint32_t cpu));
/* The x2APIC id of this CPU; in a guest, the index of the vCPU. */
uint32_t tiny_apic_id(void);
static inline void tiny_pause(void)
{
    __asm__ volatile("pause" ::: "memory");
}

/* A frame of the manager's, zeroed, never given twice; `count` contiguous ones. */
uint64_t tiny_frames(uint64_t count);
/* Where a frame is in the direct map. */
void *tiny_at(uint64_t hfn);
uint64_t tiny_rdtsc(void);
/* Words of the audit log: is there a record of `event` with first value `a` at or after `sequence`? */
bool tiny_audit_has(uint64_t sequence, uint64_t event, uint64_t a);
uint64_t tiny_audit_next(void);

/* The number after `key` in the core's command line, or `otherwise`. */
uint64_t tiny_setting(const struct boot_info *info, const char *key, uint64_t otherwise);

#define TINY_VCPUS_MAX 4u

/* A guest that runs a function of this image, in a copy of the image as it is now (tiny_guest.c). */
struct tiny_guest {
    uint64_t partition;
    uint64_t vcpu; /* the first */
    uint64_t vcpus[TINY_VCPUS_MAX];
    uint64_t first_hfn; /* its private frames 0 .. frames - 1 were these of the manager's */
    uint64_t frames;
};
#define TINY_GUEST_FRAMES 1024u
/* Create, donate, seal.  False, after saying why, where a call is refused. */
bool tiny_guest_make(struct tiny_guest *guest, void (*entry)(void));
/* The same with `count` vCPUs, at most TINY_VCPUS_MAX, all of which begin in `entry`; and on frames that the guest had
 * in an earlier life (first_hfn), where `again`. */
bool tiny_guest_make_vcpus(struct tiny_guest *guest, void (*entry)(void), uint32_t count, bool again);
/* Run it until it says something (guest_say): true, with what it said, to be answered by the next call. False
 * where it halted, was killed or was refused: tiny_run_kind() and the registers tell.  Time slices go on by themselves
 * up to `slices` of `run->slice` ticks. */
bool tiny_guest_run(struct tiny_run *run, uint32_t slices, uint64_t *said);
/* Destroy and reclaim all of it. */
bool tiny_guest_unmake(struct tiny_guest *guest);

#endif
