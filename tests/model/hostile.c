/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/hostile.h"

#include "abi/audit.h"
#include "abi/hypercall.h"

#define FRAME 4096u

uint64_t hostile_seed(uint64_t seed, uint64_t step)
{
    uint64_t x = seed + (step + 1) * 0x9e3779b97f4a7c15ull;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return (x ^ x >> 31) | 1;
}

uint64_t hostile_number(struct hostile *hostile)
{
    hostile->state ^= hostile->state << 13;
    hostile->state ^= hostile->state >> 7;
    hostile->state ^= hostile->state << 17;
    return hostile->state >> 56 == HOSTILE_TAG ? hostile->state >> 8 : hostile->state;
}

uint64_t hostile_below(struct hostile *hostile, uint64_t count)
{
    uint64_t number = 0;

    if (!hostile->from_bytes) {
        return (hostile_number(hostile) >> 16) % count;
    }
    for (uint64_t reach = 1; reach < count && hostile->left > 0; reach <<= 8) {
        number = number << 8 | *hostile->bytes++;
        hostile->left--;
        if (reach >= 1ull << 48) {
            break;
        }
    }
    return number % count;
}

bool hostile_chance(struct hostile *hostile, uint32_t percent)
{
    return hostile_below(hostile, 100) < percent;
}

/* A number that lies at some edge. */
static uint64_t odd_number(struct hostile *hostile)
{
    static const uint64_t edges[] = {
        0,   1,    2,          31,         32,         33,         255,        256,        511,
        512, 4096, 1ull << 31, 1ull << 32, 1ull << 36, 1ull << 47, 1ull << 51, 1ull << 52, 1ull << 63,
    };

    switch (hostile_below(hostile, 4)) {
    case 0:
        return hostile_number(hostile);
    case 1:
        return 0 - edges[hostile_below(hostile, sizeof(edges) / sizeof(edges[0]))];
    default:
        return edges[hostile_below(hostile, sizeof(edges) / sizeof(edges[0]))] + hostile_below(hostile, 3) -
               1;
    }
}

static const struct model_guest *some_guest(struct hostile *hostile, const struct model *model)
{
    return &model->guest[hostile_below(hostile, MODEL_GUESTS)];
}

/* Ids of guests that are there, that were, that never are. */
static uint64_t some_id(struct hostile *hostile, const struct model *model)
{
    switch (hostile_below(hostile, 16)) {
    case 0:
        return odd_number(hostile);
    case 1:
        return model->ids_given == 0 ? 0 : model->ids[hostile_below(hostile, MODEL_IDS) % model->ids_given];
    default:
        return some_guest(hostile, model)->id;
    }
}

static uint64_t any_vcpu(struct hostile *hostile, const struct model *model)
{
    const struct model_guest *guest = some_guest(hostile, model);

    return guest->vcpu[hostile_below(hostile, MODEL_VCPUS) % (guest->made == 0 ? 1 : guest->made)].id;
}

uint64_t hostile_vcpu(struct hostile *hostile, const struct model *model)
{
    uint64_t id = any_vcpu(hostile, model);

    if (hostile_below(hostile, 24) == 0) {
        return odd_number(hostile);
    }
    for (uint32_t n = 0; n < 12 && !model_may_run(model, id) && hostile_chance(hostile, 90); n++) {
        id = any_vcpu(hostile, model);
    }
    return id;
}

static void create(struct hostile *hostile, const struct model *model, uint64_t *a)
{
    a[0] = hostile_chance(hostile, 5) ? model->limit + 1 + hostile_below(hostile, 5)
                                      : 16 + hostile_below(hostile, 200);
    a[1] = hostile_chance(hostile, 5)
               ? model->vcpus_max + 1 + hostile_below(hostile, 5)
               : 1 + hostile_below(hostile, hostile_chance(hostile, 30) ? MODEL_VCPUS : 1);
    if (hostile_chance(hostile, 3)) {
        a[hostile_below(hostile, 2)] = 0;
    }
    if (hostile_chance(hostile, 2)) {
        a[hostile_below(hostile, 2)] = 0 - 1 - hostile_below(hostile, 5);
    }
}

static void vcpu_create(struct hostile *hostile, const struct model *model, uint64_t *a)
{
    a[0] = some_id(hostile, model);
    a[1] = hostile_chance(hostile, 5) ? odd_number(hostile) : hostile_below(hostile, 1 << 20);
    a[2] = hostile_number(hostile);
    a[3] = hostile_chance(hostile, 5) ? odd_number(hostile) : hostile_below(hostile, MODEL_PAGES) * FRAME;
}

/* Mostly frames that are the manager's, for pages that are not taken. */
static void donate(struct hostile *hostile, const struct model *model, uint64_t *a)
{
    a[0] = some_id(hostile, model);
    a[1] = hostile_below(hostile, 8) == 0 ? 500 + hostile_below(hostile, 30) : hostile_below(hostile, 64);
    a[2] = model->first + hostile_below(hostile, model->count);
    a[3] = 1 + hostile_below(hostile, hostile_chance(hostile, 50) ? 4 : FRAME_BATCH_MAX);
    a[4] = hostile_below(hostile, 2);
    switch (hostile_below(hostile, 60)) {
    case 0:
        a[1] = model->shared_bit / FRAME - hostile_below(hostile, a[3]);
        break;
    case 1:
        a[2] = model->limit - hostile_below(hostile, a[3]);
        break;
    case 2:
        a[2] = model->first - 1 - hostile_below(hostile, a[3]);
        break;
    case 3:
        a[3] = FRAME_BATCH_MAX + 1 + hostile_below(hostile, 4);
        break;
    case 4:
        a[3] = 0;
        break;
    case 5:
        a[4] = odd_number(hostile);
        break;
    case 6: /* a page or a frame that no machine has */
        a[1 + hostile_below(hostile, 2)] = 0 - 1 - hostile_below(hostile, 40);
        break;
    case 7:
        a[3] = 0 - 1 - hostile_below(hostile, 40);
        break;
    case 8:
        a[2] = 0;
        break;
    default:
        break;
    }
}

