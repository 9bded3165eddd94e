/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/map_gpa.h"

#include "abi/status.h"
#include "arch/x86_64/percpu.h"
#include "isolation/partition.h"
#include "lib/addr.h"
#include "lib/answer.h"

/* The operand of TDG.MEM.PAGE.ACCEPT: level in bits 2:0, address from bit 12 on. */
#define ACCEPT_LEVEL_MASK 7u

/*@ assigns \nothing;
    ensures \result.status == TDVMCALL_INVALID_OPERAND && \result.next == address;
*/
static struct map_gpa_answer refused(uint64_t address)
{
    return (struct map_gpa_answer){TDVMCALL_INVALID_OPERAND, address};
}

struct map_gpa_answer map_gpa(uint64_t start, uint64_t bytes)
{
    const uint64_t shared_bit = address_of_frame(shared_bit_gfn);
    const bool to_shared = start >= shared_bit;
    const uint64_t first = to_shared ? start - shared_bit : start;
    uint64_t pages = bytes / FRAME_SIZE;
    struct answer done;

    /* Are these whole pages, at least one, all below the shared bit? */
    if (start % FRAME_SIZE != 0 || bytes % FRAME_SIZE != 0 || bytes == 0 || first >= shared_bit ||
        bytes > shared_bit - first) {
        return refused(start);
    }
    pages = pages < FRAME_BATCH_MAX ? pages : FRAME_BATCH_MAX;
    done = to_shared ? page_share(percpu_this()->partition, frame_of_address(first), pages)
                     : page_unshare(percpu_this()->partition, frame_of_address(first), pages);
    /* Did isolation/ agree?  Otherwise nothing has changed. */
    if (done.status != STATUS_OK) {
        return refused(start);
    }
    if (address_of_frame(pages) < bytes) {
        return (struct map_gpa_answer){TDVMCALL_RETRY, start + address_of_frame(pages)};
    }
    return (struct map_gpa_answer){TDVMCALL_SUCCESS, 0};
}

uint64_t map_gpa_accept(uint64_t operand)
{
    const uint64_t address = operand - operand % FRAME_SIZE;

    /* Is it a 4 KiB page?  Linux then tries smaller ones. */
    if (operand % FRAME_SIZE > ACCEPT_LEVEL_MASK) {
        return TDX_OPERAND_INVALID;
    }
    if (operand % FRAME_SIZE != 0) {
        return TDX_PAGE_SIZE_MISMATCH;
    }
    /* Is it private memory of the guest? */
    if (page_state(percpu_this()->partition, frame_of_address(address)) != PAGE_PRIVATE) {
        return TDX_OPERAND_INVALID;
    }
    return TDX_SUCCESS;
}
