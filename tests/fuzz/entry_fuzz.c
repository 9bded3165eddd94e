/* SPDX-License-Identifier: Apache-2.0 */
/* The core's entry for hypercalls and guest calls: bytes choose what a hostile manager and its guests do, from power on; the model of
 * tests/torture/ judges every step. */
#include "tests/fuzz/fuzz.h"

#include "tests/torture/machine.h"
#include "tests/torture/party.h"

#define STEPS_MAX 300u

_Noreturn void machine_fails(const char *what, uint64_t a, uint64_t b)
{
    fprintf(stderr, "%s: broken: %s: %#llx, %#llx\n", party_last, what, (unsigned long long)a,
            (unsigned long long)b);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hostile hostile = {.state = 0x5eed5eed5eedull, .bytes = data, .left = size, .from_bytes = true};

    party_start();
    for (uint32_t n = 0; n < STEPS_MAX && hostile.left != 0; n++) {
        party_step(&hostile);
    }
    return 0;
}
