/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/run_exit.h"
#include "arch/x86_64/msr.h"
#include "arch/x86_64/tsc.h"
#include "isolation/partition.h"
#include "isolation/vcpu.h"
#include "vmx/kick.h"
#include "vmx/vlapic.h"
#include "vmx/vlapic_bits.h"
#include "vmx/vlapic_timer.h"

/* The registers of the virtual x2APIC, as MSRs. */
#define DIVIDE_WRITABLE    0xbu
#define CLUSTER_SHIFT      16u /* logical id: cluster above, one bit of 16 below */
#define CLUSTER_MEMBERS    16u
#define CLUSTER_MASK       0xffffu
#define CR8_TO_TPR_SHIFT   4u
#define CR8_WRITABLE       0xfull
#define LVT_TIMER_WRITABLE (VLAPIC_VECTOR_MASK | VLAPIC_LVT_MASKED | VLAPIC_LVT_MODE)
#define LVT_OTHER_WRITABLE                                                                                   \
    (VLAPIC_VECTOR_MASK | VLAPIC_LVT_DELIVERY | VLAPIC_LVT_POLARITY | VLAPIC_LVT_LEVEL | VLAPIC_LVT_MASKED)

static uint32_t own_index(void)
{
    return vcpus[percpu_this()->vcpu].index;
}

static uint32_t logical_id(uint32_t index)
{
    return (index / CLUSTER_MEMBERS) << CLUSTER_SHIFT | 1u << (index % CLUSTER_MEMBERS);
}

/* ISR, TMR (always edge: 0) and IRR are eight registers each. */
static bool is_vectors(uint32_t msr)
{
    return msr >= MSR_IA32_X2APIC_ISR0 && msr < MSR_IA32_X2APIC_IRR0 + VLAPIC_WORDS;
}

static bool is_lvt(uint32_t msr)
{
    return msr >= MSR_IA32_X2APIC_LVT_TIMER && msr <= MSR_IA32_X2APIC_LVT_ERROR;
}

enum vlapic_result vlapic_read(uint32_t msr, uint64_t *value)
{
    const struct vlapic *apic = &vcpu_state()->vlapic;

    if (is_vectors(msr)) {
        *value = *vlapic_held(msr);
        return VLAPIC_DONE;
    }
    if (is_lvt(msr)) {
        *value = apic->lvt[msr - MSR_IA32_X2APIC_LVT_TIMER];
        return VLAPIC_DONE;
    }
    switch (msr) {
    case MSR_IA32_TSC_DEADLINE:
        *value = vlapic_timer_deadline(apic);
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_APICID:
        *value = own_index();
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_VERSION:
        *value = VLAPIC_VERSION;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_TPR:
        *value = *vlapic_held(msr);
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_PPR:
        *value = vlapic_processor_priority(apic);
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_LDR:
        *value = logical_id(own_index());
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_SIVR:
        *value = apic->spurious;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_ESR:
        *value = apic->error_status;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_ICR:
        *value = apic->icr;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_INIT_COUNT:
        *value = apic->initial_count;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_CUR_COUNT:
        *value = vlapic_timer_count(apic, tsc_read());
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_DIV_CONF:
        *value = apic->divide;
        return VLAPIC_DONE;
    default:
        return VLAPIC_FAULT;
    }
}

static bool is_named(uint64_t command, uint32_t index)
{
    const uint32_t destination = (uint32_t)(command >> VLAPIC_DESTINATION_SHIFT);
    const uint32_t id = logical_id(index);

    switch ((command & VLAPIC_ICR_SHORTHAND) >> VLAPIC_SHORTHAND_SHIFT) {
    case VLAPIC_TO_SELF:
        return index == own_index();
    case VLAPIC_TO_ALL:
        return true;
    case VLAPIC_TO_OTHERS:
        return index != own_index();
    default:
        break;
    }
    if (destination == VLAPIC_BROADCAST) {
        return true;
    }
    if ((command & VLAPIC_ICR_LOGICAL) == 0) {
        return destination == index;
    }
    return destination >> CLUSTER_SHIFT == id >> CLUSTER_SHIFT && (destination & id & CLUSTER_MASK) != 0;
}

static enum vlapic_result send(struct vlapic *apic, uint64_t command)
{
    const uint32_t partition = percpu_this()->partition;
    const uint32_t vector = (uint32_t)(command & VLAPIC_VECTOR_MASK);
    uint64_t wake_mask = 0;

    for (uint32_t index = 0; index < partitions[partition].vcpu_count; index++) {
        if (!is_named(command, index)) {
            continue;
        }
        if (index == own_index()) {
            vlapic_accept(apic, vector);
        } else {
            vcpu_request(vcpu_of(partition, index), vector);
            if (!kick_vcpu(vcpu_of(partition, index))) {
                wake_mask |= 1ull << (index % RUN_WAKE_VCPUS);
            }
        }
    }
    percpu_this()->wake_mask = wake_mask;
    return wake_mask != 0 ? VLAPIC_SENT : VLAPIC_DONE;
}

