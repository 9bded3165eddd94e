/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state of a device against every call about it, beside a model of abi/hypercall.h and docs/iommu.md: who has the group, what its
 * requests see, which interrupts it has, which of its registers can be written.
 */
#include "tests/unit/unit.h"

#include "abi/hypercall.h"
#include "abi/status.h"
#include "arch/x86_64/mmio.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pci_function.h"
#include "arch/x86_64/tsc.h"
#include "iommu/vtd_context.h"
#include "iommu/vtd_function.h"
#include "iommu/vtd_interrupt.h"
#include "isolation/audit.h"
#include "isolation/device.h"
#include "isolation/device_config.h"
#include "isolation/device_group.h"
#include "isolation/device_irq.h"
#include "isolation/device_page.h"
#include "isolation/partition.h"

/* The machine: functions 0 and 1 are one device with MSI-X and MSI; 2 is a bridge and 3 the function below it, reset by the bus; 4 is the
 * firmware's; 5 cannot be reset; 6 is nobody's. */
enum { PAIR = 0, BRIDGE = 2, BELOW = 3, FIRMWARES = 4, STUBBORN = 5, NOBODYS = 6, FUNCTIONS = 7 };
enum { MSI_AT = 0x50, MSIX_AT = 0x60, MSIX_ENTRIES = 3, NUMBERS = 4, UNIT = 2, KHZ = 1000, COMMAND = 4 };
enum { MASTER = PCI_COMMAND_MASTER, MEMORY = PCI_COMMAND_MEMORY };
/* Partitions by slot, and what becomes of them. */
enum { MANAGER = PARTITION_MANAGER, GUEST, OTHER, DYING, KILLED, ABSENT, SLOTS };
#define NAME(function) (0x100u + (function))
#define BELOW_BUS      0x300u

struct partition partitions[PARTITIONS_MAX];
struct device_facts device_facts[PCI_FUNCTIONS_MAX];
struct pci_machine pci_machine;
struct pci_facts pci_facts[PCI_FUNCTIONS_MAX];
struct vtd_function vtd_functions[PCI_FUNCTIONS_MAX];

/* Hardware. */
static uint32_t sees[0x400]; /* partition whose domain requests signed so see; 0: blocked */
static struct {
    bool on;
    uint16_t source;
    uint32_t vector;
} entries[VTD_INTERRUPTS_MAX];
static uint8_t config[FUNCTIONS][256];
static uint32_t msix_table[FUNCTIONS][MSIX_ENTRIES * 4];
static bool pages_mapped[FUNCTIONS], holds_data[FUNCTIONS], line;
static uint64_t now, quiet_until[FUNCTIONS];
static bool slow, full;
static void touch(uint32_t index);

/* The model of a group. */
enum reset { AS_WAS, LINE_ON, SETTLING, FRESH };
static struct {
    uint32_t owner; /* slot; 0: nobody's */
    uint64_t last;  /* id of who has it or had it; 0: nobody since power on */
    bool cut;
    enum reset reset;
    uint64_t until;
    uint32_t faults;
} model[FUNCTIONS];
static uint32_t mapped[FUNCTIONS][NUMBERS]; /* vector of an interrupt; 0: none */

static uint64_t id_of(uint32_t slot)
{
    return slot == MANAGER ? MANAGER : (uint64_t)partitions[slot].generation * PARTITIONS_MAX + slot;
}

/* --- what the code asks of others -------------------------------------------------------------------------------- */

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
}

uint64_t device_name(uint32_t index)
{
    return NAME(index);
}

uint32_t device_find(uint64_t name)
{
    return name >= NAME(0) && name < NAME(FUNCTIONS) ? (uint32_t)(name - NAME(0)) : DEVICE_NONE;
}

uint64_t tsc_read(void)
{
    return now;
}

uint64_t tsc_khz(void)
{
    return KHZ;
}

bool vtd_context_attach(uint32_t unit, uint16_t source, uint32_t partition)
{
    assert_true(unit == UNIT && source < sizeof(sees) / sizeof(sees[0]));
    if (full || sees[source] != 0) {
        return false;
    }
    sees[source] = partition;
    return true;
}

void vtd_context_detach(uint32_t unit, uint16_t source)
{
    assert_true(unit == UNIT && source < sizeof(sees) / sizeof(sees[0]));
    sees[source] = 0;
}

