/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/guest.h"

#include "lib/addr.h"
#include "lib/memory.h"
#include "manager/guest_device.h"
#include "manager/guest_layout.h"
#include "manager/interrupt.h"
#include "manager/loader.h"
#include "manager/physical.h"
#include "manager/print.h"
#include "manager/serial.h"
#include "manager/timer.h"
#include "manager/words.h"

#define MIB_SHIFT     20
#define RECLAIM_CALLS 4 /* of at most 32 frames each, between two turns of others: about as long as a slice */

/* One guest is loaded at a time. */
static struct loader_pages loader_pages;
static struct loader_result loader_result;

void guest_init(struct guest *guest, const struct config_guest *config, const struct boot_info *info,
                struct memory *memory)
{
    memset(guest, 0, sizeof(*guest));
    guest->config = config;
    guest->info = info;
    guest->memory = memory;
    guest->voice.name = config->name.at;
    guest->voice.name_length = config->name.length;
}

static void say(const struct guest *guest, const char *words)
{
    print("bulkhead-manager: guest %t: %s\n", guest->voice.name, guest->voice.name_length, words);
}

/* Whether the core did it; says so where not. */
static bool done(const struct guest *guest, const char *call, uint64_t status)
{
    if (status == STATUS_OK) {
        return true;
    }
    print("bulkhead-manager: guest %t: the core refused %s: %s (%s)\n", guest->voice.name,
          guest->voice.name_length, call, words_of_status(status), words_of_operand(status));
    return false;
}

static struct bytes module_bytes(const struct guest *guest, struct config_text name)
{
    const struct boot_module *module = name.length > 0 ? config_find_module(guest->info, name) : NULL;
    return module != NULL ? (struct bytes){physical_at(module->address), module->size}
                          : (struct bytes){NULL, 0};
}

static bool make_plan(const struct guest *guest)
{
    const struct config_guest *config = guest->config;
    const struct loader_request request = {
        .kernel = module_bytes(guest, config->kernel),
        .initrd = module_bytes(guest, config->initrd),
        .command_line = {(const uint8_t *)config->command_line.at, config->command_line.length},
        .memory = config->memory,
        .cpus = config->cpus,
        .serial = config->console & CONFIG_CONSOLE_SERIAL,
    };
    const enum loader_status status = loader_plan(&request, &loader_pages, &loader_result);
    if (status != LOADER_OK) {
        say(guest, loader_reason(status));
    }
    return status == LOADER_OK;
}

/* Frames of the manager for [gpa, end). */
static bool take_frames(struct guest *guest, uint64_t gpa, uint64_t end)
{
    uint64_t gfn = frame_of_address(gpa);
    while (gfn < frame_of_address(end)) {
        uint64_t hfn;
        const uint64_t count = memory_take_run(guest->memory, frame_of_address(end) - gfn, &hfn);
        if (count == 0) {
            say(guest, "there is not enough memory left for it");
            return false;
        }
        if (!guest_map_add(&guest->map, (struct guest_extent){gfn, hfn, count})) {
            memory_give(guest->memory, hfn, count);
            say(guest, "memory is in too many pieces");
            return false;
        }
        gfn += count;
    }
    return true;
}

static void give_frames(struct guest *guest)
{
    for (uint32_t i = 0; i < guest->map.count; i++) {
        memory_give(guest->memory, guest->map.extents[i].hfn, guest->map.extents[i].count);
    }
    guest->map.count = 0;
}

/* Fill and donate `count` frames, at most FRAME_BATCH_MAX, that the plan treats alike. */
static uint64_t donate_batch(const struct guest *guest, uint64_t gfn, uint64_t hfn, uint64_t count, bool kept)
{
    uint64_t status;
    for (uint64_t i = 0; kept && i < count; i++) {
        load_plan_fill(&loader_result.plan, gfn + i, physical_at(address_of_frame(hfn + i)));
    }
    do {
        status = hypercall_frame_donate(guest->partition, gfn, hfn, count, kept ? DONATE_KEEP : 0);
    } while (status == STATUS_RETRY);
    return status;
}

static bool donate_extent(const struct guest *guest, struct guest_extent extent)
{
    for (uint64_t at = 0; at < extent.count;) {
        const uint64_t left = extent.count - at;
        bool kept;
        const uint64_t count = load_plan_run(&loader_result.plan, extent.gfn + at,
                                             left < FRAME_BATCH_MAX ? left : FRAME_BATCH_MAX, &kept);
        if (!done(guest, "memory", donate_batch(guest, extent.gfn + at, extent.hfn + at, count, kept))) {
            return false;
        }
        at += count;
        serial_poll();
    }
    return true;
}

static bool donate_all(const struct guest *guest)
{
    for (uint32_t i = 0; i < guest->map.count; i++) {
        if (!donate_extent(guest, guest->map.extents[i])) {
            return false;
        }
    }
    return true;
}

static bool create_vcpus(struct guest *guest)
{
    for (guest->vcpu_count = 0; guest->vcpu_count < guest->config->cpus; guest->vcpu_count++) {
        const uint32_t n = guest->vcpu_count;
        const struct answer vcpu =
            n == 0 ? hypercall_vcpu_create(guest->partition, loader_result.rip, loader_result.rsi,
                                           loader_result.cr3)
                   : hypercall_vcpu_create(guest->partition, GUEST_WAIT, n, GUEST_WAIT_TABLES);
        if (!done(guest, "a vCPU", vcpu.status)) {
            return false;
        }
        guest->vcpus[n] = (struct guest_vcpu){.guest = guest, .run = {.vcpu = vcpu.value}};
    }
    return true;
}