static enum vlapic_result write_icr(struct vlapic *apic, uint64_t command)
{
    /* Are reserved bits clear? */
    if (((uint32_t)command & ~(uint32_t)VLAPIC_ICR_WRITABLE) != 0) {
        return VLAPIC_FAULT;
    }
    apic->icr = command;
    /* Is it fixed?  The others have no effect. */
    if ((command & VLAPIC_ICR_DELIVERY) != 0) {
        return VLAPIC_DONE;
    }
    if ((command & VLAPIC_VECTOR_MASK) < VLAPIC_FIRST_VECTOR) {
        apic->error_pending |= VLAPIC_SEND_ILLEGAL_VECTOR;
        return VLAPIC_DONE;
    }
    return send(apic, command);
}

static enum vlapic_result write_lvt(struct vlapic *apic, uint32_t index, uint32_t value)
{
    const uint32_t writable = index == VLAPIC_LVT_TIMER ? LVT_TIMER_WRITABLE : LVT_OTHER_WRITABLE;
    const uint32_t forced = (apic->spurious & VLAPIC_SPURIOUS_ENABLED) != 0 ? 0 : VLAPIC_LVT_MASKED;

    /* Are reserved bits clear, and is the timer in one of its three modes? */
    if ((value & ~writable) != 0 ||
        (index == VLAPIC_LVT_TIMER && (value & VLAPIC_LVT_MODE) == VLAPIC_LVT_MODE)) {
        return VLAPIC_FAULT;
    }
    if (index == VLAPIC_LVT_TIMER) {
        vlapic_timer_set_entry(apic, value | forced);
    } else {
        apic->lvt[index] = value | forced;
    }
    return VLAPIC_DONE;
}

/* Switching the APIC off by software masks its local vectors. */
static void write_spurious(struct vlapic *apic, uint32_t value)
{
    apic->spurious = value;
    for (uint32_t n = 0; n < VLAPIC_LVT_ENTRIES && (value & VLAPIC_SPURIOUS_ENABLED) == 0; n++) {
        apic->lvt[n] |= VLAPIC_LVT_MASKED;
    }
}

/* Bits of a 32-bit register that may be set; none for a register that is not writable so. */
static uint64_t writable_bits(uint32_t msr)
{
    switch (msr) {
    case MSR_IA32_X2APIC_TPR:
    case MSR_IA32_X2APIC_SELF_IPI:
        return VLAPIC_VECTOR_MASK;
    case MSR_IA32_X2APIC_SIVR:
        return VLAPIC_SPURIOUS_WRITABLE;
    case MSR_IA32_X2APIC_INIT_COUNT:
        return UINT32_MAX;
    case MSR_IA32_X2APIC_DIV_CONF:
        return DIVIDE_WRITABLE;
    default: /* EOI and ESR take 0 alone */
        return 0;
    }
}

static enum vlapic_result write_self_ipi(struct vlapic *apic, uint32_t vector)
{
    if (vector < VLAPIC_FIRST_VECTOR) {
        apic->error_pending |= VLAPIC_SEND_ILLEGAL_VECTOR;
    } else {
        vlapic_accept(apic, vector);
    }
    return VLAPIC_DONE;
}

static enum vlapic_result write_register(struct vlapic *apic, uint32_t msr, uint32_t value)
{
    switch (msr) {
    case MSR_IA32_X2APIC_TPR:
        *vlapic_held(msr) = value;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_EOI:
        vlapic_end_of_interrupt(apic);
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_SIVR:
        write_spurious(apic, value);
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_ESR:
        apic->error_status = apic->error_pending;
        apic->error_pending = 0;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_INIT_COUNT:
        vlapic_timer_set_count(apic, value, tsc_read());
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_DIV_CONF:
        apic->divide = value;
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_SELF_IPI:
        return write_self_ipi(apic, value);
    default:
        return VLAPIC_FAULT;
    }
}

enum vlapic_result vlapic_write(uint32_t msr, uint64_t value)
{
    struct vlapic *apic = &vcpu_state()->vlapic;

    switch (msr) { /* the two registers of 64 bits */
    case MSR_IA32_TSC_DEADLINE:
        vlapic_timer_set_deadline(apic, value);
        return VLAPIC_DONE;
    case MSR_IA32_X2APIC_ICR:
        return write_icr(apic, value);
    default:
        break;
    }
    if (is_lvt(msr)) {
        return value > UINT32_MAX ? VLAPIC_FAULT
                                  : write_lvt(apic, msr - MSR_IA32_X2APIC_LVT_TIMER, (uint32_t)value);
    }
    if ((value & ~writable_bits(msr)) != 0) {
        return VLAPIC_FAULT;
    }
    return write_register(apic, msr, (uint32_t)value);
}

uint64_t vlapic_cr8(void)
{
    return *vlapic_held(MSR_IA32_X2APIC_TPR) >> CR8_TO_TPR_SHIFT;
}

enum vlapic_result vlapic_set_cr8(uint64_t value)
{
    if ((value & ~CR8_WRITABLE) != 0) {
        return VLAPIC_FAULT;
    }
    *vlapic_held(MSR_IA32_X2APIC_TPR) = (uint32_t)value << CR8_TO_TPR_SHIFT;
    return VLAPIC_DONE;
}