bool vtd_interrupt_set(uint32_t unit, uint32_t index, uint16_t source, uint32_t apic_id, uint32_t vector)
{
    assert_int_equal(unit, UNIT);
    assert_false(entries[index].on);
    if (apic_id > 255) {
        return false;
    }
    entries[index].on = true;
    entries[index].source = source;
    entries[index].vector = vector;
    return true;
}

void vtd_interrupt_clear(uint32_t unit, uint32_t index)
{
    assert_int_equal(unit, UNIT);
    entries[index].on = false;
}

void mmio_write32(void *block, uint64_t offset, uint32_t value)
{
    assert_true(block == msix_table[PAIR] && offset < sizeof(msix_table[PAIR]));
    touch(PAIR);
    msix_table[PAIR][offset / sizeof(value)] = value;
}

void device_page_map(uint32_t group)
{
    pages_mapped[group] = true;
}

void device_page_unmap(uint32_t group)
{
    pages_mapped[group] = false;
}

/* Between a reset and its end nothing may touch it. */
static void touch(uint32_t index)
{
    assert_true(index < FUNCTIONS && now >= quiet_until[index]);
    assert_false(index == BELOW && line);
}

uint32_t pci_function_read(uint32_t index, uint32_t offset)
{
    uint32_t value;

    assert_true(index < FUNCTIONS && offset % 4 == 0 && offset < 256);
    memcpy(&value, &config[index][offset], sizeof(value));
    return value;
}

void pci_function_write(uint32_t index, uint32_t offset, uint32_t bytes, uint32_t value)
{
    touch(index);
    assert_true(offset % bytes == 0 && offset + bytes <= 256);
    memcpy(&config[index][offset], &value, bytes);
}

void pci_function_command(uint32_t index, uint32_t mask, uint32_t value)
{
    pci_function_write(index, COMMAND, 2, (pci_function_read(index, COMMAND) & ~mask & 0xffff) | value);
}

static void forget(uint32_t index, uint64_t quiet)
{
    assert_int_equal(sees[NAME(index)], 0);
    config[index][COMMAND] = 0;
    holds_data[index] = false;
    quiet_until[index] = now + quiet;
}

void pci_function_reset(uint32_t index)
{
    touch(index);
    forget(index, 100 * KHZ);
}

void pci_function_reset_below(uint32_t index, bool on)
{
    assert_int_equal(index, BRIDGE);
    assert_true(line != on && (on || now >= quiet_until[BELOW]));
    line = on;
    forget(BELOW, on ? KHZ : 1000 * KHZ);
}

bool pci_function_answers(uint32_t index)
{
    touch(index);
    return !slow;
}

void pci_function_restore(uint32_t index)
{
    touch(index);
}

struct pci_bar pci_function_msix(uint32_t index)
{
    return (struct pci_bar){index, index == PAIR ? sizeof(msix_table[0]) : 0};
}

void *paging_map_device(uint64_t address, uint64_t bytes)
{
    return msix_table[address];
}

/* --- the model ---------------------------------------------------------------------------------------------------- */

static uint32_t group_of(uint64_t name)
{
    return device_facts[name - NAME(0)].group;
}

static bool is_function(uint64_t name)
{
    return name >= NAME(0) && name < NAME(FUNCTIONS);
}

static bool is_owned(uint64_t name)
{
    return is_function(name) && model[group_of(name)].owner != 0 && !model[group_of(name)].cut;
}

static char doing[128]; /* for the message of a failure */

/* The answers that are right. */
static struct {
    uint64_t refusals[8];
    uint32_t count;
} right;

static void refused(bool guilty, uint64_t code, uint64_t operand)
{
    if (guilty) {
        right.refusals[right.count++] = STATUS_AT(code, operand);
    }
}

static void is_right(uint64_t status, uint64_t otherwise)
{
    bool found = right.count == 0 && status == otherwise;

    for (uint32_t n = 0; n < right.count; n++) {
        found = found || status == right.refusals[n];
    }
    if (!found) {
        print_message("%s: got %#llx, wanted %#llx\n", doing, (unsigned long long)status,
                      (unsigned long long)(right.count != 0 ? right.refusals[0] : otherwise));
    }
    assert_true(found);
}

static uint32_t slot_with(uint64_t id)
{
    for (uint32_t slot = MANAGER; slot < SLOTS; slot++) {
        if (slot != ABSENT && id == id_of(slot)) {
            return slot;
        }
    }
    return 0;
}

