/* SPDX-License-Identifier: Apache-2.0 */
#include "ept/table_cache.h"

#include "arch/x86_64/insn.h"
#include "ept/table.h"

#define CACHE_LINE_BYTES 64u

bool table_cache_bypassed;

void table_cache_write_back(const void *at, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes; done += CACHE_LINE_BYTES) {
        insn_clflush((const uint8_t *)at + done);
    }
    insn_mfence();
}

void table_cache_bypass(void)
{
    table_cache_bypassed = true;
    for (uint32_t v = 0; v < PARTITIONS_MAX; v++) {
        if (table_slices[v].used != 0) {
            table_cache_write_back(&tables[table_slices[v].first], table_slices[v].used * FRAME_SIZE);
        }
    }
}
