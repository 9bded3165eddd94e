/* SPDX-License-Identifier: Apache-2.0 */
#include "isolation/partition_create.h"

#include "abi/audit.h"
#include "abi/status.h"
#include "ept/ept_flush.h"
#include "ept/table.h"
#include "isolation/audit.h"
#include "isolation/lock.h"
#include "isolation/partition.h"
#include "isolation/trusted.h"
#include "isolation/vcpu.h"

/* Tables beyond the leaves and the level above that a guest's slice has: root, upper levels, holes. */
#define GUEST_TABLES_SPARE   16u
#define MANAGER_TABLES_SPARE 4u

uint64_t partition_create_manager_tables(uint64_t limit)
{
    return limit / 512u + limit / 262144u + limit / 134217728u + MANAGER_TABLES_SPARE;
}

uint64_t partition_create_guest_tables(uint64_t frame_count)
{
    return 2u * (frame_count / 512u + frame_count / 262144u) + GUEST_TABLES_SPARE;
}

/*@ assigns partitions[0 .. PARTITIONS_MAX - 1];
    ensures \forall integer v; in_set(v) ==> free(v) && partitions[v].generation == 0 && run_first(v) == 0 &&
      run_size(v) == 0 && made(v) == 0;
*/
static void reset_all(void)
{
    /*@ loop invariant 0 <= v <= PARTITIONS_MAX;
        loop invariant \forall integer w; 0 <= w < v ==> free(w) && partitions[w].generation == 0 && run_first(w) == 0 &&
          run_size(w) == 0 && made(w) == 0;
        loop assigns v, partitions[0 .. PARTITIONS_MAX - 1];
        loop variant PARTITIONS_MAX - v; */
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        partition_reset(v);
        partitions[v].state = PARTITION_FREE;
        partitions[v].generation = 0;
    }
}

/* Opens a slice of the pool, found free, for a partition that has none. */
/*@ requires sys_inv && is_partition(slot) && table_slices[slot].count == 0;
    requires no_trees: table_roots[2 * slot] == TABLE_NONE && table_roots[2 * slot + 1] == TABLE_NONE;
    requires room: 1 <= count && first + count <= table_limit;
    requires apart: \forall integer v; 0 <= v < PARTITIONS_MAX ==>
      table_slices[v].count == 0 || table_slices[v].first + table_slices[v].count <= first ||
      first + count <= table_slices[v].first;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[slot], table_roots[2 * slot];
    ensures inv: sys_inv;
    ensures root: has_root(2 * slot);
    ensures slice: table_slices[slot].first == first && table_slices[slot].count == count;
    ensures tags: tags_kept{Pre,Post};
    ensures paths: paths_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
*/
static void slice_open(uint32_t slot, uint32_t first, uint32_t count)
{
    table_slice_open(slot, first, count);
    //@ assert leaves: \forall integer u, j; is_tab(u, 0) ==> ix(j) ==> tables[u].entry[j] != 0 ==> is_tab{Pre}(u, 0) && tables[u].entry[j] == \at(tables[u].entry[j],Pre) && table_tags[u] == \at(table_tags[u],Pre);
    //@ assert forward: forward_inv;
    //@ assert halves: halves_inv;
    //@ assert larges: large_inv;
    //@ assert large_slots: \forall integer s; 0 < s ==> is_tab{Pre}(slot_t(s), 1) ==> large(\at(tables[slot_t(s)].entry[slot_i(s)],Pre)) ==> is_tab(slot_t(s), 1) && table_tags[slot_t(s)] == \at(table_tags[slot_t(s)],Pre) && tables[slot_t(s)].entry[slot_i(s)] == \at(tables[slot_t(s)].entry[slot_i(s)],Pre);
    //@ assert slots: \forall integer s; 0 < s ==> is_tab{Pre}(slot_t(s), 0) ==> is_tab(slot_t(s), 0) && table_tags[slot_t(s)] == \at(table_tags[slot_t(s)],Pre) && tables[slot_t(s)].entry[slot_i(s)] == \at(tables[slot_t(s)].entry[slot_i(s)],Pre);
    //@ assert backward: backward_inv;
}

/* The manager's first run is slots 0 .. cpus - 1. */
/*@ requires 1 <= cpus <= CPUS_MAX;
    requires none: \forall integer v; in_set(v) ==> free(v) && partitions[v].generation == 0 && run_first(v) == 0 &&
      run_size(v) == 0 && made(v) == 0;
    requires no_vcpus: \forall integer s; is_vcpu(s) ==> vcpus[s].state == VCPU_FREE;
    assigns partitions[0 .. PARTITIONS_MAX - 1], vcpus[0 .. VCPUS_MAX - 1];
    ensures inv: life_inv;
    ensures manager: partitions[PARTITION_MANAGER].state == PARTITION_SEALED && made(PARTITION_MANAGER) == cpus;
    ensures guests: \forall integer v; is_guest(v) ==> free(v) && partitions[v].generation == 0;
*/
static void manager_open(uint32_t cpus)
{
    partitions[PARTITION_CORE].state = PARTITION_SEALED;
    partitions[PARTITION_MANAGER].state = PARTITION_SEALED;
    partitions[PARTITION_MANAGER].vcpu_limit = cpus;
    //@ assert inv: life_inv;
    /*@ loop invariant 0 <= c <= cpus;
        loop invariant life_inv;
        loop invariant made(PARTITION_MANAGER) == c && run_size(PARTITION_MANAGER) == cpus &&
          partitions[PARTITION_MANAGER].state == PARTITION_SEALED;
        loop invariant \forall integer v; is_guest(v) ==> free(v) && partitions[v].generation == 0;
        loop assigns c, partitions[0 .. PARTITIONS_MAX - 1], vcpus[0 .. VCPUS_MAX - 1];
        loop variant cpus - c; */
    for (uint32_t c = 0; c < cpus; c++) {
        vcpu_make(PARTITION_MANAGER);
    }
}

