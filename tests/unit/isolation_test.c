/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/shootdown.h"
#include "arch/x86_64/window.h"
#include "ept/ept_flush.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/frame.h"
#include "isolation/frame_donate.h"
#include "isolation/frame_grant.h"
#include "isolation/frame_large.h"
#include "isolation/frame_reclaim.h"
#include "isolation/isolation.h"
#include "isolation/page.h"
#include "isolation/partition.h"
#include "isolation/partition_create.h"
#include "isolation/vcpu.h"

/*
 * The isolation core against an independent model of DESIGN.md section 6, in random sequences of all calls with every kind
 * of wrong argument.  After each call the whole state is compared, as a hardware walker sees it.  Fake CPUs keep
 * translations as long as they may, and use them: a flush that is missing or late shows.
 */
struct frame frames[FRAMES_MAX];
struct table tables[TABLES_MAX] __attribute__((aligned(4096)));
struct table_tag table_tags[TABLES_MAX];

enum {
    LIMIT = 3700,     /* frames of the machine, of which */
    RAM_FIRST = 100,  /* below: the core's */
    IMAGE_LAST = 299, /* the manager's program */
    HOLE_FIRST = 700, /* not RAM */
    HOLE_LAST = 760,
    LARGE = 5,       /* runs of 512 frames that one leaf can map */
    POOL = 160,      /* tables */
    POOL_HFN = 5000, /* where they are */
    CPUS = 3,
    SHARED = 1 << 18,   /* the shared bit: its pages are in another level-1 table */
    PAGES = 2 * SHARED, /* guest frames there can be */
    GUESTS = PARTITIONS_MAX - PARTITION_FIRST_GUEST,
    STEPS = 12000,
};

/* Nothing is in the window of device pages: ept/ept_window.c is never opened. */
uint64_t paging_physical_of_image(const void *in_image)
{
    return (uint64_t)in_image;
}

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t below(uint64_t n)
{
    return (random_next() >> 16) % n;
}

static bool chance(uint64_t percent)
{
    return below(100) < percent;
}

/* --- the model ----------------------------------------------------------------------------------- */

enum model_state { ABSENT, FILLING, READY, DYING };

struct model_guest {
    enum model_state state;
    bool killed;
    uint64_t generation;
    uint64_t frames_left;
    uint64_t first_table, tables, used;
    uint64_t first_vcpu, vcpus, made;
    uint16_t page[PAGES]; /* frame + 1 that is there, 0: none.  Above SHARED: lent to the manager. */
    bool leaf_table[PAGES / 512], level1_table[PAGES / 262144], level2_table;
};

static struct model_guest guest[PARTITIONS_MAX];
static uint32_t owner[LIMIT];   /* partition */
static bool lent[LIMIT];        /* to the manager */
static bool program[LIMIT];     /* executable for the manager: its image, as long as it keeps it */
static uint64_t content[LIMIT]; /* last word written to it */
static uint64_t vcpu_life[VCPUS_MAX];
static bool vcpu_exists[VCPUS_MAX];
static bool vcpu_runs[VCPUS_MAX];
static bool vcpu_gone[VCPUS_MAX];
static uint64_t manager_tables;

static bool is_ram(uint64_t hfn)
{
    return hfn >= RAM_FIRST && hfn < LIMIT && !(hfn >= HOLE_FIRST && hfn <= HOLE_LAST);
}

static bool model_may_touch(uint32_t partition, uint64_t hfn)
{
    return hfn < LIMIT && (owner[hfn] == partition || (partition == PARTITION_MANAGER && lent[hfn]));
}

/* The slot of a guest's id, or 0. */
static uint32_t model_find(uint64_t id)
{
    for (uint32_t g = PARTITION_FIRST_GUEST; g < PARTITIONS_MAX; g++) {
        if (guest[g].state != ABSENT && id == guest[g].generation * PARTITIONS_MAX + g) {
            return g;
        }
    }
    return 0;
}

static bool model_free_tables(uint64_t from, uint64_t count)
{
    if (from < manager_tables) {
        return false;
    }
    for (uint32_t g = PARTITION_FIRST_GUEST; g < PARTITIONS_MAX; g++) {
        if (guest[g].state != ABSENT && from < guest[g].first_table + guest[g].tables &&
            guest[g].first_table < from + count) {
            return false;
        }
    }
    return from + count <= POOL;
}

static bool model_free_vcpus(uint64_t from, uint64_t count)
{
    if (from < CPUS) {
        return false;
    }
    for (uint32_t g = PARTITION_FIRST_GUEST; g < PARTITIONS_MAX; g++) {
        if (guest[g].state != ABSENT && from < guest[g].first_vcpu + guest[g].vcpus &&
            guest[g].first_vcpu < from + count) {
            return false;
        }
    }
    return from + count <= VCPUS_MAX;
}

static uint64_t at(uint64_t code, uint64_t operand)
{
    return code + 256 * operand;
}

/* Makes the tables page `gfn` needs, if there are any left. */
static bool model_tables(struct model_guest *g, uint64_t gfn)
{
    uint64_t lacking = !g->level2_table + !g->level1_table[gfn / 262144] + !g->leaf_table[gfn / 512];

    if (lacking > g->tables - g->used) {
        return false;
    }
    g->used += lacking;
    g->level2_table = g->level1_table[gfn / 262144] = g->leaf_table[gfn / 512] = true;
    return true;
}

/* --- fake hardware -------------------------------------------------------------------------------- */

enum { CACHED = 8 };

static struct fake_cpu {
    uint32_t inside; /* partition, or 0 */
    uint32_t vcpu;   /* slot */
    struct {
        uint32_t partition;
        uint64_t gfn, entry;
        bool large; /* for the 512 pages around gfn */
        bool valid;
    } cache[CACHED];
} cpu[CPUS_MAX];

static uint32_t this_cpu;
static uint32_t nmis;

uint32_t shootdown_this_cpu(void)
{
    return this_cpu;
}

void shootdown_invept_all(void)
{
    for (uint32_t k = 0; k < CACHED; k++) {
        cpu[this_cpu].cache[k].valid = false;
    }
}

