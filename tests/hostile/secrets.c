/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/hostile/secrets.h"

#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"

#define WORDS 512u /* of a frame */

uint64_t secrets_of(uint64_t salt)
{
    volatile uint64_t a = 0x5ec2e70000000000ull;
    volatile uint64_t b = 0x0000000deadc0de0ull;

    return a ^ b ^ salt * 0x10001;
}

bool secrets_is(uint64_t value)
{
    return value >> 28 == secrets_of(0) >> 28;
}

uint64_t secrets_in_reach(const struct model *model)
{
    uint64_t found = 0;
    uint64_t word;

    for (uint64_t f = 0; f < model->count; f++) {
        const uint64_t *page = tiny_at(model->first + f);

        if (tiny_try_read((uint64_t)page, &word) == TINY_NO_FAULT) {
            found += secrets_is(page[0]) + secrets_is(page[WORDS / 2]) + secrets_is(page[WORDS - 1]);
        }
    }
    return found;
}

uint64_t secrets_model(struct model *model, uint64_t frames, uint64_t guard)
{
    struct tiny_answer answer;
    uint64_t first;

    model->count = frames;
    model->first = tiny_frames(frames);
    model->limit = tiny_call(HYPERCALL_INFO, INFO_FRAMES_LIMIT, 0, 0, 0, 0).value;
    model->shared_bit = 1ull << tiny_call(HYPERCALL_INFO, INFO_SHARED_BIT, 0, 0, 0, 0).value;
    model->vcpus_max = 512;
    model->room = 8;
    model_init(model);
    for (uint32_t f = 0; f < frames; f++) {
        model_wrote(model, f, 0);
    }
    first = tiny_frames(guard);
    answer = tiny_call(HYPERCALL_PARTITION_CREATE, guard, 1, 0, 0, 0);
    for (uint64_t n = 0; n < guard; n += FRAME_BATCH_MAX) {
        if (tiny_call(HYPERCALL_FRAME_DONATE, answer.value, n, first + n, FRAME_BATCH_MAX, 0).status !=
            STATUS_OK) {
            return 0;
        }
    }
    return answer.value;
}
