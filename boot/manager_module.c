/* SPDX-License-Identifier: Apache-2.0 */
#include "boot/manager_module.h"

#include "abi/hypercall.h"
#include "arch/x86_64/panic.h"
#include "boot/boot_memory.h"
#include "lib/addr.h"
#include "lib/string.h"

#define MANAGER_NAME "manager"

bool manager_module_is(const struct boot_module *module)
{
    return string_is(module->name, string_length(module->name, BOOT_NAME_BYTES), MANAGER_NAME);
}

static void check_header(const struct manager_header *header, uint64_t bytes)
{
    /* Can its header be read, and does it begin as a manager does? */
    if (header == NULL || header->magic != MANAGER_HEADER_MAGIC) {
        refuse("The module \"manager\" is not a Bulkhead manager image.");
    }
    /* Was it built for this core? */
    if (header->abi_version != ABI_VERSION) {
        refuse("The manager image was built for another version of the core: build both from one source.");
    }
    /* Is it whole, and does it start inside itself? */
    if (header->image_size != bytes || header->entry_offset >= bytes) {
        refuse("The manager image is cut off or damaged: its size is not what its header says.");
    }
}

uint64_t manager_module_find(const struct boot_parameters *parameters, struct boot_range *image)
{
    for (uint32_t i = 0; i < parameters->module_count; i++) {
        const struct boot_module *module = &parameters->modules[i];

        if (manager_module_is(module)) {
            const struct manager_header *header = boot_memory(module->address, sizeof(*header));

            check_header(header, module->size);
            image->first = frame_of_address(module->address);
            image->count = frame_of_address(module->address + module->size + FRAME_SIZE - 1u) - image->first;
            return module->address + header->entry_offset;
        }
    }
    refuse("There is no manager: add a line \"module2 /boot/manager.bin manager\" to GRUB's menu entry.");
}
