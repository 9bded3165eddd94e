/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/nmi.h"

#include "arch/x86_64/insn.h"
#include "arch/x86_64/mce.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/trap.h"
#include "arch/x86_64/vector.h"
#include "ept/ept_flush.h"
#include "vmx/kick.h"
#include "vmx/vmcs_control.h"

void trap_nmi(void)
{
    panic_join();
    ept_flush_acknowledge(percpu_this()->cpu);
    kick_acknowledge();
}

bool nmi_or_machine_check(uint64_t info)
{
    uint64_t type = info >> INTERRUPTION_TYPE_SHIFT & INTERRUPTION_TYPE_MASK;

    if (type == INTERRUPTION_NMI) {
        trap_nmi();
        insn_unblock_nmi();
        return true;
    }
    if ((info & INTERRUPTION_VECTOR_MASK) == VECTOR_MC) {
        mce_report();
    }
    return false;
}
