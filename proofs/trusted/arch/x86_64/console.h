/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOFS_TRUSTED_CONSOLE_H
#define PROOFS_TRUSTED_CONSOLE_H

/* For the prover around arch/x86_64/console.h: what is printed changes no state of the core. */
#include_next "arch/x86_64/console.h"

/*@ assigns \nothing; */
void console_line(const char *text);

#endif
