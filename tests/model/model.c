/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/model.h"

#include <stddef.h>

#include "abi/audit.h"
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/status.h"

#define FRAME         4096u
#define BATCH         32u  /* DESIGN.md section 6: frames' worth of work under the lock */
#define BLOCK         512u /* pages one table is about */
#define BLOCKS_ALWAYS 8u   /* tables for so many blocks every guest has, beside what its size asks for */
#define CANONICAL_LOW (1ull << 47)

/* The answers that are right: refusals, each for one guilty operand, and others besides. */
struct right {
    uint64_t refusal[8];
    uint32_t refusals;
    bool no_room;   /* may be refused for want of room, at whatever operand */
    bool not_owner; /* the sweep of a guest may not have come to this frame yet */
    bool retry;
};

static void refuse(struct right *right, uint64_t code, uint64_t operand)
{
    right->refusal[right->refusals++] = STATUS_AT(code, operand);
}

static bool complain(struct model *model, const char *complaint, uint64_t wanted, uint64_t got)
{
    model->complaint = complaint;
    model->wanted = wanted;
    model->got = got;
    return false;
}

/* Was the answer right?  Where nothing is wrong with the call it must be OK. */
static bool judge(struct model *model, const struct right *right, uint64_t status)
{
    const uint64_t code = status % STATUS_OPERAND_UNIT;

    model->calls++;
    model->refused += status != STATUS_OK && status != STATUS_RETRY;
    for (uint32_t n = 0; n < right->refusals; n++) {
        if (status == right->refusal[n]) {
            return true;
        }
    }
    if (right->not_owner && status == STATUS_AT((uint64_t)STATUS_NOT_OWNER, (uint64_t)OPERAND_RDX)) {
        return true;
    }
    if (right->refusals != 0) {
        return complain(model, "a wrong call is not refused as it should be", right->refusal[0], status);
    }
    if (status == STATUS_OK || (right->no_room && code == STATUS_NO_ROOM) ||
        (right->retry && status == STATUS_RETRY)) {
        return true;
    }
    return complain(model, "a good call is refused", STATUS_OK, status);
}

void model_init(struct model *model)
{
    model->ids_given = 0;
    model->calls = 0;
    model->refused = 0;
    model->complaint = NULL;
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        model->guest[g].life = MODEL_ABSENT;
        for (uint32_t p = 0; p < MODEL_PAGES; p++) {
            model->guest[g].page[p] = MODEL_NO_FRAME;
        }
    }
    for (uint32_t f = 0; f < MODEL_FRAMES; f++) {
        model->frame[f].owner = MODEL_NO_GUEST;
        model->frame[f].shared = false;
        model->frame[f].known = false;
        model->frame[f].page = 0;
        model->frame[f].word = 0;
    }
}

uint32_t model_guest_of(const struct model *model, uint64_t id)
{
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        if (model->guest[g].life != MODEL_ABSENT && model->guest[g].id == id) {
            return g;
        }
    }
    return MODEL_NO_GUEST;
}

struct model_vcpu *model_vcpu_of(struct model *model, uint64_t id, uint32_t *guest)
{
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        for (uint32_t v = 0; model->guest[g].life != MODEL_ABSENT && v < model->guest[g].made; v++) {
            if (model->guest[g].vcpu[v].id == id) {
                *guest = g;
                return &model->guest[g].vcpu[v];
            }
        }
    }
    *guest = MODEL_NO_GUEST;
    return NULL;
}

/* --- partitions ---------------------------------------------------------------------------------- */

static uint32_t absent_guest(const struct model *model)
{
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        if (model->guest[g].life == MODEL_ABSENT) {
            return g;
        }
    }
    return MODEL_NO_GUEST;
}

static uint64_t guests_there(const struct model *model)
{
    uint64_t there = 0;

    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        there += model->guest[g].life != MODEL_ABSENT;
    }
    return there;
}

/* An id names one partition for ever. */
static bool id_is_new(struct model *model, uint64_t id)
{
    for (uint64_t n = 0; n < MODEL_IDS && n < model->ids_given; n++) {
        if (model->ids[n] == id) {
            return false;
        }
    }
    model->ids[model->ids_given++ % MODEL_IDS] = id;
    return true;
}

