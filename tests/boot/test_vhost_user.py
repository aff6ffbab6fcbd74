# SPDX-License-Identifier: BSD-2-Clause
"""pvboot-device as a vhost-user back end behind QEMU's own virtio-net card."""
import pytest


@pytest.mark.parametrize("machine,memory", [("pc", "64M"), ("q35", "6G")])
def test_vhost_user_boots(lab, machine, memory):
    vm = lab.vhost_vm(lab.servers(), machine=machine, memory=memory)
    lab.check(vm)
