/* SPDX-License-Identifier: Apache-2.0 */
/* Ten thousand lives of a guest: at the end the manager has every frame it had, and the core's pools hold as much. */
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"

#define LIVES      10000u
#define FRAMES     4u
#define PARTITIONS 254u
#define POOL_TRY   512u /* frames, so that a partition takes many tables */

static uint64_t partitions[PARTITIONS];

static bool unmake(uint64_t partition)
{
    uint64_t status = tiny_call(HYPERCALL_PARTITION_DESTROY, partition, 0, 0, 0, 0).status;

    while (status == STATUS_OK || status == STATUS_RETRY) {
        status = tiny_call(HYPERCALL_FRAME_RECLAIM, partition, 0, 0, 0, 0).status;
        if (status == STATUS_OK) {
            return true;
        }
    }
    return false;
}

/* How many partitions of `frames` frames and `vcpus` vCPUs there is room for. */
static uint64_t room(uint64_t frames, uint64_t vcpus)
{
    uint64_t count = 0;

    while (count < PARTITIONS) {
        struct tiny_answer made = tiny_call(HYPERCALL_PARTITION_CREATE, frames, vcpus, 0, 0, 0);

        if (made.status != STATUS_OK) {
            break;
        }
        partitions[count++] = made.value;
    }
    for (uint64_t n = 0; n < count; n++) {
        if (!unmake(partitions[n])) {
            tiny_check("a partition that nothing was given goes", false);
        }
    }
    return count;
}

static uint64_t frames_lost(const struct boot_info *info)
{
    uint64_t lost = 0;

    for (uint32_t r = 0; r < info->range_count; r++) {
        for (uint64_t n = 0; n < info->ranges[r].count; n++) {
            uint64_t value;
            lost += tiny_try_read((uint64_t)tiny_at(info->ranges[r].first + n), &value) != TINY_NO_FAULT;
        }
    }
    return lost;
}

static bool live(uint64_t first, uint32_t n)
{
    const struct tiny_answer made = tiny_call(HYPERCALL_PARTITION_CREATE, FRAMES, 1 + n % 3, 0, 0, 0);

    /* Some end before they have a vCPU, some before they are sealed. */
    return made.status == STATUS_OK &&
           tiny_call(HYPERCALL_FRAME_DONATE, made.value, n % 5, first, FRAMES, n & DONATE_KEEP).status ==
               STATUS_OK &&
           (n % 4 == 0 || tiny_call(HYPERCALL_VCPU_CREATE, made.value, 0, 0, 0, 0).status == STATUS_OK) &&
           (n % 4 < 2 || tiny_call(HYPERCALL_PARTITION_SEAL, made.value, 0, 0, 0, 0).status == STATUS_OK) &&
           unmake(made.value);
}

void tiny_main(const struct boot_info *info)
{
    const uint64_t first = tiny_frames(FRAMES);
    const uint64_t tables = room(POOL_TRY, 1);
    const uint64_t vcpus = room(1, 64);
    uint32_t lives = 0;

    tiny_check_equal("frames of the manager's that it lacks", frames_lost(info), 0);
    while (lives < LIVES && live(first, lives)) {
        lives++;
    }
    tiny_check_equal("lives of a guest", lives, LIVES);
    tiny_check_equal("frames that it lacks after", frames_lost(info), 0);
    tiny_check_equal("partitions that there is room for", room(POOL_TRY, 1), tables);
    tiny_check_equal("and with many vCPUs", room(1, 64), vcpus);
}