/* What the right call does to a group that nobody has: RETRY while it is reset. */
static uint64_t model_give(uint32_t g, uint32_t slot)
{
    const bool fits = model[g].reset == FRESH ||
                      (model[g].reset == AS_WAS && model[g].last == (model[g].last == 0 ? 0 : id_of(slot)) &&
                       (model[g].last != 0 || slot == MANAGER));

    if (fits && full) {
        return STATUS_AT(STATUS_NO_ROOM, OPERAND_RSI);
    }
    if (fits) {
        model[g].owner = slot;
        model[g].last = id_of(slot);
        model[g].reset = AS_WAS;
        model[g].faults = 0;
        return STATUS_OK;
    }
    if (model[g].reset == AS_WAS) {
        if (g == STUBBORN) {
            return STATUS_AT(STATUS_DENIED, OPERAND_RSI);
        }
        model[g].reset = g == BRIDGE ? LINE_ON : SETTLING;
        model[g].until = now + (g == BRIDGE ? 2 : 100) * KHZ;
    } else if (now >= model[g].until && model[g].reset == LINE_ON) {
        model[g].reset = SETTLING;
        model[g].until = now + 1000 * KHZ;
    } else if (now >= model[g].until && !slow) {
        model[g].reset = FRESH;
    }
    return STATUS_RETRY;
}

static void model_take(uint32_t g)
{
    model[g].owner = 0;
    model[g].cut = false;
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        if (device_facts[i].group == g) {
            memset(mapped[i], 0, sizeof(mapped[i]));
        }
    }
}

static void try_assign(uint64_t id, uint64_t name)
{
    const uint32_t slot = slot_with(id);
    const uint32_t g = is_function(name) ? group_of(name) : 0;

    right.count = 0;
    refused(slot == 0, STATUS_INVALID, OPERAND_RDI);
    refused(slot != 0 && (partitions[slot].state == PARTITION_DESTROYING || partitions[slot].killed != 0),
            STATUS_BAD_STATE, OPERAND_RDI);
    refused(!is_function(name), STATUS_INVALID, OPERAND_RSI);
    if (is_function(name)) {
        refused(g == NOBODYS || (g == FIRMWARES && slot != MANAGER), STATUS_DENIED, OPERAND_RSI);
        refused(model[g].owner != 0, STATUS_BAD_STATE, OPERAND_RSI);
    }
    is_right(device_assign(id, name), right.count == 0 ? model_give(g, slot) : 0);
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        holds_data[i] = holds_data[i] || is_owned(NAME(i));
    }
}

static void try_release(uint64_t name)
{
    right.count = 0;
    refused(!is_function(name), STATUS_INVALID, OPERAND_RDI);
    refused(is_function(name) && model[group_of(name)].owner == 0, STATUS_BAD_STATE, OPERAND_RDI);
    is_right(device_release(name), STATUS_OK);
    if (right.count == 0) {
        model_take(group_of(name));
    }
}

static void try_release_all(uint32_t slot)
{
    device_release_all(slot);
    for (uint32_t g = 0; g < FUNCTIONS; g++) {
        if (model[g].owner == slot) {
            model_take(g);
        }
    }
}

static void try_fault(uint64_t name)
{
    device_fault(name, 0, 0);
    if (is_owned(name) && ++model[group_of(name)].faults > DEVICE_FAULTS_MAX) {
        const uint32_t g = group_of(name);
        const uint32_t owner = model[g].owner;

        model_take(g);
        model[g].owner = owner;
        model[g].cut = true;
    }
}

static bool has_number(uint64_t name, uint64_t number)
{
    return name == NAME(PAIR) ? number < MSIX_ENTRIES
                              : name != NAME(BRIDGE) && name != NAME(STUBBORN) && number == 0;
}

static void try_map(uint64_t name, uint64_t number, uint64_t vector, uint32_t apic_id)
{
    const bool is = is_function(name) && has_number(name, number);
    uint64_t status;

    right.count = 0;
    refused(!is_function(name), STATUS_INVALID, OPERAND_RDI);
    refused(is_function(name) && !is_owned(name), STATUS_BAD_STATE, OPERAND_RDI);
    refused(!is, STATUS_INVALID, OPERAND_RSI);
    refused(is && mapped[name - NAME(0)][number] != 0, STATUS_BAD_STATE, OPERAND_RSI);
    refused(vector < 32 || vector > 255, STATUS_INVALID, OPERAND_RDX);
    refused(apic_id > 255, STATUS_INVALID, OPERAND_R10);
    status = device_irq_map(name, number, vector, apic_id);
    is_right(status, STATUS_OK);
    if (right.count == 0) {
        mapped[name - NAME(0)][number] = (uint32_t)vector;
    }
}

