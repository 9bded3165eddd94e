/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/run.h"

#include "manager/cpu.h"
#include "manager/device_fault.h"
#include "manager/guest_call.h"
#include "manager/insn.h"
#include "manager/interrupt.h"
#include "manager/keyboard.h"
#include "manager/print.h"
#include "manager/serial.h"
#include "manager/timer.h"
#include "manager/words.h"

enum {
    LINE_POLLS_IN_MS = 2,  /* the FIFO of 16 bytes fills or empties in 1.4 ms at 115200 baud */
    LINE_ACTIVE_MS = 1000, /* after a byte typed, more are expected */
    WAIT_MS = 10,          /* between two looks of a CPU at its mailbox */
};

/* Set before the other CPUs are released. */
static struct {
    struct guest *const *guests;
    uint32_t count;
    uint64_t tsc_khz;
    uint64_t shared_bit;
    uint64_t line_active_until; /* TSC: until then CPU 0's turns are short, for the line's sake */
} machine;

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

    /* Is this what stopped it, or has another of its vCPUs done so? */
    if (!guest_stop(guest)) {
        return;
    }
    if (fatal) {
        print_last_words(guest, registers);
    }
    print("bulkhead: guest %t stopped: %s (%u, %x)\n", guest->voice.name, guest->voice.name_length,
          words_of_kill(reason), (uint64_t)reason, detail);
}

static void end_refused(struct guest *guest, uint64_t status)
{
    if (!guest_stop(guest)) {
        return;
    }
    print("bulkhead: guest %t stopped: the core refused to run it: %s (%s)\n", guest->voice.name,
          guest->voice.name_length, words_of_status(status), words_of_operand(status));
}

static void do_wish(struct guest *guest, enum guest_wish wish)
{
    /* It starts again only once it has ended: what is said here is said before. */
    if (wish == GUEST_WISH_RESET) {
        guest->starts_again = guest->config->restart;
    }
    if (!guest_stop(guest)) {
        return;
    }
    if (wish == GUEST_WISH_POWER_OFF) {
        print("bulkhead: guest %t powered off\n", guest->voice.name, guest->voice.name_length);
    } else {
        print("bulkhead: guest %t reset itself\n", guest->voice.name, guest->voice.name_length);
    }
}

/* What comes of a run: whether it goes on at once, waits for its next turn, or halts until `deadline`. */
enum outcome { GOES_ON, ENDS_TURN, HALTS };

static enum outcome answer_call(struct guest *guest, struct guest_vcpu *vcpu, uint64_t *deadline)
{
    enum guest_wish wish;

    lock_take(&guest->lock);
    wish = guest_call_answer(guest, vcpu, machine.shared_bit);
    lock_drop(&guest->lock);
    switch (wish) {
    case GUEST_WISH_NOTHING:
        return GOES_ON;
    case GUEST_WISH_WAIT:
        *deadline = timer_now() + WAIT_MS * machine.tsc_khz;
        return HALTS;
    default:
        do_wish(guest, wish);
        return ENDS_TURN;
    }
}

static void wake_all(struct guest *guest, uint64_t mask)
{
    for (uint32_t n = 0; n < guest->vcpu_count; n++) {
        if ((mask >> n % RUN_WAKE_VCPUS & 1) != 0) {
            schedule_wake(&guest->vcpus[n].schedule, timer_now());
        }
    }
}

static enum outcome run_once(struct guest *guest, struct guest_vcpu *vcpu, uint64_t *deadline)
{
    enum run_exit kind;

    hypercall_vcpu_run(&vcpu->run);
    if (vcpu->run.status == STATUS_BUSY || vcpu->run.status == STATUS_RETRY) {
        return ENDS_TURN;
    }
    if (vcpu->run.status != STATUS_OK) {
        end_refused(guest, vcpu->run.status);
        return ENDS_TURN;
    }
    kind = hypercall_run_exit(&vcpu->run);
    vcpu->exits[kind]++;
    switch (kind) {
    case RUN_GUEST_CALL:
        return answer_call(guest, vcpu, deadline);
    case RUN_HALTED:
        *deadline = vcpu->run.registers[GUEST_RDX];
        return HALTS;
    case RUN_KILLED:
        end_killed(guest, vcpu);
        return ENDS_TURN;
    case RUN_WAKE:
        wake_all(guest, vcpu->run.registers[GUEST_RDX]);
        return GOES_ON;
    case RUN_INTERRUPTED:
        break;
    }
    return ENDS_TURN;
}

