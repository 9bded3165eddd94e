/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/ve.h"

/* The guest decodes its own port I/O. */
enum exit_next exit_io_instruction(void)
{
    return ve_raise_instruction(EXIT_IO_INSTRUCTION);
}
