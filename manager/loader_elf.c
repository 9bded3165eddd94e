/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/loader_elf.h"

enum {
    EI_CLASS = 4,
    EI_DATA = 5,
    E_TYPE = 16,
    E_MACHINE = 18,
    E_ENTRY = 24,
    E_PHOFF = 32,
    E_PHENTSIZE = 54,
    E_PHNUM = 56,
    ELF_HEADER_BYTES = 64,

    P_TYPE = 0,
    P_OFFSET = 8,
    P_PADDR = 24,
    P_FILESZ = 32,
    P_MEMSZ = 40,
    PROGRAM_HEADER_BYTES = 56,

    ELF_MAGIC = 0x464c457f,
    ELFCLASS64 = 2,
    ELFDATA2LSB = 1,
    ET_EXEC = 2,
    EM_X86_64 = 62,
    PT_LOAD = 1,
};
#define VMLINUX_INITRD_END_MAX 0x80000000ull

bool loader_elf_is(struct bytes image)
{
    return bytes_u32(image, 0) == ELF_MAGIC;
}

static enum loader_status plan_segment(struct bytes image, struct bytes header, uint64_t low_end,
                                       struct load_plan *plan, struct loader_kernel *kernel)
{
    const uint64_t offset = bytes_u64(header, P_OFFSET);
    const uint64_t paddr = bytes_u64(header, P_PADDR);
    const uint64_t in_file = bytes_u64(header, P_FILESZ);
    const uint64_t in_memory = bytes_u64(header, P_MEMSZ);

    /* Is what it takes from the file in the file, and no more than it takes in memory? */
    if (!bytes_hold(image, offset, in_file) || in_file > in_memory) {
        return LOADER_ELF_SEGMENTS;
    }
    if (in_memory == 0) {
        return LOADER_OK;
    }
    /* Is its place in the guest's memory, above what the loader puts there? */
    if (paddr < GUEST_RAM1 || paddr > low_end || in_memory > low_end - paddr) {
        return LOADER_MEMORY;
    }
    if (!load_plan_add(plan, paddr, bytes_part(image, offset, in_file))) {
        return LOADER_ELF_SEGMENTS;
    }
    if (paddr + in_memory > kernel->end) {
        kernel->end = paddr + in_memory;
    }
    return LOADER_OK;
}

/* Whether the plan has a byte at `gpa`. */
static bool planned(const struct load_plan *plan, uint64_t gpa)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        if (gpa >= plan->pieces[i].gpa && gpa - plan->pieces[i].gpa < plan->pieces[i].from.size) {
            return true;
        }
    }
    return false;
}

enum loader_status loader_elf_plan(struct bytes image, uint64_t low_end, struct load_plan *plan,
                                   struct loader_kernel *kernel)
{
    const uint64_t headers = bytes_u64(image, E_PHOFF);
    const uint16_t count = bytes_u16(image, E_PHNUM);

    if (!bytes_hold(image, 0, ELF_HEADER_BYTES)) {
        return LOADER_ELF_BROKEN;
    }
    if (bytes_u8(image, EI_CLASS) != ELFCLASS64 || bytes_u8(image, EI_DATA) != ELFDATA2LSB ||
        bytes_u16(image, E_TYPE) != ET_EXEC || bytes_u16(image, E_MACHINE) != EM_X86_64) {
        return LOADER_ELF_NOT_X86_64;
    }
    if (bytes_u16(image, E_PHENTSIZE) != PROGRAM_HEADER_BYTES ||
        !bytes_hold(image, headers, (uint64_t)count * PROGRAM_HEADER_BYTES)) {
        return LOADER_ELF_BROKEN;
    }
    *kernel =
        (struct loader_kernel){.entry = bytes_u64(image, E_ENTRY), .initrd_end_max = VMLINUX_INITRD_END_MAX};
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes header =
            bytes_part(image, headers + (uint64_t)i * PROGRAM_HEADER_BYTES, PROGRAM_HEADER_BYTES);
        if (bytes_u32(header, P_TYPE) != PT_LOAD) {
            continue;
        }
        const enum loader_status status = plan_segment(image, header, low_end, plan, kernel);
        if (status != LOADER_OK) {
            return status;
        }
    }
    return planned(plan, kernel->entry) ? LOADER_OK : LOADER_ELF_ENTRY;
}
