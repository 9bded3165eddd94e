/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "manager/guest_device.h"
#include "manager/interrupt.h"
#include "manager/paging.h"
#include "manager/physical.h"
#include "manager/print.h"

/* A core that gives functions 01:00.0 and 02:00.0, both like QEMU's NVMe controller. */
enum { FIRST = 0x100, SECOND = 0x200, MSIX_AT = 0x40, PAGES = 4, PARTITION = 77 };
#define ADDRESS 0x7fc0000000ull

static struct memory memory;
static struct config_guest config;
static struct guest guest;
static struct device_config devices;
static uint8_t space[256];
static uint64_t assign_answer, irq_answer, pages;
static unsigned retries, assigned, vectors, vectors_left, mapped;
static bool paging_answer;
static char said[256];

struct answer hypercall(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8)
{
    struct answer answer = {STATUS_OK, 0};

    switch (number) {
    case HYPERCALL_DEVICE_ASSIGN:
        assert_int_equal(rdi, PARTITION);
        assert_true(rsi == FIRST || rsi == SECOND);
        answer.status = retries > 0 ? (uint64_t)STATUS_RETRY : assign_answer;
        assigned += answer.status == STATUS_OK;
        retries -= retries > 0;
        break;
    case HYPERCALL_PCI_CONFIG:
        assert_true(rsi + rdx <= sizeof(space) && rsi % rdx == 0 && rdx <= 4);
        memcpy(&answer.value, &space[rsi], rdx);
        break;
    case HYPERCALL_IRQ_MAP:
        assert_int_equal(rsi, vectors % ASSIGNED_INTERRUPTS_MAX);
        assert_int_equal(rdx, INTERRUPT_VECTOR_FIRST + vectors);
        assert_int_equal(r10, 0);
        vectors++;
        answer.status = irq_answer;
        break;
    case HYPERCALL_INFO:
        if (rdi == INFO_PCI_FUNCTIONS) {
            answer.value = 3;
        } else if (rdi == INFO_PCI_FUNCTION) {
            answer.value = rsi * 0x100 | 0x100ull << 32;
        } else if (rsi == FIRST * 8 || rsi == SECOND * 8) {
            answer.value = rdi == INFO_DEVICE_ADDRESS ? ADDRESS : pages;
        }
        break;
    default:
        fail();
    }
    return answer;
}

bool paging_map(struct memory *of, uint64_t address)
{
    assert_ptr_equal(of, &memory);
    assert_true(address == DIRECT_MAP + ADDRESS);
    mapped++;
    return paging_answer;
}

uint32_t interrupt_take(struct guest *of, uint32_t device, uint32_t number)
{
    return vectors_left-- > 0 ? INTERRUPT_VECTOR_FIRST + vectors : 0;
}

