/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/guest_call.h"

enum { SHARED_BIT = 39 };

static struct guest guest;
static struct guest_vcpu vcpu;
static uint64_t *const registers = vcpu.run.registers;
static char written[16];

bool host_guest_read(struct guest *of, uint64_t gpa, void *to, uint32_t bytes)
{
    return false;
}

bool host_guest_write(struct guest *of, uint64_t gpa, const void *from, uint32_t bytes)
{
    return false;
}

void host_msi(struct guest *to, uint64_t address, uint32_t data)
{
}

void host_console_output(struct guest *of, const uint8_t *bytes, uint32_t count)
{
    strncat(written, (const char *)bytes, count);
}

uint32_t host_entropy(uint8_t *to, uint32_t bytes)
{
    return 0;
}

bool host_device_read(uint64_t address, unsigned size, uint64_t *value)
{
    return false;
}

bool host_device_write(uint64_t address, unsigned size, uint64_t value)
{
    return false;
}

void host_device_master(uint32_t name, bool on)
{
}

static int set_up(void **state)
{
    const struct device_config config = {
        .pci_ways = PCI_HOST_PORTS | PCI_HOST_ECAM, .uart = true, .console = true};
    memset(&guest, 0, sizeof(guest));
    memset(written, 0, sizeof(written));
    device_set_init(&guest.devices, &guest, &config);
    return 0;
}

static enum guest_wish call(uint64_t function, uint64_t size, uint64_t write, uint64_t address, uint64_t data)
{
    memset(registers, 0, sizeof(vcpu.run.registers));
    registers[GUEST_R11] = function;
    registers[GUEST_R12] = size;
    registers[GUEST_R13] = write;
    registers[GUEST_R14] = address;
    registers[GUEST_R15] = data;
    return guest_call_answer(&guest, &vcpu, SHARED_BIT);
}

static uint64_t in(uint64_t size, uint64_t port)
{
    assert_int_equal(call(TDVMCALL_IO, size, 0, port, 0), GUEST_WISH_NOTHING);
    assert_int_equal(registers[GUEST_R10], TDVMCALL_SUCCESS);
    return registers[GUEST_R11];
}

static enum guest_wish out(uint64_t size, uint64_t port, uint64_t value)
{
    const enum guest_wish wish = call(TDVMCALL_IO, size, 1, port, value);
    assert_int_equal(registers[GUEST_R10], TDVMCALL_SUCCESS);
    return wish;
}

static void ports_of_nobody(void **state)
{
    assert_int_equal(in(1, 0x80), 0xff);
    assert_int_equal(in(2, 0x4d0), 0xffff);
    assert_int_equal(in(4, 0xfffc), 0xffffffff);
    assert_int_equal(in(1, 0x61), 0xff);
    assert_int_equal(in(1, 0x71), 0);
    assert_int_equal(in(1, 0x601), 0);
    assert_int_equal(out(4, 0x80, UINT64_MAX), GUEST_WISH_NOTHING);
}

static void ports_of_devices(void **state)
{
    assert_int_equal(out(1, 0x3f8, 0x1234567800000041), GUEST_WISH_NOTHING);
    assert_string_equal(written, "A");
    assert_int_equal(out(4, 0xcf8, 0x80000000), GUEST_WISH_NOTHING);
    assert_int_equal(in(4, 0xcfc), 0x00081b36);
}

static void the_ways_to_end(void **state)
{
    assert_int_equal(out(1, 0x600, 0x34), GUEST_WISH_POWER_OFF);
    assert_int_equal(out(1, 0x600, 0x30), GUEST_WISH_NOTHING);
    assert_int_equal(out(1, 0x602, 1), GUEST_WISH_RESET);
    assert_int_equal(out(1, 0x602, 0), GUEST_WISH_NOTHING);
    assert_int_equal(out(1, 0x64, 0xfe), GUEST_WISH_RESET);
    assert_int_equal(out(1, 0x64, 0xd1), GUEST_WISH_NOTHING);
}

