/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include "boot/multiboot2.h"

static bool is_inside(struct bytes part, const uint8_t *data, size_t size)
{
    return part.size == 0 || (part.at >= data && part.at + part.size <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_parameters parameters;
    memset(&parameters, 0x5a, sizeof(parameters));
    const enum multiboot2_error error = multiboot2_parse(data, size, &parameters);
    if (error != MULTIBOOT2_OK) {
        PROMISE(strlen(multiboot2_error_text(error)) > 0);
        return 0;
    }
    PROMISE(parameters.module_count <= BOOT_MODULES_MAX);
    PROMISE(memchr(parameters.command_line, 0, sizeof(parameters.command_line)) != NULL);
    for (uint32_t i = 0; i < parameters.module_count; i++) {
        PROMISE(parameters.modules[i].address + parameters.modules[i].size <= UINT32_MAX);
        PROMISE(memchr(parameters.modules[i].name, 0, BOOT_NAME_BYTES) != NULL);
    }
    const struct boot_entries maps[] = {parameters.memory_map, parameters.efi_memory_map};
    for (uint32_t i = 0; i < 2; i++) {
        PROMISE(is_inside(maps[i].bytes, data, size));
        PROMISE(maps[i].count * maps[i].stride <= maps[i].bytes.size);
    }
    PROMISE(parameters.memory_map.count > 0);
    PROMISE(is_inside(parameters.rsdp_old, data, size));
    PROMISE(is_inside(parameters.rsdp_new, data, size));
    return 0;
}
