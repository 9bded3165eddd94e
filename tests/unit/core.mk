# SPDX-License-Identifier: Apache-2.0
# Single files of the core, each with what it calls faked in the test.
paging_test_SRC := arch/x86_64/paging.c arch/x86_64/window.c
paging_test_CFLAGS := -iquote tests/unit/fake_core -Wno-unused-parameter
lock_test_SRC := isolation/lock.c
lock_test_CFLAGS := -pthread
ept_flush_test_SRC := ept/ept_flush.c
vcpu_blank_test_SRC := vmx/vcpu_blank.c vmx/vcpu_frames.c
vcpu_blank_test_CFLAGS := -iquote tests/unit/fake_core -Wno-unused-parameter
vmcs_setup_test_SRC := vmx/vmcs_setup.c vmx/vcpu_frames.c
vmcs_setup_test_CFLAGS := -iquote tests/unit/fake -Wno-unused-parameter
capability_test_SRC := vmx/capability.c
capability_test_CFLAGS := -iquote tests/unit/fake -Wno-unused-parameter
machine_check_test_SRC := arch/x86_64/mce.c vmx/nmi.c
machine_check_test_CFLAGS := -iquote tests/unit/fake_core -Wno-unused-parameter
trap_test_SRC := arch/x86_64/trap.c
trap_test_CFLAGS := -iquote tests/unit/fake_core -Wno-unused-parameter
hypercall_test_SRC := vmx/hypercall.c
hypercall_test_CFLAGS := -iquote tests/unit/fake -Wno-unused-parameter -no-pie -Wl,--unresolved-symbols=ignore-in-object-files
port_policy_test_SRC := vmx/port_policy.c
stepping_test_SRC := vmx/stepping.c
port_policy_test_CFLAGS := -iquote tests/unit/fake
stepping_test_CFLAGS := -iquote tests/unit/fake
