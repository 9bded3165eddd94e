/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tiny/tiny_trap.h"

#include "abi/guest_call.h"
#include "tests/tiny/tiny.h"
#include "tests/tiny/tiny_guest.h"

#define VECTOR_PF       14u
#define FAULT_FETCH     (1u << 4)
#define VECTOR_VE       20u
#define FIRST_INTERRUPT 32u
#define X2APIC_EOI      0x80bu

struct gate {
    uint16_t low;
    uint16_t selector;
    uint16_t type;
    uint16_t middle;
    uint32_t high;
    uint32_t reserved;
};
struct fixup {
    uint64_t at;
    uint64_t to;
};
extern const uint8_t tiny_stubs[];
extern const uint8_t tiny_called[];
extern const struct fixup image_fixups_start[];
extern const struct fixup image_fixups_end[];

static struct gate idt[256];
static uint64_t last_code;
static uint64_t last_address;
uint64_t tiny_interrupts;
uint32_t tiny_is_guest;
struct guest_ve guest_last_ve;

void tiny_trap_init(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) idtr = {sizeof(idt) - 1, (uint64_t)idt};
    uint16_t code;

    __asm__ volatile("mov %%cs, %0" : "=r"(code));
    for (uint32_t i = 0; i < 256; i++) {
        uint64_t stub = (uint64_t)tiny_stubs + i * 16;

        idt[i] =
            (struct gate){(uint16_t)stub, code, 0x8e00, (uint16_t)(stub >> 16), (uint32_t)(stub >> 32), 0};
    }
    __asm__ volatile("lidt %0" ::"m"(idtr));
}

uint64_t tiny_fault_code(void)
{
    return last_code;
}

uint64_t tiny_fault_address(void)
{
    return last_address;
}

static void look_up_ve(void)
{
    uint64_t reg[16] = {0};

    guest_tdcall(TDG_VP_VEINFO_GET, reg);
    guest_last_ve =
        (struct guest_ve){reg[GUEST_RCX], reg[GUEST_RDX], reg[GUEST_R8], reg[GUEST_R9], reg[GUEST_R10]};
}

#define VE_IO 30u
#define IO_IN 8u

/* A port access that no test expected to fail: pass it on, as a kernel does. */
static void pass_port(struct tiny_trap_frame *frame)
{
    uint64_t value = 0;
    uint64_t size = (guest_last_ve.qualification & 7) + 1;
    guest_vmcall(TDVMCALL_IO, size, (guest_last_ve.qualification & IO_IN) == 0,
                 guest_last_ve.qualification >> 16, frame->rax, &value);
    if ((guest_last_ve.qualification & IO_IN) != 0) {
        frame->rax = value;
    }
    frame->rip += guest_last_ve.length & 0xffffffff;
}

static void interrupt(void)
{
    tiny_interrupts++;
    __asm__ volatile("wrmsr" ::"c"(X2APIC_EOI), "a"(0), "d"(0));
}

/* Did tiny_try_call() call what cannot be fetched?  Then that returns. */
static bool return_from_call(struct tiny_trap_frame *frame)
{
    if (frame->vector != VECTOR_PF || (frame->code & FAULT_FETCH) == 0 || frame->rip != last_address ||
        *(const uint64_t *)frame->rsp != (uint64_t)tiny_called) {
        return false;
    }
    frame->rip = (uint64_t)tiny_called;
    frame->rsp += sizeof(uint64_t);
    frame->rax = frame->vector;
    return true;
}

void tiny_fault(struct tiny_trap_frame *frame)
{
    if (frame->vector >= FIRST_INTERRUPT) {
        interrupt();
        return;
    }
    if (frame->vector == VECTOR_VE && tiny_is_guest) {
        look_up_ve();
    }
    last_code = frame->code;
    if (frame->vector == VECTOR_PF) {
        __asm__ volatile("mov %%cr2, %0" : "=r"(last_address));
    }
    if (return_from_call(frame)) {
        return;
    }
    for (const struct fixup *at = image_fixups_start; at < image_fixups_end; at++) {
        if (at->at == frame->rip) {
            frame->rip = at->to;
            frame->rax = frame->vector;
            return;
        }
    }
    if (tiny_is_guest && frame->vector == VECTOR_VE && guest_last_ve.reason == VE_IO) {
        pass_port(frame);
        return;
    }
    if (tiny_is_guest) {
        guest_vmcall(TDVMCALL_REPORT_FATAL_ERROR, frame->vector, frame->rip, frame->code, 0, 0);
    }
    tiny_text("FAIL unexpected fault ");
    tiny_decimal(frame->vector);
    tiny_text(" at ");
    tiny_hex(frame->rip);
    tiny_text(" code ");
    tiny_hex(frame->code);
    tiny_text("\r\n");
    tiny_check("no unexpected fault", false);
    tiny_end();
}