void shootdown_invept(uint64_t eptp)
{
    for (uint32_t k = 0; k < CACHED; k++) {
        uint32_t p = cpu[this_cpu].cache[k].partition;
        if (p != 0 && table_roots[2 * p] != TABLE_NONE &&
            eptp == (POOL_HFN + table_roots[2 * p]) * 4096ull + 6 + (3 << 3)) {
            cpu[this_cpu].cache[k].valid = false;
        }
    }
}

void shootdown_nmi(uint32_t target)
{
    uint32_t sender = this_cpu;

    assert_int_not_equal(target, sender);
    assert_int_not_equal(cpu[target].inside, 0);
    this_cpu = target;
    ept_flush_acknowledge(target);
    this_cpu = sender;
    nmis++;
}

/* The walk of the hardware, on bits; 0: EPT violation.  Of a large leaf, the part for `gfn`. */
static uint64_t hardware_walk(uint32_t partition, uint64_t gfn, bool *large)
{
    uint64_t table = POOL_HFN + table_roots[2 * partition];

    if (table_roots[2 * partition] == TABLE_NONE) {
        return 0;
    }
    for (int level = 3;; level--) {
        uint64_t entry = tables[table - POOL_HFN].entry[(gfn >> (9 * level)) & 511];

        if ((entry & 7) == 0) {
            assert_int_equal(entry, 0);
            return 0;
        }
        *large = level == 1 && (entry & 0x80) != 0;
        if (level == 0) {
            return entry;
        }
        if (*large) {
            assert_int_equal(partition, PARTITION_MANAGER);
            assert_int_equal(entry & 0x1fffff, 0xf3);
            return (entry & ~0x80ull) + ((gfn & 511) << 12);
        }
        assert_int_equal(entry & 0xfff, 7);
        table = (entry & 0x000ffffffffff000ull) >> 12;
        assert_in_range(table, POOL_HFN + table_slices[partition].first,
                        POOL_HFN + table_slices[partition].first + table_slices[partition].used - 1);
    }
}

/* What a CPU in a partition has cached of it is what the tables say. */
static void nothing_stale(const struct fake_cpu *me)
{
    for (uint32_t k = 0; k < CACHED; k++) {
        if (me->cache[k].valid && me->cache[k].partition == me->inside) {
            uint64_t gfn = me->cache[k].gfn, first = me->cache[k].large ? gfn / 512 * 512 : gfn;
            bool large = false;

            for (uint64_t g = first; g < first + (me->cache[k].large ? 512 : 1); g++) {
                assert_int_equal(hardware_walk(me->inside, g, &large), me->cache[k].entry + (g - gfn) * 4096);
            }
        }
    }
}

/* CPU `c` touches page `gfn` of the partition it is in, through what it has cached. */
static void fake_touch(uint32_t c, uint64_t gfn)
{
    struct fake_cpu *me = &cpu[c];
    uint64_t entry = 0;
    uint32_t spare = (uint32_t)below(CACHED);
    bool large = false;

    for (uint32_t k = 0; k < CACHED; k++) {
        bool mine = me->cache[k].valid && me->cache[k].partition == me->inside;

        if (mine && me->cache[k].gfn == gfn) {
            entry = me->cache[k].entry;
            large = me->cache[k].large;
        } else if (mine && me->cache[k].large && me->cache[k].gfn / 512 == gfn / 512) {
            entry = me->cache[k].entry + (gfn - me->cache[k].gfn) * 4096;
            large = true;
        }
    }
    if (entry == 0) {
        entry = hardware_walk(me->inside, gfn, &large);
    }
    if (entry == 0) {
        return;
    }
    assert_true(model_may_touch(me->inside, entry >> 12));
    content[entry >> 12] = random_next() | 1;
    me->cache[spare].partition = me->inside;
    me->cache[spare].gfn = gfn;
    me->cache[spare].entry = entry;
    me->cache[spare].large = large;
    me->cache[spare].valid = true;
}

/* A page that is likely to be of interest. */
static uint64_t some_gfn(void)
{
    static const uint64_t bases[] = {0, 480, 1000, 5000, 5600, 9000, SHARED / 2 - 20, SHARED - 40};

    return bases[below(8)] + below(48);
}

static uint64_t some_page(uint32_t partition)
{
    if (partition == PARTITION_MANAGER) {
        return below(LIMIT);
    }
    return some_gfn() % SHARED + (chance(40) ? SHARED : 0);
}

/* CPU `c` writes through what it has cached as number `k`: of a large leaf, to all of it. */
static void touch_cached(uint32_t c, uint32_t k)
{
    uint64_t hfn = cpu[c].cache[k].entry >> 12;
    bool large = cpu[c].cache[k].large;

    for (uint64_t p = large ? hfn / 512 * 512 : hfn; p <= (large ? hfn | 511 : hfn); p++) {
        content[p] = random_next() | 1;
    }
}

/* Whoever is in a partition touches what it can; then nobody can, or the frame is its own to scrub. */
static void everybody_touches(void)
{
    for (uint32_t c = 0; c < CPUS; c++) {
        if (cpu[c].inside != 0) {
            for (uint32_t k = 0; k < CACHED; k++) {
                if (cpu[c].cache[k].valid && cpu[c].cache[k].partition == cpu[c].inside) {
                    touch_cached(c, k);
                }
            }
        }
    }
}

void window_scrub(hfn_t hfn)
{
    assert_in_range(hfn, RAM_FIRST, LIMIT - 1);
    assert_true(is_ram(hfn));
    everybody_touches();
    content[hfn] = 0;
}

/* --- the comparison ------------------------------------------------------------------------------------ */

static void same_page(uint32_t partition, uint64_t gfn, uint64_t expected)
{
    bool large = false;

    assert_int_equal(hardware_walk(partition, gfn, &large), expected);
    assert_int_equal(table_translate(2 * partition, gfn), expected);
}