static bool create(struct model *model, const uint64_t *a, uint64_t status, uint64_t value)
{
    struct right right = {0};
    const uint32_t g = absent_guest(model);

    if (a[0] == 0 || a[0] > model->limit) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    }
    if (a[1] == 0 || a[1] > model->vcpus_max) {
        refuse(&right, STATUS_INVALID, OPERAND_RSI);
    }
    /* There is room for some guests of usual size, whatever was before. */
    right.no_room = guests_there(model) >= model->room || a[0] > model->count || a[1] > MODEL_VCPUS;
    if (!judge(model, &right, status)) {
        return false;
    }
    if (status != STATUS_OK) {
        return true;
    }
    if (g == MODEL_NO_GUEST || !id_is_new(model, value)) {
        return complain(model, "an id is not new", 0, value);
    }
    model->guest[g].life = MODEL_LIVE;
    model->guest[g].killed = false;
    model->guest[g].id = value;
    model->guest[g].frames = a[0];
    model->guest[g].frames_left = a[0];
    model->guest[g].vcpus = (uint32_t)a[1];
    model->guest[g].made = 0;
    return true;
}

static bool seal(struct model *model, const uint64_t *a, uint64_t status)
{
    struct right right = {0};
    const uint32_t g = model_guest_of(model, a[0]);

    if (g == MODEL_NO_GUEST) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    } else if (model->guest[g].life != MODEL_LIVE || model->guest[g].made == 0) {
        refuse(&right, STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (!judge(model, &right, status)) {
        return false;
    }
    if (status == STATUS_OK) {
        model->guest[g].life = MODEL_SEALED;
    }
    return true;
}

static bool destroy(struct model *model, const uint64_t *a, uint64_t status)
{
    struct right right = {0};
    const uint32_t g = model_guest_of(model, a[0]);

    if (g == MODEL_NO_GUEST) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    } else if (model->guest[g].life == MODEL_DESTROYING) {
        refuse(&right, STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (!judge(model, &right, status)) {
        return false;
    }
    if (status == STATUS_OK) {
        model->guest[g].life = MODEL_DESTROYING;
    }
    return true;
}

/* Which frames a sweep has taken so far is the core's to choose: only at its end are all the manager's, and zero. */
static bool reclaim(struct model *model, const uint64_t *a, uint64_t status)
{
    struct right right = {.retry = true};
    const uint32_t g = model_guest_of(model, a[0]);

    if (g == MODEL_NO_GUEST) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    } else if (model->guest[g].life != MODEL_DESTROYING) {
        refuse(&right, STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (!judge(model, &right, status)) {
        return false;
    }
    if (status != STATUS_OK) {
        return true;
    }
    for (uint32_t p = 0; p < MODEL_PAGES; p++) {
        const uint32_t f = model->guest[g].page[p];

        if (f != MODEL_NO_FRAME) {
            model->frame[f].owner = MODEL_NO_GUEST;
            model->frame[f].shared = false;
            model->frame[f].known = true;
            model->frame[f].word = 0;
            model->guest[g].page[p] = MODEL_NO_FRAME;
        }
    }
    model->guest[g].life = MODEL_ABSENT;
    return true;
}

void model_killed(struct model *model, uint32_t guest)
{
    model->guest[guest].killed = true;
}

/* --- vCPUs -------------------------------------------------------------------------------------------- */

static bool vcpu_create(struct model *model, const uint64_t *a, uint64_t status, uint64_t value)
{
    struct right right = {0};
    const uint32_t g = model_guest_of(model, a[0]);
    uint32_t other;

    if (g == MODEL_NO_GUEST) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    } else if (model->guest[g].life != MODEL_LIVE) {
        refuse(&right, STATUS_BAD_STATE, OPERAND_RDI);
    } else if (model->guest[g].made == model->guest[g].vcpus) {
        refuse(&right, STATUS_NO_ROOM, OPERAND_RDI);
    }
    if (a[1] >= CANONICAL_LOW) {
        refuse(&right, STATUS_INVALID, OPERAND_RSI);
    }
    if (a[3] % FRAME != 0 || a[3] >= model->shared_bit) {
        refuse(&right, STATUS_INVALID, OPERAND_R10);
    }
    if (!judge(model, &right, status)) {
        return false;
    }
    if (status != STATUS_OK) {
        return true;
    }
    if (model_vcpu_of(model, value, &other) != NULL) {
        return complain(model, "the id of a vCPU is not new", 0, value);
    }
    model->guest[g].vcpu[model->guest[g].made++] = (struct model_vcpu){.id = value};
    return true;
}

static bool interrupt(struct model *model, const uint64_t *a, uint64_t status)
{
    struct right right = {0};
    uint32_t g;

    if (model_vcpu_of(model, a[0], &g) == NULL) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    }
    if (a[1] < 32 || a[1] > 255 || a[1] == 0x80) {
        refuse(&right, STATUS_INVALID, OPERAND_RSI);
    }
    return judge(model, &right, status);
}

bool model_may_run(const struct model *model, uint64_t id)
{
    for (uint32_t g = 0; g < MODEL_GUESTS; g++) {
        for (uint32_t v = 0; model->guest[g].life == MODEL_SEALED && v < model->guest[g].made; v++) {
            if (model->guest[g].vcpu[v].id == id) {
                return !model->guest[g].killed;
            }
        }
    }
    return false;
}

bool model_run_refused(struct model *model, uint64_t id, uint64_t status, bool run_killed)
{
    uint32_t g;
    const struct model_vcpu *vcpu = model_vcpu_of(model, id, &g);
    const uint64_t code = status % STATUS_OPERAND_UNIT;

    model->calls++;
    model->refused++;
    if (vcpu == NULL) {
        return code == STATUS_INVALID || complain(model, "a vCPU that is none runs", STATUS_INVALID, status);
    }
    if (!model_may_run(model, id)) {
        return code == STATUS_BAD_STATE || (status == STATUS_OK && run_killed) ||
               complain(model, "a vCPU runs that must not", STATUS_BAD_STATE, status);
    }
    return (code == STATUS_BUSY && vcpu->interrupted) ||
           complain(model, "a vCPU is refused that may run", STATUS_OK, status);
}

/* --- frames ---------------------------------------------------------------------------------------- */

/* May the tables of the guest be used up, with page `gfn` to come?  Its own use decides, and nobody else's. */
static bool tables_may_be_used_up(const struct model_guest *guest)
{
    uint64_t blocks = 0;

    for (uint32_t block = 0; block < MODEL_PAGES; block += BLOCK) {
        bool used = false;

        for (uint32_t p = block; p < block + BLOCK && !used; p++) {
            used = guest->page[p] != MODEL_NO_FRAME;
        }
        blocks += used;
    }
    /* Private and shared, and one to come. */
    return 2 * (blocks + 1) > guest->frames / BLOCK * 2 + BLOCKS_ALWAYS;
}

bool model_is_being_swept(const struct model *model, uint64_t at)
{
    return at < model->count && model->frame[at].owner != MODEL_NO_GUEST &&
           model->guest[model->frame[at].owner].life == MODEL_DESTROYING;
}

/* What is wrong with the frames and pages of a donation that is otherwise good. */
static void donation_faults(const struct model *model, uint32_t g, const uint64_t *a, struct right *right)
{
    bool foreign = false;
    bool taken = false;

    for (uint64_t k = 0; k < a[3]; k++) {
        const uint64_t f = a[2] + k - model->first;

        right->not_owner = right->not_owner || model_is_being_swept(model, f);
        foreign = foreign || f >= model->count ||
                  (model->frame[f].owner != MODEL_NO_GUEST && !model_is_being_swept(model, f));
        taken = taken || (a[1] + k < MODEL_PAGES && model->guest[g].page[a[1] + k] != MODEL_NO_FRAME);
    }
    if (foreign) {
        refuse(right, STATUS_NOT_OWNER, OPERAND_RDX);
    }
    if (taken) {
        refuse(right, STATUS_BAD_STATE, OPERAND_RSI);
    }
}

static bool ends_within(uint64_t first, uint64_t count, uint64_t end)
{
    return first < end && count <= end - first;
}

static void donate_faults(const struct model *model, uint32_t g, const uint64_t *a, struct right *right)
{
    const bool pages = ends_within(a[1], a[3], model->shared_bit / FRAME);
    const bool frames = ends_within(a[2], a[3], model->limit);

    if ((a[4] & ~(uint64_t)DONATE_KEEP) != 0) {
        refuse(right, STATUS_INVALID, OPERAND_R8);
    }
    if (a[3] == 0 || a[3] > FRAME_BATCH_MAX) {
        refuse(right, STATUS_INVALID, OPERAND_R10);
    }
    if (!pages) {
        refuse(right, STATUS_INVALID, OPERAND_RSI);
    }
    if (!frames) {
        refuse(right, STATUS_INVALID, OPERAND_RDX);
    }
    if (g == MODEL_NO_GUEST) {
        refuse(right, STATUS_INVALID, OPERAND_RDI);
        return;
    }
    if (model->guest[g].life != MODEL_LIVE) {
        refuse(right, STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (a[3] > model->guest[g].frames_left) {
        refuse(right, STATUS_NO_ROOM, OPERAND_R10);
    }
    if (a[3] <= FRAME_BATCH_MAX && pages && frames) {
        donation_faults(model, g, a, right);
    }
}

static void give(struct model *model, uint64_t at, uint32_t g, uint64_t page, bool keep)
{
    struct model_frame *frame = &model->frame[at];

    /* The sweep has passed it: then it was scrubbed. */
    if (frame->owner != MODEL_NO_GUEST) {
        model->guest[frame->owner].page[frame->page] = MODEL_NO_FRAME;
        frame->shared = false;
        keep = false;
    }
    model->guest[g].page[page] = (uint16_t)at;
    frame->owner = (uint8_t)g;
    frame->page = (uint16_t)page;
    if (!keep) {
        frame->known = true;
        frame->word = 0;
    }
}

static bool donate(struct model *model, const uint64_t *a, uint64_t status)
{
    struct right right = {0};
    const uint32_t g = model_guest_of(model, a[0]);

    donate_faults(model, g, a, &right);
    right.no_room = g != MODEL_NO_GUEST && tables_may_be_used_up(&model->guest[g]);
    if (!judge(model, &right, status)) {
        return false;
    }
    for (uint64_t k = 0; status == STATUS_OK && k < a[3]; k++) {
        give(model, a[2] + k - model->first, g, a[1] + k, a[4] == DONATE_KEEP);
    }
    if (status == STATUS_OK) {
        model->guest[g].frames_left -= a[3];
    }
    return true;
}

bool model_map_gpa(struct model *model, uint32_t guest, uint64_t start, uint64_t bytes, uint64_t r10,
                   uint64_t r11)
{
    struct model_guest *g = &model->guest[guest];
    const bool to_shared = (start & model->shared_bit) != 0;
    const uint64_t first = start - (to_shared ? model->shared_bit : 0);
    uint64_t pages = bytes / FRAME;

    model->calls++;
    if (start % FRAME != 0 || bytes % FRAME != 0 || bytes == 0 ||
        !ends_within(first, bytes, model->shared_bit)) {
        model->refused++;
        return (r10 == TDVMCALL_INVALID_OPERAND && r11 == start) ||
               complain(model, "a wrong MapGPA is not refused", TDVMCALL_INVALID_OPERAND, r10);
    }
    if (r10 == TDVMCALL_INVALID_OPERAND && r11 == start && tables_may_be_used_up(g)) {
        return true;
    }
    pages = pages < BATCH ? pages : BATCH;
    if (pages * FRAME < bytes ? r10 != TDVMCALL_RETRY || r11 != start + pages * FRAME
                              : r10 != TDVMCALL_SUCCESS) {
        return complain(model, "a good MapGPA is not done", TDVMCALL_SUCCESS, r10);
    }
    for (uint64_t gfn = first / FRAME; gfn < first / FRAME + pages && gfn < MODEL_PAGES; gfn++) {
        struct model_frame *frame = &model->frame[g->page[gfn] % MODEL_FRAMES];

        if (g->page[gfn] != MODEL_NO_FRAME && frame->shared != to_shared) {
            frame->shared = to_shared;
            frame->known = true;
            frame->word = 0;
        }
    }
    return true;
}

bool model_accept(struct model *model, uint32_t guest, uint64_t operand, uint64_t status)
{
    const bool is_private = model_guest_reaches(model, guest, operand / FRAME, false) != MODEL_NO_FRAME;
    const bool good = operand % FRAME == 0 && is_private;

    model->calls++;
    model->refused += !good;
    return (good ? status == TDX_SUCCESS : status != TDX_SUCCESS) ||
           complain(model, "PAGE_ACCEPT answers wrongly", good ? TDX_SUCCESS : TDX_OPERAND_INVALID, status);
}

uint32_t model_manager_reaches(const struct model *model, uint64_t hfn)
{
    const uint64_t f = hfn - model->first;

    return f < model->count && (model->frame[f].owner == MODEL_NO_GUEST || model->frame[f].shared)
               ? (uint32_t)f
               : MODEL_NO_FRAME;
}

uint32_t model_guest_reaches(const struct model *model, uint32_t guest, uint64_t gfn, bool shared)
{
    if (gfn >= MODEL_PAGES || model->guest[guest].page[gfn] == MODEL_NO_FRAME ||
        model->frame[model->guest[guest].page[gfn]].shared != shared) {
        return MODEL_NO_FRAME;
    }
    return model->guest[guest].page[gfn];
}

bool model_read(struct model *model, uint32_t at, uint64_t word)
{
    const struct model_frame *frame = &model->frame[at];

    return !frame->known || frame->word == word ||
           complain(model, "a frame holds what nobody who may wrote", frame->word, word);
}

void model_wrote(struct model *model, uint32_t at, uint64_t word)
{
    model->frame[at].known = true;
    model->frame[at].word = word;
}

/* --- all hypercalls -------------------------------------------------------------------------------------- */

static bool info(struct model *model, const uint64_t *a, uint64_t status, uint64_t value)
{
    struct right right = {0};

    /* Of the machine's devices the model knows nothing. */
    if (a[0] > INFO_FRAMES_LIMIT && a[0] <= INFO_DEVICE_PAGES) {
        return status == STATUS_OK || status % STATUS_OPERAND_UNIT == STATUS_INVALID ||
               complain(model, "INFO of a device", STATUS_OK, status);
    }
    if (a[0] > INFO_DEVICE_PAGES) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    }
    if (!judge(model, &right, status)) {
        return false;
    }
    if ((a[0] == INFO_ABI_VERSION && value != ABI_VERSION) ||
        (a[0] == INFO_SHARED_BIT && 1ull << value != model->shared_bit) ||
        (a[0] == INFO_FRAMES_LIMIT && value != model->limit)) {
        return complain(model, "INFO is wrong", a[0], value);
    }
    return true;
}

/* What is in the log is not the model's; that nothing is beyond its end is. */
static bool audit_read(struct model *model, const uint64_t *a, uint64_t status)
{
    struct right right = {0};

    if (a[1] >= AUDIT_WORDS) {
        refuse(&right, STATUS_INVALID, OPERAND_RSI);
    }
    if (a[0] >= MODEL_NEVER / 2 || status == STATUS_AT((uint64_t)STATUS_INVALID, (uint64_t)OPERAND_RDI)) {
        refuse(&right, STATUS_INVALID, OPERAND_RDI);
    }
    return judge(model, &right, status);
}

static bool only_refused(struct model *model, uint64_t code, uint64_t operand, uint64_t status)
{
    struct right right = {0};

    refuse(&right, code, operand);
    return judge(model, &right, status);
}

static bool hypercall(struct model *model, const struct model_call *call, uint64_t status, uint64_t value)
{
    switch (call->number) {
    case HYPERCALL_INFO:
        return info(model, call->argument, status, value);
    case HYPERCALL_PARTITION_CREATE:
        return create(model, call->argument, status, value);
    case HYPERCALL_PARTITION_SEAL:
        return seal(model, call->argument, status);
    case HYPERCALL_PARTITION_DESTROY:
        return destroy(model, call->argument, status);
    case HYPERCALL_VCPU_CREATE:
        return vcpu_create(model, call->argument, status, value);
    case HYPERCALL_VCPU_INTERRUPT:
        return interrupt(model, call->argument, status);
    case HYPERCALL_FRAME_DONATE:
        return donate(model, call->argument, status);
    case HYPERCALL_FRAME_RECLAIM:
        return reclaim(model, call->argument, status);
    case HYPERCALL_AUDIT_READ:
        return audit_read(model, call->argument, status);
    case HYPERCALL_DEVICE_ASSIGN:
    case HYPERCALL_DEVICE_RELEASE:
    case HYPERCALL_PCI_CONFIG:
    case HYPERCALL_IRQ_MAP:
    case HYPERCALL_IRQ_UNMAP: /* hostile.c names no function that a machine has */
        model->calls++;
        model->refused++;
        return status % STATUS_OPERAND_UNIT > STATUS_RETRY ||
               complain(model, "a call for no device succeeds", STATUS_INVALID, status);
    case HYPERCALL_POWER: /* the two actions that work end the test */
        return only_refused(model, STATUS_INVALID, OPERAND_RDI, status);
    default:
        return only_refused(model, STATUS_UNKNOWN, OPERAND_NONE, status);
    }
}

bool model_hypercall(struct model *model, const struct model_call *call, uint64_t status, uint64_t value)
{
    if (!hypercall(model, call, status, value)) {
        return false;
    }
    return status == STATUS_OK || status == STATUS_RETRY || value == 0 ||
           complain(model, "a refusal says more than its status", 0, value);
}
