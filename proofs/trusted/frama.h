/* SPDX-License-Identifier: Apache-2.0 */
/* Included before everything for the prover: Frama-C knows the attribute, not the keyword. */
#define _Alignas(bytes) __attribute__((aligned(bytes)))

/* Trailing zeros, of a compiler that has the builtin.  Source: GCC manual, "Other Built-in Functions". */
/*@ requires value != 0;
    assigns \nothing;
    ensures 0 <= \result <= 63;
*/
int __builtin_ctzll(unsigned long long value);
