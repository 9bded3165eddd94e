/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/panic.h"

#include <stdbool.h>

#include "arch/x86_64/console.h"
#include "arch/x86_64/insn.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/smp.h"

static bool panicked;

_Noreturn static void halt_for_ever(void)
{
    insn_cli();
    for (;;) {
        insn_hlt();
    }
}

void panic_join(void)
{
    if (__atomic_load_n(&panicked, __ATOMIC_ACQUIRE)) {
        halt_for_ever();
    }
}

static const char *reason_text(enum panic_reason reason)
{
    switch (reason) {
    case PANIC_EXCEPTION:
        return "exception in the core";
    case PANIC_MACHINE_CHECK:
        return "machine check";
    case PANIC_VMREAD:
        return "VMREAD failed";
    case PANIC_VMWRITE:
        return "VMWRITE failed";
    case PANIC_VMPTRLD:
        return "VMPTRLD failed";
    case PANIC_MANAGER_ENTRY:
        return "entry into the manager failed";
    case PANIC_INVALIDATE:
        return "INVEPT or INVVPID failed";
    case PANIC_WINDOW:
        return "a window was misused";
    case PANIC_INVARIANT:
        return "the isolation state contradicts itself";
    case PANIC_SHOOTDOWN:
        return "a CPU did not acknowledge a flush";
    case PANIC_PAGING:
        return "no frame left for the core's own page tables";
    case PANIC_MANAGER_DEAD:
        return "the manager cannot go on";
    case PANIC_POWER:
        return "the machine did not obey";
    case PANIC_VTD:
        return "a VT-d unit does not answer";
    }
    return "unknown reason";
}

static void record(const char *name, uint64_t value)
{
    console_text(name);
    console_hex(value);
}

_Noreturn void panic(enum panic_reason reason, uint64_t a, uint64_t b)
{
    insn_cli();
    if (!__atomic_exchange_n(&panicked, true, __ATOMIC_ACQ_REL)) {
        smp_stop_others();
        console_text("\r\nbulkhead: panic: ");
        console_text(reason_text(reason));
        record(" reason=", reason);
        record(" a=", a);
        record(" b=", b);
        record(" cpu=", percpu_this()->cpu);
        record(" partition=", percpu_this()->partition);
        record(" from=", (uint64_t)__builtin_return_address(0));
        record(" tsc=", insn_rdtsc());
        console_text("\r\n");
    }
    halt_for_ever();
}

_Noreturn void refuse_named(const char *sentence, const char *name)
{
    console_text("bulkhead: refused: ");
    console_text(sentence);
    console_text(name);
    console_text("\r\n");
    halt_for_ever();
}

_Noreturn void refuse(const char *sentence)
{
    refuse_named(sentence, "");
}
