/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/main.h"

#include "manager/audit.h"
#include "manager/config.h"
#include "manager/console.h"
#include "manager/cpu.h"
#include "manager/guest.h"
#include "manager/guest_device.h"
#include "manager/hypercall.h"
#include "manager/insn.h"
#include "manager/memory.h"
#include "manager/paging.h"
#include "manager/physical.h"
#include "manager/print.h"
#include "manager/run.h"
#include "manager/schedule.h"
#include "manager/serial.h"
#include "manager/timer.h"
#include "manager/trap.h"

#define FUNCTIONS_MAX 1024u /* PCI functions of the machine that a configuration can name */

extern const char image_start[], image_end[];
extern uint64_t image_physical;

static struct memory memory;
static struct config config;
static struct guest *guests[CONFIG_GUESTS_MAX];
static uint32_t cpus;
static uint32_t functions[FUNCTIONS_MAX];

static void stop(void)
{
    audit_report();
    serial_flush();
    hypercall_power(POWER_OFF);
    for (;;) {
        insn_hlt();
    }
}

static void start_memory(const struct boot_info *info)
{
    const struct boot_range kept[] = {
        {frame_of_address(image_physical), frame_of_address((uint64_t)(image_end - image_start))},
        {frame_of_address((uintptr_t)info - DIRECT_MAP), 1},
    };
    uint64_t frames_end = 0;

    memory_start(&memory, info, kept, sizeof(kept) / sizeof(kept[0]));
    for (uint32_t i = 0; i < info->range_count; i++) {
        const uint64_t end = info->ranges[i].first + info->ranges[i].count;
        frames_end = end > frames_end ? end : frames_end;
    }
    cpus = cpu_start_others(&memory, info->cpus);
    if (!paging_start(&memory, frames_end)) {
        print("bulkhead-manager: there is too little memory for the manager's page tables\n");
        stop();
    }
}

static void read_configuration(const struct boot_info *info)
{
    const struct boot_module *module = config_find_module(info, (struct config_text){"guests", 6});
    if (module == NULL) {
        print("bulkhead-manager: there is no guest configuration; load one with \"module2 FILE guests\"\n");
        stop();
    }
    config_parse(&config, physical_at(module->address), module->size);
    config_check_modules(&config, info);
    config_check_devices(&config, functions, guest_device_list(functions, FUNCTIONS_MAX));
    for (uint32_t i = 0; i < config.mistake_count; i++) {
        const struct config_mistake *mistake = &config.mistakes[i];
        print("bulkhead-manager: guests, line %u: %s%s%t\n", (uint64_t)mistake->line, mistake->reason,
              mistake->what.length > 0 ? ": " : "", mistake->what.at, mistake->what.length);
    }
    if (config.mistakes_lost > 0) {
        print("bulkhead-manager: guests: %u more mistakes\n", (uint64_t)config.mistakes_lost);
    }
}

/* A guest's state lives in frames, not in the image: nobody pays for guests that are not there. */
static struct guest *make_guest(const struct config_guest *wanted, const struct boot_info *info)
{
    const uint64_t frames = frame_of_address(sizeof(struct guest) + FRAME_SIZE - 1);
    const uint64_t first = memory_take(&memory, frames, 1);
    if (first == MEMORY_NONE) {
        print("bulkhead-manager: guest %t: there is not enough memory left for it\n", wanted->name.at,
              wanted->name.length);
        return NULL;
    }
    struct guest *guest = physical_at(address_of_frame(first));
    guest_init(guest, wanted, info, &memory);
    return guest;
}

static uint32_t start_guests(const struct boot_info *info)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < config.guest_count; i++) {
        const struct config_guest *wanted = &config.guests[i];
        if (!wanted->sound) {
            print("bulkhead-manager: guest %t is not started: its configuration has mistakes\n",
                  wanted->name.at, wanted->name.length);
            continue;
        }
        struct guest *guest = make_guest(wanted, info);
        if (guest == NULL) {
            continue;
        }
        guest_start(guest);
        /* One that could not be started may have memory to give back. */
        if (guest->state != GUEST_OFF) {
            guests[count++] = guest;
        }
    }
    return count;
}

void manager_main(const struct boot_info *info)
{
    serial_start(info->flags & BOOT_HAS_DEBUG_PORT);
    trap_start();
    if (info->magic != BOOT_INFO_MAGIC || info->abi_version != ABI_VERSION) {
        print("bulkhead-manager: core and manager are of different versions; take both from one build\n");
        stop();
    }
    start_memory(info);
    timer_start();
    insn_sti();
    print("bulkhead-manager: %u CPUs, %u MiB of memory, %u modules, TSC %u kHz\n", (uint64_t)cpus,
          memory_free_frames(&memory) >> 8, (uint64_t)info->module_count, info->tsc_khz);
    read_configuration(info);

    schedule_start(cpus, info->tsc_khz);
    run_prepare(guests, info->tsc_khz);
    const uint32_t count = start_guests(info);
    console_name_guests(count > 1);
    if (count == 0) {
        print("bulkhead-manager: no guest could be started\n");
    } else {
        run_guests(count, !config.power_off_when_done);
    }
    stop();
}