bool partition_create_manager(uint64_t limit, gfn_t shared_bit, uint32_t cpus)
{
    uint64_t count = partition_create_manager_tables(limit);
    uint32_t first = table_slice_find(count);

    //@ assert sizes: \forall integer v; in_set(v) ==> table_slices[v].used == 0;
    //@ assert spaces: \forall integer a; is_space(a) ==> in_set(part(a));
    //@ assert unused: \forall integer t; !in_use(t);
    shared_bit_gfn = shared_bit;
    reset_all();
    /* Is there room for the manager's tables, and for a vCPU of it on each CPU? */
    if (first == TABLE_NONE || cpus == 0 || cpus > CPUS_MAX) {
        return false;
    }
    slice_open(PARTITION_MANAGER, first, (uint32_t)count);
    manager_open(cpus);
    //@ assert parts: parts_inv;
    return true;
}

/*@ // A slot that is FREE and has lives left; the first; none.
    predicate usable{L}(integer v) = is_guest(v) && free{L}(v) && \at(partitions[v].generation,L) < GENERATION_MAX;
    predicate first_slot{L}(integer s) = usable{L}(s) && \forall integer v; 0 <= v < s ==> !usable{L}(v);
    predicate no_slot{L} = \forall integer v; !usable{L}(v);
*/

/* The first slot that is FREE and has lives left, or PARTITION_NONE. */
/*@ requires life_inv;
    assigns \nothing;
    ensures first: \result != PARTITION_NONE ==> first_slot(\result);
    ensures no_slot: \result == PARTITION_NONE ==> no_slot;
    ensures found: \result != PARTITION_NONE ==> is_guest(\result) && free(\result) && partitions[\result].generation < GENERATION_MAX;
    ensures none: \result == PARTITION_NONE ==> \forall integer v; is_guest(v) ==> !free(v) || partitions[v].generation == GENERATION_MAX;
*/
static uint32_t slot_find(void)
{
    /*@ loop invariant PARTITION_FIRST_GUEST <= v <= PARTITIONS_MAX;
        loop invariant \forall integer w; PARTITION_FIRST_GUEST <= w < v ==> !free(w) || partitions[w].generation == GENERATION_MAX;
        loop assigns v;
        loop variant PARTITIONS_MAX - v; */
    for (uint32_t v = PARTITION_FIRST_GUEST; v < PARTITIONS_MAX; v++) {
        //@ assert ok: life_ok(v);
        if (partitions[v].state == PARTITION_FREE && partitions[v].generation < GENERATION_MAX) {
            return v;
        }
    }
    return PARTITION_NONE;
}

/*@ requires life_inv && is_guest(slot) && free(slot) && partitions[slot].generation < GENERATION_MAX;
    requires run: 1 <= vcpu_limit && vcpu_first + vcpu_limit <= VCPUS_MAX;
    requires clear: \forall integer v; in_set(v) ==> run_clear(v, vcpu_first, vcpu_limit);
    assigns partitions[slot];
    ensures inv: life_inv;
    ensures open: partitions[slot].state == PARTITION_LIVE && partitions[slot].killed == KILL_NONE &&
      partitions[slot].generation == \old(partitions[slot].generation) && partitions[slot].frames_left == frame_count &&
      run_first(slot) == vcpu_first && run_size(slot) == vcpu_limit && made(slot) == 0 && partitions[slot].cursor == 0;
*/
static void partition_open(uint32_t slot, uint64_t frame_count, uint32_t vcpu_first, uint32_t vcpu_limit)
{
    partitions[slot].killed = KILL_NONE;
    partitions[slot].frames_left = frame_count;
    partitions[slot].vcpu_first = vcpu_first;
    partitions[slot].vcpu_limit = vcpu_limit;
    partitions[slot].vcpu_count = 0;
    partitions[slot].cursor = 0;
    partition_publish(slot, PARTITION_LIVE);
    //@ assert others: same_parts_but{Pre,Here}(slot);
    //@ assert lives: lives_inv;
    //@ assert runs: runs_inv;
    //@ assert made: made_inv;
    //@ assert vcpus: vcpus_inv;
}

