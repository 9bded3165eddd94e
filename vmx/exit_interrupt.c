/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/tsc.h"
#include "vmx/exit.h"

/* The guest can take an interrupt now: vlapic_prepare_entry() injects it and ends the window exiting. */
enum exit_next exit_interrupt_window(void)
{
    return NEXT_RESUME;
}

/* The guest's own timer, which vlapic_prepare_entry() fires, or the end of its slice. */
enum exit_next exit_preemption_timer(void)
{
    return tsc_read() >= percpu_this()->run_slice_end ? run_return_interrupted() : NEXT_RESUME;
}
