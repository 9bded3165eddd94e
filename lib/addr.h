/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_ADDR_H
#define LIB_ADDR_H

#include <stdint.h>

#define FRAME_SIZE 4096u

/* Numbers of 4 KiB frames.  Isolation code computes with frame numbers only; bytes appear where
 * hardware wants them. */
typedef uint64_t hfn_t; /* host frame number: host-physical address / FRAME_SIZE */
typedef uint64_t gfn_t; /* guest frame number: guest-physical address / FRAME_SIZE */

/*@ requires frame < 0x10000000000000;
    assigns \nothing;
    ensures \result == frame * 4096;
*/
static inline uint64_t address_of_frame(uint64_t frame)
{
    return frame * FRAME_SIZE;
}

/*@ assigns \nothing;
    ensures \result == address / 4096;
*/
static inline uint64_t frame_of_address(uint64_t address)
{
    return address / FRAME_SIZE;
}

/* Bits 31:0: of a register of which an instruction takes no more. */
/*@ assigns \nothing;
    ensures \result == value % 0x100000000;
*/
static inline uint32_t low_half(uint64_t value)
{
    return (uint32_t)(value % 0x100000000u);
}

#endif
