/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/run.h"

#include "manager/guest_call.h"
#include "manager/keyboard.h"
#include "manager/print.h"
#include "manager/serial.h"
#include "manager/timer.h"
#include "manager/words.h"

enum {
    SLICE_MS = 10, /* of a guest of weight WEIGHT_USUAL */
    SLICE_MS_MAX = 100,
    WEIGHT_USUAL = 100,
    LINE_POLLS_IN_MS = 2,  /* the FIFO of 16 bytes fills or empties in 1.4 ms at 115200 baud */
    LINE_ACTIVE_MS = 1000, /* after a byte typed, more are expected */
};

struct machine {
    struct guest *const *guests;
    uint32_t count;
    uint64_t tsc_khz;
    uint64_t shared_bit;
    uint64_t line_active_until; /* TSC: until then slices are short, for the line's sake */
};

/* What a guest that died of KILL_FATAL_ERROR had to say: GHCI, "TDG.VP.VMCALL<ReportFatalError>". */
static void print_last_words(const struct guest *guest, const uint64_t *registers)
{
    const uint64_t words[] = {
        registers[GUEST_R14], registers[GUEST_R15], registers[GUEST_RBX], registers[GUEST_RDI],
        registers[GUEST_RSI], registers[GUEST_R8],  registers[GUEST_R9],  registers[GUEST_RDX],
    };
    print("bulkhead: guest %t says: %t\n", guest->voice.name, guest->voice.name_length, (const char *)words,
          (uint32_t)sizeof(words));
}

static void end_killed(struct guest *guest, const struct guest_vcpu *vcpu)
{
    const uint64_t *registers = vcpu->run.registers;
    /* A fatal error discloses the guest's own registers, R12 among them, in place of reason and detail. */
    const bool fatal = vcpu->run.exit >> RUN_EXIT_REGISTERS_SHIFT != 0;
    const enum kill_reason reason = fatal ? KILL_FATAL_ERROR : (enum kill_reason)registers[GUEST_RDX];
    const uint64_t detail = fatal ? registers[GUEST_R12] : registers[GUEST_RSI];

    if (fatal) {
        print_last_words(guest, registers);
    }
    guest_stop(guest);
    print("bulkhead: guest %t stopped: %s (%u, %x)\n", guest->voice.name, guest->voice.name_length,
          words_of_kill(reason), (uint64_t)reason, detail);
}

static void end_refused(struct guest *guest, uint64_t status)
{
    guest_stop(guest);
    print("bulkhead: guest %t stopped: the core refused to run it: %s (%s)\n", guest->voice.name,
          guest->voice.name_length, words_of_status(status), words_of_operand(status));
}

static void do_wish(struct guest *guest, enum guest_wish wish)
{
    if (wish == GUEST_WISH_NOTHING) {
        return;
    }
    guest_stop(guest);
    if (wish == GUEST_WISH_POWER_OFF) {
        print("bulkhead: guest %t powered off\n", guest->voice.name, guest->voice.name_length);
        return;
    }
    print("bulkhead: guest %t reset itself\n", guest->voice.name, guest->voice.name_length);
    guest->starts_again = guest->config->restart;
}

/* One run.  True: it may go on at once. */
static bool run_once(const struct machine *machine, struct guest *guest, struct guest_vcpu *vcpu)
{
    enum guest_wish wish;

    hypercall_vcpu_run(&vcpu->run);
    if (vcpu->run.status == STATUS_BUSY || vcpu->run.status == STATUS_RETRY) {
        return false;
    }
    if (vcpu->run.status != STATUS_OK) {
        end_refused(guest, vcpu->run.status);
        return false;
    }
    switch (hypercall_run_exit(&vcpu->run)) {
    case RUN_GUEST_CALL:
        wish = guest_call_answer(guest, vcpu, machine->shared_bit);
        do_wish(guest, wish);
        return wish == GUEST_WISH_NOTHING;
    case RUN_HALTED:
        vcpu->state = VCPU_HALTED;
        vcpu->deadline = vcpu->run.registers[GUEST_RDX];
        return false;
    case RUN_KILLED:
        end_killed(guest, vcpu);
        return false;
    case RUN_INTERRUPTED:
        break;
    }
    return false;
}

