/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_ENTRY_H
#define VMX_ENTRY_H

/* vmx/entry.S: VMCS_HOST_RIP of every VMCS. */
void vmx_exit_entry(void);
/* Enter the vCPU whose VMCS is current and whose state is in the window. */
_Noreturn void vmx_enter(void);

/* Called by vmx/entry.S. */
void exit_dispatch(void);
/* VMLAUNCH or VMRESUME failed without an exit. */
void exit_entry_refused(void);

#endif
