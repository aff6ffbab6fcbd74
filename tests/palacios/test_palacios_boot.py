# SPDX-License-Identifier: BSD-2-Clause
"""The reference boot, and what may happen during one, through the unmodified Palacios plugin."""
from lib.kernel import check_report

from machine import PalaciosHostd, PalaciosVm


def check(lab, vm, timeout=120, **kw):
    """As Lab.check(); and nothing was done on the way that Palacios does not bear."""
    status = vm.wait_exit(timeout)
    assert status == 0, f"QEMU's exit status {status}; {vm.console.tail()}"
    assert vm.host.wait(10) == 0, f"palacios-host: {vm.host.text()}"
    return check_report(vm.console.text(), lab.kernel, lab.initrd, **kw)


def start(lab, **kw):
    """A machine, the reference boot's servers, and a hostd for it."""
    vm = lab.add(PalaciosVm(lab.place("vm"), lab.net.host, **kw))
    lab.dhcpd()
    lab.tftpd()
    hostd = lab.add(PalaciosHostd(lab.net.host, lab.place("hostd"), lab.net.ifname, {"guest": vm.device}))
    return vm, hostd


def test_boot_reference(lab):
    vm, _ = start(lab)
    check(lab, vm)
