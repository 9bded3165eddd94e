/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/host.h"

#include "lib/addr.h"
#include "lib/memory.h"
#include "manager/guest.h"
#include "manager/insn.h"
#include "manager/physical.h"
#include "manager/timer.h"
#include "manager/trap.h"

/* SDM Vol. 3A, "Message Address Register Format", "Message Data Register Format". */
enum {
    MSI_ADDRESS_TOP_SHIFT = 20,
    MSI_ADDRESS_TOP = 0xfee,
    MSI_DESTINATION_SHIFT = 12,
    MSI_DESTINATION_MASK = 0xff,
    MSI_LOGICAL = 1 << 2,
    MSI_VECTOR_MASK = 0xff,
    MSI_DELIVERY_SHIFT = 8,
    MSI_DELIVERY_MASK = 7,
    MSI_LEVEL = 1 << 15,

    CPUID_FEATURES = 1,
    CPUID_ECX_RDRAND = 1 << 30,
    RDRAND_TRIES = 16,
};

/* One direction of a copy: what lies in one of the guest's frames, by the fix-up copy. */
static bool copy_page_by_page(const struct guest *guest, uint64_t gpa, uint8_t *own, uint32_t bytes,
                              bool write)
{
    while (bytes > 0) {
        const uint32_t in_page = FRAME_SIZE - (uint32_t)(gpa % FRAME_SIZE);
        const uint32_t count = bytes < in_page ? bytes : in_page;
        uint64_t hfn;
        if (!guest_map_find(&guest->map, frame_of_address(gpa), &hfn)) {
            return false;
        }
        uint8_t *at = (uint8_t *)physical_at(address_of_frame(hfn)) + gpa % FRAME_SIZE;
        if (!guarded_copy(write ? at : own, write ? own : at, count)) {
            return false;
        }
        gpa += count;
        own += count;
        bytes -= count;
    }
    return true;
}

bool host_guest_read(struct guest *guest, uint64_t gpa, void *to, uint32_t bytes)
{
    return copy_page_by_page(guest, gpa, to, bytes, false);
}

bool host_guest_write(struct guest *guest, uint64_t gpa, const void *from, uint32_t bytes)
{
    return copy_page_by_page(guest, gpa, (uint8_t *)(uintptr_t)from, bytes, true);
}

void host_msi(struct guest *guest, uint64_t address, uint32_t data)
{
    const uint64_t destination = address >> MSI_DESTINATION_SHIFT & MSI_DESTINATION_MASK;

    /* Is it an edge-triggered, fixed interrupt for one of its CPUs by number?  Nothing else is granted. */
    if (address >> MSI_ADDRESS_TOP_SHIFT != MSI_ADDRESS_TOP || address & MSI_LOGICAL ||
        (data >> MSI_DELIVERY_SHIFT & MSI_DELIVERY_MASK) != 0 || data & MSI_LEVEL ||
        destination >= guest->vcpu_count) {
        return;
    }
    /* The core refuses the vectors that are not for devices: the guest's own mistake. */
    struct guest_vcpu *vcpu = &guest->vcpus[destination];
    hypercall_vcpu_interrupt(vcpu->run.vcpu, data & MSI_VECTOR_MASK);
    schedule_wake(&vcpu->schedule, timer_now());
}

void host_console_output(struct guest *guest, const uint8_t *bytes, uint32_t count)
{
    console_guest_output(&guest->voice, bytes, count);
}

bool host_device_read(uint64_t address, unsigned size, uint64_t *value)
{
    return guarded_load(value, address, size);
}

bool host_device_write(uint64_t address, unsigned size, uint64_t value)
{
    return guarded_store(address, value, size);
}

void host_device_master(uint32_t name, bool on)
{
    const uint64_t command =
        PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE | (on ? (uint64_t)PCI_COMMAND_BUS_MASTER : 0);

    hypercall(HYPERCALL_PCI_CONFIG, name, PCI_COMMAND, sizeof(uint16_t) + PCI_CONFIG_WRITE, command, 0);
}

static bool has_rdrand(void)
{
    uint32_t ecx;
    insn_cpuid(CPUID_FEATURES, &ecx);
    return ecx & CPUID_ECX_RDRAND;
}

uint32_t host_entropy(uint8_t *to, uint32_t bytes)
{
    uint32_t had = 0;
    uint32_t tries = 0;
    uint64_t word;

    if (!has_rdrand()) {
        return 0;
    }
    while (had < bytes && tries < RDRAND_TRIES) {
        const uint32_t left = bytes - had;
        if (!insn_rdrand(&word)) {
            tries++;
            continue;
        }
        memcpy(to + had, &word, left < sizeof(word) ? left : sizeof(word));
        had += left < sizeof(word) ? left : (uint32_t)sizeof(word);
    }
    return had;
}