static void same_frame(uint64_t hfn)
{
    const struct frame *f = &frames[hfn];

    if (owner[hfn] == PARTITION_CORE) {
        assert_int_equal(f->owner, PARTITION_CORE);
        assert_int_equal(f->state, FRAME_FREE);
        assert_int_equal(f->owner_slot, 0);
    } else {
        uint32_t s = f->owner_slot - 1;

        assert_int_equal(f->owner, owner[hfn]);
        assert_int_equal(f->state, lent[hfn] ? FRAME_SHARED : FRAME_OWNED);
        if (table_tags[s / 512].level == 1) {
            assert_int_equal(tables[s / 512].entry[s % 512], hfn / 512 * 512 * 4096 + 0xf3);
        } else {
            assert_int_equal(tables[s / 512].entry[s % 512] >> 12, hfn);
        }
        assert_int_equal(table_tags[s / 512].space, 2 * owner[hfn]);
    }
    assert_int_equal(f->borrower, lent[hfn] ? PARTITION_MANAGER : PARTITION_CORE);
    assert_true(lent[hfn] == (f->borrower_slot != 0));
    assert_int_equal(f->owner_dma_slot, 0);
    assert_int_equal(f->borrower_dma_slot, 0);
}

static void same_guest(uint32_t p, bool all)
{
    const struct model_guest *g = &guest[p];
    static const uint32_t states[] = {PARTITION_FREE, PARTITION_LIVE, PARTITION_SEALED, PARTITION_DESTROYING};

    assert_int_equal(partitions[p].state, states[g->state]);
    assert_int_equal(partitions[p].generation, g->generation);
    if (g->state == ABSENT) {
        assert_int_equal(table_slices[p].count, 0);
        assert_int_equal(table_roots[2 * p], TABLE_NONE);
        return;
    }
    assert_int_equal(partitions[p].frames_left, g->frames_left);
    assert_int_equal(table_slices[p].first, g->first_table);
    assert_int_equal(table_slices[p].count, g->tables);
    assert_int_equal(table_slices[p].used, g->used);
    assert_int_equal(partitions[p].vcpu_count, g->made);
    for (uint64_t k = 0; k < (all ? PAGES : 400); k++) {
        uint64_t gfn = all ? k : some_page(p);

        same_page(p, gfn, g->page[gfn] == 0 ? 0 : (g->page[gfn] - 1ull) << 12 | (gfn < SHARED ? 0x77 : 0x73));
    }
}

static void same_state(bool all)
{
    for (uint64_t hfn = 0; hfn < LIMIT; hfn++) {
        same_frame(hfn);
        same_page(PARTITION_MANAGER, hfn,
                  owner[hfn] == PARTITION_MANAGER ? hfn << 12 | (program[hfn] ? 0x77 : 0x73)
                  : lent[hfn]                     ? hfn << 12 | 0x73
                                                  : 0);
    }
    for (uint32_t p = PARTITION_FIRST_GUEST; p < PARTITIONS_MAX; p++) {
        same_guest(p, all);
    }
}

/* --- the calls ------------------------------------------------------------------------------------------- */

static uint64_t some_id(void)
{
    uint32_t slot = (uint32_t)below(PARTITIONS_MAX);

    switch (below(12)) {
    case 0:
        return random_next();
    case 1:
        return guest[slot].generation * PARTITIONS_MAX + slot + PARTITIONS_MAX;
    case 2:
        return slot;
    default:
        return guest[slot].generation * PARTITIONS_MAX + slot;
    }
}

static uint64_t some_count(void)
{
    static const uint64_t odd[] = {0, 33, 512, UINT64_MAX, 1ull << 32, (1ull << 32) + 1};

    return chance(6) ? odd[below(6)] : 1 + below(FRAME_BATCH_MAX);
}

static void step_create(void)
{
    static const uint64_t odd[] = {0, LIMIT + 1, UINT64_MAX, 1ull << 60};
    uint64_t count = chance(5)    ? odd[below(4)]
                     : chance(3)  ? LIMIT
                     : chance(20) ? 1 + below(40)
                                  : 300 + below(200);
    uint64_t cpus = chance(5) ? odd[below(4)] : 1 + below(3);
    uint64_t wanted = 2 * (count / 512 + count / 262144) + 16;
    uint64_t table = 0, vcpu = 0, status = STATUS_OK;
    uint32_t p = PARTITION_FIRST_GUEST;
    struct answer a = partition_create(count, cpus);

    while (p < PARTITIONS_MAX && guest[p].state != ABSENT) {
        p++;
    }
    if (count == 0 || count > LIMIT) {
        status = at(STATUS_INVALID, OPERAND_RDI);
    } else if (cpus == 0 || cpus > VCPUS_MAX) {
        status = at(STATUS_INVALID, OPERAND_RSI);
    } else {
        while (table < POOL && !model_free_tables(table, wanted)) {
            table++;
        }
        while (vcpu < VCPUS_MAX && !model_free_vcpus(vcpu, cpus)) {
            vcpu++;
        }
        status = p == PARTITIONS_MAX ? STATUS_NO_ROOM
                 : table == POOL     ? at(STATUS_NO_ROOM, OPERAND_RDI)
                 : vcpu == VCPUS_MAX ? at(STATUS_NO_ROOM, OPERAND_RSI)
                                     : STATUS_OK;
    }
    assert_int_equal(a.status, status);
    if (status == STATUS_OK) {
        uint64_t generation = guest[p].generation;

        memset(&guest[p], 0, sizeof(guest[p]));
        guest[p].state = FILLING;
        guest[p].generation = generation;
        guest[p].frames_left = count;
        guest[p].first_table = table;
        guest[p].tables = wanted;
        guest[p].used = 1;
        guest[p].first_vcpu = vcpu;
        guest[p].vcpus = cpus;
        assert_int_equal(a.value, generation * PARTITIONS_MAX + p);
    } else {
        assert_int_equal(a.value, 0);
    }
}

static void step_seal(void)
{
    uint64_t id = some_id();
    uint32_t p = model_find(id);
    uint64_t status = partition_seal(id);

    if (p == 0) {
        assert_int_equal(status, at(STATUS_INVALID, OPERAND_RDI));
    } else if (guest[p].state != FILLING || guest[p].made == 0) {
        assert_int_equal(status, at(STATUS_BAD_STATE, OPERAND_RDI));
    } else {
        assert_int_equal(status, STATUS_OK);
        guest[p].state = READY;
    }
}

