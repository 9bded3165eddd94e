/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/config.h"

#include <stddef.h>

enum { WEIGHT_DEFAULT = 100, CAP_MAX = 100 * CONFIG_CPUS_MAX, CPU_NUMBER_MAX = 63 };
#define MEMORY_DEFAULT (256ull << 20)

enum section { SECTION_NONE, SECTION_MANAGER, SECTION_GUEST, SECTION_UNKNOWN };

enum key {
    KEY_KERNEL,
    KEY_INITRD,
    KEY_DISK,
    KEY_DISK_ACCESS,
    KEY_DEVICES,
    KEY_COMMAND_LINE,
    KEY_MEMORY,
    KEY_CPUS,
    KEY_WEIGHT,
    KEY_CAP,
    KEY_ON_CPUS,
    KEY_CONSOLE,
    KEY_ON_RESET,
    KEYS_OF_GUEST,
    KEY_WHEN_DONE = KEYS_OF_GUEST,
    KEYS,
};

static const char *const key_words[KEYS] = {
    [KEY_KERNEL] = "kernel",     [KEY_INITRD] = "initrd",
    [KEY_DISK] = "disk",         [KEY_DISK_ACCESS] = "disk_access",
    [KEY_DEVICES] = "devices",   [KEY_COMMAND_LINE] = "command_line",
    [KEY_MEMORY] = "memory",     [KEY_CPUS] = "cpus",
    [KEY_WEIGHT] = "weight",     [KEY_CAP] = "cap",
    [KEY_ON_CPUS] = "on_cpus",   [KEY_CONSOLE] = "console",
    [KEY_ON_RESET] = "on_reset", [KEY_WHEN_DONE] = "when_done",
};

struct parser {
    struct config *config;
    enum section section;
    struct config_guest *guest; /* of SECTION_GUEST; NULL where there was no room */
    uint32_t seen;              /* keys of this section, bit by enum key */
    uint32_t line;
};

static void note(struct config *config, struct config_guest *guest, uint32_t line, const char *reason,
                 struct config_text what)
{
    if (guest != NULL) {
        guest->sound = false;
    }
    if (config->mistake_count == CONFIG_MISTAKES_MAX) {
        config->mistakes_lost++;
        return;
    }
    config->mistakes[config->mistake_count++] = (struct config_mistake){line, reason, what};
}

static void complain(struct parser *parser, const char *reason, struct config_text what)
{
    note(parser->config, parser->guest, parser->line, reason, what);
}

static void start_guest(struct parser *parser, struct config_text name)
{
    struct config *config = parser->config;

    parser->section = SECTION_GUEST;
    if (config->guest_count == CONFIG_GUESTS_MAX) {
        complain(parser, "there can be no more than 16 guests; this one is left out", name);
        return;
    }
    parser->guest = &config->guests[config->guest_count++];
    *parser->guest = (struct config_guest){
        .name = name,
        .line = parser->line,
        .memory = MEMORY_DEFAULT,
        .cpus = 1,
        .weight = WEIGHT_DEFAULT,
        .on_cpus = UINT64_MAX,
        .console = CONFIG_CONSOLE_VIRTIO | CONFIG_CONSOLE_SERIAL,
        .sound = true,
    };
    if (!config_text_is_name(name)) {
        complain(parser, "a guest's name is 1 to 32 letters, digits, '-', '_' or '.'", name);
    }
    for (uint32_t i = 0; i + 1 < config->guest_count; i++) {
        if (config_text_same(config->guests[i].name, name)) {
            complain(parser, "there is a guest of this name already", name);
        }
    }
}

/* What a guest's section must have said, once it is over. */
static void end_section(struct parser *parser)
{
    if (parser->guest != NULL && parser->guest->kernel_line == 0) {
        note(parser->config, parser->guest, parser->guest->line,
             "this guest has no kernel; add \"kernel = MODULE\"", parser->guest->name);
    }
    parser->guest = NULL;
    parser->seen = 0;
}

