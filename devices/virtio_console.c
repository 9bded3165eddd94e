/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_console.h"

enum {
    CLASS_COMMUNICATION_OTHER = 0x0780,
    /* struct virtio_console_config: columns, rows, max_nr_ports, emerg_wr; all 0 without their features. */
    CONFIG_BYTES = 12,
    PIECE_BYTES = 256,
};

void virtio_console_init(struct virtio_console *console, struct guest *guest, uint32_t slice)
{
    static const struct virtio_pci_identity identity = {
        .type = VIRTIO_TYPE_CONSOLE,
        .class_code = CLASS_COMMUNICATION_OTHER,
        .queues = VIRTIO_CONSOLE_QUEUES,
        .queue_size_max = VIRTIO_CONSOLE_QUEUE_SIZE,
        .config_bytes = CONFIG_BYTES,
    };

    virtio_pci_init(&console->transport, guest, &identity, slice);
    console->first = 0;
    console->waiting = 0;
}

/* Move up to `bytes` bytes of waiting input into the chain just popped.  False: no memory there. */
static bool fill_chain(struct virtio_console *console, uint32_t bytes)
{
    struct virtio_pci *device = &console->transport;
    uint32_t to_end = VIRTIO_CONSOLE_INPUT_BYTES - console->first;
    uint32_t piece = bytes < to_end ? bytes : to_end;

    if (!virtio_chain_write(&device->chain, device->guest, 0, console->input + console->first, piece) ||
        !virtio_chain_write(&device->chain, device->guest, piece, console->input, bytes - piece)) {
        return false;
    }
    console->first = (console->first + bytes) % VIRTIO_CONSOLE_INPUT_BYTES;
    console->waiting -= bytes;
    return true;
}

/* Give waiting input to the guest as far as it has buffers. */
static void receive(struct virtio_console *console)
{
    struct virtio_pci *device = &console->transport;
    unsigned served = 0;

    while (console->waiting != 0 && served < VIRTIO_CONSOLE_QUEUE_SIZE &&
           virtio_pci_pop(device, VIRTIO_CONSOLE_RECEIVE)) {
        uint32_t room = device->chain.writable_bytes;
        uint32_t bytes = console->waiting < room ? console->waiting : room;
        if (!fill_chain(console, bytes)) {
            virtio_pci_stop(device);
            return;
        }
        virtio_pci_push(device, VIRTIO_CONSOLE_RECEIVE, bytes);
        served++;
    }
    if (served == VIRTIO_CONSOLE_QUEUE_SIZE) {
        device->work_left = true;
    }
    if (served != 0) {
        virtio_pci_interrupt(device, VIRTIO_CONSOLE_RECEIVE);
    }
}

/* Print the chain just popped.  False: no memory there. */
static bool print_chain(struct virtio_pci *device)
{
    uint8_t piece[PIECE_BYTES];
    uint32_t total = device->chain.readable_bytes;
    uint32_t bytes;

    for (uint32_t done = 0; done < total; done += bytes) {
        bytes = total - done < PIECE_BYTES ? total - done : PIECE_BYTES;
        if (!virtio_chain_read(&device->chain, device->guest, done, piece, bytes)) {
            return false;
        }
        host_console_output(device->guest, piece, bytes);
    }
    return true;
}

static void transmit(struct virtio_console *console)
{
    struct virtio_pci *device = &console->transport;
    unsigned served = 0;
    uint32_t bytes = 0;

    while (bytes < VIRTIO_CONSOLE_BATCH_BYTES && served < VIRTIO_CONSOLE_QUEUE_SIZE &&
           virtio_pci_pop(device, VIRTIO_CONSOLE_TRANSMIT)) {
        /* Is it something that a console would print, and is it there? */
        if (device->chain.readable_bytes > VIRTIO_CONSOLE_OUTPUT_MAX || !print_chain(device)) {
            virtio_pci_stop(device);
            return;
        }
        bytes += device->chain.readable_bytes;
        virtio_pci_push(device, VIRTIO_CONSOLE_TRANSMIT, 0);
        served++;
    }
    if (bytes >= VIRTIO_CONSOLE_BATCH_BYTES || served == VIRTIO_CONSOLE_QUEUE_SIZE) {
        device->work_left = true;
    }
    if (served != 0) {
        virtio_pci_interrupt(device, VIRTIO_CONSOLE_TRANSMIT);
    }
}

uint32_t virtio_console_input(struct virtio_console *console, const uint8_t *bytes, uint32_t count)
{
    uint32_t taken = 0;
    for (; taken < count && console->waiting < VIRTIO_CONSOLE_INPUT_BYTES; taken++) {
        console->input[(console->first + console->waiting) % VIRTIO_CONSOLE_INPUT_BYTES] = bytes[taken];
        console->waiting++;
    }
    receive(console);
    return taken;
}

void virtio_console_notify(struct virtio_console *console, unsigned queue)
{
    if (queue == VIRTIO_CONSOLE_RECEIVE) {
        receive(console);
    } else {
        transmit(console);
    }
}