/* As vmx/ does: the vCPUs of a partition in destruction go, but for those that a CPU is in. */
static void end_vcpus(uint32_t p)
{
    for (uint64_t slot = guest[p].first_vcpu; slot < guest[p].first_vcpu + guest[p].made; slot++) {
        struct answer a = vcpu_seize(vcpu_life[slot] * VCPUS_MAX + slot);

        if (vcpu_gone[slot]) {
            assert_int_equal(a.status, STATUS_BAD_STATE);
        } else if (vcpu_runs[slot]) {
            assert_int_equal(a.status, STATUS_BUSY);
        } else {
            assert_int_equal(a.status, STATUS_OK);
            assert_int_equal(a.value, slot);
            vcpu_retire((uint32_t)slot);
            vcpu_gone[slot] = true;
        }
    }
}

static void step_destroy(void)
{
    uint64_t id = some_id();
    uint32_t p = model_find(id);
    uint32_t thrown_out = nmis;
    uint64_t status = partition_destroy(id);

    thrown_out = nmis - thrown_out;
    if (p == 0) {
        assert_int_equal(status, at(STATUS_INVALID, OPERAND_RDI));
    } else if (guest[p].state == DYING) {
        assert_int_equal(status, at(STATUS_BAD_STATE, OPERAND_RDI));
    } else {
        assert_int_equal(status, STATUS_OK);
        guest[p].state = DYING;
        assert_false(partition_runs(p));
        for (uint32_t c = 0; c < CPUS; c++) {
            thrown_out -= cpu[c].inside == p;
        }
        assert_int_equal(thrown_out, 0);
    }
}

static void step_kill(void)
{
    uint32_t p = (uint32_t)(PARTITION_FIRST_GUEST + below(GUESTS));

    if (guest[p].state == READY) {
        uint64_t before = audit_next();

        partition_kill(p, KILL_TRIPLE_FAULT, 1);
        assert_int_equal(audit_next(), before + !guest[p].killed);
        guest[p].killed = true;
        assert_int_equal(partition_killed(p), KILL_TRIPLE_FAULT);
        assert_false(partition_runs(p));
    }
}

static uint64_t model_donate_status(uint64_t id, uint64_t gfn, uint64_t hfn, uint64_t count, uint64_t flags)
{
    uint32_t p = model_find(id);

    if (flags > 1) {
        return at(STATUS_INVALID, OPERAND_R8);
    }
    if (count < 1 || count > 32) {
        return at(STATUS_INVALID, OPERAND_R10);
    }
    if (p == 0) {
        return at(STATUS_INVALID, OPERAND_RDI);
    }
    if (guest[p].state != FILLING) {
        return at(STATUS_BAD_STATE, OPERAND_RDI);
    }
    if (gfn >= SHARED || gfn + count > SHARED) {
        return at(STATUS_INVALID, OPERAND_RSI);
    }
    if (hfn >= LIMIT || hfn + count > LIMIT) {
        return at(STATUS_INVALID, OPERAND_RDX);
    }
    if (guest[p].frames_left < count) {
        return at(STATUS_NO_ROOM, OPERAND_R10);
    }
    for (uint64_t k = 0; k < count; k++) {
        if (owner[hfn + k] != PARTITION_MANAGER) {
            return at(STATUS_NOT_OWNER, OPERAND_RDX);
        }
    }
    for (uint64_t k = 0; k < count; k++) {
        if (guest[p].page[gfn + k] != 0) {
            return at(STATUS_BAD_STATE, OPERAND_RSI);
        }
    }
    if (!model_tables(&guest[p], gfn) || !model_tables(&guest[p], gfn + count - 1)) {
        return at(STATUS_NO_ROOM, OPERAND_RDI);
    }
    return STATUS_OK;
}

static uint64_t some_hfn(void)
{
    switch (below(12)) {
    case 0:
        return random_next();
    case 1:
        return LIMIT - below(40);
    case 2:
        return UINT64_MAX - below(40);
    case 3:
        return POOL_HFN + below(POOL);
    default:
        return below(LIMIT);
    }
}

/* The first frame of `count` that the manager has, or any. */
static uint64_t some_run(uint64_t count)
{
    uint64_t hfn = below(LIMIT);
    uint64_t run = 0;

    for (uint64_t k = 0; k < LIMIT && run < count; k++) {
        hfn = (hfn + 1) % LIMIT;
        run = hfn != 0 && owner[hfn] == PARTITION_MANAGER ? run + 1 : 0;
    }
    return hfn - run + 1;
}

static void step_donate(void)
{
    uint64_t id = some_id();
    uint64_t gfn = chance(5)   ? random_next()
                   : chance(5) ? SHARED - below(40)
                   : chance(3) ? SHARED + below(40)
                               : some_gfn();
    uint64_t count = some_count();
    uint64_t hfn = chance(70) ? some_run(count) : some_hfn();
    uint64_t flags = chance(4) ? random_next() : below(2);
    uint32_t p = model_find(id);
    uint64_t expected = model_donate_status(id, gfn, hfn, count, flags);
    uint64_t kept[FRAME_BATCH_MAX];

    for (uint64_t k = 0; expected == STATUS_OK && k < count; k++) {
        kept[k] = content[hfn + k];
    }
    assert_int_equal(frame_donate(id, gfn, hfn, count, flags), expected);
    if (expected != STATUS_OK) {
        return;
    }
    for (uint64_t k = 0; k < count; k++) {
        owner[hfn + k] = p;
        program[hfn + k] = false;
        guest[p].page[gfn + k] = (uint16_t)(hfn + k + 1);
        everybody_touches();
        assert_int_equal(content[hfn + k], flags == DONATE_KEEP ? kept[k] : 0);
    }
    guest[p].frames_left -= count;
}

