/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VMX_VMCS_CONTROL_H
#define VMX_VMCS_CONTROL_H

/* Bits of the VMX controls and of the exit information.  Source: Intel SDM Vol. 3C, "VM-Execution
 * Control Fields", "VM-Exit Control Fields", "VM-Entry Control Fields", "VM-Exit Information Fields". */
enum pin_based_controls {
    PIN_EXTERNAL_INTERRUPT_EXITING = 1u << 0,
    PIN_NMI_EXITING = 1u << 3,
    PIN_VIRTUAL_NMIS = 1u << 5,
    PIN_PREEMPTION_TIMER = 1u << 6,
};

enum primary_controls {
    PRIMARY_INTERRUPT_WINDOW_EXITING = 1u << 2,
    PRIMARY_TSC_OFFSETTING = 1u << 3,
    PRIMARY_HLT_EXITING = 1u << 7,
    PRIMARY_INVLPG_EXITING = 1u << 9,
    PRIMARY_MWAIT_EXITING = 1u << 10,
    PRIMARY_RDPMC_EXITING = 1u << 11,
    PRIMARY_RDTSC_EXITING = 1u << 12,
    PRIMARY_CR3_LOAD_EXITING = 1u << 15,
    PRIMARY_CR3_STORE_EXITING = 1u << 16,
    PRIMARY_CR8_LOAD_EXITING = 1u << 19,
    PRIMARY_CR8_STORE_EXITING = 1u << 20,
    PRIMARY_TPR_SHADOW = 1u << 21,
    PRIMARY_NMI_WINDOW_EXITING = 1u << 22,
    PRIMARY_MOV_DR_EXITING = 1u << 23,
    PRIMARY_UNCONDITIONAL_IO_EXITING = 1u << 24,
    PRIMARY_IO_BITMAPS = 1u << 25,
    PRIMARY_MONITOR_TRAP_FLAG = 1u << 27,
    PRIMARY_MSR_BITMAPS = 1u << 28,
    PRIMARY_MONITOR_EXITING = 1u << 29,
    PRIMARY_PAUSE_EXITING = 1u << 30,
};
#define PRIMARY_SECONDARY_CONTROLS 0x80000000u

enum secondary_controls {
    SECONDARY_EPT = 1u << 1,
    SECONDARY_DESCRIPTOR_TABLE_EXITING = 1u << 2,
    SECONDARY_RDTSCP = 1u << 3,
    SECONDARY_X2APIC_MODE = 1u << 4, /* virtualize x2APIC mode */
    SECONDARY_VPID = 1u << 5,
    SECONDARY_WBINVD_EXITING = 1u << 6,
    SECONDARY_UNRESTRICTED_GUEST = 1u << 7,
    SECONDARY_APIC_REGISTERS = 1u << 8,     /* APIC-register virtualization */
    SECONDARY_INTERRUPT_DELIVERY = 1u << 9, /* virtual-interrupt delivery */
    SECONDARY_PAUSE_LOOP_EXITING = 1u << 10,
    SECONDARY_INVPCID = 1u << 12,
    SECONDARY_ENCLS_EXITING = 1u << 15,
    SECONDARY_CONCEAL_FROM_PT = 1u << 19,
    SECONDARY_XSAVES = 1u << 20,
};

enum exit_controls {
    EXIT_SAVE_DEBUG_CONTROLS = 1u << 2,
    EXIT_HOST_64_BIT = 1u << 9,
    EXIT_LOAD_PERF_GLOBAL_CTRL = 1u << 12,
    EXIT_ACKNOWLEDGE_INTERRUPT = 1u << 15,
    EXIT_SAVE_PAT = 1u << 18,
    EXIT_LOAD_PAT = 1u << 19,
    EXIT_SAVE_EFER = 1u << 20,
    EXIT_LOAD_EFER = 1u << 21,
    EXIT_SAVE_PREEMPTION_TIMER = 1u << 22,
};

enum entry_controls {
    ENTRY_LOAD_DEBUG_CONTROLS = 1u << 2,
    ENTRY_IA32E_MODE_GUEST = 1u << 9,
    ENTRY_LOAD_PERF_GLOBAL_CTRL = 1u << 13,
    ENTRY_LOAD_PAT = 1u << 14,
    ENTRY_LOAD_EFER = 1u << 15,
};

/* Interruption information: entry, exit and IDT-vectoring share the layout. */
enum interruption_type {
    INTERRUPTION_EXTERNAL = 0,
    INTERRUPTION_NMI = 2,
    INTERRUPTION_HARDWARE_EXCEPTION = 3,
    INTERRUPTION_SOFTWARE_INTERRUPT = 4,
    INTERRUPTION_PRIVILEGED_SOFTWARE_EXCEPTION = 5,
    INTERRUPTION_SOFTWARE_EXCEPTION = 6,
};
#define INTERRUPTION_VECTOR_MASK    0xffu
#define INTERRUPTION_TYPE_SHIFT     8u
#define INTERRUPTION_TYPE_MASK      7u
#define INTERRUPTION_HAS_ERROR_CODE (1u << 11)
#define INTERRUPTION_NMI_UNBLOCKING (1u << 12) /* exit information only: due to IRET */
#define INTERRUPTION_VALID          (1u << 31)

enum interruptibility {
    BLOCKING_BY_STI = 1u << 0,
    BLOCKING_BY_MOV_SS = 1u << 1,
    BLOCKING_BY_SMI = 1u << 2,
    BLOCKING_BY_NMI = 1u << 3,
};

enum activity_state { ACTIVITY_ACTIVE = 0, ACTIVITY_HLT = 1 };

/* Guest interrupt status: RVI below, SVI above. */
#define INTERRUPT_STATUS_RVI_MASK 0xffull

/* Exit qualification of an APIC write: the offset in the virtual-APIC page. */
#define APIC_WRITE_OFFSET_MASK 0xfffull

/* Exit qualification of an EPT violation. */
enum ept_violation_bits {
    EPT_VIOLATION_READ = 1u << 0,
    EPT_VIOLATION_WRITE = 1u << 1,
    EPT_VIOLATION_FETCH = 1u << 2,
    EPT_VIOLATION_LINEAR_VALID = 1u << 7,
    EPT_VIOLATION_TRANSLATED = 1u << 8, /* the access itself, not the page walk */
};

/* Exit qualification of an I/O instruction. */
#define IO_SIZE_MASK  7u /* 0: 1 byte, 1: 2 bytes, 3: 4 bytes */
#define IO_IN         (1u << 3)
#define IO_STRING     (1u << 4)
#define IO_PORT_SHIFT 16u
#define IO_PORT_MASK  0xffffu

#endif
