/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_LIMITS_H
#define LIB_LIMITS_H

/* Sizes of the core's typed arrays.  The arrays live at fixed virtual addresses and are backed only
 * as far as the machine's RAM needs (frame_limit, table_limit).  Host tests make them smaller by -D. */
#ifndef FRAMES_MAX
#define FRAMES_MAX 0x10000000u /* 2^28 frames: 1 TiB of RAM */
#endif
#ifndef TABLES_MAX
#define TABLES_MAX 0x400000u /* 2^22 EPT and VT-d tables */
#endif
#ifndef PARTITIONS_MAX
#define PARTITIONS_MAX 256u /* the core, the manager and 254 guests */
#endif
#ifndef VCPUS_MAX
#define VCPUS_MAX 512u /* all vCPUs of all partitions, the manager's included */
#endif
#ifndef CPUS_MAX
#define CPUS_MAX 64u /* CPUs of the machine; one more refuses the machine */
#endif

#define PARTITION_CORE        0u
#define PARTITION_MANAGER     1u
#define PARTITION_FIRST_GUEST 2u

#endif
