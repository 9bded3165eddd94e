/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a device, in random calls, against hardware that complains where it is used in a wrong order. */
#include "tests/unit/unit.h"

#include "isolation/device.h"
#include "isolation/device_act.h"
#include "isolation/device_group.h"
#include "isolation/partition.h"

/* Functions 0 and 1 are a group that can be reset, 2 one by its bus, 3 the firmware's, 4 cannot be reset, 5 is nobody's. */
enum { FUNCTIONS = 6, GUEST = 2, OTHER = 3, STEPS = 200000 };

struct partition partitions[PARTITIONS_MAX];
struct device_facts device_facts[PCI_FUNCTIONS_MAX];
static struct hardware {
    uint32_t sees;  /* partition */
    uint64_t holds; /* id of the partition whose data is in it */
    bool line;      /* its reset line is on */
    uint64_t ready; /* when it may be touched */
} hardware[FUNCTIONS];
static uint64_t now;
static uint32_t events[AUDIT_DEVICE_CUT_OFF + 1];
static bool full;

uint32_t partition_find(uint64_t id)
{
    const uint32_t slot = (uint32_t)(id % PARTITIONS_MAX);
    return slot >= PARTITION_FIRST_GUEST && partitions[slot].state != PARTITION_FREE &&
                   partitions[slot].generation == id / PARTITIONS_MAX
               ? slot
               : PARTITION_NONE;
}

uint32_t partition_killed(uint32_t slot)
{
    return partitions[slot].killed;
}

void audit_record(uint32_t event, uint64_t a, uint64_t b, uint64_t c)
{
    events[event]++;
}

uint64_t device_name(uint32_t index)
{
    return 0x100 + index;
}

uint32_t device_find(uint64_t name)
{
    return name >= 0x100 && name < 0x100 + FUNCTIONS ? (uint32_t)(name - 0x100) : DEVICE_NONE;
}

static struct hardware *at_rest(uint32_t group)
{
    assert_true(group < FUNCTIONS && device_facts[group].group == group);
    assert_true(!hardware[group].line && now >= hardware[group].ready);
    return &hardware[group];
}

bool device_act_attach(uint32_t group, uint32_t partition)
{
    assert_int_equal(at_rest(group)->sees, 0);
    if (full) {
        return false;
    }
    hardware[group].sees = partition;
    return true;
}

void device_act_detach(uint32_t group)
{
    at_rest(group)->sees = 0;
}

void device_act_reset(uint32_t group)
{
    assert_int_equal(at_rest(group)->sees, 0);
    hardware[group].holds = 0;
    hardware[group].line = device_facts[group].by_bus;
    hardware[group].ready = now + (device_facts[group].by_bus ? 1 : 100);
    assert_true(device_facts[group].resettable);
}

void device_act_reset_end(uint32_t group)
{
    assert_true(hardware[group].line && now >= hardware[group].ready);
    hardware[group].line = false;
    hardware[group].ready = now + 1000;
}

bool device_act_restore(uint32_t group)
{
    (void)at_rest(group);
    return now % 3 != 0; /* some take longer */
}

uint64_t device_act_time(uint32_t milliseconds)
{
    return now + milliseconds;
}

static int start(void **state)
{
    memset(hardware, 0, sizeof(hardware));
    memset(partitions, 0, sizeof(partitions));
    memset(events, 0, sizeof(events));
    full = false;
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        device_facts[i] = (struct device_facts){.group = i == 1 ? 0 : i,
                                                .grantable = i != 5,
                                                .managers = i == 3,
                                                .resettable = i != 4,
                                                .by_bus = i == 2};
    }
    partitions[PARTITION_MANAGER].state = PARTITION_SEALED;
    partitions[GUEST].state = PARTITION_LIVE;
    partitions[OTHER].state = PARTITION_SEALED;
    device_init();
    return 0;
}

static uint64_t assign(uint64_t id, uint64_t name)
{
    uint64_t status;
    do {
        status = device_assign(id, name);
        now++;
    } while (status == STATUS_RETRY);
    return status;
}

