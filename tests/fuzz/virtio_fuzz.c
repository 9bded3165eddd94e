/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "devices/machine.h"
#include "devices/virtio_common.h"

/*
 * A hostile guest: a program of operations on ports, configuration space, MMIO and its own memory, taken
 * from the input.  Some operations are those of a driver at work, so that the fuzzer gets deep: set up a
 * queue, offer a chain, ring.  What must hold besides what the sanitizers see: a bounded number of accesses
 * to guest memory for one operation, and an untouched read-only image.
 */
enum {
    PAGE = 4096,
    PAGES = 12,
    MEMORY = PAGES * PAGE,
    DISK = 16 * 512 + 7,
    DEVICES = 4,  /* console, entropy, block, read-only block; */
    ASSIGNED = 7, /* and a function that it was assigned */
    QUEUE_SIZE = 8,
    RINGS = 3 * 512, /* bytes for the rings of one queue, from the start of memory */
    RINGS_AVAILABLE = 512,
    RINGS_USED = 1024,
    DATA = 8 * RINGS,
    /* For one operation: at most 128 chains in each of 5 queues, of 128 segments and their descriptors. */
    ACCESSES_MAX = 5 * 128 * (2 * 128 + 8),
};
#define BASE            0x10000ull
#define REGISTERS       0x7fc0000000ull /* of an assigned device */
#define REGISTERS_BYTES 0x5000ull

struct guest {
    uint8_t memory[MEMORY];
    uint16_t private_pages; /* a bit for each page */
    uint32_t accesses;
    uint32_t messages;
    uint32_t entropy; /* what host_entropy gives */
};
static struct guest guest_memory;

struct input {
    const uint8_t *at;
    size_t left;
};

static uint64_t take(struct input *input, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes && input->left > 0; i++) {
        value |= (uint64_t)*input->at++ << (8 * i);
        input->left--;
    }
    return value;
}

static bool is_shared(struct guest *guest, uint64_t gpa, uint32_t bytes)
{
    if (guest->accesses++ > ACCESSES_MAX) {
        abort();
    }
    if (gpa < BASE || gpa - BASE > MEMORY || bytes > MEMORY - (gpa - BASE)) {
        return false;
    }
    for (uint64_t at = (gpa - BASE) / PAGE; bytes != 0 && at <= (gpa - BASE + bytes - 1) / PAGE; at++) {
        if (guest->private_pages >> at & 1) {
            return false;
        }
    }
    return true;
}

bool host_guest_read(struct guest *guest, uint64_t gpa, void *to, uint32_t bytes)
{
    if (!is_shared(guest, gpa, bytes)) {
        return false;
    }
    memcpy(to, &guest->memory[gpa - BASE], bytes);
    return true;
}

bool host_guest_write(struct guest *guest, uint64_t gpa, const void *from, uint32_t bytes)
{
    if (!is_shared(guest, gpa, bytes)) {
        return false;
    }
    memcpy(&guest->memory[gpa - BASE], from, bytes);
    return true;
}

void host_msi(struct guest *guest, uint64_t address, uint32_t data)
{
    guest->messages++;
}

void host_console_output(struct guest *guest, const uint8_t *bytes, uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += bytes[i]; /* the sanitizer watches the reads */
    }
    guest->messages += sum & 1;
}

uint32_t host_entropy(uint8_t *to, uint32_t bytes)
{
    memset(to, 0x42, bytes);
    return bytes < guest_memory.entropy ? bytes : guest_memory.entropy;
}

/* The guest reaches the registers it was assigned, in one aligned access, and no others. */
static void require_register(uint64_t address, unsigned size)
{
    if ((size != 1 && size != 2 && size != 4 && size != 8) || address % size != 0 || address < REGISTERS ||
        address - REGISTERS + size > REGISTERS_BYTES) {
        abort();
    }
}

/* Every other page is one that the core does not map. */
bool host_device_read(uint64_t address, unsigned size, uint64_t *value)
{
    require_register(address, size);
    *value = address * 0x9E3779B97F4A7C15ull;
    return address / 4096 % 2 == 0;
}

bool host_device_write(uint64_t address, unsigned size, uint64_t value)
{
    require_register(address, size);
    return address / 4096 % 2 == 0;
}

void host_device_master(uint32_t name, bool on)
{
}

static uint64_t bar(struct device_set *set, unsigned device, unsigned number)
{
    uint64_t value = 0;
    device_set_mmio_read(set, PCI_HOST_ECAM_BASE + (device << 15) + PCI_BAR0 + number * 4, 4, &value);
    return value;
}

static void write_common(struct device_set *set, unsigned device, unsigned offset, unsigned size,
                         uint64_t value)
{
    device_set_mmio_write(set, bar(set, device, 0) + offset, size, value);
}

