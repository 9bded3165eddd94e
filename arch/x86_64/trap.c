/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/trap.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/panic.h"

void trap_handle(const struct trap_frame *frame)
{
    switch (frame->vector) {
    case VECTOR_NMI:
        trap_nmi();
        return;
    case VECTOR_MC:
        panic(PANIC_MACHINE_CHECK, insn_rdmsr(MSR_IA32_MCG_STATUS), frame->rip);
    case VECTOR_PF:
        panic(PANIC_EXCEPTION, VECTOR_PF, insn_read_cr2());
    default:
        panic(PANIC_EXCEPTION, frame->vector, frame->rip);
    }
}
