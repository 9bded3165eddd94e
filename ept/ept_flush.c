/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/ept_flush.h"

#include "arch/x86_64/shootdown.h"
#include "ept/ept_entry.h"
#include "ept/ept_window.h"

/* Where a CPU is: a partition it is in or about to enter, or EPT_FLUSH_NOWHERE.  Written by that CPU, but for the
 * boot; read by every initiator.  A cache line each: it is written at every exit and entry. */
struct place {
    _Alignas(64) uint32_t partition;
};
static struct place inside[CPUS_MAX];
static uint64_t seen[CPUS_MAX]
                    [PARTITIONS_MAX]; /* the epoch up to which a CPU has flushed; written as above */
static uint64_t epochs[PARTITIONS_MAX];

void ept_flush_init(void)
{
    for (uint32_t c = 0; c < CPUS_MAX; c++) {
        inside[c].partition = EPT_FLUSH_NOWHERE;
    }
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        epochs[v] = 1;
    }
}

static __attribute__((noinline)) void catch_up(uint32_t cpu, uint32_t partition, uint64_t epoch)
{
    shootdown_invept_all();
    __atomic_store_n(&seen[cpu][partition], epoch, __ATOMIC_RELEASE);
}

void ept_flush_enter(uint32_t cpu, uint32_t partition)
{
    uint64_t epoch;

    /* Sequentially consistent: the store is visible before the epoch is read. */
    __atomic_store_n(&inside[cpu].partition, partition, __ATOMIC_SEQ_CST);
    epoch = __atomic_load_n(&epochs[partition], __ATOMIC_SEQ_CST);
    if (seen[cpu][partition] != epoch) {
        catch_up(cpu, partition, epoch);
    }
}

void ept_flush_leave(uint32_t cpu)
{
    __atomic_store_n(&inside[cpu].partition, EPT_FLUSH_NOWHERE, __ATOMIC_RELEASE);
}

void ept_flush_acknowledge(uint32_t cpu)
{
    uint32_t partition = __atomic_load_n(&inside[cpu].partition, __ATOMIC_RELAXED);

    if (partition != EPT_FLUSH_NOWHERE) {
        catch_up(cpu, partition, __atomic_load_n(&epochs[partition], __ATOMIC_ACQUIRE));
    }
}

/* Waits until CPU `cpu` is out of `partition` or has flushed up to `epoch`. */
static void wait_for(uint32_t cpu, uint32_t partition, uint64_t epoch)
{
    while (__atomic_load_n(&inside[cpu].partition, __ATOMIC_ACQUIRE) == partition &&
           __atomic_load_n(&seen[cpu][partition], __ATOMIC_ACQUIRE) < epoch) {
        __builtin_ia32_pause();
    }
}

void ept_flush_cpus(uint32_t partition)
{
    uint32_t self = shootdown_this_cpu();
    uint64_t epoch = __atomic_add_fetch(&epochs[partition], 1u, __ATOMIC_SEQ_CST);

    shootdown_invept(ept_pointer(ept_window_root(partition)));
    /* Had this CPU flushed up to the epoch before?  Else its next entry flushes every context. */
    if (seen[self][partition] == epoch - 1u) {
        seen[self][partition] = epoch;
    }
    for (uint32_t c = 0; c < CPUS_MAX; c++) {
        if (c != self && __atomic_load_n(&inside[c].partition, __ATOMIC_SEQ_CST) == partition) {
            shootdown_nmi(c);
        }
    }
    for (uint32_t c = 0; c < CPUS_MAX; c++) {
        if (c != self) {
            wait_for(c, partition, epoch);
        }
    }
}

void ept_flush_renew(uint32_t partition)
{
    __atomic_add_fetch(&epochs[partition], 1u, __ATOMIC_SEQ_CST);
}