static void parse_section(struct parser *parser, struct config_text line)
{
    struct config_text word;
    struct config_text name;

    end_section(parser);
    parser->section = SECTION_UNKNOWN;
    if (line.at[line.length - 1] != ']') {
        complain(parser, "a section ends in ']'", line);
        return;
    }
    const struct config_text inside = config_text_trim((struct config_text){line.at + 1, line.length - 2});
    if (config_text_is(inside, "manager")) {
        parser->section = SECTION_MANAGER;
    } else if (config_text_split(inside, ' ', &word, &name) && config_text_is(word, "guest")) {
        start_guest(parser, name);
    } else {
        complain(parser, "a section is [manager] or [guest NAME]", inside);
    }
}

static void set_module(struct parser *parser, struct config_text value, struct config_text *name,
                       uint32_t *line)
{
    *name = value;
    *line = parser->line;
    if (value.length >= BOOT_NAME_BYTES) {
        complain(parser, "a module's name is shorter than 64 bytes", value);
    }
}

static void set_command_line(struct parser *parser, struct config_text value)
{
    parser->guest->command_line = value;
    if (value.length > CONFIG_COMMAND_LINE_MAX) {
        complain(parser, "a command line has at most 2047 bytes", (struct config_text){value.at, 0});
    }
}

static void set_memory(struct parser *parser, struct config_text value)
{
    if (!config_text_memory(value, &parser->guest->memory)) {
        complain(parser, "memory is a number with M or G, from 32M to 512G", value);
    }
}

static void set_cpus(struct parser *parser, struct config_text value)
{
    uint64_t number;
    if (!config_text_number(value, CONFIG_CPUS_MAX, &number) || number == 0) {
        complain(parser, "a guest has 1 to 16 CPUs", value);
        return;
    }
    parser->guest->cpus = (uint32_t)number;
}

static void set_weight(struct parser *parser, struct config_text value)
{
    uint64_t number;
    if (!config_text_number(value, CONFIG_WEIGHT_MAX, &number) || number == 0) {
        complain(parser, "a weight is a number from 1 to 10000", value);
        return;
    }
    parser->guest->weight = (uint32_t)number;
}

static void set_cap(struct parser *parser, struct config_text value)
{
    uint64_t number;
    if (!config_text_number(value, CAP_MAX, &number) || number == 0) {
        complain(parser, "a cap is a percentage of one CPU, from 1 to 1600", value);
        return;
    }
    parser->guest->cap = (uint32_t)number;
}

/* Cuts the first word off `rest`, which is not empty. */
static struct config_text take_word(struct config_text *rest)
{
    struct config_text word = *rest;

    if (!config_text_split(*rest, ' ', &word, rest)) {
        rest->length = 0;
    }
    return word;
}

static bool has_device(const struct config_guest *guest, uint32_t name)
{
    for (uint32_t i = 0; i < guest->device_count; i++) {
        if (guest->devices[i].name == name) {
            return true;
        }
    }
    return false;
}

static void set_devices(struct parser *parser, struct config_text value)
{
    struct config_guest *guest = parser->guest;
    struct config_text rest = value;

    guest->devices_line = parser->line;
    while (rest.length > 0) {
        struct config_device device = {.text = take_word(&rest)};
        if (!config_text_function(device.text, &device.name)) {
            complain(parser, "a device is BUS:DEVICE.FUNCTION in hexadecimal, such as 01:00.0", device.text);
        } else if (has_device(guest, device.name)) {
            complain(parser, "this device was named before", device.text);
        } else if (guest->device_count == CONFIG_DEVICES_MAX) {
            complain(parser, "a guest can have no more than 4 devices; this one is left out", device.text);
        } else {
            guest->devices[guest->device_count++] = device;
        }
    }
}

static void set_on_cpus(struct parser *parser, struct config_text value)
{
    struct config_text rest = value;
    uint64_t cpus = 0;

    while (rest.length > 0) {
        uint64_t number;
        if (!config_text_number(take_word(&rest), CPU_NUMBER_MAX, &number)) {
            complain(parser, "on_cpus is CPU numbers from 0 to 63 with spaces between", value);
            return;
        }
        cpus |= 1ull << number;
    }
    parser->guest->on_cpus = cpus;
}