static void try_unmap(uint64_t name, uint64_t number)
{
    const bool is = is_function(name) && number < NUMBERS && mapped[name - NAME(0)][number] != 0;

    right.count = 0;
    refused(!is_function(name), STATUS_INVALID, OPERAND_RDI);
    refused(!is, STATUS_BAD_STATE, OPERAND_RSI);
    is_right(device_irq_unmap(name, number), STATUS_OK);
    if (right.count == 0) {
        mapped[name - NAME(0)][number] = 0;
    }
}

static void try_config(uint64_t name, uint64_t offset, uint64_t access, uint64_t value)
{
    const uint64_t bytes = access & 0xff;
    const bool writes = (access & PCI_CONFIG_WRITE) != 0;
    const bool whole = access < 2 * PCI_CONFIG_WRITE && (bytes == 1 || bytes == 2 || bytes == 4);
    uint8_t before[256] = {0};
    struct answer answer;

    if (is_function(name)) {
        memcpy(before, config[name - NAME(0)], sizeof(before));
    }
    right.count = 0;
    refused(!is_function(name), STATUS_INVALID, OPERAND_RDI);
    refused(!whole, STATUS_INVALID, OPERAND_RDX);
    refused(offset >= 256 || !whole || offset % bytes != 0, STATUS_INVALID, OPERAND_RSI);
    refused(writes && is_function(name) && !is_owned(name), STATUS_BAD_STATE, OPERAND_RDI);
    refused(writes && (offset != COMMAND || bytes != 2 || name == NAME(BRIDGE)), STATUS_DENIED, OPERAND_RSI);
    answer = device_config(name, offset, access, value);
    is_right(answer.status, STATUS_OK);
    if (right.count == 0 && writes) {
        const uint16_t bits = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_OFF;
        const uint16_t is = (uint16_t)((before[COMMAND] & ~bits) | (value & bits));

        memcpy(before + COMMAND, &is, sizeof(is));
    } else if (right.count == 0) {
        assert_memory_equal(&answer.value, before + offset, bytes);
        assert_true(bytes == 8 || answer.value >> 8 * bytes == 0);
    }
    if (is_function(name)) {
        assert_memory_equal(before, config[name - NAME(0)], sizeof(before));
    }
}

/* Hardware is as the model says. */
static void same(void)
{
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        const uint32_t g = device_facts[i].group;
        const bool owned = is_owned(NAME(i));
        uint32_t interrupts = 0;
        uint32_t wanted = 0;

        assert_int_equal(sees[NAME(i)], owned ? model[g].owner : 0);
        assert_int_equal(pages_mapped[g], owned);
        /* Bus mastering of what is somebody's is its own affair. */
        assert_true(owned || (config[i][COMMAND] & MASTER) == 0);
        /* Whoever has it finds nothing of another's: after a reset, or what it left itself. */
        assert_true(!owned || model[g].last == id_of(model[g].owner));
        for (uint32_t n = 0; n < VTD_INTERRUPTS_MAX; n++) {
            interrupts += entries[n].on && entries[n].source == NAME(i);
        }
        for (uint32_t n = 0; n < NUMBERS; n++) {
            wanted += mapped[i][n] != 0;
        }
        assert_int_equal(interrupts, wanted);
        assert_true(owned || wanted == 0);
    }
    /* What the bridge signs with for those below. */
    assert_int_equal(sees[BELOW_BUS], sees[NAME(BRIDGE)]);
}

/* --- states -------------------------------------------------------------------------------------------------------- */

enum state {
    VIRGIN,
    OWNED,
    WITH_INTERRUPTS,
    STORMS, /* one fault more, and it is cut off */
    CUT_OFF,
    RELEASED,
    RELEASED_CUT_OFF,
    IN_RESET,    /* for another */
    BETWEEN,     /* the line of its bus is off again, or its time is over */
    CLEAN,       /* reset, and nobody's */
    OWNED_FRESH, /* by another than before */
    OWNERS_SLOT_USED_AGAIN,
    STATES,
};

