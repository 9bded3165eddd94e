/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ABI_STATUS_H
#define ABI_STATUS_H

/*
 * The status of a hypercall, returned in RAX.
 *
 * status = code + 256 * operand.  `operand` is the position (1 to 5: RDI, RSI, RDX, R10, R8) of the
 * guilty argument, or 0 where no single argument is to blame.
 */
enum status_code {
    STATUS_OK = 0,
    STATUS_RETRY = 1,     /* part of the work is done and kept: make the same call again */
    STATUS_UNKNOWN = 2,   /* there is no hypercall of this number */
    STATUS_INVALID = 3,   /* the value is out of range, or sets a reserved bit */
    STATUS_NOT_OWNER = 4, /* the caller does not own what the operand names */
    STATUS_BAD_STATE = 5, /* what the operand names is in the wrong state for this call */
    STATUS_NO_ROOM = 6,   /* a quota or a pool of the core is used up */
    STATUS_BUSY = 7,      /* what the operand names is in use on another CPU */
    STATUS_DENIED = 8,    /* never granted to this caller */
};

enum operand {
    OPERAND_NONE = 0,
    OPERAND_RDI = 1,
    OPERAND_RSI = 2,
    OPERAND_RDX = 3,
    OPERAND_R10 = 4,
    OPERAND_R8 = 5,
};

#define STATUS_OPERAND_UNIT 256u

/* A status that names its guilty operand. */
#define STATUS_AT(code, operand) ((code) + STATUS_OPERAND_UNIT * (operand))

#endif