static void memory_of_devices(void **state)
{
    const uint64_t ecam = 1ull << SHARED_BIT | PCI_HOST_ECAM_BASE;
    assert_int_equal(call(TDVMCALL_MMIO, 4, 0, ecam, 0), GUEST_WISH_NOTHING);
    assert_int_equal(registers[GUEST_R10], TDVMCALL_SUCCESS);
    assert_int_equal(registers[GUEST_R11], 0x00081b36);
    call(TDVMCALL_MMIO, 2, 0, ecam + 2, 0);
    assert_int_equal(registers[GUEST_R11], 0x0008);
    call(TDVMCALL_MMIO, 8, 0, 1ull << SHARED_BIT | 0xd0000000, 0);
    assert_int_equal(registers[GUEST_R11], UINT64_MAX);
    call(TDVMCALL_MMIO, 2, 1, ecam + (1 << 15) + 4, 6);
    assert_int_equal(registers[GUEST_R10], TDVMCALL_SUCCESS);
    call(TDVMCALL_MMIO, 2, 0, ecam + (1 << 15) + 4, 0);
    assert_int_equal(registers[GUEST_R11] & 6, 6);
}

static void assert_refused(uint64_t function, uint64_t size, uint64_t write, uint64_t address)
{
    assert_int_equal(call(function, size, write, address, 0x34), GUEST_WISH_NOTHING);
    assert_int_equal(registers[GUEST_R10], TDVMCALL_INVALID_OPERAND);
    assert_int_equal(registers[GUEST_R11], 0);
}

static void ill_formed_calls(void **state)
{
    static const uint64_t sizes[] = {0, 3, 5, 16, UINT64_MAX, 0x100000001};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_refused(TDVMCALL_IO, sizes[i], 1, 0x600);
        assert_refused(TDVMCALL_MMIO, sizes[i], 0, 1ull << SHARED_BIT | PCI_HOST_ECAM_BASE);
    }
    assert_refused(TDVMCALL_IO, 8, 0, 0x80);
    assert_refused(TDVMCALL_IO, 1, 2, 0x600);
    assert_refused(TDVMCALL_IO, 1, 1, 0x10600);
    assert_refused(TDVMCALL_IO, 2, 0, 0xffff);
    assert_refused(TDVMCALL_IO, 1, 0, UINT64_MAX);
    assert_refused(TDVMCALL_MMIO, 4, 2, 1ull << SHARED_BIT | PCI_HOST_ECAM_BASE);
    assert_refused(TDVMCALL_MMIO, 4, 0, PCI_HOST_ECAM_BASE);
    assert_refused(TDVMCALL_MMIO, 4, 0, 3ull << SHARED_BIT | PCI_HOST_ECAM_BASE);
    assert_refused(TDVMCALL_HLT, 0, 0, 0);
    assert_refused(TDVMCALL_GET_QUOTE, 4096, 0, 0);
    assert_refused(0, 0, 0, 0);
    memset(registers, 0, sizeof(vcpu.run.registers));
    registers[GUEST_R10] = 1;
    registers[GUEST_R11] = TDVMCALL_IO;
    registers[GUEST_R12] = 1;
    assert_int_equal(guest_call_answer(&guest, &vcpu, SHARED_BIT), GUEST_WISH_NOTHING);
    assert_int_equal(registers[GUEST_R10], TDVMCALL_INVALID_OPERAND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(ports_of_nobody, set_up),  cmocka_unit_test_setup(ports_of_devices, set_up),
        cmocka_unit_test_setup(the_ways_to_end, set_up),  cmocka_unit_test_setup(memory_of_devices, set_up),
        cmocka_unit_test_setup(ill_formed_calls, set_up),
    };
    return cmocka_run_group_tests_name("manager_guest_call", tests, NULL, NULL);
}