static uint64_t unknown_number(struct hostile *hostile)
{
    /* 0x40 to 0x7f is kept for what later cores have. */
    static const uint64_t numbers[] = {0x01, 0x0f, 0x13, 0x1f, 0x24, 0x2f, 0x33, 0x3f, 0x81, 0x91, 0xff};

    return hostile_chance(hostile, 70) ? numbers[hostile_below(hostile, sizeof(numbers) / sizeof(numbers[0]))]
                                       : odd_number(hostile) | 1ull << 40;
}

static const uint64_t device_calls[] = {HYPERCALL_DEVICE_ASSIGN, HYPERCALL_DEVICE_RELEASE,
                                        HYPERCALL_PCI_CONFIG, HYPERCALL_IRQ_MAP, HYPERCALL_IRQ_UNMAP};

static uint64_t some_vector(struct hostile *hostile)
{
    return hostile_chance(hostile, 10) ? odd_number(hostile) : hostile_below(hostile, 264);
}

static bool has_room(const struct model *model)
{
    bool room = false;

    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        room = room || model->guest[g].life == MODEL_ABSENT;
    }
    return room;
}

void hostile_hypercall(struct hostile *hostile, const struct model *model, struct model_call *call)
{
    uint64_t *a = call->argument;
    const uint64_t kind = hostile_below(hostile, 100);

    for (uint32_t n = 0; n < 5; n++) {
        a[n] = hostile_number(hostile);
    }
    a[0] = some_id(hostile, model);
    if (kind < 40) {
        call->number = HYPERCALL_FRAME_DONATE;
        donate(hostile, model, a);
    } else if (kind < 48 && has_room(model)) {
        call->number = HYPERCALL_PARTITION_CREATE;
        create(hostile, model, a);
    } else if (kind < 58) {
        call->number = HYPERCALL_VCPU_CREATE;
        vcpu_create(hostile, model, a);
    } else if (kind < 63) {
        call->number = HYPERCALL_PARTITION_SEAL;
    } else if (kind < 66) {
        call->number = HYPERCALL_PARTITION_DESTROY;
    } else if (kind < 84) {
        call->number = HYPERCALL_FRAME_RECLAIM;
    } else if (kind < 92) {
        call->number = HYPERCALL_VCPU_INTERRUPT;
        a[0] = hostile_vcpu(hostile, model);
        a[1] = some_vector(hostile);
    } else if (kind < 94) {
        call->number = HYPERCALL_INFO;
        a[0] = hostile_chance(hostile, 70) ? hostile_below(hostile, 9) : odd_number(hostile);
    } else if (kind < 97) {
        call->number = HYPERCALL_AUDIT_READ;
        a[0] = hostile_chance(hostile, 70) ? hostile_below(hostile, 4096) : odd_number(hostile);
        a[1] = hostile_chance(hostile, 70) ? hostile_below(hostile, AUDIT_WORDS + 1) : odd_number(hostile);
    } else if (kind < 98 && hostile_chance(hostile, 70)) {
        call->number = device_calls[hostile_below(hostile, sizeof(device_calls) / sizeof(device_calls[0]))];
        a[0] = 1ull << 32 | odd_number(hostile);
    } else if (kind < 98) {
        call->number = HYPERCALL_POWER;
        a[0] = odd_number(hostile) | 2;
    } else {
        call->number = unknown_number(hostile);
    }
}

void hostile_map(struct hostile *hostile, const struct model *model, uint64_t first, uint64_t end,
                 uint64_t *start, uint64_t *bytes)
{
    const uint64_t pages = 1 + hostile_below(hostile, hostile_chance(hostile, 70) ? 4 : 40);

    *start = (first + hostile_below(hostile, end - first)) * FRAME;
    *bytes = pages * FRAME;
    switch (hostile_below(hostile, 40)) {
    case 0:
        *start += hostile_below(hostile, FRAME);
        break;
    case 1:
        *bytes += hostile_below(hostile, FRAME);
        break;
    case 2:
        *bytes = odd_number(hostile) / FRAME * FRAME;
        *bytes = *bytes < 1ull << 40 ? 0 : *bytes;
        break;
    case 3:
        *start = model->shared_bit - (1 + hostile_below(hostile, pages)) * FRAME;
        break;
    case 4: /* not RAM */
        *start = MODEL_PAGES * FRAME + (1ull << 30);
        break;
    case 5:
        *start = 0 - (1 + hostile_below(hostile, pages)) * FRAME;
        break;
    default:
        break;
    }
    /* Only where it stays within the pages that are to be converted. */
    if (*start<end * FRAME && * start + *bytes> end * FRAME && *bytes < 1ull << 40) {
        *bytes = end * FRAME - *start;
    }
    if (hostile_chance(hostile, 60)) {
        *start |= model->shared_bit;
    }
}
