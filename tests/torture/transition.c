/* SPDX-License-Identifier: Apache-2.0 */
/* Every state against every call, on the host.  After each call everything is compared. */
#include "tests/transition/transition.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/limits.h"
#include "tests/torture/machine.h"
#include "tests/torture/party.h"

static const struct transition_place place = {
    .first = 200,
    .neighbour = 600,
    .other = 300,
    .below = MACHINE_RAM_FIRST - 1,
    .last = MACHINE_LIMIT - 1,
    .core = MACHINE_TABLES_HFN,
    .limit = MACHINE_LIMIT,
    .shared_gfn = MACHINE_SHARED_GFN,
    .slots = PARTITIONS_MAX,
    .rip = 0x1000,
    .cr3 = 0x2000,
};

_Noreturn void machine_fails(const char *what, uint64_t a, uint64_t b)
{
    printf("FAIL in state \"%s\", %s: %s: %#llx, %#llx\n", transition_state, party_last, what,
           (unsigned long long)a, (unsigned long long)b);
    printf("%llu passed, 1 failed\n", (unsigned long long)transition_counts.passed);
    exit(1);
}

_Noreturn void step_fails(const char *what)
{
    machine_fails(what, 0, 0);
}

void step_start(void)
{
    party_start();
}

uint64_t step_call(const struct model_call *call, uint64_t *value)
{
    return party_call(call, value);
}

void step_user_call(const struct model_call *call)
{
    party_user_call(call);
}

void step_guest_hypercall(const struct model_call *call)
{
    party_guest_hypercall(call);
}

bool step_run(uint64_t vcpu)
{
    return party_run(vcpu);
}

void step_map(uint64_t start, uint64_t bytes)
{
    party_map(start, bytes);
}

void step_accept(uint64_t operand)
{
    party_accept(operand);
}

void step_wait(void)
{
    party_wait();
}

void step_halt(void)
{
    party_halt();
}

void step_interrupt(void)
{
    party_interrupt();
}

void step_triple_fault(void)
{
    party_triple_fault();
}

void step_compare(void)
{
    party_compare_all();
}

int main(void)
{
    transition_all(&place);
    printf("TABLE host, every state and call|%llu|%llu|%llu|0\n",
           (unsigned long long)transition_counts.passed, (unsigned long long)transition_counts.calls,
           (unsigned long long)transition_counts.refused);
    printf("%llu passed, 0 failed\n", (unsigned long long)transition_counts.passed);
    return 0;
}
