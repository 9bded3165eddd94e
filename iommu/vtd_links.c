/* SPDX-License-Identifier: Apache-2.0 */
#include "iommu/vtd_links.h"

#ifndef __FRAMAC__
#include "iommu/vtd.h"
#endif

struct vtd_links vtd_links[VTD_LINKS_MAX] __attribute__((aligned(4096)));

/* One store, which a unit may read at any time. */
/*@ requires d < VTD_LINKS_MAX && ix(slot);
    assigns vtd_links[d].entry[slot];
    ensures vtd_links[d].entry[slot] == entry;
*/
static void store(uint32_t d, uint32_t slot, uint64_t entry)
{
#ifdef __FRAMAC__
    vtd_links[d].entry[slot] = entry;
#else
    if (vtd_links[d].entry[slot] != entry) {
        __atomic_store_n(&vtd_links[d].entry[slot], entry, __ATOMIC_RELEASE);
        vtd_written_to_all(&vtd_links[d].entry[slot], sizeof(entry));
    }
#endif
}

/* Copies slots first .. first + count - 1 of the table. */
/*@ requires d < VTD_LINKS_MAX && table < TABLES_MAX && first + count <= TABLE_SLOTS;
    assigns vtd_links[d].entry[0 .. TABLE_SLOTS - 1];
    ensures copied: \forall integer j; 0 <= j < count ==> vtd_links[d].entry[j] == tables[table].entry[first + j];
    ensures rest: \forall integer j; count <= j < 512 ==> vtd_links[d].entry[j] == \old(vtd_links[d].entry[j]);
*/
static void copy(uint32_t d, uint32_t table, uint32_t first, uint32_t count)
{
    /*@ loop invariant 0 <= i <= count;
        loop invariant copied: \forall integer j; 0 <= j < i ==> vtd_links[d].entry[j] == tables[table].entry[first + j];
        loop invariant rest: \forall integer j; count <= j < 512 ==> vtd_links[d].entry[j] == \at(vtd_links[d].entry[j],Pre);
        loop assigns i, vtd_links[d].entry[0 .. TABLE_SLOTS - 1];
        loop variant count - i; */
    for (uint32_t i = 0; i < count; i++) {
        store(d, i, tables[table].entry[first + i]);
    }
}

void vtd_links_follow(uint32_t d, uint32_t partition, gfn_t shared_bit)
{
    const uint32_t root = table_roots[table_ept_space(partition)];
    const uint64_t up = tables[root].entry[shared_bit / VTD_LINKS_FRAMES];
    const uint64_t part = shared_bit / VTD_LINK_FRAMES;

    //@ assert root: root_ok(2 * partition);
    //@ assert wf: slot_wf(root, shared_bit / VTD_LINKS_FRAMES);
    if (up == 0) {
        return;
    }
    //@ assert table: 0 <= child(up) < TABLES_MAX;
    const uint32_t table = (uint32_t)(up / FRAME_SIZE - tables_hfn);
    //@ assert child: table == child(up);
    if (shared_bit < VTD_LINKS_FRAMES) {
        copy(d, table, (uint32_t)part, (uint32_t)part);
        //@ assert low: half_first(shared_bit) == part && half_count(shared_bit) == part;
        //@ assert low_all: \forall integer i; 0 <= i < part ==> vtd_links[d].entry[i] == tables[table].entry[part + i];
        //@ assert low_rest: \forall integer i; part <= i < 512 ==> vtd_links[d].entry[i] == 0;
        //@ assert low_up: half_up(partition, shared_bit) == up;
        //@ assert low_links: links_ok(d, partition, shared_bit);
        //@ assert low_base: table_tags[table].base == 0 && table_tags[table].level == 2 && table_tags[table].space == 2 * partition;
        //@ assert low_wf: \forall integer i; part <= i < 2 * part ==> slot_wf(table, i);
        //@ assert low_each: \forall integer i; 0 <= i < part ==> tables[table].entry[part + i] != 0 ==> nonleaf_wf(tables[table].entry[part + i], table, part + i);
        //@ assert low_part: shared_bit / VTD_LINK_FRAMES == part;
        //@ assert low_tagged: links_tagged(d, partition, shared_bit);
    } else {
        copy(d, table, 0, TABLE_SLOTS);
        //@ assert high: half_first(shared_bit) == 0 && half_count(shared_bit) == 512;
        //@ assert high_all: \forall integer i; 0 <= i < 512 ==> vtd_links[d].entry[i] == tables[table].entry[i];
        //@ assert high_up: half_up(partition, shared_bit) == up;
        //@ assert high_half: \forall integer i; ix(i) ==> half(partition, shared_bit, i) == (up == 0 ? 0 : tables[table].entry[i]);
        //@ assert high_links: links_ok(d, partition, shared_bit);
        //@ assert high_wf: \forall integer i; ix(i) ==> slot_wf(table, i);
        //@ assert high_tagged: links_tagged(d, partition, shared_bit);
    }
}

void vtd_links_clear(uint32_t d)
{
    /*@ loop invariant 0 <= i <= TABLE_SLOTS;
        loop invariant \forall integer j; 0 <= j < i ==> vtd_links[d].entry[j] == 0;
        loop assigns i, vtd_links[d].entry[0 .. TABLE_SLOTS - 1];
        loop variant TABLE_SLOTS - i; */
    for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
        store(d, i, 0);
    }
}
