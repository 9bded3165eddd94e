/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/words.h"

#include "abi/status.h"

const char *words_of_status(uint64_t status)
{
    switch ((enum status_code)(status % STATUS_OPERAND_UNIT)) {
    case STATUS_OK:
        return "done";
    case STATUS_RETRY:
        return "not done yet";
    case STATUS_UNKNOWN:
        return "no such hypercall";
    case STATUS_INVALID:
        return "out of range";
    case STATUS_NOT_OWNER:
        return "not the manager's";
    case STATUS_BAD_STATE:
        return "in the wrong state";
    case STATUS_NO_ROOM:
        return "a quota or pool of the core is used up";
    case STATUS_BUSY:
        return "in use on another CPU";
    case STATUS_DENIED:
        return "never granted";
    }
    return "an unknown status";
}

const char *words_of_operand(uint64_t status)
{
    switch ((enum operand)(status / STATUS_OPERAND_UNIT)) {
    case OPERAND_RDI:
        return "RDI";
    case OPERAND_RSI:
        return "RSI";
    case OPERAND_RDX:
        return "RDX";
    case OPERAND_R10:
        return "R10";
    case OPERAND_R8:
        return "R8";
    case OPERAND_NONE:
        break;
    }
    return "no operand";
}

const char *words_of_kill(enum kill_reason reason)
{
    switch (reason) {
    case KILL_TRIPLE_FAULT:
        return "triple fault";
    case KILL_PRIVATE_ABSENT:
        return "it touched private memory that it does not have";
    case KILL_ENTRY_FAILED:
        return "the CPU refused its state";
    case KILL_UNEXPECTED_EXIT:
        return "it did what no guest may do";
    case KILL_FATAL_ERROR:
        return "it reported a fatal error";
    case KILL_DOUBLE_VE:
        return "a second #VE before the first was read";
    case KILL_EVENT_FAULT:
        return "a fault while an event was delivered";
    case KILL_NONE:
        break;
    }
    return "no reason that the manager knows";
}