static void set_console(struct parser *parser, struct config_text value)
{
    if (config_text_is(value, "virtio")) {
        parser->guest->console = CONFIG_CONSOLE_VIRTIO;
    } else if (config_text_is(value, "serial")) {
        parser->guest->console = CONFIG_CONSOLE_SERIAL;
    } else if (config_text_is(value, "both")) {
        parser->guest->console = CONFIG_CONSOLE_VIRTIO | CONFIG_CONSOLE_SERIAL;
    } else if (config_text_is(value, "none")) {
        parser->guest->console = 0;
    } else {
        complain(parser, "a console is virtio, serial, both or none", value);
    }
}

/* Either of two words; anything else is a mistake. */
static bool choose(struct parser *parser, struct config_text value, const char *no, const char *yes,
                   const char *reason)
{
    if (!config_text_is(value, no) && !config_text_is(value, yes)) {
        complain(parser, reason, value);
    }
    return config_text_is(value, yes);
}

static void set_guest_key(struct parser *parser, enum key key, struct config_text value)
{
    struct config_guest *guest = parser->guest;

    switch (key) {
    case KEY_KERNEL:
        set_module(parser, value, &guest->kernel, &guest->kernel_line);
        break;
    case KEY_INITRD:
        set_module(parser, value, &guest->initrd, &guest->initrd_line);
        break;
    case KEY_DISK:
        set_module(parser, value, &guest->disk, &guest->disk_line);
        break;
    case KEY_DISK_ACCESS:
        guest->disk_read_only =
            choose(parser, value, "read-write", "read-only", "disk_access is read-write or read-only");
        break;
    case KEY_DEVICES:
        set_devices(parser, value);
        break;
    case KEY_COMMAND_LINE:
        set_command_line(parser, value);
        break;
    case KEY_MEMORY:
        set_memory(parser, value);
        break;
    case KEY_CPUS:
        set_cpus(parser, value);
        break;
    case KEY_WEIGHT:
        set_weight(parser, value);
        break;
    case KEY_CAP:
        set_cap(parser, value);
        break;
    case KEY_ON_CPUS:
        set_on_cpus(parser, value);
        break;
    case KEY_CONSOLE:
        set_console(parser, value);
        break;
    case KEY_ON_RESET:
        guest->restart = choose(parser, value, "stop", "restart", "on_reset is stop or restart");
        break;
    default:
        break;
    }
}

/* The key of this word in this section, or KEYS. */
static enum key find_key(enum section section, struct config_text word)
{
    const uint32_t first = section == SECTION_GUEST ? 0 : KEYS_OF_GUEST;
    const uint32_t end = section == SECTION_GUEST ? KEYS_OF_GUEST : KEYS;
    for (uint32_t i = first; i < end; i++) {
        if (config_text_is(word, key_words[i])) {
            return (enum key)i;
        }
    }
    return KEYS;
}

static void parse_setting(struct parser *parser, struct config_text line)
{
    struct config_text word;
    struct config_text value;

    /* Does what was wrong with the section cover its lines too? */
    if (parser->section == SECTION_UNKNOWN || (parser->section == SECTION_GUEST && parser->guest == NULL)) {
        return;
    }
    if (!config_text_split(line, '=', &word, &value)) {
        complain(parser, "a line is a [section], a \"key = value\", empty, or a comment after '#'", line);
        return;
    }
    if (parser->section == SECTION_NONE) {
        complain(parser, "this key stands before any section; begin with [manager] or [guest NAME]", word);
        return;
    }
    const enum key key = find_key(parser->section, word);
    if (key == KEYS) {
        complain(parser, "there is no such key in this section", word);
        return;
    }
    if (parser->seen & (1u << key)) {
        complain(parser, "this key was set before in this section", word);
        return;
    }
    parser->seen |= 1u << key;
    if (value.length == 0 && key != KEY_COMMAND_LINE) {
        complain(parser, "this key has no value", word);
        return;
    }
    if (key == KEY_WHEN_DONE) {
        parser->config->power_off_when_done =
            choose(parser, value, "wait", "power-off", "when_done is power-off or wait");
    } else {
        set_guest_key(parser, key, value);
    }
}

