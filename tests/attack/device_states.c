/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state of a device (QEMU's NVMe controller) against every call about it through real VMCALLs, by a manager and by its user mode,
 * beside a model made from abi/hypercall.h and docs/iommu.md.  tests/unit/device_transition_test.c has the states that need other devices.
 */
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_trap.h"
#include "tests/tiny/tiny_user.h"

#define FRAME       4096u
#define VECTOR_UD   6u
#define VECTOR_PF   14u
#define WINDOW_GIB  511u
#define ENTRY_FLAGS 0x9bu /* present, writable, uncached, 1 GiB */
#define DIRECT_SLOT 256u
#define MANAGER     1u
#define RESET_MS    100u
#define NVME_CLASS  0x0108u
#define ALL_ONES    0xffffffffffffffffull

enum { COMMAND = 4, CLASS = 10, MASTER = 4, MEMORY = 2, INTX_OFF = 0x400, ENTRIES = 3, VECTOR = 0x60 };
/* Those who may have it; and ids that nobody may be given it by. */
enum who { NOBODY, BY_MANAGER, BY_GUEST, BY_OTHER, DYING, GONE, FORGED, ZERO, WHOS };
enum state {
    VIRGIN,
    MANAGERS,
    MANAGERS_WITH_INTERRUPTS,
    MANAGER_HAD_IT,
    IN_RESET, /* for a guest */
    CLEAN,
    GUESTS,
    GUESTS_WITH_INTERRUPTS,
    GUEST_HAD_IT,
    OWNER_DIED,
    SLOT_USED_AGAIN,
    STATES
};
static const char *const state_names[STATES] = {"nobody's since power on",
                                                "the manager's",
                                                "the manager's, with interrupts",
                                                "the manager's no more",
                                                "in reset for a guest",
                                                "reset",
                                                "a guest's",
                                                "a guest's, with interrupts",
                                                "a guest's no more",
                                                "its owner is in destruction",
                                                "its owner's slot is used again"};

static uint64_t device, other_device, ids[WHOS], ms, cpus;
static uint64_t dead; /* an owner in destruction, whose device is still its */
static volatile uint8_t *registers;
static uint64_t calls, refusals, wrong;

/* The model. */
static struct {
    uint64_t owner, last; /* ids; 0: nobody */
    bool resetting, fresh;
    uint64_t since; /* the reset, in ticks */
    uint32_t vector[ENTRIES];
    uint64_t command; /* of its bits that the owner's manager may set */
} model;

static uint64_t status(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10)
{
    calls++;
    return tiny_call(number, rdi, rsi, rdx, r10, 0).status;
}

static void tell(enum state state, uint64_t number, const uint64_t of[4], uint64_t got, uint64_t wanted)
{
    wrong++;
    tiny_text("FAILED in state: ");
    tiny_text(state_names[state]);
    for (uint32_t n = 0; n < 5; n++) {
        tiny_text(n == 0 ? "; call " : ", ");
        tiny_hex(n == 0 ? number : of[n - 1]);
    }
    tiny_text(": got ");
    tiny_hex(got);
    tiny_text(", wanted ");
    tiny_hex(wanted);
    tiny_text("\r\n");
}

/* --- the answers that are right -------------------------------------------------------------------------------- */

struct answers {
    uint64_t right[6];
    uint32_t count;
};

static void refuse(struct answers *answers, bool guilty, uint64_t code, uint64_t operand)
{
    if (guilty) {
        answers->right[answers->count++] = STATUS_AT(code, operand);
    }
}

static bool is_right(const struct answers *answers, uint64_t got, uint64_t otherwise)
{
    for (uint32_t n = 0; n < answers->count; n++) {
        if (got == answers->right[n]) {
            return true;
        }
    }
    return answers->count == 0 && got == otherwise;
}

static bool lives(uint64_t id)
{
    return id == MANAGER || id == ids[BY_GUEST] || id == ids[BY_OTHER];
}

static struct answers for_assign(const uint64_t of[4])
{
    struct answers answers = {{0}, 0};

    refuse(&answers, of[0] == ids[DYING] && of[0] != 0, STATUS_BAD_STATE, OPERAND_RDI);
    refuse(&answers, !lives(of[0]) && (of[0] != ids[DYING] || of[0] == 0), STATUS_INVALID, OPERAND_RDI);
    refuse(&answers, of[1] != device && of[1] != other_device, STATUS_INVALID, OPERAND_RSI);
    refuse(&answers, of[1] == other_device, STATUS_DENIED, OPERAND_RSI);
    refuse(&answers, of[1] == device && model.owner != 0, STATUS_BAD_STATE, OPERAND_RSI);
    return answers;
}

static struct answers for_release(const uint64_t of[4])
{
    struct answers answers = {{0}, 0};

    refuse(&answers, of[0] != device && of[0] != other_device, STATUS_INVALID, OPERAND_RDI);
    refuse(&answers, of[0] == other_device || (of[0] == device && model.owner == 0), STATUS_BAD_STATE,
           OPERAND_RDI);
    return answers;
}

static struct answers for_map(const uint64_t of[4])
{
    struct answers answers = {{0}, 0};
    const bool is = of[0] == device && of[1] < ENTRIES;

    refuse(&answers, of[0] != device && of[0] != other_device, STATUS_INVALID, OPERAND_RDI);
    refuse(&answers, of[0] == other_device || (of[0] == device && model.owner == 0), STATUS_BAD_STATE,
           OPERAND_RDI);
    refuse(&answers, of[0] == other_device || of[1] >= 1ull << 11, STATUS_INVALID, OPERAND_RSI);
    refuse(&answers, is && model.vector[of[1]] != 0, STATUS_BAD_STATE, OPERAND_RSI);
    refuse(&answers, of[2] < 32 || of[2] > 255, STATUS_INVALID, OPERAND_RDX);
    refuse(&answers, of[3] >= cpus, STATUS_INVALID, OPERAND_R10);
    return answers;
}

static struct answers for_unmap(const uint64_t of[4])
{
    struct answers answers = {{0}, 0};
    const bool is = of[0] == device && of[1] < ENTRIES && model.vector[of[1]] != 0;

    refuse(&answers, of[0] != device && of[0] != other_device, STATUS_INVALID, OPERAND_RDI);
    refuse(&answers, !is, STATUS_BAD_STATE, OPERAND_RSI);
    return answers;
}

static struct answers for_config(const uint64_t of[4])
{
    struct answers answers = {{0}, 0};
    const uint64_t bytes = of[2] & 0xff;
    const bool writes = (of[2] & PCI_CONFIG_WRITE) != 0;
    const bool whole = of[2] < 2 * PCI_CONFIG_WRITE && (bytes == 1 || bytes == 2 || bytes == 4);

    refuse(&answers, of[0] != device && of[0] != other_device, STATUS_INVALID, OPERAND_RDI);
    refuse(&answers, !whole, STATUS_INVALID, OPERAND_RDX);
    refuse(&answers, !whole || of[1] % bytes != 0 || of[1] >= 4096, STATUS_INVALID, OPERAND_RSI);
    refuse(&answers, writes && (of[0] == other_device || (of[0] == device && model.owner == 0)),
           STATUS_BAD_STATE, OPERAND_RDI);
    refuse(&answers, writes && (of[1] != COMMAND || bytes != 2), STATUS_DENIED, OPERAND_RSI);
    return answers;
}

/* --- what right calls do ---------------------------------------------------------------------------------------- */

static void forget_interrupts(void)
{
    for (uint32_t n = 0; n < ENTRIES; n++) {
        model.vector[n] = 0;
    }
}

static void give(uint64_t id)
{
    model.owner = model.last = id;
    model.command = MASTER | MEMORY | INTX_OFF;
    model.fresh = model.resetting = false;
}

static void take(void)
{
    model.owner = 0;
    forget_interrupts();
}

/* OK where it need not be reset, or has been; else RETRY. */
static uint64_t assigned(uint64_t id, uint64_t before)
{
    if (model.fresh || (!model.resetting && (model.last == id || (model.last == 0 && id == MANAGER)))) {
        give(id);
        return STATUS_OK;
    }
    if (!model.resetting) {
        model.resetting = true;
        model.since = before;
    } else if (before - model.since > 3 * RESET_MS * ms / 2) {
        model.fresh = true;
    }
    return STATUS_RETRY;
}

/* One call, by the manager. */
static void make_call(enum state state, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint64_t of[4] = {a, b, c, d};
    const uint64_t before = tiny_rdtsc();
    const struct answers answers = number == HYPERCALL_DEVICE_ASSIGN    ? for_assign(of)
                                   : number == HYPERCALL_DEVICE_RELEASE ? for_release(of)
                                   : number == HYPERCALL_IRQ_MAP        ? for_map(of)
                                   : number == HYPERCALL_IRQ_UNMAP      ? for_unmap(of)
                                                                        : for_config(of);
    const uint64_t got = status(number, a, b, c, d);
    uint64_t wanted = STATUS_OK;

    if (answers.count == 0 && number == HYPERCALL_DEVICE_ASSIGN) {
        wanted = assigned(a, before);
    } else if (answers.count == 0 && number == HYPERCALL_DEVICE_RELEASE) {
        take();
    } else if (answers.count == 0 && number == HYPERCALL_IRQ_MAP) {
        model.vector[b] = (uint32_t)c;
    } else if (answers.count == 0 && number == HYPERCALL_IRQ_UNMAP) {
        model.vector[b] = 0;
    } else if (answers.count == 0 && (c & PCI_CONFIG_WRITE) != 0) {
        model.command = d & (MASTER | MEMORY | INTX_OFF);
    }
    refusals += answers.count != 0;
    if (!is_right(&answers, got, wanted)) {
        tell(state, number, of, got, answers.count != 0 ? answers.right[0] : wanted);
    }
}

/* The machine is as the model says. */
static void look(enum state state)
{
    const uint64_t nothing[4] = {0};
    const uint64_t command = tiny_call(HYPERCALL_PCI_CONFIG, device, COMMAND, 2, 0, 0).value;
    const uint32_t fault = tiny_try_read((uint64_t)registers, &(uint64_t){0});

    if ((command & MASTER) != (model.owner != 0 ? model.command & MASTER : 0)) {
        tell(state, HYPERCALL_PCI_CONFIG, nothing, command, model.command);
    }
    if ((fault == TINY_NO_FAULT) != (model.owner != 0)) {
        tell(state, 0, nothing, fault, model.owner != 0 ? TINY_NO_FAULT : VECTOR_PF);
    }
}

/* --- states -------------------------------------------------------------------------------------------------------- */

static void wait(uint64_t milliseconds)
{
    const uint64_t since = tiny_rdtsc();

    while (tiny_rdtsc() - since < milliseconds * ms) {
        tiny_pause();
    }
}

static uint64_t new_partition(void)
{
    return tiny_call(HYPERCALL_PARTITION_CREATE, 1, 1, 0, 0, 0).value;
}

static void end_partition(uint64_t id)
{
    (void)status(HYPERCALL_PARTITION_DESTROY, id, 0, 0, 0);
    while (status(HYPERCALL_FRAME_RECLAIM, id, 0, 0, 0) == STATUS_RETRY) {
    }
    if (model.owner == id) {
        take();
    }
}

/* What is asked of a device in reset a little before or after the end of that is not asked: both answers may be right. */
static void assign(enum state state, uint64_t id)
{
    for (uint32_t n = 0; n < 4 && model.owner != id; n++) {
        if (model.resetting && !model.fresh) {
            wait(2 * RESET_MS);
        }
        make_call(state, HYPERCALL_DEVICE_ASSIGN, id, device, 0, 0);
    }
}

static void map_all(enum state state)
{
    for (uint64_t n = 0; n < ENTRIES; n++) {
        make_call(state, HYPERCALL_IRQ_MAP, device, n, VECTOR + n, 0);
    }
}

/* From whatever it is in.  VIRGIN is not made: it is there once. */
static void make(enum state state)
{
    if (state == VIRGIN) {
        return;
    }
    if (dead != 0) {
        end_partition(dead);
        dead = 0;
    }
    if (model.owner != 0) {
        make_call(state, HYPERCALL_DEVICE_RELEASE, device, 0, 0, 0);
    }
    if (state == MANAGERS || state == MANAGERS_WITH_INTERRUPTS || state == MANAGER_HAD_IT ||
        state == IN_RESET || state == CLEAN) {
        assign(state, MANAGER);
    } else {
        assign(state, ids[BY_GUEST]);
    }
    if (state == MANAGERS_WITH_INTERRUPTS || state == GUESTS_WITH_INTERRUPTS || state == OWNER_DIED) {
        map_all(state);
    }
    if (state == OWNER_DIED) {
        dead = ids[BY_GUEST];
        (void)status(HYPERCALL_PARTITION_DESTROY, dead, 0, 0, 0);
        ids[BY_GUEST] = new_partition();
    } else if (state == SLOT_USED_AGAIN) {
        ids[GONE] = ids[BY_GUEST];
        end_partition(ids[BY_GUEST]);
        ids[BY_GUEST] = new_partition();
    } else if (state != MANAGERS && state != MANAGERS_WITH_INTERRUPTS && state != GUESTS &&
               state != GUESTS_WITH_INTERRUPTS) {
        make_call(state, HYPERCALL_DEVICE_RELEASE, device, 0, 0, 0);
    }
    if (state == IN_RESET || state == CLEAN) {
        make_call(state, HYPERCALL_DEVICE_ASSIGN, ids[BY_GUEST], device, 0, 0);
    }
    if (state == CLEAN) {
        wait(2 * RESET_MS);
        make_call(state, HYPERCALL_DEVICE_ASSIGN, ids[BY_GUEST], device, 0, 0);
    }
}

/* After a call made in `state`, which was `owner`'s: if it was one that changed something, make the state again. */
static void again(enum state state, uint64_t owner, bool changed)
{
    look(state);
    if (changed || model.owner != owner) {
        make(state);
    }
}

/* --- every call ------------------------------------------------------------------------------------------------------ */

static void assigns(enum state state)
{
    const uint64_t names[] = {device, other_device, device + (1ull << 32), 0xffff, ALL_ONES};

    for (uint32_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        for (uint32_t who = BY_MANAGER; who < WHOS; who++) {
            const uint64_t owner = model.owner;
            const bool right = names[n] == device && lives(ids[who]) && owner == 0;

            /* What nobody has yet is given for good: last of all. */
            if (right && state == VIRGIN) {
                continue;
            }
            make_call(state, HYPERCALL_DEVICE_ASSIGN, ids[who], names[n], 0, 0);
            again(state, owner, right);
        }
    }
}

static void others(enum state state)
{
    const uint64_t names[] = {device, other_device, device + (1ull << 32), 0xffff, ALL_ONES};
    static const uint64_t numbers[] = {0, 1, ENTRIES - 1, 1ull << 11, 1ull << 32, ALL_ONES};
    static const uint64_t vectors[] = {0, 31, 32, 255, 256, 1ull << 32 | 40, ALL_ONES};
    static const uint64_t offsets[] = {0, 1, COMMAND, 5, 6, 0x10, 0x40, 0xff, 4096, 1ull << 32 | 4, ALL_ONES};
    static const uint64_t sizes[] = {0, 1, 2, 3, 4, 8, 0xff, 1ull << 32 | 2};

    for (uint32_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        for (uint32_t k = 0; k < 6 * 7; k++) {
            make_call(state, HYPERCALL_IRQ_MAP, names[n], numbers[k % 6], vectors[k / 6],
                      k % 5 == 0 ? cpus : 0);
            make_call(state, HYPERCALL_IRQ_UNMAP, names[n], numbers[k % 6], 0, 0);
        }
        for (uint32_t k = 0; k < 11 * 8 * 2; k++) {
            make_call(state, HYPERCALL_PCI_CONFIG, names[n], offsets[k / 16],
                      sizes[k / 2 % 8] + k % 2 * PCI_CONFIG_WRITE, MEMORY | (k % 3 == 0 ? MASTER : 0));
        }
        look(state);
        for (uint32_t k = 0; k < 2; k++) {
            const uint64_t owner = model.owner;

            make_call(state, HYPERCALL_DEVICE_RELEASE, names[n], 0, 0, 0);
            again(state, owner, false);
        }
    }
}

static void by_user_mode(enum state state)
{
    static const uint64_t numbers[] = {HYPERCALL_DEVICE_ASSIGN, HYPERCALL_DEVICE_RELEASE,
                                       HYPERCALL_PCI_CONFIG, HYPERCALL_IRQ_MAP, HYPERCALL_IRQ_UNMAP};

    for (uint32_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
        const bool assigns_it = numbers[n] == HYPERCALL_DEVICE_ASSIGN;
        const uint64_t of[7] = {numbers[n], assigns_it ? MANAGER : device, assigns_it ? device : 0, 40, 0, 0,
                                0};
        const uint32_t vector = tiny_user_vmcall(of);

        calls++;
        refusals++;
        if (vector != VECTOR_UD) {
            tell(state, numbers[n], of + 1, vector, VECTOR_UD);
        }
        look(state);
    }
}

/* --- the machine ------------------------------------------------------------------------------------------------------ */

static uint64_t function_of(bool is_nvme)
{
    const uint64_t count = tiny_call(HYPERCALL_INFO, INFO_PCI_FUNCTIONS, 0, 0, 0, 0).value;

    for (uint64_t i = 0; i < count; i++) {
        const uint64_t name = tiny_call(HYPERCALL_INFO, INFO_PCI_FUNCTION, i, 0, 0, 0).value & 0xffffffffu;
        const uint64_t class = tiny_call(HYPERCALL_PCI_CONFIG, name, CLASS, 2, 0, 0).value;

        /* The other one: a host bridge, which is nobody's. */
        if (class == (is_nvme ? NVME_CLASS : 0x0600)) {
            return name;
        }
    }
    return ALL_ONES;
}

/* The window of device pages, in this manager's own tables. */
static void map_window(void)
{
    uint64_t root;

    __asm__ volatile("mov %%cr3, %0" : "=r"(root));
    const uint64_t *top = tiny_at(root / FRAME);
    uint64_t *second = tiny_at(top[DIRECT_SLOT] / FRAME);
    second[WINDOW_GIB] = ((uint64_t)WINDOW_GIB << 30) | ENTRY_FLAGS;
    __asm__ volatile("mov %0, %%cr3" ::"r"(root) : "memory");
}

static bool prepare(void)
{
    device = function_of(true);
    other_device = function_of(false);
    ms = tiny_call(HYPERCALL_INFO, INFO_TSC_KHZ, 0, 0, 0, 0).value;
    cpus = tiny_call(HYPERCALL_INFO, INFO_CPUS, 0, 0, 0, 0).value;
    ids[BY_MANAGER] = MANAGER;
    ids[GONE] = new_partition();
    end_partition(ids[GONE]);
    ids[BY_GUEST] = new_partition();
    ids[BY_OTHER] = new_partition();
    ids[DYING] = new_partition();
    ids[FORGED] = ids[BY_GUEST] + (1ull << 32);
    (void)status(HYPERCALL_PARTITION_DESTROY, ids[DYING], 0, 0, 0);
    tiny_user_init();
    map_window();
    /* Known once somebody has it. */
    registers = (volatile uint8_t *)(TINY_DIRECT_MAP + ((uint64_t)WINDOW_GIB << 30));
    return device != ALL_ONES && other_device != ALL_ONES && ids[BY_GUEST] != 0 && ids[BY_OTHER] != 0;
}

void tiny_main(const struct boot_info *boot)
{
    if (!prepare()) {
        tiny_check("an NVMe controller and guests to test with", false);
        return;
    }
    for (enum state state = VIRGIN; state < STATES; state++) {
        const uint64_t so_far = wrong;

        make(state);
        look(state);
        assigns(state);
        others(state);
        by_user_mode(state);
        tiny_check(state_names[state], wrong == so_far);
        if (state == VIRGIN) {
            make_call(state, HYPERCALL_DEVICE_ASSIGN, MANAGER, device, 0, 0);
            registers = (volatile uint8_t *)(TINY_DIRECT_MAP + tiny_call(HYPERCALL_INFO, INFO_DEVICE_ADDRESS,
                                                                         device * 8, 0, 0, 0)
                                                                   .value);
            look(MANAGERS);
        }
    }
    tiny_text("  calls: ");
    tiny_decimal(calls);
    tiny_text(", refused: ");
    tiny_decimal(refusals);
    tiny_text("\r\n");
    tiny_check("calls were made, and most of them refused", calls > 5000 && refusals > calls / 2);
    for (uint32_t who = BY_GUEST; who <= DYING; who++) {
        end_partition(ids[who]);
    }
}