/* Both directions of MapGPA: from `from`, in the half of the pages that is left, to the other half. */
static void step_convert(bool share)
{
    uint32_t p = (uint32_t)(PARTITION_FIRST_GUEST + below(GUESTS));
    uint64_t gfn = chance(4) ? random_next() : chance(5) ? SHARED - below(40) : some_gfn();
    uint64_t count = some_count();
    uint64_t from = share ? 0 : SHARED, to = share ? SHARED : 0;
    uint64_t status = STATUS_OK;
    struct answer a = share ? page_share(p, gfn, count) : page_unshare(p, gfn, count);

    if (count < 1 || count > 32 || gfn >= SHARED || gfn + count > SHARED) {
        status = STATUS_INVALID;
    } else if (guest[p].state != READY) {
        status = STATUS_BAD_STATE;
    } else {
        for (uint64_t k = 0; status == STATUS_OK && k < count; k++) {
            if (guest[p].page[gfn + k + from] != 0 && !model_tables(&guest[p], gfn + k + to)) {
                status = STATUS_NO_ROOM;
            }
        }
    }
    assert_int_equal(a.status, status);
    assert_int_equal(a.value, status == STATUS_OK ? count : 0);
    for (uint64_t k = 0; status == STATUS_OK && k < count; k++) {
        uint16_t page = guest[p].page[gfn + k + from];

        if (page != 0) {
            everybody_touches();
            assert_int_equal(content[page - 1], 0);
            guest[p].page[gfn + k + to] = page;
            guest[p].page[gfn + k + from] = 0;
            lent[page - 1] = share;
        }
        assert_int_equal(page_state(p, gfn + k), guest[p].page[gfn + k] != 0            ? PAGE_PRIVATE
                                                 : guest[p].page[gfn + k + SHARED] != 0 ? PAGE_SHARED
                                                                                        : PAGE_ABSENT);
    }
}

static void model_free(uint32_t p)
{
    for (uint64_t k = 0; k < guest[p].made; k++) {
        vcpu_exists[guest[p].first_vcpu + k] = false;
    }
    guest[p].state = ABSENT;
    guest[p].generation++;
}

/* The sweep may go in any order: what has come back must be clean, and not too much at once. */
static void model_sweep(uint32_t p, bool last)
{
    uint32_t moved = 0;

    for (uint64_t gfn = 0; gfn < PAGES; gfn++) {
        uint64_t hfn = guest[p].page[gfn] - 1ull;

        if (guest[p].page[gfn] != 0 && (last || frames[hfn].owner != p)) {
            everybody_touches();
            assert_int_equal(content[hfn], 0);
            owner[hfn] = PARTITION_MANAGER;
            lent[hfn] = false;
            guest[p].page[gfn] = 0;
            moved++;
        }
    }
    assert_in_range(moved, 0, FRAME_BATCH_MAX);
}

static uint64_t reclaim(uint64_t id)
{
    uint32_t p = model_find(id);
    uint64_t status = frame_reclaim(id);
    bool left = false;

    for (uint64_t k = 0; p != 0 && k < guest[p].made; k++) {
        left |= !vcpu_gone[guest[p].first_vcpu + k];
    }
    if (p == 0) {
        assert_int_equal(status, at(STATUS_INVALID, OPERAND_RDI));
    } else if (guest[p].state != DYING) {
        assert_int_equal(status, at(STATUS_BAD_STATE, OPERAND_RDI));
    } else if (left) {
        assert_int_equal(status, at(STATUS_BUSY, OPERAND_RDI));
    } else if (status == STATUS_RETRY) {
        model_sweep(p, false);
    } else {
        assert_int_equal(status, STATUS_OK);
        model_sweep(p, true);
        model_free(p);
    }
    return status;
}

static void step_reclaim(void)
{
    uint64_t id = some_id();
    uint32_t p = model_find(id);
    uint32_t calls = 0;

    if (p != 0 && guest[p].state == DYING && chance(80)) {
        end_vcpus(p);
    }
    for (uint64_t most = 1 + below(200); most != 0 && reclaim(id) == STATUS_RETRY; most--) {
        assert_in_range(++calls, 0, POOL + LIMIT / 16);
    }
}

static uint64_t some_vcpu_id(void)
{
    uint32_t slot = (uint32_t)below(VCPUS_MAX);

    return chance(8) ? random_next() : (vcpu_life[slot] + (chance(10) ? 1 : 0)) * VCPUS_MAX + slot;
}

static uint32_t model_vcpu(uint64_t id)
{
    uint32_t slot = (uint32_t)(id % VCPUS_MAX);

    return slot >= CPUS && vcpu_exists[slot] && id / VCPUS_MAX == vcpu_life[slot] ? slot : VCPU_NONE;
}

static void step_vcpu_create(void)
{
    uint64_t id = some_id();
    uint32_t p = model_find(id);
    struct answer a = vcpu_create(id);

    if (p == 0) {
        assert_int_equal(a.status, at(STATUS_INVALID, OPERAND_RDI));
    } else if (guest[p].state != FILLING) {
        assert_int_equal(a.status, at(STATUS_BAD_STATE, OPERAND_RDI));
    } else if (guest[p].made == guest[p].vcpus) {
        assert_int_equal(a.status, at(STATUS_NO_ROOM, OPERAND_RDI));
    } else {
        uint64_t slot = guest[p].first_vcpu + guest[p].made++;

        assert_int_equal(a.status, STATUS_OK);
        /* An id that no vCPU ever had. */
        assert_int_equal(a.value, id * VCPUS_MAX + slot);
        assert_true(id > vcpu_life[slot] || p != vcpu_life[slot] % PARTITIONS_MAX);
        vcpu_life[slot] = id;
        assert_int_equal(vcpus[slot].last_cpu, VCPU_NO_CPU);
        for (uint32_t word = 0; word < 4; word++) {
            assert_int_equal(vcpus[slot].requests[word], 0);
        }
        assert_int_equal(vcpu_of(p, vcpus[slot].index), slot);
        assert_int_equal(vcpu_of(p, vcpus[slot].index + 1), VCPU_NONE);
        vcpu_exists[slot] = true;
        vcpu_gone[slot] = false;
        /* It is the maker's until its registers are set. */
        assert_int_equal(vcpu_claim(a.value).status, STATUS_BUSY);
        vcpu_release((uint32_t)slot);
        return;
    }
    assert_int_equal(a.value, 0);
}