void print(const char *words, ...)
{
    va_list arguments;
    va_start(arguments, words);
    (void)va_arg(arguments, const char *);
    (void)va_arg(arguments, uint32_t);
    (void)va_arg(arguments, const char *);
    (void)va_arg(arguments, uint32_t);
    snprintf(said, sizeof(said), "%s", va_arg(arguments, const char *));
    va_end(arguments);
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

void host_msi(struct guest *to, uint64_t address, uint32_t data)
{
}

static int setup(void **state)
{
    static const uint8_t header[] = {0x36, 0x1b, 0x10, 0x00, 6, 0, 0x10, 0, 2, 2, 8, 1};

    memset(&guest, 0, sizeof(guest));
    memset(&config, 0, sizeof(config));
    memset(&devices, 0, sizeof(devices));
    memset(space, 0, sizeof(space));
    memcpy(space, header, sizeof(header));
    memcpy(&space[0x2c], (uint8_t[]){0xf4, 0x1a, 0x00, 0x11}, 4);
    space[0x34] = 0x60;
    memcpy(&space[0x60], (uint8_t[]){1, MSIX_AT}, 2);             /* power management */
    memcpy(&space[MSIX_AT], (uint8_t[]){0x11, 0, 0x40, 0x80}, 4); /* 65 entries, enabled by the core */
    config.device_count = 2;
    config.devices[0].name = FIRST;
    config.devices[1].name = SECOND;
    guest.config = &config;
    guest.memory = &memory;
    guest.partition = PARTITION;
    assign_answer = irq_answer = STATUS_OK;
    retries = assigned = vectors = mapped = 0;
    vectors_left = 100;
    pages = PAGES;
    paging_answer = true;
    said[0] = '\0';
    return 0;
}

static bool take_and_describe(void)
{
    guest.devices_had = 0;
    return guest_device_take(&guest) == GUEST_DEVICE_HAD && guest_device_describe(&guest, &devices);
}

static void devices_are_assigned_and_described(void **state)
{
    assert_true(take_and_describe());
    assert_int_equal(assigned, 2);
    assert_int_equal(devices.assigned_count, 2);
    assert_int_equal(vectors, 2 * ASSIGNED_INTERRUPTS_MAX);
    const struct assigned_config *nvme = &devices.assigned[1];
    assert_int_equal(nvme->name, SECOND);
    assert_int_equal(nvme->identity.vendor, 0x1b36);
    assert_int_equal(nvme->identity.device, 0x0010);
    assert_int_equal(nvme->identity.class_code, 0x0108);
    assert_int_equal(nvme->identity.program, 2);
    assert_int_equal(nvme->identity.revision, 2);
    assert_int_equal(nvme->identity.subsystem_vendor, 0x1af4);
    assert_int_equal(nvme->identity.subsystem, 0x1100);
    assert_int_equal(nvme->interrupts, 65);
    assert_true(nvme->bars[0].address == DIRECT_MAP + ADDRESS && nvme->bars[0].bytes == 0x4000);
    for (unsigned bar = 1; bar < PCI_BARS; bar++) {
        assert_int_equal(nvme->bars[bar].bytes, 0);
    }
}

static void one_that_is_being_reset_is_asked_for_again(void **state)
{
    retries = 2;
    assert_int_equal(guest_device_take(&guest), GUEST_DEVICE_WAIT);
    assert_int_equal(guest_device_take(&guest), GUEST_DEVICE_WAIT);
    assert_int_equal(guest.devices_had, 0);
    assert_int_equal(guest_device_take(&guest), GUEST_DEVICE_HAD);
    assert_int_equal(assigned, 2);
    assert_true(guest_device_describe(&guest, &devices));
    assert_int_equal(devices.assigned_count, 2);
    /* The second, with the first had; it is not asked for twice. */
    guest.devices_had = 1;
    retries = 1;
    assert_int_equal(guest_device_take(&guest), GUEST_DEVICE_WAIT);
    assert_int_equal(guest_device_take(&guest), GUEST_DEVICE_HAD);
    assert_int_equal(assigned, 3);
}

static void groups_have_names(void **state)
{
    assert_int_equal(guest_device_group(0), 0x100);
    assert_int_equal(guest_device_group(0x200), 0x100);
    assert_int_equal(guest_device_group(0x900), 0x900);
}

static void a_bar_is_a_power_of_two(void **state)
{
    pages = 5;
    assert_true(take_and_describe());
    assert_int_equal(devices.assigned[0].bars[0].bytes, 0x8000);
}

static void assert_refused(const char *reason)
{
    assert_false(take_and_describe());
    if (strstr(said, reason) == NULL) {
        fail_msg("said: %s", said);
    }
}

static void each_refusal_has_its_reason(void **state)
{
    assign_answer = STATUS_AT((uint64_t)STATUS_DENIED, (uint64_t)OPERAND_RSI);
    assert_refused("no VT-d unit confines it");
    assign_answer = STATUS_AT((uint64_t)STATUS_BAD_STATE, (uint64_t)OPERAND_RSI);
    assert_refused("somebody else's");
    assign_answer = STATUS_NO_ROOM;
    assert_refused("a quota or pool of the core");
    setup(state);
    paging_answer = false;
    assert_refused("too little memory");
    setup(state);
    pages = 0;
    assert_refused("no registers");
    setup(state);
    vectors_left = 7;
    assert_refused("no more vectors");
    assert_int_equal(devices.assigned_count, 1);
    setup(state);
    irq_answer = STATUS_NO_ROOM;
    assert_refused("a quota or pool of the core");
}

static void a_list_of_capabilities_may_be_a_circle(void **state)
{
    space[0x61] = 0x60;
    assert_refused("no MSI-X");
    space[0x61] = 0x3c; /* within the header */
    assert_refused("no MSI-X");
    space[0x61] = MSIX_AT + 3; /* the lower bits are reserved */
    assert_true(take_and_describe());
}

static void the_list_is_bounded(void **state)
{
    uint32_t names[3] = {9, 9, 9};

    assert_int_equal(guest_device_list(names, 2), 2);
    assert_true(names[0] == 0 && names[1] == 0x100 && names[2] == 9);
    assert_int_equal(guest_device_list(names, 3), 3);
    assert_int_equal(names[2], 0x200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(devices_are_assigned_and_described, setup),
        cmocka_unit_test_setup(one_that_is_being_reset_is_asked_for_again, setup),
        cmocka_unit_test_setup(groups_have_names, setup),
        cmocka_unit_test_setup(a_bar_is_a_power_of_two, setup),
        cmocka_unit_test_setup(each_refusal_has_its_reason, setup),
        cmocka_unit_test_setup(a_list_of_capabilities_may_be_a_circle, setup),
        cmocka_unit_test_setup(the_list_is_bounded, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
