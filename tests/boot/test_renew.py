# SPDX-License-Identifier: BSD-2-Clause
"""Other code than before at the same addresses: QEMU's TCG is to run what the device has written, not what it made of
what was there.

The payloads (kernel/who.asm) have who they are in their instructions only, at the borders of the pieces in which memory
is renewed."""
import pytest

from lib.bios import BIOSES
from lib.who import PARTS, check_kernel, said, serve, who

ATTACH = ["vhost", "proxy", "bochs"]  # SeaBIOS clears base memory at each POST, Bochs's BIOS does not


def start(lab, attach, *lines):
    text = "\n".join(["[vm guest]", f"root = {lab.root}", "allow_uid = any", *lines])
    hostd = lab.hostd(vms=text)
    if attach == "vhost":
        return lab.vm(hostd)
    if attach == "bochs":
        return lab.own_vm(hostd, args=BIOSES["bochs"], bar=False, device_args=["--boot-first"])
    return lab.own_vm(hostd)


@pytest.mark.parametrize("attach", ATTACH)
@pytest.mark.parametrize("kind", PARTS)
def test_kernel_in_the_place_of_another(lab, kind, attach):
    """[DEV-69] [DRV-37]"""
    serve(lab, "k", who("A", kind))
    vm = start(lab, attach, "kernel = k", "initrd = init_task")
    check_kernel(vm, kind, "A", 1)
    for n, name in enumerate("BA", 2):
        serve(lab, "k", who(name, kind))
        vm.qmp_connect().execute("system_reset")
        check_kernel(vm, kind, name, n)


def test_kernel_in_the_place_of_another_of_a_device_that_was_killed(lab):
    """[DEV-69] The next process knows of what the one before it wrote."""
    serve(lab, "k", who("A", "LINUX"))
    vm = start(lab, "vhost", "kernel = k")
    check_kernel(vm, "LINUX", "A", 1)
    vm.kill_device()
    vm.start_device()
    serve(lab, "k", who("B", "LINUX"))
    vm.qmp_connect().execute("system_reset")
    check_kernel(vm, "LINUX", "B", 2)


@pytest.mark.parametrize("attach", ATTACH)
def test_boot_program_in_the_place_of_another(lab, attach):
    """[DRV-37]"""
    serve(lab, "pxelinux.0", who("A"))
    vm = start(lab, attach)
    assert said(vm, 1) == [("NBP", "AAAA")]
    serve(lab, "pxelinux.0", who("B"))
    vm.qmp_connect().execute("system_reset")
    assert said(vm, 2)[1:] == [("NBP", "BBBB")]


@pytest.mark.parametrize("attach", ATTACH)
def test_boot_program_restarts_with_another(lab, attach):
    """[DRV-37]"""
    serve(lab, "pxelinux.0", who("A", "RESTART"))
    serve(lab, "other", who("B"))
    vm = start(lab, attach)
    assert said(vm, 1) == [("NBP", "AAAA"), ("NBP", "BBBB")]
