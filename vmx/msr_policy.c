/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/msr_policy.h"

#include "arch/x86_64/insn.h"
#include "vmx/cpuid_policy.h"

#define MSR_LOW_LIMIT  0x2000u
#define MSR_HIGH_FIRST 0xc0000000u
#define ALL_EXIT       0xffu

_Alignas(FRAME_SIZE) uint8_t msr_policy_guest_bitmap[FRAME_SIZE];
_Alignas(FRAME_SIZE) uint8_t msr_policy_manager_bitmap[FRAME_SIZE];

/* What a guest may know of the CPU's vulnerabilities; bits that promise an MSR it has not are left out. */
enum arch_capabilities_seen {
    SEEN_RDCL_NO = 1u << 0,
    SEEN_IBRS_ALL = 1u << 1,
    SEEN_RSBA = 1u << 2,
    SEEN_SKIP_L1DFL_VMENTRY = 1u << 3,
    SEEN_SSB_NO = 1u << 4,
    SEEN_MDS_NO = 1u << 5,
    SEEN_IF_PSCHANGE_MC_NO = 1u << 6,
    SEEN_TAA_NO = 1u << 8,
    SEEN_SBDR_SSDP_NO = 1u << 13,
    SEEN_FBSDP_NO = 1u << 14,
    SEEN_PSDP_NO = 1u << 15,
    SEEN_FB_CLEAR = 1u << 17,
    SEEN_RRSBA = 1u << 19,
    SEEN_BHI_NO = 1u << 20,
    SEEN_PBRSB_NO = 1u << 24,
    SEEN_GDS_NO = 1u << 26,
    SEEN_RFDS_NO = 1u << 27,
    SEEN_RFDS_CLEAR = 1u << 28,
};
#define ARCH_CAPABILITIES_SEEN                                                                               \
    (SEEN_RDCL_NO | SEEN_IBRS_ALL | SEEN_RSBA | SEEN_SKIP_L1DFL_VMENTRY | SEEN_SSB_NO | SEEN_MDS_NO |        \
     SEEN_IF_PSCHANGE_MC_NO | SEEN_TAA_NO | SEEN_SBDR_SSDP_NO | SEEN_FBSDP_NO | SEEN_PSDP_NO |               \
     SEEN_FB_CLEAR | SEEN_RRSBA | SEEN_BHI_NO | SEEN_PBRSB_NO | SEEN_GDS_NO | SEEN_RFDS_NO |                 \
     SEEN_RFDS_CLEAR)

static uint64_t arch_capabilities;

static void allow_in(uint8_t *part, uint32_t bit)
{
    part[bit / 8u] &= (uint8_t) ~(1u << (bit % 8u));
}

static void allow_read(uint8_t *bitmap, uint32_t msr)
{
    if (msr < MSR_LOW_LIMIT) {
        allow_in(bitmap + MSR_BITMAP_READ_LOW, msr);
    } else {
        allow_in(bitmap + MSR_BITMAP_READ_HIGH, msr - MSR_HIGH_FIRST);
    }
}

static void allow_write(uint8_t *bitmap, uint32_t msr)
{
    if (msr < MSR_LOW_LIMIT) {
        allow_in(bitmap + MSR_BITMAP_WRITE_LOW, msr);
    } else {
        allow_in(bitmap + MSR_BITMAP_WRITE_HIGH, msr - MSR_HIGH_FIRST);
    }
}

static void allow(uint8_t *bitmap, uint32_t msr)
{
    allow_read(bitmap, msr);
    allow_write(bitmap, msr);
}

static void refuse_all(uint8_t *bitmap)
{
    for (uint32_t n = 0; n < FRAME_SIZE; n++) {
        bitmap[n] = ALL_EXIT;
    }
}