static uint32_t partition_of_vcpu(uint32_t slot)
{
    for (uint32_t p = PARTITION_FIRST_GUEST; p < PARTITIONS_MAX; p++) {
        if (guest[p].state != ABSENT && slot >= guest[p].first_vcpu &&
            slot < guest[p].first_vcpu + guest[p].vcpus) {
            return p;
        }
    }
    return 0;
}

static void step_interrupt(void)
{
    uint64_t id = some_vcpu_id();
    uint64_t vector = chance(20) ? random_next() : chance(10) ? 0x80 : below(260);
    uint32_t slot = model_vcpu(id);
    uint64_t status;

    for (uint32_t word = 0; slot != VCPU_NONE && word < 4; word++) {
        vcpu_take_requests(slot, word);
    }
    status = vcpu_request_interrupt(id, vector);
    if (slot == VCPU_NONE) {
        assert_int_equal(status, at(STATUS_INVALID, OPERAND_RDI));
    } else if (vector < 32 || vector > 255 || vector == 0x80) {
        assert_int_equal(status, at(STATUS_INVALID, OPERAND_RSI));
    } else {
        assert_int_equal(status, STATUS_OK);
        for (uint32_t word = 0; word < 4; word++) {
            assert_int_equal(vcpu_take_requests(slot, word), word == vector / 64 ? 1ull << (vector % 64) : 0);
        }
        /* What its slot's next vCPU must not find. */
        vcpus[slot].requests[below(4)] |= chance(50) ? random_next() : 0;
    }
}

/* A CPU other than the manager's goes into the guest, or into the manager. */
static void step_enter(uint32_t c)
{
    uint64_t id = some_vcpu_id();
    uint32_t slot = model_vcpu(id);
    uint32_t p = slot == VCPU_NONE ? 0 : partition_of_vcpu(slot);
    struct answer a;

    if (cpu[c].inside != 0) {
        return;
    }
    this_cpu = c;
    if (chance(40)) {
        ept_flush_enter(c, PARTITION_MANAGER);
        cpu[c].inside = PARTITION_MANAGER;
        this_cpu = 0;
        return;
    }
    a = vcpu_claim(id);
    if (slot == VCPU_NONE) {
        assert_int_equal(a.status, STATUS_INVALID);
    } else if (vcpu_gone[slot]) {
        assert_int_equal(a.status, STATUS_BAD_STATE);
    } else if (vcpu_runs[slot]) {
        assert_int_equal(a.status, STATUS_BUSY);
    } else if (guest[p].state != READY || guest[p].killed) {
        assert_int_equal(a.status, STATUS_BAD_STATE);
    } else {
        assert_int_equal(a.status, STATUS_OK);
        assert_int_equal(a.value, slot);
        vcpu_runs[slot] = true;
        ept_flush_enter(c, p);
        assert_true(partition_runs(p));
        cpu[c].inside = p;
        cpu[c].vcpu = slot;
        vcpus[slot].last_cpu = c;
    }
    this_cpu = 0;
}

static void step_leave(uint32_t c)
{
    if (cpu[c].inside == 0) {
        return;
    }
    ept_flush_leave(c);
    if (cpu[c].inside != PARTITION_MANAGER) {
        vcpu_release(cpu[c].vcpu);
        vcpu_runs[cpu[c].vcpu] = false;
    }
    cpu[c].inside = 0;
}

static void step_touch(uint32_t c)
{
    if (cpu[c].inside != 0) {
        for (uint32_t k = 0; k < 2 * CACHED; k++) {
            fake_touch(c, some_page(cpu[c].inside));
        }
    }
}

static void step(void)
{
    uint32_t c = (uint32_t)(1 + below(CPUS - 1));

    switch (below(24)) {
    case 0:
        step_create();
        break;
    case 1:
        step_vcpu_create();
        break;
    case 2:
        if (chance(40)) {
            step_seal();
        }
        break;
    case 3:
        if (chance(12)) {
            step_destroy();
        }
        break;
    case 4:
    case 5:
        step_reclaim();
        break;
    case 6:
        step_interrupt();
        break;
    case 7:
        if (chance(5)) {
            step_kill();
        }
        break;
    case 8:
    case 9:
    case 10:
        step_enter(c);
        break;
    case 11:
        step_leave(c);
        break;
    case 12:
    case 13:
    case 14:
        step_touch(c);
        break;
    case 15:
    case 16:
    case 17:
        step_convert(true);
        break;
    case 18:
    case 19:
    case 20:
        step_convert(false);
        break;
    default:
        step_donate();
        break;
    }
    for (c = 0; c < CPUS; c++) {
        nothing_stale(&cpu[c]);
    }
}

/* Large leaves the manager has. */
static uint32_t large_leaves(void)
{
    uint32_t count = 0;

    for (uint64_t hfn = 0; hfn < LIMIT; hfn += 512) {
        bool large = false;

        hardware_walk(PARTITION_MANAGER, hfn, &large);
        count += large;
    }
    return count;
}

static void start(uint64_t seed, enum frame_grant_kind kind)
{
    random_state = seed;
    memset(guest, 0, sizeof(guest));
    memset(cpu, 0, sizeof(cpu));
    memset(frames, 0xa5, sizeof(frames));
    memset(tables, 0xa5, sizeof(tables));
    memset(table_tags, 0xa5, sizeof(table_tags));
    memset(vcpu_life, 0, sizeof(vcpu_life));
    memset(vcpu_runs, 0, sizeof(vcpu_runs));
    memset(vcpu_gone, 0, sizeof(vcpu_gone));
    manager_tables = LIMIT / 512 + 4;
    assert_true(isolation_init(LIMIT, POOL, POOL_HFN, SHARED, CPUS));
    for (uint64_t hfn = 0; hfn < LIMIT; hfn++) {
        owner[hfn] = is_ram(hfn) ? PARTITION_MANAGER : PARTITION_CORE;
        lent[hfn] = false;
        program[hfn] = hfn >= RAM_FIRST && hfn <= IMAGE_LAST;
        content[hfn] = 1;
    }
    for (uint32_t s = 0; s < VCPUS_MAX; s++) {
        vcpu_exists[s] = s < CPUS;
    }
    assert_true(frame_grant(RAM_FIRST, IMAGE_LAST + 1 - RAM_FIRST, GRANT_IMAGE));
    assert_true(frame_grant(IMAGE_LAST + 1, HOLE_FIRST - IMAGE_LAST - 1, kind));
    assert_true(frame_grant(HOLE_LAST + 1, LIMIT - HOLE_LAST - 1, kind));
    assert_int_equal(large_leaves(), kind == GRANT_LARGE ? LARGE : 0);
}

