/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IOMMU_DEVICES_H
#define TESTS_IOMMU_DEVICES_H

/* In place of the manager: real DMA and interrupts by QEMU's edu device against the core's VT-d units.  Says
 * `test: ok: ...` or `test: FAILED: ...` for each, and `test: N passed, M failed`; then the machine goes off. */
_Noreturn void test_devices(void);

#endif