/* What the VMCS or the switch of partitions saves and loads: the partition's own. */
static void allow_saved(uint8_t *bitmap)
{
    allow_read(bitmap, MSR_IA32_TIME_STAMP_COUNTER);
    allow(bitmap, MSR_IA32_SYSENTER_CS);
    allow(bitmap, MSR_IA32_SYSENTER_ESP);
    allow(bitmap, MSR_IA32_SYSENTER_EIP);
    allow(bitmap, MSR_IA32_PAT);
    allow_read(bitmap, MSR_IA32_EFER); /* writes are checked */
    allow_read(bitmap, MSR_IA32_STAR); /* writes of these four and of TSC_AUX are noted: vmx/world.c */
    allow_read(bitmap, MSR_IA32_LSTAR);
    allow_read(bitmap, MSR_IA32_CSTAR);
    allow_read(bitmap, MSR_IA32_FMASK);
    allow(bitmap, MSR_IA32_FS_BASE);
    allow(bitmap, MSR_IA32_GS_BASE);
    allow(bitmap, MSR_IA32_KERNEL_GS_BASE);
    if (cpuid_policy_has_tsc_aux()) {
        allow_read(bitmap, MSR_IA32_TSC_AUX);
    }
    if (cpuid_policy_has_spec_ctrl()) {
        allow(bitmap, MSR_IA32_SPEC_CTRL);
    }
    if (cpuid_policy_has_pred_cmd()) {
        allow_write(bitmap, MSR_IA32_PRED_CMD);
    }
    if (cpuid_policy_has_flush_cmd()) {
        allow_write(bitmap, MSR_IA32_FLUSH_CMD);
    }
}

/* The manager's own x2APIC; writes to its ICR and its LVT timer are checked. */
static void allow_own_apic(uint8_t *bitmap)
{
    allow_read(bitmap, MSR_IA32_X2APIC_APICID);
    allow_read(bitmap, MSR_IA32_X2APIC_VERSION);
    allow(bitmap, MSR_IA32_X2APIC_TPR);
    allow_read(bitmap, MSR_IA32_X2APIC_PPR);
    allow_write(bitmap, MSR_IA32_X2APIC_EOI);
    allow_read(bitmap, MSR_IA32_X2APIC_LDR);
    allow_read(bitmap, MSR_IA32_X2APIC_SIVR);
    for (uint32_t msr = MSR_IA32_X2APIC_ISR0; msr < MSR_IA32_X2APIC_ESR; msr++) {
        allow_read(bitmap, msr);
    }
    allow_read(bitmap, MSR_IA32_X2APIC_ICR);
    allow_read(bitmap, MSR_IA32_X2APIC_LVT_TIMER);
    allow(bitmap, MSR_IA32_X2APIC_INIT_COUNT);
    allow_read(bitmap, MSR_IA32_X2APIC_CUR_COUNT);
    allow(bitmap, MSR_IA32_X2APIC_DIV_CONF);
    allow(bitmap, MSR_IA32_TSC_DEADLINE);
}

/* What is in a guest's virtual-APIC page, and the writes by which the CPU keeps it so.  The rest is the core's to check
 * (ICR, local vectors, timer), or no register: a read would be answered from the page. */
static void allow_virtual_apic(uint8_t *bitmap)
{
    allow(bitmap, MSR_IA32_X2APIC_TPR);
    allow_read(bitmap, MSR_IA32_X2APIC_PPR);
    allow_write(bitmap, MSR_IA32_X2APIC_EOI);
    for (uint32_t msr = MSR_IA32_X2APIC_ISR0; msr < MSR_IA32_X2APIC_ESR; msr++) {
        allow_read(bitmap, msr);
    }
    allow_write(bitmap, MSR_IA32_X2APIC_SELF_IPI);
}

void msr_policy_init(bool apic_virtualization)
{
    refuse_all(msr_policy_guest_bitmap);
    refuse_all(msr_policy_manager_bitmap);
    allow_saved(msr_policy_guest_bitmap);
    allow_saved(msr_policy_manager_bitmap);
    allow_own_apic(msr_policy_manager_bitmap);
    if (apic_virtualization) {
        allow_virtual_apic(msr_policy_guest_bitmap);
    }

    /* With this bit Linux leaves the x2APIC on, with no hypervisor's name to tell it so. */
    arch_capabilities = ARCH_CAP_XAPIC_DISABLE_STATUS;
    if (cpuid_policy_has_arch_capabilities()) {
        arch_capabilities |= insn_rdmsr(MSR_IA32_ARCH_CAPABILITIES) & ARCH_CAPABILITIES_SEEN;
    }
}

uint64_t msr_policy_arch_capabilities(void)
{
    return arch_capabilities;
}

bool msr_policy_guest_call_read(uint32_t msr, uint64_t *value)
{
    switch (msr) {
    case MSR_SMI_COUNT:
    case MSR_IA32_BIOS_SIGN_ID:
        *value = 0;
        return true;
    case MSR_IA32_FEATURE_CONTROL: /* locked, with nothing on */
        *value = FEATURE_CONTROL_LOCK;
        return true;
    default:
        return false;
    }
}

bool msr_policy_guest_call_write(uint32_t msr, uint64_t value)
{
    /* Linux writes 0 before it reads the revision of the microcode. */
    return msr == MSR_IA32_BIOS_SIGN_ID && value == 0;
}
