/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_AUDIT_H
#define ISOLATION_AUDIT_H

#include <stdint.h>

#include "abi/audit.h"
#include "lib/answer.h"

/* The audit log: a ring of the last AUDIT_RECORDS records.  Has a lock of its own, which is taken last of all and
 * held for a few stores; not for NMI and #MC handlers. */
#define AUDIT_RECORDS 1024u

struct audit_record {
    uint64_t word[AUDIT_WORDS]; /* enum audit_word */
};
_Static_assert(sizeof(struct audit_record) == 48, "six words");

/* Records `event` (enum audit_event) with its three values. */
void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c);
/* The hypercall: word `word` of record `sequence`.  INVALID at RDI: not recorded yet, or lost; at RSI: no such word. */
struct answer audit_read(uint64_t sequence, uint64_t word);
/* The sequence number that the next record will have; the first is 0. */
uint64_t audit_next(void);

#endif
