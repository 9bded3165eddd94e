/* SPDX-License-Identifier: Apache-2.0 */
/* Of vmx/msr_policy.c: proves msr_policy_guest_call_read,msr_policy_guest_call_write */
#include "vmx/msr_policy.c"
