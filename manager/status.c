/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/status.h"

#include "manager/hypercall.h"
#include "manager/print.h"

static const char *state_words(const struct guest_vcpu *vcpu)
{
    switch (vcpu->schedule.state) {
    case SCHEDULE_RUNNING:
        return "runs";
    case SCHEDULE_WAITING:
        return "waits";
    case SCHEDULE_HALTED:
        return "halted";
    case SCHEDULE_OUT:
        break;
    }
    return "off";
}

/* What others write meanwhile may be a moment old: it is only shown. */
static void show_vcpu(const struct guest_vcpu *vcpu, uint64_t number, uint64_t khz)
{
    const struct schedule_vcpu *schedule = &vcpu->schedule;

    print("bulkhead:   vCPU %u %s on CPU %u: ran %u ms, waited %u ms; exits: %u calls, %u halts, %u wakes, "
          "%u others\n",
          number, state_words(vcpu), (uint64_t)schedule->cpu, schedule->ran / khz, schedule->waited / khz,
          vcpu->exits[RUN_GUEST_CALL], vcpu->exits[RUN_HALTED], vcpu->exits[RUN_WAKE],
          vcpu->exits[RUN_INTERRUPTED]);
}

static void line_of_vcpu(const struct guest_vcpu *vcpu, uint64_t number)
{
    const struct console_voice *voice = &vcpu->guest->voice;

    print("status guest=%t vcpu=%u state=%s cpu=%u ran=%u waited=%u calls=%u halts=%u wakes=%u others=%u\n",
          voice->name, voice->name_length, number, state_words(vcpu), (uint64_t)vcpu->schedule.cpu,
          vcpu->schedule.ran, vcpu->schedule.waited, vcpu->exits[RUN_GUEST_CALL], vcpu->exits[RUN_HALTED],
          vcpu->exits[RUN_WAKE], vcpu->exits[RUN_INTERRUPTED]);
}

void status_show(struct guest *const *guests, uint32_t count)
{
    const uint64_t khz = hypercall_info(INFO_TSC_KHZ);

    for (uint32_t g = 0; g < count; g++) {
        const struct guest *guest = guests[g];
        print("bulkhead: guest %t: %u MiB, weight %u, cap %u %%\n", guest->voice.name,
              guest->voice.name_length, guest->config->memory >> 20, (uint64_t)guest->config->weight,
              (uint64_t)guest->config->cap);
        for (uint32_t n = 0; n < guest->vcpu_count; n++) {
            show_vcpu(&guest->vcpus[n], n, khz);
        }
    }
}

void status_lines(struct guest *const *guests, uint32_t count)
{
    for (uint32_t g = 0; g < count; g++) {
        for (uint32_t n = 0; n < guests[g]->vcpu_count; n++) {
            line_of_vcpu(&guests[g]->vcpus[n], n);
        }
    }
}
