/* SPDX-License-Identifier: Apache-2.0 */
/* The registers that cross between guest and manager. */
#include "vmx/gpr.h"
#include "vmx/gpr_mask.h"
