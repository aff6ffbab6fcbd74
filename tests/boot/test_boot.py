# SPDX-License-Identifier: BSD-2-Clause
"""Boots that are to succeed: servers, links, several VMs, payload lengths."""

import pytest

from lib.kernel import END_LINE, make_initrd
from lib.servers import GUEST_IP, MAC, Dhcpd, Dnsmasq, Kea, dhcpd_host
from lib.tftproot import config_name, write_config

PXELINUX_BLOCK = 1408  # what pxelinux asks for
MIB = 1 << 20
OTHER_MAC = "52:54:00:12:34:58"
OTHER_IP = "172.21.0.51"


def test_boot_reference_stub(lab):
    """[DRV-1] [DRV-3] [DRV-6] [DRV-14] [DRV-16]: the device, as its unit tests show, does not serve a driver that
    breaks one."""
    hostd = lab.servers()
    vm = lab.vm(hostd)
    report = lab.check(vm, cmdline="BOOT_IMAGE=bzImage serial.baud=115200 console=serial initrd=init_task")
    assert report["initrd"][0] > 0x100000
    text = vm.console.text()
    assert MAC in text.lower(), "the banner does not show the MAC"
    assert GUEST_IP in text, "the lease is not shown"
    assert "pxelinux.0" in text, "what is fetched is not shown"


def test_boot_leaves_the_device_reset(lab):
    """[DRV-13] When the kernel runs, device_status is 0: of our own device, and of QEMU's card."""
    hostd = lab.servers()
    for start in (lab.own_vm, lab.vm):
        vm = start(hostd, args=["-no-shutdown"])
        vm.wait(END_LINE, 60)
        assert vm.device_is_reset()
        vm.stop()


@pytest.mark.parametrize("server", ["dhcpd", "kea", "dnsmasq"])
@pytest.mark.parametrize("link", ["plain", "bridge", "port"])
def test_boot_link_and_dhcp_server(make_lab, link, server):
    lab = make_lab(link=link)
    ns = lab.net.server
    if server == "dnsmasq":
        lab.add(Dnsmasq(ns, lab.place("dnsmasq"), root=lab.root))
    else:
        lab.add({"dhcpd": Dhcpd, "kea": Kea}[server](ns, lab.place(server)))
        lab.tftpd()
    lab.check(lab.vm(lab.hostd()))


@pytest.mark.parametrize("machine,memory", [("pc", "64M"), ("q35", "256M"), ("pc", "5G"), ("q35", "5G")])
def test_boot_machine_and_memory(lab, machine, memory):
    lab.check(lab.vm(lab.servers(), machine=machine, memory=memory))


def test_boot_two_vms_with_their_own_configurations(lab):
    lab.dhcpd(hosts=[dhcpd_host(), dhcpd_host(OTHER_MAC, OTHER_IP)])
    lab.tftpd()
    hostd = lab.hostd()
    other_initrd = make_initrd(lab.root / "init_other", 3 * MIB + 77, seed=9)
    (lab.root / "pxelinux.cfg" / "default").unlink()
    write_config(lab.root, config_name(MAC), append="initrd=init_task vm=first")
    write_config(lab.root, config_name(OTHER_MAC), append="initrd=init_other vm=second")
    first = lab.vm(hostd, name="first")
    second = lab.vm(hostd, mac=OTHER_MAC, name="second")
    lab.check(first, cmdline="vm=first")
    lab.initrd = other_initrd
    lab.check(second, cmdline="vm=second")
    log = hostd.text()
    assert "first" in log and "second" in log, "the log does not name the VMs"


def test_boot_empty_host_configuration_falls_through(lab):
    """pxelinux takes an empty file for a missing one."""
    (lab.root / "pxelinux.cfg" / config_name(MAC)).touch()
    lab.check(lab.vm(lab.servers()))


@pytest.mark.parametrize(
    "length",
    [1, PXELINUX_BLOCK - 1, PXELINUX_BLOCK, 64 * PXELINUX_BLOCK, 1468 * 500, 1468 * PXELINUX_BLOCK],
    ids=["1-byte", "one-less", "one-block", "guest-multiple", "server-multiple", "both-multiple"],
)
def test_boot_payload_length(lab, length):
    lab.initrd = make_initrd(lab.root / "init_task", length)
    lab.check(lab.vm(lab.servers()))


def test_boot_payload_empty(lab):
    """pxelinux takes an initrd of 0 bytes for a missing one, behind any ROM; it must hear of it at once."""
    make_initrd(lab.root / "init_task", 0)
    vm = lab.vm(lab.servers())
    vm.wait(r"Loading init_task\.*\s*failed: No such file", 60)
    assert vm.process.alive()


def test_boot_block_numbers_wrap_at_the_server(lab):
    """65536 blocks of 512 bytes from the server."""
    lab.dhcpd()
    lab.tftpd(blksize=512)
    lab.initrd = make_initrd(lab.root / "init_task", 65536 * 512 + 4321)
    lab.check(lab.vm(lab.hostd()), timeout=180)


def test_boot_block_numbers_wrap_at_both(lab):
    """More than 65536 blocks of the sizes really used: the server's 1468 and pxelinux's 1408."""
    lab.initrd = make_initrd(lab.root / "init_task", 65536 * 1468 + 4321)
    lab.check(lab.vm(lab.servers(), memory="512M"), timeout=240)


def test_boot_server_without_options(lab):
    """A server that knows no option of TFTP: blocks of 512, no size."""
    lab.dhcpd()
    lab.tftpd(args=["-r", "blksize", "-r", "tsize", "-r", "timeout", "-r", "utimeout"])
    lab.check(lab.vm(lab.hostd()))


def test_boot_resets_in_mid_transfer(lab):
    lab.initrd = make_initrd(lab.root / "init_task", 32 * MIB)
    vm = lab.vm(lab.servers())
    vm.wait("Loading init_task", 60)
    vm.qmp_connect().execute("system_reset")
    vm.wait("Loading init_task", 60, count=2)
    lab.check(vm)


def test_boot_resets_while_the_lease_is_asked_for(lab):
    lab.tftpd()
    vm = lab.vm(lab.hostd())
    vm.wait(r"^DHCP \.", 60)
    vm.qmp_connect().execute("system_reset")
    lab.dhcpd()
    lab.check(vm)
