/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ABI_GUEST_CALL_H
#define ABI_GUEST_CALL_H

/*
 * Guest calls: the guest side of Intel TDX.  Source: Intel TDX Module v1.5 ABI Definition,
 * "Guest-Side (TDCALL) Interface Functions"; Guest-Host Communication Interface (GHCI),
 * "TDG.VP.VMCALL Leafs".
 */
enum tdcall_leaf {
    TDG_VP_VMCALL = 0,
    TDG_VP_INFO = 1,
    TDG_MR_RTMR_EXTEND = 2,
    TDG_VP_VEINFO_GET = 3,
    TDG_MR_REPORT = 4,
    TDG_VP_CPUIDVE_SET = 5,
    TDG_MEM_PAGE_ACCEPT = 6,
    TDG_VM_RD = 7,
    TDG_VM_WR = 8,
};

#define TDX_SUCCESS                     0ull
#define TDX_OPERAND_INVALID             0xC000010000000000ull
#define TDX_OPERAND_ADDR_RANGE_ERROR    0xC000010100000000ull
#define TDX_PAGE_SIZE_MISMATCH          0xC0000B0B00000000ull
#define TDX_PAGE_ALREADY_ACCEPTED       0x00000B0A00000000ull
#define TDX_METADATA_FIELD_ID_INCORRECT 0xC0000C0000000000ull
#define TDX_NO_VALID_VE_INFO            0xC000070400000000ull

/* TDG.VP.VMCALL: R10 = 0 (standard leaf), R11 = function. */
enum tdvmcall_function {
    TDVMCALL_CPUID = 10,
    TDVMCALL_HLT = 12,
    TDVMCALL_IO = 30, /* R12 = size, R13 = 1 for out, R14 = port, R15 = data; R11 = value in */
    TDVMCALL_RDMSR = 31,
    TDVMCALL_WRMSR = 32,
    TDVMCALL_MMIO = 48, /* R12 = size, R13 = 1 for write, R14 = address, R15 = data; R11 = value */
    TDVMCALL_GET_INFO = 0x10000,
    TDVMCALL_MAP_GPA = 0x10001,
    TDVMCALL_GET_QUOTE = 0x10002,
    TDVMCALL_REPORT_FATAL_ERROR = 0x10003,
    TDVMCALL_SETUP_EVENT_NOTIFY = 0x10004,
};

/* TDVMCALL status, in R10. */
#define TDVMCALL_SUCCESS         0ull
#define TDVMCALL_RETRY           1ull
#define TDVMCALL_INVALID_OPERAND 0x8000000000000000ull

/* Register numbers in the mask of TDVMCALL's RCX, and of RCX after VCPU_RUN. */
enum guest_register {
    GUEST_RAX = 0,
    GUEST_RCX = 1,
    GUEST_RDX = 2,
    GUEST_RBX = 3,
    GUEST_RSP = 4,
    GUEST_RBP = 5,
    GUEST_RSI = 6,
    GUEST_RDI = 7,
    GUEST_R8 = 8,
    GUEST_R9 = 9,
    GUEST_R10 = 10,
    GUEST_R11 = 11,
    GUEST_R12 = 12,
    GUEST_R13 = 13,
    GUEST_R14 = 14,
    GUEST_R15 = 15,
};

/* The registers a TDVMCALL may disclose: RBX RDX RSI RDI R8-R15. */
#define TDVMCALL_MASK_ALLOWED 0xffccull

#endif
