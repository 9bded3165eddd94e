/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/tdcall.h"

#include "abi/guest_call.h"
#include "arch/x86_64/cr.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "lib/addr.h"
#include "vmx/map_gpa.h"
#include "vmx/tdvmcall.h"
#include "vmx/vcpu_state.h"
#include "vmx/ve.h"
#include "vmx/vmcs.h"

/* TD attributes: no EPT violation of a private page is turned into #VE.  Linux insists. */
#define ATTRIBUTES_SEPT_VE_DISABLE (1ull << 28)
#define VCPUS_LIMIT_UNIT           0x100000000ull /* the limit is in bits 63:32 */

/* Guest-physical addresses have this many bits, the shared bit the highest of them. */
/*@ requires 1 <= shared_bit_gfn <= GFN_LIMIT / 2;
    assigns \nothing;
    ensures 1 <= \result <= 64;
*/
static uint64_t address_width(void)
{
    return (uint64_t)__builtin_ctzll(shared_bit_gfn * FRAME_SIZE) + 1u;
}

/* What the guest may know of itself. */
/*@ requires gpr == &state_here.gpr && map_gpa_ready && percpu_here.vcpu < VCPUS_MAX;
    assigns gpr->rcx, gpr->rdx, gpr->r8, gpr->r9, gpr->r10, gpr->r11;
    ensures status: \result == TDX_SUCCESS;
    ensures own: gpr->r8 == made(percpu_here.partition) + 0x100000000 * run_size(percpu_here.partition) &&
      gpr->r9 == vcpus[percpu_here.vcpu].index;
    ensures fixed: gpr->rdx == ATTRIBUTES_SEPT_VE_DISABLE && gpr->r10 == 0 && gpr->r11 == 0;
*/
static uint64_t vp_info(struct gpr_file *gpr)
{
    const uint32_t partition = percpu_this()->partition;

    gpr->rcx = address_width();
    gpr->rdx = ATTRIBUTES_SEPT_VE_DISABLE;
    gpr->r8 = partitions[partition].vcpu_count + partitions[partition].vcpu_limit * VCPUS_LIMIT_UNIT;
    gpr->r9 = vcpus[percpu_this()->vcpu].index;
    gpr->r10 = 0;
    gpr->r11 = 0;
    return TDX_SUCCESS;
}

/* There are no fields.  Linux uses R8 without asking for the status. */
/*@ requires gpr == &state_here.gpr;
    assigns gpr->r8;
    ensures \result == TDX_METADATA_FIELD_ID_INCORRECT && gpr->r8 == 0;
*/
static uint64_t no_field(struct gpr_file *gpr)
{
    gpr->r8 = 0;
    return TDX_METADATA_FIELD_ID_INCORRECT;
}

/*@ requires gpr == &state_here.gpr && map_gpa_ready && tables_inv && percpu_here.vcpu < VCPUS_MAX;
    assigns gpr->rcx, gpr->rdx, gpr->r8, gpr->r9, gpr->r10, gpr->r11, state_here.ve.valid;
    ensures unknown: !tdcall_known(leaf) ==> \result == TDX_OPERAND_INVALID && gpr->rcx == \old(gpr->rcx) && gpr->r8 == \old(gpr->r8);
*/
static uint64_t leaf_status(struct gpr_file *gpr, uint64_t leaf)
{
    switch (leaf) {
    case TDG_VP_INFO:
        return vp_info(gpr);
    case TDG_VP_VEINFO_GET:
        return ve_info_get();
    case TDG_MEM_PAGE_ACCEPT:
        return map_gpa_accept(gpr->rcx);
    case TDG_VM_RD:
    case TDG_VM_WR:
        return no_field(gpr);
    default: /* TDG_MR_REPORT and TDG_MR_RTMR_EXTEND wait for the measured boot */
        break;
    }
    return TDX_OPERAND_INVALID;
}

enum exit_next tdcall(void)
{
    struct gpr_file *gpr = &vcpu_state()->gpr;
    const uint64_t rflags = vmcs_read(VMCS_GUEST_RFLAGS);

    /* The #UD by which it came may have set RF. */
    if ((rflags & RFLAGS_RF) != 0) {
        vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~(uint64_t)RFLAGS_RF);
    }
    exit_skip_bytes(TDCALL_LENGTH);
    if (gpr->rax == TDG_VP_VMCALL) {
        return tdvmcall();
    }
    gpr->rax = leaf_status(gpr, gpr->rax);
    return NEXT_RESUME;
}
