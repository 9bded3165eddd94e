/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_AUDIT_H
#define ISOLATION_AUDIT_H

#include <stdint.h>

#include "abi/audit.h"
#include "abi/status.h"
#include "lib/answer.h"

/* The audit log: a ring of the last AUDIT_RECORDS records.  Has a lock of its own, which is taken last of all and
 * held for a few stores; not for NMI and #MC handlers. */
#define AUDIT_RECORDS 1024u

struct audit_record {
    uint64_t word[AUDIT_WORDS]; /* enum audit_word */
};
_Static_assert(sizeof(struct audit_record) == 48, "six words");

/* For audit.c alone. */
extern struct audit_record audit_ring[AUDIT_RECORDS];
extern uint64_t audit_count; /* records ever made */

/*@ // Each record of the last AUDIT_RECORDS is in its place.
    predicate audit_has{L}(integer n) = n < \at(audit_count,L) && \at(audit_count,L) - n <= AUDIT_RECORDS;
    predicate audit_inv{L} = \forall integer n; 0 <= n ==> audit_has{L}(n) ==>
      \at(audit_ring[n % AUDIT_RECORDS].word[AUDIT_WORD_SEQUENCE],L) == n;
*/

/* Records `event` (enum audit_event) with its three values. */
/*@ assigns audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: audit_inv;
*/
void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c);
/* The hypercall: word `word` of record `sequence`.  INVALID at RDI: not recorded yet, or lost; at RSI: no such word. */
/*@ assigns audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: audit_inv;
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0;
    ensures sequence: \result.status == STATUS_OK && word == AUDIT_WORD_SEQUENCE ==> \result.value == sequence;
*/
struct answer audit_read(uint64_t sequence, uint64_t word);
/* The sequence number that the next record will have; the first is 0. */
/*@ assigns \nothing;
    ensures \result == audit_count;
*/
uint64_t audit_next(void);

#endif
