/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARCH_X86_64_MCE_H
#define ARCH_X86_64_MCE_H

/* Machine checks.  Source: Intel SDM Vol. 3B, "Machine-Check Architecture", "Machine-Check Initialization". */

/* Turn machine checks on for this CPU: every bank reports, what the firmware left in the banks is cleared. */
void mce_init(void);

/* A machine check has come on this CPU: print the banks that hold an error, and panic. */
_Noreturn void mce_report(void);

#endif
