/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_ANSWER_H
#define LIB_ANSWER_H

#include <stdint.h>

/* What a hypercall answers: RAX and RDX (which is also how the C ABI returns it). */
struct answer {
    uint64_t status; /* abi/status.h */
    uint64_t value;  /* 0 unless status is STATUS_OK or STATUS_RETRY */
};

/*@ assigns \nothing;
    ensures \result.status == status && \result.value == value;
*/
static inline struct answer answer(uint64_t status, uint64_t value)
{
    struct answer a;

    a.status = status;
    a.value = value;
    return a;
}

#endif