static void random_sequences_equal_the_model(void **state)
{
    uint64_t donated = 0, converted = 0;

    for (uint64_t seed = 1; seed <= 3; seed++) {
        start(seed * 0x9e3779b97f4a7c15ull, seed == 2 ? GRANT_DATA : GRANT_LARGE);
        same_state(true);
        for (uint32_t k = 0; k < STEPS / 3; k++) {
            step();
            same_state(k % 997 == 0);
            for (uint32_t hfn = 0; k % 100 == 0 && hfn < LIMIT; hfn++) {
                donated += owner[hfn] > PARTITION_MANAGER;
                converted += lent[hfn];
            }
        }
    }
    /* It did happen. */
    assert_true(donated > 1000);
    assert_true(converted > 100);
    assert_true(nmis > 100);
}

static bool one_life(uint32_t n)
{
    const uint64_t id = partition_create(8, 1 + n % 3).value;
    const uint64_t vcpu = vcpu_create(id).value;
    const uint32_t slot = (uint32_t)(id % PARTITIONS_MAX);
    uint64_t status;

    vcpu_release((uint32_t)(vcpu % VCPUS_MAX));
    if (frame_donate(id, n % 7, RAM_FIRST, 8, n & 1) != STATUS_OK || partition_seal(id) != STATUS_OK) {
        return false;
    }
    if (n % 2 == 0 && page_share(slot, n % 7 + 2, 1 + n % 6).status != STATUS_OK) {
        return false;
    }
    if (partition_destroy(id) != STATUS_OK || vcpu_seize(vcpu).status != STATUS_OK) {
        return false;
    }
    vcpu_retire((uint32_t)(vcpu % VCPUS_MAX));
    do {
        status = frame_reclaim(id);
    } while (status == STATUS_RETRY);
    return status == STATUS_OK;
}

static void ten_thousand_lives_leave_nothing_behind(void **state)
{
    static struct frame before[LIMIT];
    static struct table_slice slices[PARTITIONS_MAX];

    start(7, GRANT_LARGE);
    /* The first life may leave the manager a table that it did not have. */
    assert_true(one_life(0));
    memcpy(before, frames, sizeof(before));
    memcpy(slices, table_slices, sizeof(slices));
    for (uint32_t n = 1; n <= 10000; n++) {
        assert_true(one_life(n));
    }
    assert_memory_equal(frames, before, sizeof(before));
    assert_memory_equal(table_slices, slices, sizeof(slices));
    for (uint32_t v = PARTITION_FIRST_GUEST; v < PARTITIONS_MAX; v++) {
        assert_int_equal(partitions[v].state, PARTITION_FREE);
        assert_int_equal(table_roots[table_ept_space(v)], TABLE_NONE);
    }
    for (uint32_t s = CPUS; s < VCPUS_MAX; s++) {
        assert_int_equal(vcpus[s].state, VCPU_FREE);
    }
}

static void wrong_machines_are_refused(void **state)
{
    assert_false(isolation_init(0, POOL, POOL_HFN, SHARED, CPUS));
    assert_false(isolation_init(FRAMES_MAX + 1ull, POOL, POOL_HFN, SHARED, CPUS));
    assert_false(isolation_init(1ull << 60, POOL, POOL_HFN, SHARED, CPUS));
    assert_false(isolation_init(LIMIT, TABLES_MAX + 1ull, POOL_HFN, SHARED, CPUS));
    assert_false(isolation_init(LIMIT, POOL, 1ull << 36, SHARED, CPUS));
    assert_false(isolation_init(LIMIT, POOL, POOL_HFN, 1, CPUS));
    assert_false(isolation_init(LIMIT, POOL, POOL_HFN, 1ull << 36, CPUS));
    assert_false(isolation_init(LIMIT, POOL, POOL_HFN, SHARED, 0));
    assert_false(isolation_init(LIMIT, POOL, POOL_HFN, SHARED, CPUS_MAX + 1));
    assert_false(isolation_init(LIMIT, LIMIT / 512 + 3, POOL_HFN, SHARED, CPUS));
    assert_true(isolation_init(LIMIT, LIMIT / 512 + 4, POOL_HFN, SHARED, CPUS));
    assert_true(isolation_tables_wanted(LIMIT, LIMIT) >= LIMIT / 512 + 4 + 2 * (LIMIT / 512) + 16);
}

static void grants_are_checked(void **state)
{
    start(1, GRANT_LARGE);
    for (uint32_t kind = GRANT_IMAGE; kind <= GRANT_LARGE; kind++) {
        assert_false(frame_grant(LIMIT, 1, kind));
        assert_false(frame_grant(0, LIMIT + 1, kind));
        assert_false(frame_grant(1ull << 63, 1, kind));
        assert_false(frame_grant(5, UINT64_MAX, kind));
        assert_false(frame_grant(RAM_FIRST, 1, kind));
        assert_false(frame_grant(1024, 512, kind));
        assert_true(frame_grant(LIMIT, 0, kind));
    }
    /* The first is free, and is granted; the second is not. */
    assert_false(frame_grant(HOLE_LAST, 2, GRANT_DATA));
    owner[HOLE_LAST] = PARTITION_MANAGER;
    same_state(true);
}