static uint64_t rings_of(unsigned device, unsigned queue)
{
    return BASE + ((device - 1) * 2 + queue) * RINGS;
}

enum flaw {
    FLAW_SMALL_QUEUE = 1,
    FLAW_USED_AT_THE_END = 2, /* of memory: some of it missing */
    FLAW_OLD_RINGS = 4,       /* what is in memory is not cleared */
    FLAW_NO_DRIVER_OK = 8,
    FLAW_NO_MSIX = 16,
    FLAW_NO_ENTROPY = 32,
};

static void start_queue(struct device_set *set, struct guest *guest, unsigned device, unsigned queue,
                        uint8_t flaw)
{
    uint64_t rings = rings_of(device, queue);
    write_common(set, device, VIRTIO_COMMON_QUEUE_SELECT, 2, queue);
    write_common(set, device, VIRTIO_COMMON_QUEUE_SIZE, 2, flaw & FLAW_SMALL_QUEUE ? 2 : QUEUE_SIZE);
    write_common(set, device, VIRTIO_COMMON_QUEUE_VECTOR, 2, queue + 1);
    write_common(set, device, VIRTIO_COMMON_QUEUE_DESCRIPTORS, 8, rings);
    write_common(set, device, VIRTIO_COMMON_QUEUE_AVAILABLE, 8, rings + RINGS_AVAILABLE);
    write_common(set, device, VIRTIO_COMMON_QUEUE_USED, 8,
                 flaw & FLAW_USED_AT_THE_END ? BASE + MEMORY - 20 : rings + RINGS_USED);
    write_common(set, device, VIRTIO_COMMON_QUEUE_ENABLE, 2, 1);
    if (!(flaw & FLAW_OLD_RINGS)) {
        memset(&guest->memory[rings - BASE], 0, RINGS);
    }
}

/* The offset of the MSI-X capability in configuration space. */
static unsigned msix_at(struct device_set *set, unsigned device)
{
    uint64_t at = PCI_CAPABILITIES - 1;
    uint64_t id = 0;
    for (unsigned i = 0; i < 16 && id != 0x11; i++) {
        device_set_mmio_read(set, PCI_HOST_ECAM_BASE + (device << 15) + at + 1, 1, &at);
        device_set_mmio_read(set, PCI_HOST_ECAM_BASE + (device << 15) + at, 1, &id);
    }
    return (unsigned)at;
}

static void start_msix(struct device_set *set, unsigned device)
{
    for (unsigned vector = 0; vector < 3; vector++) {
        device_set_mmio_write(set, bar(set, device, 1) + vector * 16, 8, 0xFEE00000);
        device_set_mmio_write(set, bar(set, device, 1) + vector * 16 + 8, 8, vector + 0x20);
    }
    device_set_mmio_write(set, PCI_HOST_ECAM_BASE + (device << 15) + msix_at(set, device) + 2, 2, 0x8000);
}

/* A good driver's start, with its rings where offer() writes them; `flaw` says what goes wrong. */
static void start(struct device_set *set, struct guest *guest, unsigned device, uint8_t flaw)
{
    uint64_t features =
        VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM | (device >= 3 ? VIRTIO_F_INDIRECT_DESC : 0);
    device_set_mmio_write(set, PCI_HOST_ECAM_BASE + (device << 15) + PCI_COMMAND, 2, 6);
    write_common(set, device, VIRTIO_COMMON_DEVICE_STATUS, 1, 0);
    write_common(set, device, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 0);
    write_common(set, device, VIRTIO_COMMON_DRIVER_FEATURE, 4, (uint32_t)features);
    write_common(set, device, VIRTIO_COMMON_DRIVER_FEATURE_SELECT, 4, 1);
    write_common(set, device, VIRTIO_COMMON_DRIVER_FEATURE, 4, features >> 32);
    write_common(set, device, VIRTIO_COMMON_DEVICE_STATUS, 1, 0xB);
    if (!(flaw & FLAW_NO_MSIX)) {
        start_msix(set, device);
    }
    guest->entropy = flaw & FLAW_NO_ENTROPY ? 0 : 16;
    start_queue(set, guest, device, 0, flaw);
    start_queue(set, guest, device, 1, flaw);
    if (!(flaw & FLAW_NO_DRIVER_OK)) {
        write_common(set, device, VIRTIO_COMMON_DEVICE_STATUS, 1, 0xF);
    }
}

static void put(struct guest *guest, uint64_t gpa, uint64_t value, unsigned bytes)
{
    memcpy(&guest->memory[gpa - BASE], &value, bytes);
}

/* Addresses and lengths that are near good ones more often than chance would have it. */
static uint64_t take_address(struct input *input)
{
    uint8_t kind = (uint8_t)take(input, 1);
    switch (kind & 3) {
    case 0:
        return take(input, 8);
    case 1:
        return BASE + MEMORY - kind;
    case 2:
        return BASE + take(input, 2) % MEMORY;
    default:
        return BASE + DATA + (kind >> 2) * 16;
    }
}

