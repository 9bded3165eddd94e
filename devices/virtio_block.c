/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/virtio_block.h"

enum block_feature {
    BLOCK_F_SIZE_MAX = 1 << 1,
    BLOCK_F_SEG_MAX = 1 << 2,
    BLOCK_F_RO = 1 << 5,
    BLOCK_F_FLUSH = 1 << 9,
};

enum block_request_type {
    REQUEST_IN = 0,
    REQUEST_OUT = 1,
    REQUEST_FLUSH = 4,
    REQUEST_GET_ID = 8,
};

enum block_status {
    STATUS_OK = 0,
    STATUS_IOERR = 1,
    STATUS_UNSUPP = 2,
};

struct block_request {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
_Static_assert(sizeof(struct block_request) == 16, "virtio 1.2, Block Device, Device Operation");

struct block_config {
    uint64_t capacity; /* in sectors */
    uint32_t size_max; /* bytes of a segment */
    uint32_t seg_max;  /* data segments of a request */
};
_Static_assert(sizeof(struct block_config) == 16, "virtio 1.2, Block Device, Device configuration layout");
_Static_assert(sizeof(struct block_config) <= VIRTIO_PCI_DEVICE_CONFIG_MAX, "it is copied there");

enum {
    CLASS_STORAGE_SCSI = 0x0100,
    QUEUES = 1,
    STATUS_BYTES = 1,
    REQUEST_BYTES_MAX = VIRTIO_BLOCK_SEGMENTS_MAX * VIRTIO_BLOCK_SEGMENT_BYTES_MAX,
};

void virtio_block_init(struct virtio_block *block, struct guest *guest, uint32_t slice,
                       const struct virtio_block_image *image)
{
    struct virtio_pci_identity identity = {
        .type = VIRTIO_TYPE_BLOCK,
        .class_code = CLASS_STORAGE_SCSI,
        .features = BLOCK_F_SIZE_MAX | BLOCK_F_SEG_MAX | BLOCK_F_FLUSH | VIRTIO_F_INDIRECT_DESC,
        .queues = QUEUES,
        .queue_size_max = VIRTIO_BLOCK_QUEUE_SIZE,
        .config_bytes = sizeof(struct block_config),
    };
    struct block_config config = {
        .capacity = image->size / VIRTIO_BLOCK_SECTOR_BYTES,
        .size_max = VIRTIO_BLOCK_SEGMENT_BYTES_MAX,
        .seg_max = VIRTIO_BLOCK_SEGMENTS_MAX,
    };

    identity.features |= image->read_only ? BLOCK_F_RO : 0;
    virtio_pci_init(&block->transport, guest, &identity, slice);
    __builtin_memcpy(block->transport.config, &config, sizeof(config));
    block->image = *image;
}

/* Is [sector, sector + bytes) in the image and in whole sectors, and not too much for one request? */
static bool is_in_image(const struct virtio_block *block, uint64_t sector, uint32_t bytes)
{
    uint64_t capacity = block->image.size / VIRTIO_BLOCK_SECTOR_BYTES;
    return bytes % VIRTIO_BLOCK_SECTOR_BYTES == 0 && bytes <= REQUEST_BYTES_MAX && sector <= capacity &&
           bytes / VIRTIO_BLOCK_SECTOR_BYTES <= capacity - sector;
}

/* Image to guest. */
static enum block_status read_image(struct virtio_block *block, uint64_t sector, uint32_t bytes)
{
    struct virtio_pci *device = &block->transport;
    if (!is_in_image(block, sector, bytes)) {
        return STATUS_IOERR;
    }
    const uint8_t *from = block->image.bytes + sector * VIRTIO_BLOCK_SECTOR_BYTES;
    return virtio_chain_write(&device->chain, device->guest, 0, from, bytes) ? STATUS_OK : STATUS_IOERR;
}

/* Guest to image.  Like a disk that fails midway, an error may leave part of it written. */
static enum block_status write_image(struct virtio_block *block, uint64_t sector, uint32_t bytes)
{
    struct virtio_pci *device = &block->transport;
    if (block->image.read_only || !is_in_image(block, sector, bytes)) {
        return STATUS_IOERR;
    }
    uint8_t *to = block->image.bytes + sector * VIRTIO_BLOCK_SECTOR_BYTES;
    return virtio_chain_read(&device->chain, device->guest, sizeof(struct block_request), to, bytes)
               ? STATUS_OK
               : STATUS_IOERR;
}

static enum block_status identify(struct virtio_block *block, uint32_t room)
{
    struct virtio_pci *device = &block->transport;
    /* Is there room for all of it? */
    if (room < VIRTIO_BLOCK_SERIAL_BYTES) {
        return STATUS_IOERR;
    }
    return virtio_chain_write(&device->chain, device->guest, 0, block->image.serial,
                              VIRTIO_BLOCK_SERIAL_BYTES)
               ? STATUS_OK
               : STATUS_IOERR;
}

/* Do the request; `in` and `out` are the bytes of its data buffers. */
static enum block_status execute(struct virtio_block *block, const struct block_request *request, uint32_t in,
                                 uint32_t out)
{
    switch (request->type) {
    case REQUEST_IN:
        return read_image(block, request->sector, in);
    case REQUEST_OUT:
        return write_image(block, request->sector, out);
    case REQUEST_FLUSH:
        return STATUS_OK; /* a write is in the image when it is answered */
    case REQUEST_GET_ID:
        return identify(block, in);
    default:
        return STATUS_UNSUPP;
    }
}

/* How many bytes of the data buffer `in` hold an answer. */
static uint32_t answered(const struct block_request *request, enum block_status status, uint32_t in)
{
    if (status != STATUS_OK) {
        return 0;
    }
    switch (request->type) {
    case REQUEST_IN:
        return in;
    case REQUEST_GET_ID:
        return VIRTIO_BLOCK_SERIAL_BYTES;
    default:
        return 0;
    }
}

/* Serve the chain just popped.  False: no header or no room for a status, or no memory there. */
static bool serve(struct virtio_block *block, unsigned queue)
{
    struct virtio_pci *device = &block->transport;
    struct virtio_chain *chain = &device->chain;
    struct block_request request;

    if (!virtio_chain_read(chain, device->guest, 0, &request, sizeof(request)) ||
        chain->writable_bytes < STATUS_BYTES) {
        return false;
    }
    uint32_t in = chain->writable_bytes - STATUS_BYTES;
    uint32_t out = chain->readable_bytes - (uint32_t)sizeof(request);
    enum block_status status = execute(block, &request, in, out);
    uint8_t status_byte = (uint8_t)status;
    if (!virtio_chain_write(chain, device->guest, in, &status_byte, STATUS_BYTES)) {
        return false;
    }
    /* The status comes after the data: it counts as written if nothing before it is missing. */
    uint32_t written = answered(&request, status, in);
    virtio_pci_push(device, queue, written == in ? in + STATUS_BYTES : written);
    return true;
}

void virtio_block_notify(struct virtio_block *block, unsigned queue)
{
    struct virtio_pci *device = &block->transport;
    unsigned served = 0;
    uint64_t bytes = 0;

    while (bytes < VIRTIO_BLOCK_BATCH_BYTES && served < VIRTIO_BLOCK_QUEUE_SIZE &&
           virtio_pci_pop(device, queue)) {
        if (!serve(block, queue)) {
            virtio_pci_stop(device);
            return;
        }
        bytes += (uint64_t)device->chain.readable_bytes + device->chain.writable_bytes;
        served++;
    }
    if (bytes >= VIRTIO_BLOCK_BATCH_BYTES || served == VIRTIO_BLOCK_QUEUE_SIZE) {
        device->work_left = true;
    }
    if (served != 0) {
        virtio_pci_interrupt(device, queue);
    }
}
