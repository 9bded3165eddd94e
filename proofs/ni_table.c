/* SPDX-License-Identifier: Apache-2.0 */
/* Whether there is a table left for a partition depends on its own use alone: the pool is no channel between partitions. */
#include "ept/table.h"

/*@ assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            table_roots[0 .. SPACES_MAX - 1];
    ensures tables_inv; */
void any_tables(void);

/*@ requires tables_inv && has_root(space) && gfn < GFN_LIMIT && small(space, gfn) && is_partition(v) && v != part(space);
    assigns tables[0 .. TABLES_MAX - 1], table_tags[0 .. TABLES_MAX - 1], table_slices[0 .. PARTITIONS_MAX - 1],
            table_roots[0 .. SPACES_MAX - 1]; */
void ni_prepare(uint32_t v, uint32_t space, gfn_t gfn)
{
    uint32_t r, q;

S0:
    r = table_prepare(space, gfn);
    //@ assert other: left(v) == left{S0}(v);
S1:
    any_tables();
    //@ admit missing{S0}(space, gfn) == missing(space, gfn) && left{S0}(part(space)) == left(part(space)) && has_root(space) && small(space, gfn);
T0:
    q = table_prepare(space, gfn);
    //@ assert status: r == TABLE_NONE <==> q == TABLE_NONE;
    //@ assert left: left{S1}(part(space)) == left(part(space));
}
