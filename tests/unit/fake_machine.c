/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/unit/fake_machine.h"

#include "arch/x86_64/console.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"

struct fake_machine fake;
struct percpu percpus[CPUS_MAX];

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
}

static void put(struct fake_function *function, uint32_t offset, uint32_t bytes, uint32_t value)
{
    memcpy(&function->config[offset], &value, bytes);
}

struct fake_function *fake_add(uint16_t segment, uint8_t bus, uint8_t device, uint8_t function,
                               uint16_t command)
{
    assert_true(fake.function_count < FAKE_FUNCTIONS_MAX);
    struct fake_function *new = &fake.functions[fake.function_count++];
    memset(new, 0, sizeof(*new));
    new->segment = segment;
    new->bus = bus;
    new->device = device;
    new->function = function;
    new->writable = 0xffff;
    put(new, 0, 4, 0x10008086);
    put(new, 4, 4, 0x02900000u | command);
    put(new, 8, 4, 0x02000000);
    return new;
}

uint16_t fake_command(const struct fake_function *function)
{
    uint16_t command;
    memcpy(&command, &function->config[4], sizeof(command));
    return command;
}

static void log_write(enum fake_kind kind, uint64_t address, uint32_t bytes, uint64_t value)
{
    assert_true(fake.write_count < FAKE_WRITES_MAX);
    fake.writes[fake.write_count++] = (struct fake_write){kind, address, bytes, value};
}

uint64_t fake_last(enum fake_kind kind, uint64_t address)
{
    for (uint32_t i = fake.write_count; i > 0; i--) {
        if (fake.writes[i - 1].kind == kind && fake.writes[i - 1].address == address) {
            return fake.writes[i - 1].value;
        }
    }
    return UINT64_MAX;
}

uint32_t fake_count(enum fake_kind kind, uint64_t address)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < fake.write_count; i++) {
        count += fake.writes[i].kind == kind && fake.writes[i].address == address;
    }
    return count;
}

static struct fake_function *find(uint16_t segment, uint8_t bus, uint8_t device, uint8_t function)
{
    for (uint32_t i = 0; i < fake.function_count; i++) {
        struct fake_function *f = &fake.functions[i];
        if (f->segment == segment && f->bus == bus && f->device == device &&
            (f->function == function || f->aliased)) {
            return f;
        }
    }
    return NULL;
}

static uint32_t config_read(uint16_t segment, uint8_t bus, uint8_t devfn, uint32_t offset)
{
    const struct fake_function *function = find(segment, bus, devfn >> 3, devfn & 7);
    uint32_t value = UINT32_MAX;
    fake.reads_of_config++;
    if (function != NULL) {
        memcpy(&value, &function->config[offset], sizeof(value));
    }
    return value;
}

static void config_write(uint16_t segment, uint8_t bus, uint8_t devfn, uint32_t offset, uint32_t bytes,
                         uint32_t value)
{
    struct fake_function *function = find(segment, bus, devfn >> 3, devfn & 7);
    log_write(FAKE_CONFIG, (uint64_t)segment << 32 | (uint64_t)bus << 24 | (uint64_t)devfn << 16 | offset,
              bytes, value);
    if (function != NULL && offset == 4) {
        put(function, 4, 2, (value & function->writable) | (fake_command(function) & ~function->writable));
    }
}

static bool config_selected(void)
{
    return (fake.config_address & 0x80000000u) != 0;
}

static void config_port_write(uint16_t port, uint32_t bytes, uint32_t value)
{
    assert_true(config_selected());
    config_write(0, (uint8_t)(fake.config_address >> 16), (uint8_t)(fake.config_address >> 8),
                 (fake.config_address & 0xfc) + (port & 3u), bytes, value);
}

static void port_write(uint16_t port, uint32_t bytes, uint32_t value)
{
    if (port == 0xcf8 && bytes == 4) {
        fake.config_address = value;
    } else if (port >= 0xcfc && port <= 0xcff) {
        config_port_write(port, bytes, value);
    } else {
        log_write(FAKE_PORT, port, bytes, value);
    }
}

uint8_t insn_inb(uint16_t port)
{
    return port == 0x64 ? fake.keyboard_status : 0;
}

uint16_t insn_inw(uint16_t port)
{
    return fake.pm1_now;
}

uint32_t insn_inl(uint16_t port)
{
    assert_int_equal(port, 0xcfc);
    assert_true(config_selected());
    return config_read(0, (uint8_t)(fake.config_address >> 16), (uint8_t)(fake.config_address >> 8),
                       fake.config_address & 0xfc);
}

void insn_outb(uint16_t port, uint8_t value)
{
    port_write(port, 1, value);
}

void insn_outw(uint16_t port, uint16_t value)
{
    port_write(port, 2, value);
}

void insn_outl(uint16_t port, uint32_t value)
{
    port_write(port, 4, value);
}

uint64_t insn_rdmsr(uint32_t msr)
{
    return msr < 0x1000 ? fake.msr[msr] : 0;
}

void insn_wrmsr(uint32_t msr, uint64_t value)
{
    log_write(FAKE_MSR, msr, 8, value);
}

struct cpuid_result insn_cpuid(uint32_t leaf, uint32_t subleaf)
{
    return (struct cpuid_result){.eax = leaf == 0 ? 1 : 0, .ecx = leaf == 1 ? fake.cpuid_1_ecx : 0};
}

uint64_t insn_read_gs_quadword(uint64_t offset)
{
    return (uint64_t)&percpus[0];
}

_Noreturn void insn_triple_fault(void)
{
    longjmp(fake.end, 2);
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    longjmp(fake.end, 1);
}

void *paging_map_device(uint64_t address, uint64_t bytes)
{
    return (void *)address;
}

void paging_unmap_device(const void *registers)
{
    fake.unmaps++;
}

static bool is_ecam(uint64_t address)
{
    return address >= FAKE_ECAM && address < FAKE_ECAM + 0x10000000u;
}

uint32_t mmio_read32(const void *block, uint64_t offset)
{
    const uint64_t address = (uint64_t)block + offset;
    if (is_ecam(address)) {
        return config_read(1, (uint8_t)(address >> 20), (uint8_t)(address >> 12), address & 0xfff);
    }
    if (address == FAKE_IOAPIC + 0x10) {
        return fake.ioapic[fake.ioapic_select & 0xff];
    }
    return fake.memory[address % sizeof(fake.memory) / 4];
}

static void memory_write(uint64_t address, uint32_t bytes, uint32_t value)
{
    if (is_ecam(address)) {
        config_write(1, (uint8_t)(address >> 20), (uint8_t)(address >> 12), address & 0xfff, bytes, value);
        return;
    }
    if (address == FAKE_IOAPIC) {
        fake.ioapic_select = value;
    } else if (address == FAKE_IOAPIC + 0x10) {
        fake.ioapic[fake.ioapic_select & 0xff] = value;
    } else {
        fake.memory[address % sizeof(fake.memory) / 4] = value;
    }
    log_write(FAKE_MEMORY, address, bytes, value);
}

void mmio_write8(void *block, uint64_t offset, uint8_t value)
{
    memory_write((uint64_t)block + offset, 1, value);
}

void mmio_write16(void *block, uint64_t offset, uint16_t value)
{
    memory_write((uint64_t)block + offset, 2, value);
}

void mmio_write32(void *block, uint64_t offset, uint32_t value)
{
    memory_write((uint64_t)block + offset, 4, value);
}

void console_line(const char *text)
{
}