static void put_descriptor(struct guest *guest, struct input *input, uint64_t at)
{
    uint8_t kind = (uint8_t)take(input, 1);
    put(guest, at, take_address(input), 8);
    put(guest, at + 8, kind & 0x80 ? take(input, 4) : kind & 0x40 ? (kind & 0x38) * 64u : kind & 0x38, 4);
    put(guest, at + 12, kind & 7, 2);
    put(guest, at + 14, take(input, 1) % (QUEUE_SIZE + 1), 2);
}

/* Up to QUEUE_SIZE descriptors, and the available index one on (or anywhere). */
static void offer(struct guest *guest, struct input *input, unsigned device, unsigned queue)
{
    uint64_t rings = rings_of(device, queue);
    unsigned count = 1 + (unsigned)take(input, 1) % QUEUE_SIZE;
    for (unsigned i = 0; i < count; i++) {
        put_descriptor(guest, input, rings + i * 16);
    }
    uint16_t index;
    uint8_t kind = (uint8_t)take(input, 1);
    memcpy(&index, &guest->memory[rings - BASE + RINGS_AVAILABLE + 2], sizeof(index));
    put(guest, rings + RINGS_AVAILABLE + 4 + index % QUEUE_SIZE * 2, kind >> 4, 2);
    index = (uint16_t)(kind & 1 ? index + kind : index + 1);
    put(guest, rings + RINGS_AVAILABLE + 2, index, 2);
}

/* A request that a disk would serve, if the input is kind. */
static void offer_request(struct guest *guest, struct input *input, unsigned device)
{
    uint64_t rings = rings_of(device, 0);
    uint8_t kind = (uint8_t)take(input, 1);
    bool in = !(kind & 1);
    put(guest, BASE + DATA, kind & 15, 8);
    put(guest, BASE + DATA + 8, kind & 0x80 ? take(input, 8) : take(input, 1) % 20, 8);
    uint64_t table = kind & 0x40 ? BASE + DATA + 64 : rings;
    put(guest, table, BASE + DATA, 8);
    put(guest, table + 8, 16 | 1ull << 32 | 1ull << 48, 8);
    put(guest, table + 16, take_address(input), 8);
    put(guest, table + 24, take(input, 1) % 18 * 512 | (in ? 3ull : 1ull) << 32 | 2ull << 48, 8);
    put(guest, table + 32, kind & 0x20 ? take_address(input) : BASE + DATA + 32, 8);
    put(guest, table + 40, 1 | 2ull << 32, 8);
    if (kind & 0x40) {
        put(guest, rings, table, 8);
        put(guest, rings + 8, 48 | 4ull << 32, 8);
    }
    uint16_t index;
    memcpy(&index, &guest->memory[rings - BASE + RINGS_AVAILABLE + 2], sizeof(index));
    put(guest, rings + RINGS_AVAILABLE + 4 + index % QUEUE_SIZE * 2, 0, 2);
    put(guest, rings + RINGS_AVAILABLE + 2, (uint16_t)(index + 1), 2);
}

enum operation {
    PORT_READ,
    PORT_WRITE,
    REGISTER_READ,
    REGISTER_WRITE,
    CONFIG_READ,
    CONFIG_WRITE,
    ANY_READ,
    ANY_WRITE,
    MEMORY_WRITE,
    START,
    OFFER,
    OFFER_REQUEST,
    KICK,
    POLL,
    INPUT,
    PRIVATE,
    OPERATIONS,
};

static uint16_t take_port(struct input *input)
{
    uint8_t port = (uint8_t)take(input, 1);
    return (uint16_t)(port & 0x80 ? 0x3F8 + (port & 0xF) : 0xCF8 + (port & 0xF));
}

static void access_memory(struct device_set *set, struct input *input, bool write, uint64_t gpa)
{
    unsigned size = (unsigned)take(input, 1);
    uint64_t value = 0;
    size = size & 0x80 ? size : 1u << (size & 3);
    if (write) {
        device_set_mmio_write(set, gpa, size, take(input, 8));
    } else {
        device_set_mmio_read(set, gpa, size, &value);
    }
}

