/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/table.h"

struct table_slice table_slices[PARTITIONS_MAX];
uint32_t table_roots[SPACES_MAX];
uint32_t table_limit;
hfn_t tables_hfn;

/* One store, which the hardware may read at any time: never torn, never before the stores above it. */
static inline void table_store(uint32_t table, uint32_t slot, uint64_t entry)
{
#ifdef __FRAMAC__
    tables[table].entry[slot] = entry;
#else
    __atomic_store_n(&tables[table].entry[slot], entry, __ATOMIC_RELEASE);
#endif
}

void table_init(uint32_t count, hfn_t first)
{
    table_limit = count;
    tables_hfn = first;
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        table_slices[v].first = 0;
        table_slices[v].count = 0;
        table_slices[v].used = 0;
    }
    for (uint32_t s = 0; s < SPACES_MAX; s++) {
        table_roots[s] = TABLE_NONE;
    }
}

/* The end of some slice that overlaps first .. first + count - 1; 0: none does. */
static uint32_t slice_in_the_way(uint32_t first, uint32_t count)
{
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        if (table_slices[v].count != 0 && table_slices[v].first < first + count &&
            first < table_slices[v].first + table_slices[v].count) {
            return table_slices[v].first + table_slices[v].count;
        }
    }
    return 0;
}

uint32_t table_slice_find(uint64_t count)
{
    uint32_t first = 0;

    if (count == 0 || count > table_limit) {
        return TABLE_NONE;
    }
    /* Each step passes one slice at least. */
    for (uint32_t tries = 0; tries <= PARTITIONS_MAX; tries++) {
        uint32_t end;

        if (count > table_limit - first) {
            return TABLE_NONE;
        }
        end = slice_in_the_way(first, (uint32_t)count);
        if (end == 0) {
            return first;
        }
        first = end;
    }
    return TABLE_NONE;
}

/* The next table of the partition's slice, blank; it comes into use with used + 1. */
static uint32_t table_blank(uint32_t partition)
{
    uint32_t t = table_slices[partition].first + table_slices[partition].used;

    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        tables[t].entry[i] = 0;
    }
    return t;
}

void table_slice_open(uint32_t partition, uint32_t first, uint32_t count)
{
    uint32_t t;

    table_slices[partition].first = first;
    table_slices[partition].count = count;
    table_slices[partition].used = 0;
    t = table_blank(partition);
    table_tags[t].space = 2u * partition;
    table_tags[t].level = TABLE_ROOT;
    table_tags[t].base = 0;
    table_slices[partition].used = 1;
    table_roots[2u * partition] = t;
}

void table_slice_close(uint32_t partition)
{
    table_roots[2u * partition] = TABLE_NONE;
    table_roots[2u * partition + 1u] = TABLE_NONE;
    table_slices[partition].count = 0;
    table_slices[partition].used = 0;
}

/* A new table below slot `slot` of table `table`, which is empty. */
static uint32_t table_new(uint32_t table, uint32_t slot)
{
    uint32_t space = table_tags[table].space;
    uint32_t t = table_blank(space / 2u);

    table_tags[t].space = space;
    table_tags[t].level = table_tags[table].level - 1u;
    table_tags[t].base = table_tags[table].base * TABLE_SLOTS + slot;
    table_slices[space / 2u].used += 1u;
    table_store(table, slot, (tables_hfn + t) * FRAME_SIZE + (space % 2u == 1u ? VTD_TABLE : EPT_TABLE));
    return t;
}

/* From table `table`, slot `slot`, to the table below; made if absent. */
static uint32_t table_step(uint32_t table, uint32_t slot)
{
    if (tables[table].entry[slot] != 0) {
        return (uint32_t)(tables[table].entry[slot] / FRAME_SIZE - tables_hfn);
    }
    return table_new(table, slot);
}

uint32_t table_leaf(uint32_t space, gfn_t gfn)
{
    uint32_t t;
    uint64_t e;

    if (space >= SPACES_MAX || gfn >= GFN_LIMIT || table_roots[space] == TABLE_NONE) {
        return TABLE_NONE;
    }
    t = table_roots[space];
    e = tables[t].entry[gfn / 134217728u % TABLE_SLOTS];
    if (e == 0) {
        return TABLE_NONE;
    }
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    e = tables[t].entry[gfn / 262144u % TABLE_SLOTS];
    if (e == 0) {
        return TABLE_NONE;
    }
    t = (uint32_t)(e / FRAME_SIZE - tables_hfn);
    e = tables[t].entry[gfn / 512u % TABLE_SLOTS];
    if (e == 0) {
        return TABLE_NONE;
    }
    return (uint32_t)(e / FRAME_SIZE - tables_hfn);
}

uint64_t table_translate(uint32_t space, gfn_t gfn)
{
    uint32_t t = table_leaf(space, gfn);

    return t == TABLE_NONE ? 0 : tables[t].entry[gfn % TABLE_SLOTS];
}

/* How many tables below level-2 table `table` a mapping of `gfn` lacks. */
static uint32_t missing_below(uint32_t table, gfn_t gfn)
{
    uint64_t e = tables[table].entry[gfn / 262144u % TABLE_SLOTS];

    if (e == 0) {
        return 2;
    }
    return tables[e / FRAME_SIZE - tables_hfn].entry[gfn / 512u % TABLE_SLOTS] == 0 ? 1 : 0;
}

/* How many tables a mapping of `gfn` lacks. */
static uint32_t tables_missing(uint32_t space, gfn_t gfn)
{
    uint64_t e = tables[table_roots[space]].entry[gfn / 134217728u % TABLE_SLOTS];

    if (e == 0) {
        return 3;
    }
    return missing_below((uint32_t)(e / FRAME_SIZE - tables_hfn), gfn);
}

/* As table_prepare(), where the slice has room. */
static uint32_t leaf_make(uint32_t space, gfn_t gfn)
{
    uint32_t t;

    t = table_step(table_roots[space], (uint32_t)(gfn / 134217728u % TABLE_SLOTS));
    t = table_step(t, (uint32_t)(gfn / 262144u % TABLE_SLOTS));
    return table_step(t, (uint32_t)(gfn / 512u % TABLE_SLOTS));
}

uint32_t table_prepare(uint32_t space, gfn_t gfn)
{
    uint32_t left = table_slices[space / 2u].count - table_slices[space / 2u].used;

    /* Is there room in the slice? */
    if (tables_missing(space, gfn) > left) {
        return TABLE_NONE;
    }
    /* All checks passed: nothing below can fail. */
    return leaf_make(space, gfn);
}

void table_set(uint32_t table, uint32_t slot, uint64_t entry)
{
    table_store(table, slot, entry);
}
