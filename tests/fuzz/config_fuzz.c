/* SPDX-License-Identifier: Apache-2.0 */
/* The guest configuration: whatever the text, what comes out keeps its promises. */
#include <stdlib.h>
#include <string.h>

#include "manager/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise) {
        abort();
    }
}

static void require_inside(struct config_text part, const char *text, size_t size)
{
    require(part.length == 0 ||
            (part.at >= text && part.length <= size && part.at + part.length <= text + size));
}

static void require_sound(const struct config_guest *guest, const char *text, size_t size)
{
    require_inside(guest->kernel, text, size);
    require_inside(guest->initrd, text, size);
    require_inside(guest->disk, text, size);
    require_inside(guest->command_line, text, size);
    require(guest->name.length >= 1 && guest->name.length <= CONFIG_NAME_MAX);
    require(guest->kernel.length >= 1 && guest->kernel.length < BOOT_NAME_BYTES);
    require(guest->memory >= CONFIG_MEMORY_MIN && guest->memory <= CONFIG_MEMORY_MAX);
    require(guest->memory % (1 << 20) == 0);
    require(guest->cpus >= 1 && guest->cpus <= CONFIG_CPUS_MAX && guest->weight >= 1 &&
            guest->weight <= CONFIG_WEIGHT_MAX);
    require(guest->device_count <= CONFIG_DEVICES_MAX);
    for (uint32_t i = 0; i < guest->device_count; i++) {
        require_inside(guest->devices[i].text, text, size);
        require(guest->devices[i].name <= 0xffff);
    }
    require(guest->command_line.length <= CONFIG_COMMAND_LINE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static struct boot_info info = {.module_count = 2, .modules = {{.name = "k"}, {.name = "d words"}}};
    const char *text = (const char *)data;

    config_parse(&config, text, size);
    static const uint32_t functions[] = {0, 0x100};

    config_check_modules(&config, &info);
    config_check_devices(&config, functions, 2);
    require(config.guest_count <= CONFIG_GUESTS_MAX && config.mistake_count <= CONFIG_MISTAKES_MAX);
    uint32_t unsound = 0;
    for (uint32_t i = 0; i < config.guest_count; i++) {
        require_inside(config.guests[i].name, text, size);
        if (config.guests[i].sound) {
            require_sound(&config.guests[i], text, size);
        } else {
            unsound++;
        }
    }
    /* No guest is left out in silence. */
    require(unsound <= config.mistake_count + config.mistakes_lost);
    for (uint32_t i = 0; i < config.mistake_count; i++) {
        require(config.mistakes[i].line >= 1);
        require_inside(config.mistakes[i].what, text, size);
    }
    return 0;
}