static void power_on(void)
{
    memset(sees, 0, sizeof(sees));
    memset(entries, 0, sizeof(entries));
    memset(config, 0, sizeof(config));
    memset(pages_mapped, 0, sizeof(pages_mapped));
    memset(holds_data, 0, sizeof(holds_data));
    memset(quiet_until, 0, sizeof(quiet_until));
    memset(model, 0, sizeof(model));
    memset(mapped, 0, sizeof(mapped));
    memset(partitions, 0, sizeof(partitions));
    line = slow = full = false;
    pci_machine.count = FUNCTIONS;
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        const uint32_t group = i == 1 ? PAIR : i == BELOW ? BRIDGE : i;

        device_facts[i] = (struct device_facts){.group = group,
                                                .grantable = i != NOBODYS,
                                                .managers = i == FIRMWARES,
                                                .resettable = i != STUBBORN,
                                                .by_bus = i == BRIDGE};
        pci_machine.functions[i] = (struct pci_function){.bus = 1,
                                                         .function = (uint8_t)i,
                                                         .header_type = i == BRIDGE,
                                                         .secondary_bus = i == BRIDGE ? BELOW_BUS >> 8 : 0};
        pci_facts[i] = (struct pci_facts){.msi = i != BRIDGE && i != STUBBORN && i != PAIR ? MSI_AT : 0,
                                          .msix = i == PAIR ? MSIX_AT : 0,
                                          .msix_entries = i == PAIR ? MSIX_ENTRIES : 0};
        vtd_functions[i].unit = UNIT;
    }
    for (uint32_t slot = GUEST; slot < SLOTS; slot++) {
        partitions[slot].state = slot == ABSENT  ? PARTITION_FREE
                                 : slot == GUEST ? PARTITION_LIVE
                                                 : PARTITION_SEALED;
        partitions[slot].generation = 7;
    }
    partitions[MANAGER].state = PARTITION_SEALED;
    device_init();
}

static bool assign_at_last(uint32_t slot, uint32_t g)
{
    for (uint32_t n = 0; n < 10 && model[g].owner == 0; n++) {
        try_assign(id_of(slot), NAME(g));
        now += 1000 * KHZ;
    }
    return model[g].owner == slot;
}

static void map_all(uint32_t g)
{
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        for (uint32_t n = 0; device_facts[i].group == g && n < NUMBERS; n++) {
            if (has_number(NAME(i), n)) {
                try_map(NAME(i), n, 40 + n, 3);
            }
        }
    }
}

/* Group `g`, after `owner` has had it; false: it cannot come there. */
static bool make(enum state state, uint32_t g, uint32_t owner)
{
    const uint32_t next = owner == GUEST ? OTHER : GUEST;

    /* Interrupts of the last try. */
    for (uint32_t slot = MANAGER; slot < SLOTS; slot++) {
        device_release_all(slot);
    }
    power_on();
    if (state == VIRGIN) {
        return owner == MANAGER;
    }
    if (!assign_at_last(owner, g)) {
        return false;
    }
    if (state == WITH_INTERRUPTS || state == CUT_OFF || state == RELEASED ||
        state == OWNERS_SLOT_USED_AGAIN) {
        map_all(g);
    }
    for (uint32_t n = 0;
         (state == STORMS || state == CUT_OFF || state == RELEASED_CUT_OFF) && n < DEVICE_FAULTS_MAX; n++) {
        try_fault(NAME(g));
    }
    if (state == CUT_OFF || state == RELEASED_CUT_OFF) {
        try_fault(NAME(g));
    }
    if (state == OWNERS_SLOT_USED_AGAIN && owner != MANAGER) {
        try_release_all(owner);
        partitions[owner].generation++;
    } else if (state >= RELEASED) {
        try_release(NAME(g));
    }
    if (state < IN_RESET || state == OWNERS_SLOT_USED_AGAIN) {
        return true;
    }
    try_assign(id_of(next), NAME(g));
    if (state == OWNED_FRESH) {
        now += 1000 * KHZ;
        return assign_at_last(next, g);
    }
    now += state == IN_RESET ? 0 : g == BRIDGE ? 2 * KHZ : 100 * KHZ;
    for (uint32_t n = 0; state == CLEAN && n < 5 && model[g].reset != FRESH; n++) {
        try_assign(id_of(next), NAME(g));
        now += 1000 * KHZ;
    }
    return model[g].reset == (state == CLEAN ? FRESH : g == BRIDGE ? LINE_ON : SETTLING);
}

/* --- every state, every call ------------------------------------------------------------------------------------------ */

static uint64_t tried;

