/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/trap.h"

#include "manager/hypercall.h"
#include "manager/insn.h"
#include "manager/interrupt.h"
#include "manager/print.h"
#include "manager/serial.h"
#include "manager/timer.h"

enum {
    VECTORS = 256,
    STUB_BYTES = 16,
    CODE_SELECTOR = 0x08,
    GATE_INTERRUPT_PRESENT = 0x8e,
    VECTOR_PAGE_FAULT = 14,
    EXCEPTION_VECTORS = 32,
    PAGE_FAULT_DENIED = 1 << 15, /* by the core: abi/hypercall.h */
};

/* SDM Vol. 3A, "64-Bit Mode IDT". */
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "an IDT gate has 16 bytes");

struct __attribute__((packed)) idt_pointer {
    uint16_t limit;
    uint64_t base;
};

/* Where a fault at `at` goes on. */
struct fixup {
    uint64_t at;
    uint64_t to;
};

extern const char trap_stubs[];
extern const struct fixup image_fixups_start[], image_fixups_end[];
void trap_handle(struct trap_frame *frame);

static struct gate idt[VECTORS];

void trap_start(void)
{
    for (uint32_t i = 0; i < VECTORS; i++) {
        const uint64_t stub = (uintptr_t)trap_stubs + (uint64_t)i * STUB_BYTES;
        idt[i] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = CODE_SELECTOR,
            .type = GATE_INTERRUPT_PRESENT,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    const struct idt_pointer pointer = {sizeof(idt) - 1, (uintptr_t)idt};
    insn_lidt(&pointer);
}

static bool fix_up(struct trap_frame *frame)
{
    /* Is it a frame the core has taken away, or given to nobody? */
    if (frame->vector != VECTOR_PAGE_FAULT || !(frame->error_code & PAGE_FAULT_DENIED)) {
        return false;
    }
    for (const struct fixup *fixup = image_fixups_start; fixup < image_fixups_end; fixup++) {
        if (fixup->at == frame->rip) {
            frame->rip = fixup->to;
            return true;
        }
    }
    return false;
}

static void die(const struct trap_frame *frame)
{
    static bool dying;

    /* Did the report itself fail, or does another CPU make one?  Then there is nothing left to say. */
    while (__atomic_exchange_n(&dying, true, __ATOMIC_SEQ_CST)) {
        insn_hlt();
    }
    print("bulkhead-manager: exception %u, error code %x, at %x, CR2 %x\n", frame->vector, frame->error_code,
          frame->rip, insn_read_cr2());
    print("bulkhead-manager: RAX %x RBX %x RCX %x RDX %x RSI %x RDI %x RBP %x RSP %x\n", frame->rax,
          frame->rbx, frame->rcx, frame->rdx, frame->rsi, frame->rdi, frame->rbp, frame->rsp);
    print("bulkhead-manager: this is an error in the manager; the machine is powered off\n");
    serial_flush();
    hypercall_power(POWER_OFF);
    for (;;) {
        insn_hlt();
    }
}

void trap_handle(struct trap_frame *frame)
{
    if (frame->vector == TIMER_VECTOR || frame->vector == WAKE_VECTOR || interrupt_arrived(frame->vector)) {
        timer_interrupt();
    } else if (frame->vector < EXCEPTION_VECTORS && !fix_up(frame)) {
        die(frame);
    }
}