/*@ // The status names what there is no room for, and what is opened is each time the first that there is.
    logic integer guest_tables(integer n) = 2 * (n / 512 + n / 262144) + 16;
    predicate create_answered{L}(integer s, integer n, integer c) =
      (no_slot{L} ==> s == STATUS_NO_ROOM) &&
      (!no_slot{L} ==> no_slice{L}(guest_tables(n)) ==> s == STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI)) &&
      (!no_slot{L} ==> !no_slice{L}(guest_tables(n)) ==> no_run{L}(c) ==> s == STATUS_AT(STATUS_NO_ROOM, OPERAND_RSI)) &&
      (!no_slot{L} ==> !no_slice{L}(guest_tables(n)) ==> !no_run{L}(c) ==> s == STATUS_OK);
*/
/*@ requires core_inv && 1 <= frame_count <= FRAMES_MAX && 1 <= vcpu_count <= VCPUS_MAX;
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            table_roots[0 .. SPACES_MAX - 1], partitions[0 .. PARTITIONS_MAX - 1], audit_ring[0 .. AUDIT_RECORDS - 1], audit_count;
    ensures inv: core_inv;
    ensures tags: tags_kept{Pre,Post};
    ensures walks: same_walks{Pre,Post};
    ensures ok: \result.status == STATUS_OK ==> \let v = \result.value % PARTITIONS_MAX;
      is_guest(v) && free{Pre}(v) && \result.value == id_of(v) && \result.value == \old(id_of(v)) &&
      partitions[v].state == PARTITION_LIVE && partitions[v].killed == KILL_NONE && partitions[v].frames_left == frame_count &&
      run_size(v) == vcpu_count && made(v) == 0;
    ensures exact: create_answered{Pre}(\result.status, frame_count, vcpu_count);
    ensures first: \result.status == STATUS_OK ==> \let v = \result.value % PARTITIONS_MAX; first_slot{Pre}(v) &&
      first_slice{Pre}(table_slices[v].first, guest_tables(frame_count)) && table_slices[v].count == guest_tables(frame_count) &&
      first_run{Pre}(run_first(v), vcpu_count);
    ensures slices: \result.status == STATUS_OK ==> same_slices_but{Pre,Post}(\result.value % PARTITIONS_MAX);
    ensures parts: \result.status == STATUS_OK ==> same_parts_but{Pre,Post}(\result.value % PARTITIONS_MAX);
    ensures refused_parts: \result.status != STATUS_OK ==> same_parts_but{Pre,Post}(PARTITION_NONE);
    ensures refused: \result.status != STATUS_OK ==> \result.value == 0 && same_slices_but{Pre,Post}(PARTITION_NONE) &&
      \forall integer a; 0 <= a < SPACES_MAX ==> table_roots[a] == \old(table_roots[a]);
*/
static struct answer create_locked(uint64_t frame_count, uint32_t vcpu_count)
{
    uint32_t slot = slot_find();
    uint32_t table = table_slice_find(partition_create_guest_tables(frame_count));
    uint32_t vcpu = vcpu_find_run(vcpu_count);
    uint64_t id;

    /* Is there a slot, and room for its tables and its vCPUs? */
    if (slot == PARTITION_NONE) {
        return answer(STATUS_NO_ROOM, 0);
    }
    if (table == TABLE_NONE) {
        return answer(STATUS_AT(STATUS_NO_ROOM, OPERAND_RDI), 0);
    }
    if (vcpu == VCPU_NONE) {
        return answer(STATUS_AT(STATUS_NO_ROOM, OPERAND_RSI), 0);
    }
    /* All checks passed: nothing below can fail. */
    slice_open(slot, table, (uint32_t)partition_create_guest_tables(frame_count));
    //@ assert idle: \forall integer v; is_guest(v) ==> v != slot ==> free(v) ==> table_slices[v].count == 0 && table_roots[2 * v] == TABLE_NONE && table_roots[2 * v + 1] == TABLE_NONE;
    //@ assert rooted: \forall integer v; is_partition(v) ==> v != slot ==> has_root{Pre}(2 * v) ==> has_root(2 * v);
    //@ assert home: home_inv;
    ept_flush_renew(slot);
    partition_open(slot, frame_count, vcpu, vcpu_count);
    //@ assert others: same_parts_but{Pre,Here}(slot);
    //@ assert parts: parts_inv;
    //@ assert idles: idle_inv;
    //@ assert swept: swept_inv;
    id = partition_id(slot);
    audit_record(AUDIT_PARTITION_CREATED, id, frame_count, 0);
    //@ assert named: id % PARTITIONS_MAX == slot && same_parts_but{Pre,Here}(slot);
    return answer(STATUS_OK, id);
}

struct answer partition_create(uint64_t frame_count, uint64_t vcpu_count)
{
    struct answer a;

    /* Could there be so much? */
    if (frame_count == 0 || frame_count > frame_limit) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RDI), 0);
    }
    if (vcpu_count == 0 || vcpu_count > VCPUS_MAX) {
        return answer(STATUS_AT(STATUS_INVALID, OPERAND_RSI), 0);
    }
    lock_acquire();
    a = create_locked(frame_count, (uint32_t)vcpu_count);
    lock_release();
    return a;
}
