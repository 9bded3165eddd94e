/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IOMMU_VTD_REG_H
#define IOMMU_VTD_REG_H

/*
 * Registers of a remapping unit, in the manual's order; offsets in bytes.
 * Source: Intel VT-d Architecture Specification 4.1, "Register Descriptions".
 */
enum vtd_register {
    VTD_VER_REG = 0x00,
    VTD_CAP_REG = 0x08,
    VTD_ECAP_REG = 0x10,
    VTD_GCMD_REG = 0x18,
    VTD_GSTS_REG = 0x1c,
    VTD_RTADDR_REG = 0x20,
    VTD_CCMD_REG = 0x28,
    VTD_FSTS_REG = 0x34,
    VTD_FECTL_REG = 0x38,
    VTD_PMEN_REG = 0x64,
    VTD_IQH_REG = 0x80,
    VTD_IQT_REG = 0x88,
    VTD_IQA_REG = 0x90,
    VTD_IRTA_REG = 0xb8,
    VTD_REGISTERS_BYTES = 0x1000, /* those the core drives lie within a page, or the unit is not driven */
};

/* In units of 16 bytes: the fault recording registers and the IOTLB registers are where CAP and ECAP say. */
#define VTD_REGISTER_UNIT       16u
#define VTD_FAULT_RECORD_BYTES  16u
#define VTD_FAULT_RECORD_HIGH   8u
#define VTD_FAULT_RECORD_HIGHER 12u /* the dword of the F bit */
#define VTD_IOTLB_REG           8u  /* from where ECAP.IRO says */

#define VTD_VER_MAJOR_SHIFT 4u
#define VTD_VER_MAJOR_MAX   0xfu

/* Capability Register. */
#define VTD_CAP_ND_MASK   7u
#define VTD_CAP_ND_256    2u /* 2^(4 + 2 * ND) domains: one for each partition */
#define VTD_CAP_RWBF      (1ull << 4)
#define VTD_CAP_PLMR      (1ull << 5)
#define VTD_CAP_PHMR      (1ull << 6)
#define VTD_CAP_CM        (1ull << 7)
#define VTD_CAP_SAGAW_39  (1ull << 9)
#define VTD_CAP_SAGAW_48  (1ull << 10)
#define VTD_CAP_FRO_SHIFT 24u
#define VTD_CAP_FRO_MASK  0x3ffu
#define VTD_CAP_SLLPS_2M  (1ull << 34)
#define VTD_CAP_NFR_SHIFT 40u
#define VTD_CAP_NFR_MASK  0xffu
#define VTD_CAP_DWD       (1ull << 54)
#define VTD_CAP_DRD       (1ull << 55)

/* Extended Capability Register. */
#define VTD_ECAP_C         (1ull << 0)
#define VTD_ECAP_QI        (1ull << 1)
#define VTD_ECAP_IR        (1ull << 3)
#define VTD_ECAP_EIM       (1ull << 4)
#define VTD_ECAP_IRO_SHIFT 8u
#define VTD_ECAP_IRO_MASK  0x3ffu

/* Global Command and Global Status Registers have the same bits. */
enum vtd_global {
    VTD_GLOBAL_CFI = 1 << 23,
    VTD_GLOBAL_SIRTP = 1 << 24,
    VTD_GLOBAL_IRE = 1 << 25,
    VTD_GLOBAL_QIE = 1 << 26,
    VTD_GLOBAL_WBF = 1 << 27,
    VTD_GLOBAL_SRTP = 1 << 30,
};
#define VTD_GLOBAL_TE 0x80000000u
/* What a command has to repeat to leave it on: the others happen once. */
#define VTD_GLOBAL_STAYS (VTD_GLOBAL_TE | VTD_GLOBAL_QIE | VTD_GLOBAL_IRE | VTD_GLOBAL_CFI)

/* Context Command Register. */
#define VTD_CCMD_ICC         (1ull << 63)
#define VTD_CCMD_CIRG_GLOBAL (1ull << 61)

/* IOTLB Invalidate Register. */
#define VTD_IOTLB_IVT         (1ull << 63)
#define VTD_IOTLB_IIRG_GLOBAL (1ull << 60)
#define VTD_IOTLB_IIRG_DOMAIN (2ull << 60)
#define VTD_IOTLB_DR          (1ull << 49)
#define VTD_IOTLB_DW          (1ull << 48)
#define VTD_IOTLB_DID_SHIFT   32u

/* Fault Status Register; bits 0 and 4 to 6 are cleared by writing 1. */
enum vtd_fsts {
    VTD_FSTS_PFO = 1 << 0,
    VTD_FSTS_PPF = 1 << 1,
    VTD_FSTS_IQE = 1 << 4,
    VTD_FSTS_ICE = 1 << 5,
    VTD_FSTS_ITE = 1 << 6,
};

/* Fault Event Control Register. */
#define VTD_FECTL_IM 0x80000000u

/* Fault Recording Registers, upper 64 bits. */
#define VTD_FRCD_SID_MASK    0xffffu
#define VTD_FRCD_FR_SHIFT    32u
#define VTD_FRCD_FR_MASK     0xffu
#define VTD_FRCD_T           (1ull << 62) /* 1: a read (or AtomicOp); 0: a write */
#define VTD_FRCD_F           (1ull << 63)
#define VTD_FRCD_F_IN_HIGHER 0x80000000u

/* Protected Memory Enable Register. */
#define VTD_PMEN_EPM 0x80000000u
#define VTD_PMEN_PRS 1u

/* Interrupt Remapping Table Address Register: extended mode, and the table's size, 2^(S + 1) entries. */
#define VTD_IRTA_EIME 0x800u

/* Why a request was blocked ("Fault Conditions"). */
enum vtd_fault_reason {
    VTD_FAULT_ROOT_NOT_PRESENT = 1,
    VTD_FAULT_CONTEXT_NOT_PRESENT = 2,
    VTD_FAULT_CONTEXT_INVALID = 3,
    VTD_FAULT_BEYOND_ADDRESS_WIDTH = 4,
    VTD_FAULT_WRITE = 5,
    VTD_FAULT_READ = 6,
    VTD_FAULT_INTERRUPT_FORMAT = 0x20,
    VTD_FAULT_INTERRUPT_INDEX = 0x21,
    VTD_FAULT_INTERRUPT_NOT_PRESENT = 0x22,
    VTD_FAULT_INTERRUPT_COMPATIBILITY = 0x25,
    VTD_FAULT_INTERRUPT_SOURCE = 0x26,
};

#endif
