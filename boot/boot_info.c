/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/boot_info.h"

#include "abi/hypercall.h"
#include "arch/x86_64/console.h"
#include "arch/x86_64/tsc.h"
#include "arch/x86_64/window.h"
#include "boot/manager_module.h"
#include "isolation/partition.h"
#include "lib/memory.h"
#include "lib/string.h"

void boot_info_write(hfn_t frame, const struct boot_parameters *parameters, const struct memory_map *map)
{
    struct boot_info *info = window_open(frame);

    memset(info, 0, FRAME_SIZE);
    info->magic = BOOT_INFO_MAGIC;
    info->abi_version = ABI_VERSION;
    info->flags = console_has_debug_port() ? BOOT_HAS_DEBUG_PORT : 0;
    info->tsc_khz = tsc_khz();
    info->cpus = partitions[PARTITION_MANAGER].vcpu_count;
    for (uint32_t i = 0; i < map->range_count && i < BOOT_RANGES_MAX; i++) {
        info->ranges[i] = map->ranges[i];
        info->range_count = i + 1;
    }
    for (uint32_t i = 0; i < parameters->module_count; i++) {
        if (!manager_module_is(&parameters->modules[i])) {
            info->modules[info->module_count] = parameters->modules[i];
            info->module_count++;
        }
    }
    string_copy(info->command_line, sizeof(info->command_line), parameters->command_line,
                sizeof(parameters->command_line));
    window_close();
}