/* One of 512 frames is somebody's, mapped or not. */
static void large_leaves_are_of_free_frames(void **state)
{
    const uint64_t hfn = LIMIT / 512 / 2 * 512;

    for (uint64_t taken = 0; taken < 512; taken += 73) {
        assert_true(isolation_init(LIMIT, POOL, POOL_HFN, SHARED, CPUS));
        frames[hfn + taken].state = FRAME_OWNED;
        frames[hfn + taken].owner = PARTITION_MANAGER;
        assert_false(frame_large_grant(hfn));
        frames[hfn + taken].state = FRAME_FREE;
        frames[hfn + taken].owner = PARTITION_CORE;
        assert_true(frame_large_grant(hfn));
    }
}

static void donations_end_with_ram(void **state)
{
    uint64_t id;

    start(1, GRANT_LARGE);
    id = partition_create(40, 1).value;
    for (uint64_t count = 2; count <= FRAME_BATCH_MAX; count++) {
        assert_int_equal(frame_donate(id, 0, LIMIT + 1 - count, count, 0), at(STATUS_INVALID, OPERAND_RDX));
    }
    assert_int_equal(frame_donate(id, 0, LIMIT - FRAME_BATCH_MAX, FRAME_BATCH_MAX, 0), STATUS_OK);
}

/* One frame in each leaf table, until the partition's own tables are used up: its neighbours have theirs still. */
static void tables_are_a_quota(void **state)
{
    uint64_t id, quota, given = 0;

    start(1, GRANT_LARGE);
    id = partition_create(20, 1).value;
    quota = partition_create_guest_tables(20);
    while (given <= quota &&
           frame_donate(id, given * 512, RAM_FIRST + given, 1, 0) != at(STATUS_NO_ROOM, OPERAND_RDI)) {
        given++;
    }
    /* The root, and one table at each of the two levels between. */
    assert_int_equal(given, quota - 3);
    assert_int_equal(table_slices[PARTITION_FIRST_GUEST].used, quota);
}

/* Partitions until the pool is used up. */
static void the_pool_is_bounded(void **state)
{
    const uint64_t each = partition_create_guest_tables(20);
    const uint64_t room = partition_create_manager_tables(LIMIT) + 2 * each;

    random_state = 1;
    for (uint64_t pool = room - 1; pool <= room; pool++) {
        assert_true(isolation_init(LIMIT, pool, POOL_HFN, SHARED, CPUS));
        assert_int_equal(partition_create(20, 1).status, STATUS_OK);
        assert_int_equal(partition_create(20, 1).status,
                         pool == room ? STATUS_OK : at(STATUS_NO_ROOM, OPERAND_RDI));
        assert_int_equal(partition_create(20, 1).status, at(STATUS_NO_ROOM, OPERAND_RDI));
    }
}

/* One frame of a large leaf goes to a guest, and the last of one with the first of the next: these are split, no other, and the
 * manager's tables suffice for all. */
static void large_leaves_are_split_on_demand(void **state)
{
    static const struct {
        uint64_t hfn, count;
        uint32_t left;
    } donations[] = {{1024 + 77, 1, 4}, {1024 + 78, 32, 4}, {2047, 2, 2}, {2560, 32, 1}, {3583, 1, 0}};
    uint64_t id;

    start(1, GRANT_LARGE);
    id = partition_create(100, 1).value;
    memset(&guest[id % PARTITIONS_MAX], 0, sizeof(guest[0]));
    for (uint32_t k = 0; k < 5; k++) {
        uint32_t used = table_slices[PARTITION_MANAGER].used;
        uint32_t before = large_leaves();

        assert_int_equal(frame_donate(id, 1000 * k, donations[k].hfn, donations[k].count, 0), STATUS_OK);
        assert_int_equal(large_leaves(), donations[k].left);
        assert_int_equal(table_slices[PARTITION_MANAGER].used - used, before - donations[k].left);
        for (uint64_t p = donations[k].hfn; p < donations[k].hfn + donations[k].count; p++) {
            owner[p] = (uint32_t)(id % PARTITIONS_MAX);
            same_frame(p);
        }
        for (uint64_t hfn = 0; hfn < LIMIT; hfn++) {
            same_page(PARTITION_MANAGER, hfn,
                      owner[hfn] == PARTITION_MANAGER ? hfn << 12 | (program[hfn] ? 0x77 : 0x73) : 0);
        }
    }
}

static void the_audit_log_keeps_the_last_records(void **state)
{
    uint64_t first = audit_next();

    for (uint64_t k = 0; k < 3000; k++) {
        audit_record(AUDIT_POWER, k, 2 * k, 3 * k);
    }
    assert_int_equal(audit_next(), first + 3000);
    for (uint64_t s = first + 3000 - AUDIT_RECORDS; s < first + 3000; s++) {
        assert_int_equal(audit_read(s, AUDIT_WORD_SEQUENCE).value, s);
        assert_int_equal(audit_read(s, AUDIT_WORD_EVENT).value, AUDIT_POWER);
        assert_int_equal(audit_read(s, AUDIT_WORD_A).value, s - first);
        assert_int_equal(audit_read(s, AUDIT_WORD_C).value, 3 * (s - first));
        assert_int_equal(audit_read(s, AUDIT_WORD_C).status, STATUS_OK);
    }
    assert_int_equal(audit_read(first + 3000 - AUDIT_RECORDS - 1, 0).status, at(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(audit_read(first + 3000, 0).status, at(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(audit_read(UINT64_MAX, 0).status, at(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(audit_read(first + 2999, AUDIT_WORDS).status, at(STATUS_INVALID, OPERAND_RSI));
    assert_int_equal(audit_read(first + 2999, UINT64_MAX).status, at(STATUS_INVALID, OPERAND_RSI));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_equal_the_model),
        cmocka_unit_test(ten_thousand_lives_leave_nothing_behind),
        cmocka_unit_test(wrong_machines_are_refused),
        cmocka_unit_test(grants_are_checked),
        cmocka_unit_test(large_leaves_are_of_free_frames),
        cmocka_unit_test(donations_end_with_ram),
        cmocka_unit_test(tables_are_a_quota),
        cmocka_unit_test(the_pool_is_bounded),
        cmocka_unit_test(large_leaves_are_split_on_demand),
        cmocka_unit_test(the_audit_log_keeps_the_last_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
