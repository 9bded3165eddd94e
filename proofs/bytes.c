/* SPDX-License-Identifier: Apache-2.0 */
/* The accessors are inline: this gives them to the prover. */
#include "lib/bytes.h"
