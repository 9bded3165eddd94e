/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/trap.h"

#include <stdbool.h>

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mce.h"
#include "arch/x86_64/msr_safe.h"
#include "arch/x86_64/panic.h"

/* Is it the #GP that a safe MSR access may meet? */
static bool is_expected(const struct trap_frame *frame)
{
    return frame->vector == VECTOR_GP &&
           (frame->rip == (uint64_t)msr_safe_read_at || frame->rip == (uint64_t)msr_safe_write_at);
}

void trap_handle(struct trap_frame *frame)
{
    if (is_expected(frame)) {
        frame->rip = (uint64_t)msr_safe_failed;
        return;
    }
    switch (frame->vector) {
    case VECTOR_NMI:
        trap_nmi();
        return;
    case VECTOR_MC:
        mce_report();
    case VECTOR_PF:
        panic(PANIC_EXCEPTION, VECTOR_PF, insn_read_cr2());
    default:
        panic(PANIC_EXCEPTION, frame->vector, frame->rip);
    }
}
