/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/audit.h"

#include "abi/status.h"
#include "arch/x86_64/spinlock.h"
#include "arch/x86_64/tsc.h"

static struct audit_record ring[AUDIT_RECORDS];
static uint64_t next;
static struct spinlock ring_lock;

static void record_locked(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    uint32_t i = (uint32_t)(next % AUDIT_RECORDS);

    ring[i].word[AUDIT_WORD_SEQUENCE] = next;
    ring[i].word[AUDIT_WORD_TSC] = tsc_read();
    ring[i].word[AUDIT_WORD_EVENT] = event;
    ring[i].word[AUDIT_WORD_A] = a;
    ring[i].word[AUDIT_WORD_B] = b;
    ring[i].word[AUDIT_WORD_C] = c;
    next += 1u;
}

void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    spinlock_acquire(&ring_lock);
    record_locked(event, a, b, c);
    spinlock_release(&ring_lock);
}

static struct answer read_locked(uint64_t sequence, uint64_t word)
{
    /* Is it recorded, and not yet lost? */
    if (sequence >= next || next - sequence > AUDIT_RECORDS) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RDI), 0);
    }
    if (word >= AUDIT_WORDS) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RSI), 0);
    }
    return answer(STATUS_OK, ring[sequence % AUDIT_RECORDS].word[word]);
}

struct answer audit_read(uint64_t sequence, uint64_t word)
{
    struct answer a;

    spinlock_acquire(&ring_lock);
    a = read_locked(sequence, word);
    spinlock_release(&ring_lock);
    return a;
}

uint64_t audit_next(void)
{
    return __atomic_load_n(&next, __ATOMIC_RELAXED);
}
