/* SPDX-License-Identifier: Apache-2.0 */
/* What an interrupt from one vCPU of a guest to another costs, both of which run, on two CPUs: from the sender's WRMSR until
 * the receiver, which spins, is back from its handler.  The CPUs of Bochs go in step: a tick is an instruction of each. */
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/run_exit.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"
#include "tests/tiny/tiny_trap.h"

#define ICR    0x830u
#define VECTOR 0x51u
#define ROUNDS 200u
#define SLICE  0x10000000u

static volatile uint64_t ready;
static volatile uint64_t came; /* when the receiver was back */

static void receive(void)
{
    uint64_t seen = tiny_interrupts;

    __asm__ volatile("sti");
    ready = 1;
    for (;;) {
        while (*(volatile uint64_t *)&tiny_interrupts == seen) {
        }
        came = tiny_rdtsc();
        seen = tiny_interrupts;
    }
}

static void send(void)
{
    uint64_t ticks = 0;

    while (ready == 0) {
        tiny_pause();
    }
    for (uint32_t n = 0; n < ROUNDS; n++) {
        uint64_t begin;

        came = 0;
        begin = tiny_rdtsc();
        tiny_try_wrmsr(ICR, 1ull << 32 | VECTOR);
        while (came == 0) {
            tiny_pause();
        }
        ticks += came - begin;
    }
    guest_say(ticks / ROUNDS);
}

static void work(void)
{
    if (tiny_apic_id() == 0) {
        send();
    } else {
        receive();
    }
}

/* CPU 1 runs the receiver, and no more. */
static struct tiny_run receiver;
static void other_cpu(uint32_t cpu)
{
    do {
        receiver.slice = SLICE;
        tiny_vcpu_run(&receiver);
    } while (receiver.status == STATUS_OK && tiny_run_kind(&receiver) != RUN_KILLED);
}

void tiny_main(const struct boot_info *info)
{
    struct tiny_guest guest;
    struct tiny_run run = {0};
    uint64_t ticks = 0;

    if (!tiny_guest_make_vcpus(&guest, work, 2, false)) {
        tiny_check("a guest of two vCPUs", false);
        return;
    }
    receiver.vcpu = guest.vcpus[1];
    tiny_check_equal("CPU 1 starts", tiny_cpu_start(1, other_cpu), STATUS_OK);
    run.vcpu = guest.vcpus[0];
    run.slice = SLICE;
    if (!tiny_guest_run(&run, ROUNDS, &ticks)) {
        tiny_check("the sender says what it measured", false);
        return;
    }
    tiny_bench("ipi.same-guest", ticks, "instructions");
}
