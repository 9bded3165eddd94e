/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_LOCK_H
#define PROOFS_TRUSTED_LOCK_H

/* For the prover around isolation/lock.h: its contract is the model of concurrency. */
#include_next "isolation/lock.h"

#include "isolation/trusted.h"

#endif