static bool line_is_active(const struct machine *machine, uint64_t now)
{
    return serial_pending() || now < machine->line_active_until;
}

/* Run it until `end`, or until it has nothing more to do. */
static void run_slice(const struct machine *machine, struct guest *guest, struct guest_vcpu *vcpu,
                      uint64_t end)
{
    bool goes_on = true;
    for (uint64_t now = timer_now(); goes_on && now < end; now = timer_now()) {
        vcpu->run.slice = end - now;
        goes_on = run_once(machine, guest, vcpu);
        if (line_is_active(machine, now)) {
            serial_poll();
        }
    }
}

/* The earliest of `end` and the deadlines of all halted vCPUs. */
static uint64_t earliest_deadline(const struct machine *machine, uint64_t end)
{
    for (uint32_t g = 0; g < machine->count; g++) {
        const struct guest *guest = machine->guests[g];
        for (uint32_t v = 0; guest->state == GUEST_ON && v < guest->vcpu_count; v++) {
            const struct guest_vcpu *vcpu = &guest->vcpus[v];
            if (vcpu->state == VCPU_HALTED && vcpu->deadline < end) {
                end = vcpu->deadline;
            }
        }
    }
    return end;
}

static uint64_t slice_end(const struct machine *machine, const struct guest *guest, uint64_t now)
{
    const uint64_t ms = (uint64_t)SLICE_MS * guest->config->weight / WEIGHT_USUAL;
    const uint64_t bounded = ms < 1 ? 1 : ms > SLICE_MS_MAX ? SLICE_MS_MAX : ms;
    const uint64_t ticks =
        line_is_active(machine, now) ? machine->tsc_khz / LINE_POLLS_IN_MS : machine->tsc_khz * bounded;
    return earliest_deadline(machine, now + ticks);
}

/* One turn of one guest.  True: something of it can go on. */
static bool take_turn(const struct machine *machine, struct guest *guest)
{
    if (guest->state == GUEST_ENDING) {
        guest_reclaim(guest);
        return true;
    }
    bool busy = device_set_poll(&guest->devices);
    for (uint32_t v = 0; guest->state == GUEST_ON && v < guest->vcpu_count; v++) {
        struct guest_vcpu *vcpu = &guest->vcpus[v];
        const uint64_t now = timer_now();
        if (vcpu->state == VCPU_HALTED && now >= vcpu->deadline) {
            vcpu->state = VCPU_RUNNABLE;
        }
        if (vcpu->state == VCPU_RUNNABLE) {
            run_slice(machine, guest, vcpu, slice_end(machine, guest, now));
            console_end_turn(&guest->voice, vcpu->state == VCPU_HALTED);
            busy = busy || vcpu->state == VCPU_RUNNABLE;
        }
    }
    return busy;
}

/* One turn of each guest.  Sets *busy where any can go on.  True: some guest is on, or will be.  (Those that only
 * end are no reason to stay: the core scrubs them before it powers off.) */
static bool take_turns(const struct machine *machine, bool *busy)
{
    bool any_on = false;
    *busy = false;
    for (uint32_t g = 0; g < machine->count; g++) {
        struct guest *guest = machine->guests[g];
        if (guest->state != GUEST_OFF) {
            *busy = take_turn(machine, guest) || *busy;
            any_on = any_on || guest->state == GUEST_ON || guest->starts_again;
        }
    }
    return any_on;
}

void run_guests(struct guest *const *guests, uint32_t count, uint64_t tsc_khz, bool forever)
{
    struct machine machine = {guests, count, tsc_khz, hypercall_info(INFO_SHARED_BIT), 0};
    struct keyboard keyboard = {.focus = 0};
    bool busy;

    while (take_turns(&machine, &busy) || forever) {
        serial_poll();
        if (serial_arrived()) {
            machine.line_active_until = timer_now() + tsc_khz * LINE_ACTIVE_MS;
        }
        if (!keyboard_poll(&keyboard, guests, count)) {
            return;
        }
        if (!busy) {
            timer_sleep(earliest_deadline(&machine, timer_now() + tsc_khz / LINE_POLLS_IN_MS));
        }
    }
}
