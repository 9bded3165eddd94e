/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_CPU_BUGS_H
#define ARCH_X86_64_CPU_BUGS_H

#include <stdbool.h>

#include "arch/x86_64/percpu.h"

/*
 * What this CPU's design errors ask of the core when one partition follows another.
 * Source: Intel SDM Vol. 4, "IA32_ARCH_CAPABILITIES"; Intel, "Software Security Guidance": "L1 Terminal Fault",
 * "Microarchitectural Data Sampling", "Processor MMIO Stale Data Vulnerabilities", "Register File Data
 * Sampling", "Indirect Branch Predictor Barrier"; "Post-barrier Return Stack Buffer Predictions", Introduction: by
 * Intel's IBPB no return that follows is predicted from what was called before, but for the one that follows the last
 * call; that call is always the core's own, made since the exit (vmx/entry.S).  Of other vendors this is not said.
 */
struct cpu_bugs {
    bool flush;            /* any of the two below: entries by a tainted CPU flush first */
    bool l1d;              /* flush the L1 data cache */
    bool verw;             /* overwrite the fill, store and load buffers and the register files */
    bool barrier;          /* IBPB where one partition follows another */
    bool return_stack;     /* IBPB may leave the return stack: it is filled too */
    bool large_executable; /* executable EPT leaves of 2 MiB raise no machine check */
    bool l1tf_open;        /* L1TF is there and the CPU cannot flush L1D: said on the console */
    bool mds_open;         /* the same for MDS and VERW */
    bool v2_open;          /* no IBPB */
};

extern struct cpu_bugs cpu_bugs;

/* What the capability words mean; pure.  `intel`: the vendor is Intel, `structured_edx` is CPUID leaf 7 EDX, `rtm` whether leaf 7 EBX has
 * RTM, `capabilities` the value of IA32_ARCH_CAPABILITIES, 0 where the CPU has none. */
struct cpu_bugs cpu_bugs_decide(bool intel, uint32_t structured_edx, bool rtm, uint64_t capabilities);

/* Decide for this machine, from the boot CPU, and say on the console what stays open. */
void cpu_bugs_init(void);

/* The slow half of cpu_bugs_before_entry(). */
void cpu_bugs_flush(void);

/* Before every entry into a partition: a CPU that touched another partition's memory or registers since its last
 * entry (percpu.taint) leaves nothing of them where the partition could sample it. */
static inline void cpu_bugs_before_entry(void)
{
    if (cpu_bugs.flush) {
        cpu_bugs_flush();
    }
}

/* The slow half of cpu_bugs_on_switch(). */
void cpu_bugs_barrier(void);

/* Where the next entry is into another partition than the last one on this CPU. */
static inline void cpu_bugs_on_switch(void)
{
    if (cpu_bugs.barrier) {
        cpu_bugs_barrier();
    }
}

#endif
