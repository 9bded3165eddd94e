/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_CONFIG_H
#define MANAGER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/boot_info.h"
#include "manager/config_text.h"

/*
 * The guest configuration, docs/guest-configuration.md: sections of `key = value`.  Pure: reads the text it
 * is given and nothing else.  All texts point into that text, which must stay where it is.
 */
#define CONFIG_GUESTS_MAX       16u
#define CONFIG_MISTAKES_MAX     32u
#define CONFIG_COMMAND_LINE_MAX 2047u /* bytes; what Linux takes, x86: COMMAND_LINE_SIZE - 1 */
#define CONFIG_WEIGHT_MAX       10000u
#define CONFIG_CPUS_MAX         16u /* of a guest */
#define CONFIG_DEVICES_MAX      4u  /* of a guest */

enum config_console {
    CONFIG_CONSOLE_VIRTIO = 1 << 0,
    CONFIG_CONSOLE_SERIAL = 1 << 1,
};

/* A PCI function of the machine's that a guest is to have. */
struct config_device {
    struct config_text text; /* as it was said */
    uint32_t name;           /* abi/hypercall.h */
};

struct config_guest {
    struct config_text name;
    struct config_text kernel, initrd, disk; /* names of modules; length 0: none */
    struct config_text command_line;
    uint32_t line, kernel_line, initrd_line, disk_line, devices_line; /* where each was said; 0: not said */
    struct config_device devices[CONFIG_DEVICES_MAX];
    uint32_t device_count;
    uint64_t memory; /* bytes, a multiple of 1 MiB */
    uint32_t cpus;
    uint32_t weight;
    uint32_t cap;     /* percent of one CPU; 0: no limit */
    uint64_t on_cpus; /* mask of the CPUs it may run on */
    uint32_t console; /* enum config_console */
    bool disk_read_only;
    bool restart; /* when it resets itself */
    bool sound;   /* nothing is wrong with it: it can start */
};

struct config_mistake {
    uint32_t line;
    const char *reason;      /* a plain sentence, without what it is about */
    struct config_text what; /* the words in question; length 0: none */
};

struct config {
    bool power_off_when_done;
    uint32_t guest_count;
    uint32_t mistake_count;
    uint32_t mistakes_lost; /* beyond CONFIG_MISTAKES_MAX */
    struct config_guest guests[CONFIG_GUESTS_MAX];
    struct config_mistake mistakes[CONFIG_MISTAKES_MAX];
};

/*
 * Read `size` bytes of configuration.  Every mistake is noted with its line; a guest with a mistake in its
 * section is there, but not `sound`.
 */
void config_parse(struct config *config, const char *text, uint64_t size);

/* Notes a mistake for each module that a guest names and the machine was not given, and for each disk that
 * two guests would write. */
void config_check_modules(struct config *config, const struct boot_info *info);

/* Notes a mistake for each device that the machine has not (its PCI functions are `functions`, `count` in all), and for each that
 * two guests would have. */
void config_check_devices(struct config *config, const uint32_t *functions, uint32_t count);

/* The module called `name` (the first word of its command line), or NULL. */
const struct boot_module *config_find_module(const struct boot_info *info, struct config_text name);

#endif