/* A register of the transport, mostly with its own width, and values that mean something. */
static void access_register(struct device_set *set, struct input *input, bool write, unsigned device)
{
    static const uint8_t offsets[] = {0x00, 0x04, 0x08, 0x0C, 0x10, 0x12, 0x14, 0x15, 0x16, 0x18,
                                      0x1A, 0x1C, 0x1E, 0x20, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38};
    static const uint8_t widths[] = {4, 4, 4, 4, 2, 2, 1, 1, 2, 2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 2};
    uint8_t kind = (uint8_t)take(input, 1);
    unsigned number = (kind & 31) % sizeof(offsets);
    unsigned size = kind & 0x80 ? 1u << (kind >> 5 & 3) : widths[number];
    uint64_t value = take(input, 1);
    uint64_t gpa = bar(set, device, 0) + offsets[number];
    if (kind & 0x40) {
        gpa = value & 0x80 ? bar(set, device, 1) + (kind & 31) * 4
                           : bar(set, device, 0) + (value & 3) * 0x1000 + kind;
        size = 4;
    }
    if (write) {
        device_set_mmio_write(set, gpa, size, value);
    } else {
        device_set_mmio_read(set, gpa, size, &value);
    }
}

static void operate(struct device_set *set, struct guest *guest, struct input *input)
{
    uint8_t first = (uint8_t)take(input, 1);
    unsigned device = 1 + (first >> 4) % DEVICES;
    unsigned any = first >> 4 == 0xF ? ASSIGNED : device;
    unsigned queue = first >> 6 & 1;
    uint32_t value = 0;
    uint8_t typed[200] = {0};

    switch ((enum operation)(first % OPERATIONS)) {
    case PORT_READ:
        device_set_port_read(set, take_port(input), (unsigned)take(input, 1) & 7, &value);
        break;
    case PORT_WRITE: {
        uint16_t port = take_port(input);
        device_set_port_write(set, port, port < 0x400 ? 1 : 4, (uint32_t)take(input, 4));
        break;
    }
    case REGISTER_READ:
        access_register(set, input, false, any);
        break;
    case REGISTER_WRITE:
        access_register(set, input, true, any);
        break;
    case CONFIG_READ:
        access_memory(set, input, false, PCI_HOST_ECAM_BASE + (any << 15) + take(input, 1));
        break;
    case CONFIG_WRITE:
        access_memory(set, input, true, PCI_HOST_ECAM_BASE + (any << 15) + take(input, 1));
        break;
    case ANY_READ:
        access_memory(set, input, false,
                      first & 0x80 ? take(input, 8) : bar(set, device, queue) + take(input, 2));
        break;
    case ANY_WRITE:
        access_memory(set, input, true, PCI_HOST_MMIO_BASE + take(input, 3));
        break;
    case MEMORY_WRITE:
        put(guest, BASE + take(input, 2) % (MEMORY - 8), take(input, 8), 8);
        break;
    case START:
        start(set, guest, device, (uint8_t)take(input, 1));
        break;
    case OFFER:
        offer(guest, input, device, queue);
        break;
    case OFFER_REQUEST:
        offer_request(guest, input, 3 + device % 2);
        break;
    case KICK:
        device_set_mmio_write(set, bar(set, device, 0) + VIRTIO_PCI_NOTIFY + queue * VIRTIO_PCI_NOTIFY_STRIDE,
                              2, 0);
        break;
    case POLL:
        assigned_interrupt(&set->assigned[0], first >> 4);
        device_set_poll(set);
        break;
    case INPUT:
        device_set_console_input(set, typed, (uint32_t)take(input, 1) % sizeof(typed));
        break;
    default:
        guest->private_pages = (uint16_t)take(input, 2);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct device_set set;
    struct guest *guest = &guest_memory;
    struct input input = {data, size};
    struct device_config config = {
        .pci_ways = PCI_HOST_PORTS | PCI_HOST_ECAM,
        .uart = true,
        .console = true,
        .entropy = true,
        .block_count = 2,
        .assigned_count = 1,
        .assigned = {{.bars = {[0] = {REGISTERS, 0x4000}, [3] = {REGISTERS + 0x4000, 0x1000}},
                      .interrupts = 3}},
    };

    memset(guest, 0, sizeof(*guest));
    for (unsigned i = 0; i < 2; i++) {
        /* On the heap, of their exact size: the sanitizer sees an access beyond them. */
        config.blocks[i] =
            (struct virtio_block_image){.bytes = malloc(DISK), .size = DISK, .read_only = i == 1};
        memset(config.blocks[i].bytes, 0x11, DISK);
    }
    device_set_init(&set, guest, &config);
    for (unsigned device = 1; device <= DEVICES; device++) {
        start(&set, guest, device, 0);
    }
    device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (ASSIGNED << 15) + PCI_COMMAND, 2, 6);
    device_set_mmio_write(&set, PCI_HOST_ECAM_BASE + (ASSIGNED << 15) + msix_at(&set, ASSIGNED) + 2, 2,
                          0x8000);
    while (input.left > 0) {
        guest->accesses = 0;
        operate(&set, guest, &input);
    }
    for (unsigned i = 0; i < DISK; i++) {
        if (config.blocks[1].bytes[i] != 0x11) {
            abort();
        }
    }
    free(config.blocks[0].bytes);
    free(config.blocks[1].bytes);
    return 0;
}
