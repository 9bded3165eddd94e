/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_STATUS_H
#define MANAGER_STATUS_H

#include <stdint.h>

#include "manager/guest.h"

/* Where the time of the guests goes, on the manager's console: for a person, */
void status_show(struct guest *const *guests, uint32_t count);
/* and for a program: one line `status guest=NAME vcpu=N key=value ...` for each vCPU; times in TSC ticks. */
void status_lines(struct guest *const *guests, uint32_t count);

#endif
