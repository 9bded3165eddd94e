/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86_64/vector.h"
#include "vmx/exit.h"
#include "vmx/exit_reason.h"
#include "vmx/ve.h"

static enum exit_next undefined(void)
{
    event_inject_exception(VECTOR_UD);
    return NEXT_RESUME;
}

static enum exit_next protection(void)
{
    event_inject_exception_with_code(VECTOR_GP, 0);
    return NEXT_RESUME;
}

enum exit_next exit_instruction(uint32_t reason)
{
    switch (reason) {
    case EXIT_HLT: /* the guest's #VE handler makes it a TDVMCALL */
        return ve_raise_instruction(reason);
    case EXIT_INVD:
    case EXIT_WBINVD: /* its memory is always cached write-back: nothing to do */
        exit_skip_instruction();
        return NEXT_RESUME;
    case EXIT_RDPMC:
    case EXIT_XSAVES: /* with IA32_XSS always 0 these two cannot be */
    case EXIT_XRSTORS:
        return protection();
    case EXIT_GETSEC:
    case EXIT_MWAIT:
    case EXIT_MONITOR:
    case EXIT_RSM:
    case EXIT_VMCALL: /* guests have TDCALL */
    case EXIT_VMCLEAR:
    case EXIT_VMLAUNCH:
    case EXIT_VMPTRLD:
    case EXIT_VMPTRST:
    case EXIT_VMREAD:
    case EXIT_VMRESUME:
    case EXIT_VMWRITE:
    case EXIT_VMXOFF:
    case EXIT_VMXON:
    case EXIT_INVEPT:
    case EXIT_INVVPID:
    case EXIT_VMFUNC:
    case EXIT_ENCLS:
        return undefined();
    default:
        return run_return_killed(KILL_UNEXPECTED_EXIT, reason);
    }
}
