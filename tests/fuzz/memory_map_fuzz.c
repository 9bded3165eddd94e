/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/fuzz.h"

#include "boot/memory_map.h"
#include "tests/unit/memory_oracle.h"

enum { FRAMES = 1024, STRIDE = 24, EFI_STRIDE = 40, HEADER = 8 };

/* The input: a header of 8 bytes, boot loader entries of 24, and EFI entries of 40 after `wanted` bytes. */
static void split(const uint8_t *data, size_t size, size_t wanted, struct boot_parameters *parameters)
{
    const size_t at = wanted % (size + 1);
    parameters->memory_map = (struct boot_entries){{data, at}, STRIDE, at / STRIDE};
    parameters->efi_memory_map =
        (struct boot_entries){{data + at, size - at}, EFI_STRIDE, (size - at) / EFI_STRIDE};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct boot_parameters parameters;
    static struct memory_map map;
    if (size < HEADER) {
        return 0;
    }
    const uint32_t bits = 32 + data[2] % 21;
    split(data + HEADER, size - HEADER, (size_t)(data[0] | data[1] << 8), &parameters);
    parameters.module_count = data[3] % 4;
    for (uint32_t i = 0; i < parameters.module_count; i++) {
        parameters.modules[i].address = 0x100000 + data[4 + i] * 0x3000u;
        parameters.modules[i].size = data[4 + i] * 0x400u;
    }
    memory_map_sanitise(&map, &parameters, bits);
    PROMISE(memory_oracle_is_sound(&map));
    PROMISE(memory_oracle_agrees(&map, &parameters, bits, FRAMES));
    uint64_t first;
    const uint64_t frames = 1 + data[7];
    const uint64_t before = memory_map_frames(&map);
    if (memory_map_take_region(&map, frames, 1ull << data[6] % 10, data[5] * 0x1000ull, &first)) {
        PROMISE(first + frames <= data[5] * 0x1000ull && first % (1ull << data[6] % 10) == 0);
        PROMISE(memory_map_frames(&map) + frames + (map.lost > 0 ? map.lost : 0) >= before);
        for (uint64_t frame = first; frame < first + frames; frame++) {
            PROMISE(memory_oracle_says(&parameters, bits, frame));
            PROMISE(!memory_oracle_has(&map, frame));
            for (uint32_t i = 0; i < map.kept_count; i++) {
                PROMISE(frame < map.kept[i].first || frame >= map.kept[i].first + map.kept[i].count);
            }
        }
    }
    PROMISE(memory_oracle_is_sound(&map));
    return 0;
}
