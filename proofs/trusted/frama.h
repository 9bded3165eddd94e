/* SPDX-License-Identifier: Apache-2.0 */
/* Included before everything for the prover: Frama-C knows the attribute, not the keyword. */
#define _Alignas(bytes) __attribute__((aligned(bytes)))
