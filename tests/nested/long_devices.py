# SPDX-License-Identifier: Apache-2.0
"""What of devices takes too long for `make test`.  `make test-iommu` runs it."""
from nested_devices import check_devices

# It has a reset of its own, ten times as fast as that of a bus.
NVME = ["-device", "nvme,serial=states"]


def test_every_state_of_a_device_against_every_call(boot):
    check_devices(boot, "device_states", NVME, 11)