/* False, with the reason on the console, where the core does not give it one of the machine's devices. */
static bool init_devices(struct guest *guest)
{
    const struct config_guest *config = guest->config;
    struct device_config devices = {
        .pci_ways = PCI_HOST_ECAM,
        .uart = config->console & CONFIG_CONSOLE_SERIAL,
        .console = config->console & CONFIG_CONSOLE_VIRTIO,
        .entropy = true,
    };
    if (config->disk.length > 0) {
        const struct bytes disk = module_bytes(guest, config->disk);
        struct virtio_block_image *image = &devices.blocks[devices.block_count++];
        image->bytes = (uint8_t *)(uintptr_t)disk.at;
        image->size = disk.size;
        image->read_only = config->disk_read_only;
        memcpy(image->serial, config->disk.at,
               config->disk.length < sizeof(image->serial) ? config->disk.length : sizeof(image->serial));
    }
    if (!guest_device_describe(guest, &devices)) {
        return false;
    }
    device_set_init(&guest->devices, guest, &devices);
    return true;
}

static bool populate(struct guest *guest)
{
    return donate_all(guest) && create_vcpus(guest) &&
           done(guest, "the seal", hypercall_partition_seal(guest->partition));
}

static bool schedule_all(struct guest *guest)
{
    const struct config_guest *config = guest->config;

    guest->share = (struct schedule_share){
        .weight = config->weight, .vcpus = guest->vcpu_count, .cap = config->cap, .cpus = config->on_cpus};
    for (uint32_t n = 0; n < guest->vcpu_count; n++) {
        if (!schedule_add(&guest->vcpus[n].schedule, &guest->share, timer_now())) {
            say(guest, "there are too many vCPUs");
            return false;
        }
    }
    return true;
}

/* All that comes after its devices; the plan is made. */
static bool finish_start(struct guest *guest)
{
    if (!init_devices(guest) || !populate(guest)) {
        guest_stop(guest);
        return false;
    }
    say(guest, "started");
    __atomic_store_n(&guest->state, GUEST_ON, __ATOMIC_SEQ_CST);
    if (!schedule_all(guest)) {
        guest_stop(guest);
        return false;
    }
    return true;
}

static bool take_devices_and_finish(struct guest *guest, bool planned)
{
    switch (guest_device_take(guest)) {
    case GUEST_DEVICE_WAIT:
        return true;
    case GUEST_DEVICE_HAD:
        if (planned || make_plan(guest)) {
            return finish_start(guest);
        }
        break;
    case GUEST_DEVICE_REFUSED:
        break;
    }
    guest_stop(guest);
    return false;
}

bool guest_go_on(struct guest *guest)
{
    /* Another guest may have been loaded since its plan was made. */
    return take_devices_and_finish(guest, false);
}

bool guest_start(struct guest *guest)
{
    const uint64_t memory = guest->config->memory;

    if (!make_plan(guest)) {
        return false;
    }
    print("bulkhead-manager: guest %t: loading %u MiB, giving it %u MiB\n", guest->voice.name,
          guest->voice.name_length, load_plan_bytes(&loader_result.plan) >> MIB_SHIFT, memory >> MIB_SHIFT);
    if (!take_frames(guest, 0, guest_layout_low_end(memory)) ||
        !take_frames(guest, GUEST_HIGH, guest_layout_high_end(memory))) {
        give_frames(guest);
        return false;
    }
    const struct answer partition = hypercall_partition_create(frame_of_address(memory), guest->config->cpus);
    if (!done(guest, "a partition", partition.status)) {
        give_frames(guest);
        return false;
    }
    guest->partition = partition.value;
    guest->state = GUEST_TAKING;
    guest->devices_had = 0;
    return take_devices_and_finish(guest, true);
}

/* False: it was not in it. */
static bool leave_state(struct guest *guest, enum guest_state state)
{
    return __atomic_compare_exchange_n(&guest->state, &state, GUEST_STOPPING, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

bool guest_stop(struct guest *guest)
{
    uint64_t status;

    if (!leave_state(guest, GUEST_ON) && !leave_state(guest, GUEST_TAKING)) {
        return false;
    }
    do {
        status = hypercall_partition_destroy(guest->partition);
    } while (status == STATUS_RETRY);
    done(guest, "its end", status);
    console_forget(&guest->voice);
    __atomic_store_n(&guest->state, GUEST_ENDING, __ATOMIC_SEQ_CST);
    return true;
}

/* False: a CPU is still on its way out of it. */
static bool leave_queues(struct guest *guest)
{
    bool all = true;

    for (uint32_t n = 0; n < guest->vcpu_count; n++) {
        all = schedule_remove(&guest->vcpus[n].schedule) && all;
    }
    return all;
}

void guest_reclaim(struct guest *guest)
{
    uint64_t status = STATUS_RETRY;

    if (!leave_queues(guest)) {
        return;
    }
    for (uint32_t i = 0; i < RECLAIM_CALLS && status == STATUS_RETRY; i++) {
        status = hypercall_frame_reclaim(guest->partition);
    }
    if (status == STATUS_RETRY) {
        return;
    }
    interrupt_forget(guest);
    guest->state = GUEST_OFF;
    if (!done(guest, "its memory back", status)) {
        return;
    }
    give_frames(guest);
    if (guest->starts_again) {
        guest->starts_again = false;
        guest_start(guest);
    }
}