static bool line_is_active(uint64_t now)
{
    return serial_pending() || now < machine.line_active_until;
}

/* Run it until `end`, or until it has nothing more to do. */
static void run_turn(uint32_t cpu, struct guest_vcpu *vcpu, uint64_t end)
{
    struct guest *guest = vcpu->guest;
    enum outcome outcome = GOES_ON;
    uint64_t deadline = UINT64_MAX;

    for (uint64_t now = timer_now(); outcome == GOES_ON && now < end && !(cpu == 0 && interrupt_waits());
         now = timer_now()) {
        vcpu->run.slice = end - now;
        outcome = run_once(guest, vcpu, &deadline);
        if (cpu == 0 && line_is_active(now)) {
            serial_poll();
        }
    }
    console_end_turn(&guest->voice, outcome == HALTS);
    /* From here on another CPU may have it. */
    schedule_put(&vcpu->schedule, timer_now(), outcome == HALTS, deadline);
}

/* One turn on CPU `cpu`, until `turn_end` at most; where there is nothing to run, a sleep until `sleep_end`. */
static void take_turn(uint32_t cpu, uint64_t turn_end, uint64_t sleep_end)
{
    struct schedule_vcpu *next;
    uint64_t end;

    /* What comes from here on is still pending when it sleeps. */
    insn_cli();
    next = schedule_pick(cpu, timer_now(), &end);
    if (next == NULL) {
        if (cpu == 0 && interrupt_waits()) {
            insn_sti();
            return;
        }
        timer_sleep(end < sleep_end ? end : sleep_end);
        return;
    }
    insn_sti();
    run_turn(cpu, (struct guest_vcpu *)next, end < turn_end ? end : turn_end);
}

_Noreturn void run_on_cpu(uint32_t cpu)
{
    for (;;) {
        take_turn(cpu, UINT64_MAX, UINT64_MAX);
    }
}

/* Devices with work left, and the end of guests.  True: some guest is on, or will be.  (Those that only end are no reason
 * to stay: the core scrubs them before it powers off.) */
static bool keep_house(bool *busy)
{
    bool any_on = false;

    *busy = false;
    for (uint32_t g = 0; g < machine.count; g++) {
        struct guest *guest = machine.guests[g];
        const enum guest_state state = __atomic_load_n(&guest->state, __ATOMIC_ACQUIRE);

        if (state == GUEST_ENDING) {
            guest_reclaim(guest);
            *busy = true;
        } else if (state == GUEST_ON) {
            lock_take(&guest->lock);
            *busy = device_set_poll(&guest->devices) || *busy;
            lock_drop(&guest->lock);
        } else if (state == GUEST_TAKING) {
            guest_go_on(guest);
        }
        any_on = any_on || state == GUEST_ON || state == GUEST_STOPPING || guest->state == GUEST_ON ||
                 guest->state == GUEST_TAKING || guest->starts_again;
    }
    return any_on;
}

void run_prepare(struct guest *const *guests, uint64_t tsc_khz)
{
    machine.guests = guests;
    machine.tsc_khz = tsc_khz;
    machine.shared_bit = hypercall_info(INFO_SHARED_BIT);
}

void run_guests(uint32_t count, bool forever)
{
    struct keyboard keyboard = {.focus = 0};
    bool busy;

    machine.count = count;
    cpu_release_others();
    while (keep_house(&busy) || forever) {
        serial_poll();
        if (serial_arrived()) {
            machine.line_active_until = timer_now() + machine.tsc_khz * LINE_ACTIVE_MS;
        }
        if (!keyboard_poll(&keyboard, machine.guests, count)) {
            return;
        }
        /* CPU 0 is not away from the line, nor from devices, for long. */
        interrupt_hand_on();
        device_fault_hand_on(machine.guests, count);
        const uint64_t now = timer_now();
        const uint64_t look = now + machine.tsc_khz / LINE_POLLS_IN_MS;
        take_turn(0, line_is_active(now) ? look : UINT64_MAX, busy ? now : look);
    }
}
