/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IOMMU_NVME_H
#define TESTS_IOMMU_NVME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/* An NVMe controller, as far as its admin queue: it reads commands from memory and writes data and completions there.
 * Source: NVM Express Base Specification 1.4, "Controller Registers", "Identify command". */
struct nvme {
    void *registers;
    uint16_t source;
    hfn_t commands; /* frames of the two queues, in which the test looks */
    hfn_t completions;
    uint32_t done; /* commands given */
};

/* Find it, enable its registers and bus mastering, stop what the firmware started. */
bool nvme_find(struct nvme *nvme);

/* Start it with queues at bus addresses `commands` and `completions`.  False: it does not come up. */
bool nvme_start(struct nvme *nvme, uint64_t commands, uint64_t completions);

/* What became of a command. */
enum nvme_outcome { NVME_GOOD, NVME_ERROR, NVME_SILENT };

/* Have the controller write what it is, a page, to bus address `to`. */
enum nvme_outcome nvme_identify(struct nvme *nvme, uint64_t to);

/* Does it run? */
bool nvme_is_ready(const struct nvme *nvme);

/* Has it given up (a queue it could not reach)? */
bool nvme_is_dead(const struct nvme *nvme);

#endif
