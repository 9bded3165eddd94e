/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EPT_TABLE_CACHE_H
#define EPT_TABLE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/* Tables that something reads past the CPU's caches: a VT-d unit that is not coherent.  What is stored into a table is
 * then written back before anything names it.  A pure act on caches: no contract needs to know. */
extern bool table_cache_bypassed; /* set once, at boot */

/* From now on tables are read past the caches; those in use are written back. */
void table_cache_bypass(void);

/* `bytes` at `at`, of a table, have been stored. */
void table_cache_write_back(const void *at, uint64_t bytes);

/* The same where it costs nothing else. */
static inline void table_cache_stored(const void *at, uint64_t bytes)
{
    if (table_cache_bypassed) {
        table_cache_write_back(at, bytes);
    }
}

#endif