/* The partitions that die do so only now: they may have it. */
static bool begin(enum state state, uint32_t g, uint32_t owner)
{
    if (!make(state, g, owner)) {
        return false;
    }
    snprintf(doing, sizeof(doing), "state %u of group %u, owner %u", state, g, owner);
    partitions[DYING].state = PARTITION_DESTROYING;
    partitions[KILLED].killed = 1;
    tried++;
    return true;
}

static const uint64_t wrong_names[] = {0,      NAME(FUNCTIONS),      NAME(0) - 1,
                                       0xffff, 1ull << 32 | NAME(0), UINT64_MAX};
#define WRONG_NAMES (sizeof(wrong_names) / sizeof(wrong_names[0]))

/* Function `n`, or a name of none. */
static uint64_t name_of(uint32_t n)
{
    return n < FUNCTIONS ? NAME(n) : wrong_names[n - FUNCTIONS];
}

static void assigns(enum state state, uint32_t g, uint32_t owner)
{
    for (uint32_t n = 0; n < FUNCTIONS + WRONG_NAMES; n++) {
        for (uint32_t slot = 0; slot < SLOTS + 4; slot++) {
            for (uint32_t way = 0; way < 3; way++) {
                uint64_t id;

                if (!begin(state, g, owner)) {
                    return;
                }
                id = slot == 0           ? 0
                     : slot < SLOTS      ? id_of(slot)
                     : slot == SLOTS     ? id_of(GUEST) + PARTITIONS_MAX
                     : slot == SLOTS + 1 ? id_of(owner) - PARTITIONS_MAX
                     : slot == SLOTS + 2 ? MANAGER + PARTITIONS_MAX
                                         : UINT64_MAX;
                full = way == 1;
                slow = way == 2;
                snprintf(doing, sizeof(doing),
                         "state %u of group %u, owner %u: assign %#llx to %#llx, way %u", state, g, owner,
                         (unsigned long long)name_of(n), (unsigned long long)id, way);
                for (uint32_t again = 0; again < 3; again++) {
                    try_assign(id, name_of(n));
                    same();
                    now += again == 0 ? 0 : 1000 * KHZ;
                }
            }
        }
    }
}

static void others(enum state state, uint32_t g, uint32_t owner)
{
    static const uint64_t vectors[] = {0, 31, 32, 255, 256, 1ull << 32 | 40, UINT64_MAX};
    static const uint64_t numbers[] = {0, 1, MSIX_ENTRIES - 1, MSIX_ENTRIES, 1ull << 32, UINT64_MAX};
    static const uint64_t offsets[] = {
        0, 1, 4, 5, 6, 16, MSI_AT, MSIX_AT + 2, 254, 255, 256, 1ull << 32 | 4, UINT64_MAX};
    static const uint64_t bytes[] = {0, 1, 2, 3, 4, 8, 0xff, 1ull << 32 | 2};

    for (uint32_t n = 0; n < FUNCTIONS + WRONG_NAMES && begin(state, g, owner); n++) {
        try_release(name_of(n));
        same();
        (void)begin(state, g, owner);
        try_fault(name_of(n));
        same();
        for (uint32_t k = 0; k < 6 * 7; k++) {
            (void)begin(state, g, owner);
            try_map(name_of(n), numbers[k % 6], vectors[k / 6], k % 5 == 0 ? 256 : 3);
            same();
            try_unmap(name_of(n), numbers[k % 6]);
            same();
        }
        (void)begin(state, g, owner);
        for (uint32_t k = 0; k < 13 * 8 * 2; k++) {
            const uint64_t access = bytes[k / 2 % 8] + k % 2 * PCI_CONFIG_WRITE;

            tried++;
            try_config(name_of(n), offsets[k / 16], access, k % 3 == 0 ? MASTER | MEMORY : UINT64_MAX);
            same();
        }
    }
    for (uint32_t slot = MANAGER; slot < SLOTS && begin(state, g, owner); slot++) {
        try_release_all(slot);
        same();
    }
}

static void every_state_against_every_call(void **state)
{
    const uint32_t owners[] = {MANAGER, GUEST, DYING, KILLED};

    device_irq_init();
    for (uint32_t s = 0; s < STATES; s++) {
        for (uint32_t g = 0; g < FUNCTIONS; g++) {
            for (uint32_t o = 0; o < 4; o++) {
                if (device_facts[g].group == g) {
                    assigns(s, g, owners[o]);
                    others(s, g, owners[o]);
                }
            }
        }
    }
    print_message("%llu states\n", (unsigned long long)tried);
    assert_true(tried > 100000);
}

static int start(void **state)
{
    power_on();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_state_against_every_call, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