static void each_refusal(void **state)
{
    const uint64_t denied = STATUS_AT(STATUS_DENIED, OPERAND_RSI);
    assert_int_equal(device_assign(PARTITION_CORE, 0x100), STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(device_assign(4, 0x100), STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(device_assign(GUEST + PARTITIONS_MAX, 0x100), STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(device_assign(PARTITION_MANAGER + PARTITIONS_MAX, 0x100),
                     STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    assert_int_equal(device_assign(GUEST, 0x99), STATUS_AT(STATUS_INVALID, OPERAND_RSI));
    assert_int_equal(device_assign(PARTITION_MANAGER, 0x105), denied);
    assert_int_equal(device_assign(GUEST, 0x103), denied);
    assert_int_equal(device_assign(GUEST, 0x104), denied); /* what the firmware left in it cannot be reset */
    assert_int_equal(device_release(0x100), STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    assert_int_equal(device_release(0x99), STATUS_AT(STATUS_INVALID, OPERAND_RDI));
    full = true;
    assert_int_equal(device_assign(PARTITION_MANAGER, 0x100), STATUS_AT(STATUS_NO_ROOM, OPERAND_RSI));
    full = false;
    assert_int_equal(device_assign(PARTITION_MANAGER, 0x103), STATUS_OK);
    assert_int_equal(device_assign(PARTITION_MANAGER, 0x101), STATUS_OK); /* with the whole group */
    assert_int_equal(device_assign(GUEST, 0x100), STATUS_AT(STATUS_BAD_STATE, OPERAND_RSI));
    partitions[GUEST].killed = 1;
    assert_int_equal(device_assign(GUEST, 0x102), STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
    partitions[OTHER].state = PARTITION_DESTROYING;
    assert_int_equal(device_assign(OTHER, 0x102), STATUS_AT(STATUS_BAD_STATE, OPERAND_RDI));
}

static void a_storm(void **state)
{
    assert_int_equal(assign(GUEST, 0x100), STATUS_OK);
    for (uint32_t i = 0; i < DEVICE_FAULTS_MAX; i++) {
        device_fault(0x101, 0, 5);
    }
    assert_int_equal(events[AUDIT_DEVICE_FAULT], DEVICE_FAULTS_TOLD);
    assert_int_equal(hardware[0].sees, GUEST);
    device_fault(0x101, 0, 5);
    assert_int_equal(events[AUDIT_DEVICE_CUT_OFF], 1);
    assert_int_equal(hardware[0].sees, 0);
    assert_int_equal(devices[0].owner, GUEST);
    device_fault(0x101, 0, 5);
    assert_int_equal(device_release(0x100), STATUS_OK);
    assert_int_equal(device_assign(GUEST, 0x100), STATUS_OK); /* its own: it may try again */
    assert_int_equal(devices[0].faults, 0);
}

static void check_all(void)
{
    for (uint32_t g = 0; g < FUNCTIONS; g++) {
        const struct hardware *at = &hardware[g];
        const bool owned = devices[g].state == DEVICE_OWNED;
        assert_int_equal(at->sees, owned ? devices[g].owner : 0);
        if (owned) {
            const uint64_t id = partitions[at->sees].generation * PARTITIONS_MAX + at->sees;
            assert_true(at->holds == 0 || at->holds == id); /* nothing of anybody else */
            assert_true(g != 5 && (g != 3 || at->sees == PARTITION_MANAGER));
            hardware[g].holds = id;
        }
    }
}

static void random_calls(void **state)
{
    uint32_t given = 0;
    srandom(1);
    for (uint32_t i = 0; i < STEPS; i++) {
        const uint32_t slot = 1 + (uint32_t)random() % 3;
        const uint64_t id = partitions[slot].generation * PARTITIONS_MAX + slot;
        const uint64_t name = 0x100 + (uint64_t)random() % FUNCTIONS;
        now += (uint64_t)random() % 200;
        switch (random() % 8) {
        case 0:
            (void)device_release(name);
            break;
        case 1:
            if (random() % 20 == 0 && slot != PARTITION_MANAGER) { /* its slot gets another partition */
                device_release_all(slot);
                partitions[slot].generation++;
            }
            break;
        case 2:
            device_fault(name, 0, 0);
            break;
        default:
            given += device_assign(id, name) == STATUS_OK;
        }
        check_all();
    }
    assert_true(given > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_refusal, start),
        cmocka_unit_test_setup(a_storm, start),
        cmocka_unit_test_setup(random_calls, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