static void parse_line(struct parser *parser, struct config_text line)
{
    line = config_text_trim(line);
    if (line.length == 0 || line.at[0] == '#' || line.at[0] == ';') {
        return;
    }
    if (line.at[0] == '[') {
        parse_section(parser, line);
    } else {
        parse_setting(parser, line);
    }
}

void config_parse(struct config *config, const char *text, uint64_t size)
{
    struct parser parser = {.config = config, .section = SECTION_NONE};
    uint64_t start = 0;

    config->power_off_when_done = true;
    config->guest_count = 0;
    config->mistake_count = 0;
    config->mistakes_lost = 0;
    for (uint64_t at = 0; at <= size; at++) {
        if (at == size || text[at] == '\n') {
            parser.line++;
            parse_line(&parser, config_text_of(text + start, at - start));
            start = at + 1;
        }
    }
    end_section(&parser);
}

/* The name of a module ends at its first space. */
static uint32_t module_name_length(const struct boot_module *module)
{
    uint32_t length = 0;
    while (length < BOOT_NAME_BYTES && module->name[length] != '\0' && module->name[length] != ' ') {
        length++;
    }
    return length;
}

const struct boot_module *config_find_module(const struct boot_info *info, struct config_text name)
{
    for (uint32_t i = 0; i < info->module_count && i < BOOT_MODULES_MAX; i++) {
        const struct boot_module *module = &info->modules[i];
        if (config_text_same((struct config_text){module->name, module_name_length(module)}, name)) {
            return module;
        }
    }
    return NULL;
}

static void check_module(struct config *config, struct config_guest *guest, const struct boot_info *info,
                         struct config_text name, uint32_t line)
{
    if (line != 0 && config_find_module(info, name) == NULL) {
        note(config, guest, line, "GRUB loaded no module of this name; add a module2 line for it", name);
    }
}

void config_check_modules(struct config *config, const struct boot_info *info)
{
    for (uint32_t i = 0; i < config->guest_count; i++) {
        struct config_guest *guest = &config->guests[i];
        check_module(config, guest, info, guest->kernel, guest->kernel_line);
        check_module(config, guest, info, guest->initrd, guest->initrd_line);
        check_module(config, guest, info, guest->disk, guest->disk_line);
        for (uint32_t other = 0; other < i && guest->disk_line != 0; other++) {
            const struct config_guest *earlier = &config->guests[other];
            if (config_text_same(earlier->disk, guest->disk) &&
                !(earlier->disk_read_only && guest->disk_read_only)) {
                note(config, guest, guest->disk_line,
                     "two guests can only share a disk that both say \"disk_access = read-only\" for",
                     guest->disk);
                break;
            }
        }
    }
}

static bool is_there(uint32_t name, const uint32_t *functions, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (functions[i] == name) {
            return true;
        }
    }
    return false;
}

void config_check_devices(struct config *config, const uint32_t *functions, uint32_t count)
{
    for (uint32_t i = 0; i < config->guest_count; i++) {
        struct config_guest *guest = &config->guests[i];
        for (uint32_t n = 0; n < guest->device_count; n++) {
            const struct config_device *device = &guest->devices[n];
            if (!is_there(device->name, functions, count)) {
                note(config, guest, guest->devices_line, "the machine has no such PCI function",
                     device->text);
            }
            for (uint32_t other = 0; other < i; other++) {
                if (has_device(&config->guests[other], device->name)) {
                    note(config, guest, guest->devices_line, "an earlier guest has this device",
                         device->text);
                    break;
                }
            }
        }
    }
}
