#include "vmx/cpuid_policy.h"
#include "vmx/msr_policy.h"
#include "vmx/exit.h"
#include "vmx/tdvmcall.h"
#include "vmx/vlapic.h"
#include "arch/x86_64/insn.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs.h"
#define W __attribute__((weak))
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
W bool cpuid_policy_has_spec_ctrl(void){return 0;} W bool cpuid_policy_has_tsc_aux(void){return 1;}
W void cpuid_policy_init(uint64_t a,bool b){} W uint64_t cpuid_policy_xcr0(void){return 7;}
W enum exit_next exit_cpuid(void){return 0;} W enum exit_next exit_cr_access(void){return 0;} W enum exit_next exit_ept_violation(void){return 0;}
W enum exit_next exit_exception(void){return 0;} W enum exit_next exit_instruction(uint32_t r){return 0;} W enum exit_next exit_interrupt_window(void){return 0;}
W enum exit_next exit_io_instruction(void){return 0;}
W void exit_manager_cpuid(void){ struct vcpu_state*s=vcpu_state(); struct cpuid_result r=insn_cpuid((uint32_t)s->gpr.rax,(uint32_t)s->gpr.rcx); s->gpr.rax=r.eax;s->gpr.rbx=r.ebx;s->gpr.rcx=r.ecx;s->gpr.rdx=r.edx; exit_skip_instruction();}
W void exit_manager_cr_access(void){ panic(99,vmcs_read(VMCS_EXIT_QUALIFICATION),vmcs_read(VMCS_GUEST_RIP));} W void exit_manager_rdmsr(void){panic(98,vcpu_state()->gpr.rcx,0);} W void exit_manager_wrmsr(void){panic(97,vcpu_state()->gpr.rcx,0);} W void exit_manager_xsetbv(void){}
W enum exit_next exit_preemption_timer(void){return 0;} W enum exit_next exit_rdmsr(void){return 0;} W enum exit_next exit_tdcall(void){return 0;} W enum exit_next exit_wrmsr(void){return 0;}
W enum exit_next exit_xsetbv(void){return 0;}
W uint8_t msr_policy_guest_bitmap[4096] __attribute__((aligned(4096))); W uint8_t msr_policy_manager_bitmap[4096] __attribute__((aligned(4096)));
W void msr_policy_init(void){} W void tdvmcall_reply(const struct gpr_file*r){} W bool vlapic_has_deliverable(void){return 0;} W uint64_t vlapic_next_deadline(void){return -1;} W void vlapic_prepare_entry(void){} W void vlapic_reset(struct vlapic*v){}
