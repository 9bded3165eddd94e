/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ISOLATION_LOCK_H
#define ISOLATION_LOCK_H

/*
 * The ownership lock: one fair lock serialises every change of ownership, of tables and of partitions.
 * Functions that need it say so; the entry points (hypercalls, guest calls) take it themselves.
 * What is read without it, who publishes it and why that is sound: docs/lock-free.md.
 */
void lock_acquire(void);
void lock_release(void);

#endif
