# SPDX-License-Identifier: BSD-2-Clause
"""A boot program that only the ROM's own TFTP can serve, checked in guest memory; under KVM as well where that is asked
for.

pxelinux needs a CPU that virtualises protected mode properly; this program stays in real mode, so it runs under any
KVM.
"""
import pytest

from lib import vm as vm_module
from lib.kernel import NBP_DESTINATION, make_nbp, noise
from lib.servers import GUEST_IP, dhcpd_host

LENGTH = 3 * 1024 * 1024 + 123


@pytest.mark.parametrize("accel", ["tcg", pytest.param("kvm", marks=pytest.mark.kvm)])
def test_nbp_reads_a_file_above_1_mib(lab, monkeypatch, accel):
    monkeypatch.setattr(vm_module, "ACCEL", accel)
    data = noise(LENGTH, seed=5)
    make_nbp(lab.root / "nbp.bin")
    (lab.root / "payload.bin").write_bytes(data)
    lab.dhcpd(hosts=[dhcpd_host(filename="nbp.bin")])
    lab.tftpd()
    vm = lab.vm(lab.hostd())
    done = vm.wait(r"PVBOOT-NBP-DONE (\w+) (\w+) (\w+)", 120)
    assert [int(x, 16) for x in done.groups()] == [0, 0, LENGTH]
    assert GUEST_IP in vm.console.text()
    memory = vm.qmp_connect().memory(NBP_DESTINATION, LENGTH + 16, vm.dir / "memory")
    assert memory[:LENGTH] == data
    assert memory[LENGTH:] == bytes(16), "bytes behind the file were written"
