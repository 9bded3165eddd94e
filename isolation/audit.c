/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/audit.h"

#ifdef __FRAMAC__
/* arch/x86_64/tsc.h */
/*@ assigns \nothing; */
uint64_t tsc_read(void);
/* The log's lock.  Between release and now other CPUs may have recorded; no machine makes 2^64 - 1 records. */
/*@ assigns audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures audit_inv && audit_count < UINT64_MAX;
*/
void ring_acquire(void);
/*@ requires inv: audit_inv;
    assigns \nothing;
*/
void ring_release(void);
#else
#include "arch/x86_64/spinlock.h"
#include "arch/x86_64/tsc.h"

static struct spinlock ring_lock;

static inline void ring_acquire(void)
{
    spinlock_acquire(&ring_lock);
}

static inline void ring_release(void)
{
    spinlock_release(&ring_lock);
}
#endif

struct audit_record audit_ring[AUDIT_RECORDS];
uint64_t audit_count;

/*@ requires inv: audit_inv && audit_count < UINT64_MAX;
    assigns audit_ring[audit_count % AUDIT_RECORDS], audit_count;
    ensures inv: audit_inv;
    ensures count: audit_count == \old(audit_count) + 1;
    ensures event: audit_ring[\old(audit_count) % AUDIT_RECORDS].word[AUDIT_WORD_EVENT] == event;
    ensures values: audit_ring[\old(audit_count) % AUDIT_RECORDS].word[AUDIT_WORD_A] == a &&
      audit_ring[\old(audit_count) % AUDIT_RECORDS].word[AUDIT_WORD_B] == b &&
      audit_ring[\old(audit_count) % AUDIT_RECORDS].word[AUDIT_WORD_C] == c;
*/
static void record_locked(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    uint32_t i = (uint32_t)(audit_count % AUDIT_RECORDS);

    audit_ring[i].word[AUDIT_WORD_SEQUENCE] = audit_count;
    audit_ring[i].word[AUDIT_WORD_TSC] = tsc_read();
    audit_ring[i].word[AUDIT_WORD_EVENT] = event;
    audit_ring[i].word[AUDIT_WORD_A] = a;
    audit_ring[i].word[AUDIT_WORD_B] = b;
    audit_ring[i].word[AUDIT_WORD_C] = c;
    audit_count += 1u;
    //@ assert others: \forall integer n; 0 <= n ==> n < \at(audit_count,Pre) ==> audit_has(n) ==> n % AUDIT_RECORDS != i;
}

void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    ring_acquire();
    record_locked(event, a, b, c);
    ring_release();
}

/*@ requires inv: audit_inv;
    assigns \nothing;
    ensures lost: !audit_has(sequence) ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RDI);
    ensures word: audit_has(sequence) && word >= AUDIT_WORDS ==> \result.status == STATUS_AT(STATUS_INVALID, OPERAND_RSI);
    ensures ok: audit_has(sequence) && word < AUDIT_WORDS ==> \result.status == STATUS_OK &&
      \result.value == audit_ring[sequence % AUDIT_RECORDS].word[word];
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
*/
static struct answer read_locked(uint64_t sequence, uint64_t word)
{
    /* Is it recorded, and not yet lost? */
    if (sequence >= audit_count || audit_count - sequence > AUDIT_RECORDS) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RDI), 0);
    }
    if (word >= AUDIT_WORDS) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RSI), 0);
    }
    return answer(STATUS_OK, audit_ring[sequence % AUDIT_RECORDS].word[word]);
}

struct answer audit_read(uint64_t sequence, uint64_t word)
{
    struct answer a;

    ring_acquire();
    a = read_locked(sequence, word);
    ring_release();
    return a;
}

uint64_t audit_next(void)
{
#ifdef __FRAMAC__
    return audit_count;
#else
    return __atomic_load_n(&audit_count, __ATOMIC_RELAXED);
#endif
}
