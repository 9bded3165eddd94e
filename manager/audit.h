/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_AUDIT_H
#define MANAGER_AUDIT_H

/* Say on the console how often the core denied the manager something, as far as its log reaches back.  A manager
 * that serves only what guests share is never denied anything. */
void audit_report(void);

#endif
