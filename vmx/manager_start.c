/* SPDX-License-Identifier: Apache-2.0 */
#include "vmx/manager_start.h"

#include "abi/boot_info.h"
#include "arch/x86_64/percpu.h"
#include "arch/x86_64/smp.h"
#include "arch/x86_64/window.h"
#include "ept/ept_flush.h"
#include "isolation/vcpu.h"
#include "vmx/entry.h"
#include "vmx/hypercall.h"
#include "vmx/vcpu_blank.h"
#include "vmx/vcpu_state.h"
#include "vmx/vmcs_setup.h"
#include "vmx/world.h"

_Noreturn void manager_start(uint64_t entry, uint64_t boot_info)
{
    struct percpu *this = percpu_this();

    window_init_state();
    world_init();
    this->manager_vcpu = vcpu_of(PARTITION_MANAGER, this->cpu);
    vcpu_blank(this->manager_vcpu);
    world_select(this->manager_vcpu, PARTITION_MANAGER);
    vmcs_setup_manager(this->cpu, this->manager_vcpu, entry);
    world_reset();
    vcpu_state()->gpr.rax = MANAGER_START_MAGIC;
    vcpu_state()->gpr.rbx = boot_info;
    world_start();
    ept_flush_enter(this->cpu, PARTITION_MANAGER);
    vmx_enter();
}

_Noreturn void smp_given(void)
{
    manager_start(percpu_this()->start_entry, percpu_this()->start_value);
}
