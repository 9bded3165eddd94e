# SPDX-License-Identifier: Apache-2.0
# The guest ABI of vmx/ on a fake CPU: tests/unit/fake/ has its headers instead of the real ones.
VMX_TEST_CFLAGS := -iquote tests/unit/fake
VMX_TEST_SRC := $(addprefix vmx/,cpuid_policy.c efer.c exit_cpuid.c exit_cr.c exit_ept.c exit_exception.c \
                exit_instruction.c exit_interrupt.c exit_io.c exit_manager_msr.c exit_msr.c exit_tdcall.c \
                exit_xsetbv.c instruction_check.c map_gpa.c msr_policy.c tdcall.c tdvmcall.c ve.c vlapic.c \
                vlapic_register.c vlapic_timer.c) isolation/vcpu.c tests/unit/vmx_fake.c
VMX_TESTS := vlapic cpuid_policy msr_policy instruction_check tdvmcall map_gpa exit_cr exit_guest
$(foreach t,$(VMX_TESTS),$(eval $(t)_test_SRC := $(VMX_TEST_SRC))$(eval $(t)_test_CFLAGS := $(VMX_TEST_CFLAGS)))
event_test_SRC := vmx/event.c
event_test_CFLAGS := $(VMX_TEST_CFLAGS)
