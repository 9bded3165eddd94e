# SPDX-License-Identifier: Apache-2.0
"""A hostile manager, and a guest with a real device: what it reaches."""
from nested_devices import check_devices

EDU = ["-device", "pcie-root-port,id=root0", "-device", "edu,bus=root0,dma_mask=0xffffffffffffffff"]


def test_a_device_of_the_manager_and_of_a_guest(boot):
    check_devices(boot, "passthrough", EDU, 20)
