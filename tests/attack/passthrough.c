/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile manager that has a real device (QEMU's edu, below a bridge), and a guest that is given it: VMX and VT-d together. */
#include "abi/audit.h"
#include "abi/guest_call.h"
#include "abi/hypercall.h"
#include "abi/status.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"
#include "tests/tiny/tiny_trap.h"

#define FRAME         4096u
#define VECTOR_PF     14u
#define EDU_ID        0x11e81234u
#define EDU_MAGIC     0x010000edu
#define WINDOW_GIB    511u
#define WINDOW        (TINY_DIRECT_MAP + ((uint64_t)WINDOW_GIB << 30))
#define ENTRY_FLAGS   0x9bu /* present, writable, uncached, 1 GiB */
#define DIRECT_SLOT   256u
#define BYTES         64u
#define POLL_TICKS    2000000u
#define POLLS         20000u
#define VECTOR        0x60u
#define GUEST_VALUE   0x6e6e6e6e11111111ull
#define PRIVATE_VALUE 0x5ec7e75ec7e7aaaaull
#define MANAGER_VALUE 0x4d4d4d4d22222222ull
#define MANAGER_ID    1u

enum edu {
    EDU_RAISE = 0x60,
    EDU_ACKNOWLEDGE = 0x64,
    EDU_SOURCE = 0x80,
    EDU_TARGET = 0x88,
    EDU_COUNT = 0x90,
    EDU_COMMAND = 0x98
};
enum { EDU_BUFFER = 0x40000, EDU_START = 1, EDU_TO_MEMORY = 2 };
/* Guest pages: the device reads one, writes the next; the third is private. */
enum { PAGE_IN = TINY_FREE_FIRST, PAGE_OUT, PAGE_PRIVATE };
enum step { STEP_SHARED = 1, STEP_ARRIVED, STEP_TAKEN_BACK, STEP_UNTOUCHED };

static uint64_t edu; /* its name */
static volatile uint8_t *registers;

static volatile uint64_t *private_page(uint64_t gfn)
{
    return (volatile uint64_t *)(TINY_PRIVATE + gfn * FRAME);
}

static volatile uint64_t *shared_page(uint64_t gfn)
{
    return (volatile uint64_t *)(TINY_SHARED + gfn * FRAME);
}

static void guest(void)
{
    *private_page(PAGE_PRIVATE) = PRIVATE_VALUE;
    (void)guest_map(PAGE_IN, 2, true);
    *shared_page(PAGE_IN) = GUEST_VALUE;
    guest_say(STEP_SHARED);
    guest_say(*shared_page(PAGE_OUT) == GUEST_VALUE ? STEP_ARRIVED : 0);
    guest_say(guest_map(PAGE_OUT, 1, false) == 0 && *private_page(PAGE_OUT) == 0 ? STEP_TAKEN_BACK : 0);
    guest_say(*private_page(PAGE_OUT) == 0 && *private_page(PAGE_PRIVATE) == PRIVATE_VALUE ? STEP_UNTOUCHED
                                                                                           : 0);
}

static uint64_t status(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r10)
{
    return tiny_call(number, rdi, rsi, rdx, r10, 0).status;
}

static bool find_edu(void)
{
    const uint64_t count = tiny_call(HYPERCALL_INFO, INFO_PCI_FUNCTIONS, 0, 0, 0, 0).value;

    for (uint64_t i = 0; i < count; i++) {
        edu = tiny_call(HYPERCALL_INFO, INFO_PCI_FUNCTION, i, 0, 0, 0).value & 0xffffffffu;
        if (tiny_call(HYPERCALL_PCI_CONFIG, edu, 0, 4, 0, 0).value == EDU_ID) {
            return true;
        }
    }
    return false;
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

static void set_register(uint32_t offset, uint64_t value)
{
    *(volatile uint64_t *)(registers + offset) = value;
}

static void set_short_register(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

static uint32_t get_register(uint32_t offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

/* One transfer; each look at the device costs the emulators much. */
static void transfer(uint64_t from, uint64_t to, uint64_t command)
{
    set_register(EDU_SOURCE, from);
    set_register(EDU_TARGET, to);
    set_register(EDU_COUNT, BYTES);
    set_register(EDU_COMMAND, command | EDU_START);
    for (uint32_t i = 0; i < POLLS && (get_register(EDU_COMMAND) & EDU_START) != 0; i++) {
        const uint64_t since = tiny_rdtsc();

        while (tiny_rdtsc() - since < POLL_TICKS) {
        }
    }
}

static void copy(uint64_t from, uint64_t to)
{
    transfer(from, EDU_BUFFER, 0);
    transfer(EDU_BUFFER, to, EDU_TO_MEMORY);
}

static bool assign(uint64_t partition)
{
    uint64_t answer;

    do {
        answer = status(HYPERCALL_DEVICE_ASSIGN, partition, edu, 0, 0);
    } while (answer == STATUS_RETRY);
    return answer == STATUS_OK;
}

/* Was a request of the device blocked since record `sequence`?  A call for devices makes the core look. */
static bool was_blocked(uint64_t sequence)
{
    (void)status(HYPERCALL_DEVICE_ASSIGN, MANAGER_ID, edu, 0, 0);
    return tiny_audit_has(sequence, AUDIT_DEVICE_FAULT, edu);
}

/* The uppermost frame of RAM that is neither this manager's nor the guest's: the core's. */
static uint64_t frame_of_core(const struct tiny_guest *victim)
{
    uint64_t hfn = tiny_call(HYPERCALL_INFO, INFO_FRAMES_LIMIT, 0, 0, 0, 0).value - 1;
    uint64_t value;

    while ((victim->first_hfn <= hfn && hfn < victim->first_hfn + victim->frames) ||
           tiny_try_read((uint64_t)tiny_at(hfn), &value) == TINY_NO_FAULT) {
        hfn--;
    }
    return hfn;
}

static void interrupts(void)
{
    tiny_check_equal("its interrupt is granted", status(HYPERCALL_IRQ_MAP, edu, 0, VECTOR, 0), STATUS_OK);
    tiny_interrupts = 0;
    set_short_register(EDU_RAISE, 1);
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
    set_short_register(EDU_ACKNOWLEDGE, 1);
    tiny_check_equal("and arrives", tiny_interrupts, 1);
    tiny_check_equal("the message cannot be forged",
                     status(HYPERCALL_PCI_CONFIG, edu, 0x44, 4 + PCI_CONFIG_WRITE, 0xfee00000u),
                     STATUS_AT((uint64_t)STATUS_DENIED, (uint64_t)OPERAND_RSI));
    tiny_check_equal("nor the registers moved",
                     status(HYPERCALL_PCI_CONFIG, edu, 0x10, 4 + PCI_CONFIG_WRITE, 0),
                     STATUS_AT((uint64_t)STATUS_DENIED, (uint64_t)OPERAND_RSI));
    tiny_check_equal("revoked", status(HYPERCALL_IRQ_UNMAP, edu, 0, 0, 0), STATUS_OK);
    set_short_register(EDU_RAISE, 1);
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
    set_short_register(EDU_ACKNOWLEDGE, 1);
    tiny_check_equal("it does not arrive", tiny_interrupts, 1);
}

/* The device is the manager's own: a guest's private memory and the core's are out of its reach. */
static void as_managers(const struct tiny_guest *victim)
{
    const uint64_t in = tiny_frames(1);
    const uint64_t out = tiny_frames(1);
    volatile uint64_t *from = tiny_at(in);
    volatile uint64_t *to = tiny_at(out);
    const uint64_t secret = victim->first_hfn + PAGE_PRIVATE;
    const uint64_t core = frame_of_core(victim);
    uint64_t sequence;
    uint64_t value;

    tiny_check("the manager sees no device before it has it", tiny_try_read(WINDOW, &value) == VECTOR_PF);
    tiny_check("the device is the manager's", assign(MANAGER_ID));
    registers = (volatile uint8_t *)(TINY_DIRECT_MAP +
                                     tiny_call(HYPERCALL_INFO, INFO_DEVICE_ADDRESS, edu * 8, 0, 0, 0).value);
    tiny_check_equal("and its registers are there", get_register(0), EDU_MAGIC);
    *from = MANAGER_VALUE;
    copy(in * FRAME, out * FRAME);
    tiny_check_equal("it copies the manager's memory", *to, MANAGER_VALUE);
    *to = 0;
    sequence = tiny_audit_next();
    copy(secret * FRAME, out * FRAME);
    tiny_check("it does not read a guest's private memory", *to != PRIVATE_VALUE && was_blocked(sequence));
    transfer(in * FRAME, EDU_BUFFER, 0);
    sequence = tiny_audit_next();
    transfer(EDU_BUFFER, secret * FRAME, EDU_TO_MEMORY);
    tiny_check("nor writes it", was_blocked(sequence)); /* the guest says so, too */
    sequence = tiny_audit_next();
    transfer(EDU_BUFFER, core * FRAME, EDU_TO_MEMORY);
    tiny_check("nor the core's", was_blocked(sequence));
    interrupts();
    tiny_check_equal("released", status(HYPERCALL_DEVICE_RELEASE, edu, 0, 0, 0), STATUS_OK);
    tiny_check("its registers are gone", tiny_try_read((uint64_t)registers, &value) == VECTOR_PF);
}

static void expect(struct tiny_run *run, const char *name, uint64_t wanted)
{
    uint64_t said = 0;

    tiny_check_equal(name, tiny_guest_run(run, 100, &said) ? said : 0, wanted);
}

void tiny_main(const struct boot_info *boot)
{
    struct tiny_guest owner;
    struct tiny_run run = {0};
    uint64_t sequence;

    if (!find_edu() || !tiny_guest_make(&owner, guest)) {
        tiny_check("a device and a guest to test with", false);
        return;
    }
    map_window();
    run.vcpu = owner.vcpu;
    expect(&run, "the guest shares two pages", STEP_SHARED);
    as_managers(&owner);
    tiny_check("the device is the guest's, after a reset", assign(owner.partition));
    copy(PAGE_IN * FRAME, PAGE_OUT * FRAME);
    expect(&run, "it copies what the guest shares, at the guest's addresses", STEP_ARRIVED);
    sequence = tiny_audit_next();
    transfer(EDU_BUFFER, PAGE_PRIVATE * FRAME, EDU_TO_MEMORY);
    tiny_check("it does not write the guest's private memory", was_blocked(sequence));
    expect(&run, "the guest takes a page back", STEP_TAKEN_BACK);
    sequence = tiny_audit_next();
    transfer(EDU_BUFFER, PAGE_OUT * FRAME, EDU_TO_MEMORY);
    tiny_check("which the device does not write any more", was_blocked(sequence));
    expect(&run, "the guest finds all as it left it", STEP_UNTOUCHED);
    tiny_check("a guest with a device is destroyed", tiny_guest_unmake(&owner));
    tiny_check_equal("and has it no more", status(HYPERCALL_DEVICE_RELEASE, edu, 0, 0, 0),
                     STATUS_AT((uint64_t)STATUS_BAD_STATE, (uint64_t)OPERAND_RDI));
}
