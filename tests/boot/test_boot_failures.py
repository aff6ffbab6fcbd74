# SPDX-License-Identifier: BSD-2-Clause
"""Boots where something is missing, dies or comes late: what the guest says, and what becomes of it."""
import re
import time

import pytest

from lib.kernel import NEXT_DEVICE_LINE, make_disk, make_initrd
from lib.netns import wait_for
from lib.servers import dhcpd_host
from lib.tftproot import write_config
from lib.vm import cpu_share

MIB = 1 << 20
PXE_ERROR = r"PXE-[ETM][0-9A-F]{2}"
TICK = 1 / 18.2


@pytest.fixture
def with_disk(lab):
    """Arguments for a VM whose next boot device is a disk that says so."""
    disk = make_disk(lab.place("disk").with_suffix(".img"))
    return ["-drive", f"file={disk},format=raw,if=ide", "-boot", "order=nc"]


def fails_to_the_disk(vm, *words, timeout=120):
    """The guest shows a PXE error and all these words, then the BIOS goes on to the disk, which powers off."""
    vm.wait(NEXT_DEVICE_LINE, timeout)
    text = vm.console.text()
    before = text[: text.index(NEXT_DEVICE_LINE)]
    assert re.search(PXE_ERROR, before), f"no PXE error code; {vm.console.tail()}"
    for word in words:
        assert re.search(word, before), f"{word!r} is not said; {vm.console.tail()}"
    assert not ("  cause: " in before and "  to do: " in before), f"what to do is said twice; {vm.console.tail()}"
    assert vm.wait_exit(30) == 0


# ---- servers ---------------------------------------------------------------------------------------------------------


def test_boot_file_is_missing(lab, with_disk):
    lab.dhcpd(hosts=[dhcpd_host(filename="no-such-file.0")])
    lab.tftpd()
    vm = lab.vm(lab.hostd(), args=with_disk)
    fails_to_the_disk(vm, r"no-such-file\.0", "172.21.0.2")


def test_boot_server_is_the_host_itself(lab, with_disk):
    """No key of hostd's configuration would allow it, and none is spoken of."""
    lab.dhcpd()
    vm = lab.vm(lab.hostd(options="kernel = tftp://127.0.0.1/k"), args=with_disk)
    fails_to_the_disk(
        vm, r'PXE-E3C: the host refuses that\n  cause: 127.0.0.1 is no server that a guest may ask for "k": '
    )


def test_boot_file_is_empty(lab, with_disk):
    (lab.root / "empty.0").touch()
    lab.dhcpd(hosts=[dhcpd_host(filename="empty.0")])
    lab.tftpd()
    fails_to_the_disk(lab.vm(lab.hostd(), args=with_disk), r"empty\.0")


def test_boot_initrd_is_missing(lab):
    """pxelinux is refused at once, says so itself, and offers its prompt."""
    (lab.root / "init_task").unlink()
    vm = lab.vm(lab.servers())
    vm.wait(r"Loading init_task\.*\s*failed: No such file", 60)
    vm.wait("boot:", 60)


def test_boot_no_dhcp_server(lab, with_disk):
    hostd = lab.hostd(options="dhcp_timeout = 8")
    fails_to_the_disk(lab.vm(hostd, args=with_disk), "DHCP|dhcp|offer", timeout=120)
    assert re.search(r"guest.*(DHCP|DISCOVER|offer)", hostd.text(), re.I), hostd.text()


def test_boot_no_file_name_in_the_offer(lab, with_disk):
    lab.dhcpd(hosts=[dhcpd_host(filename=None)])
    lab.tftpd()
    fails_to_the_disk(lab.vm(lab.hostd(), args=with_disk), r"(?i)file ?name|boot ?file")


def test_boot_tftp_server_is_not_there(lab, with_disk):
    lab.dhcpd()
    fails_to_the_disk(lab.vm(lab.hostd(), args=with_disk), "172.21.0.2", timeout=120)


def slow_down(lab, rate):
    """From now on the server's frames go out at this rate (as tc takes it)."""
    lab.net.server.run(
        "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "4kb", "latency", "200ms"
    )


def slow_servers(lab):
    """Servers whose TFTP takes four seconds for the initrd."""
    lab.dhcpd()
    lab.initrd = make_initrd(lab.root / "init_task", 16 * MIB)
    slow_down(lab, "32mbit")
    return lab.tftpd()


def test_boot_tftp_server_dies_and_comes_back(lab):
    tftpd = slow_servers(lab)
    vm = lab.vm(lab.hostd())
    vm.wait("Loading init_task", 60)
    time.sleep(1)
    tftpd.kill()
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "the server died too late for this test to mean anything"
    time.sleep(3)
    tftpd.start()
    lab.check(vm, timeout=180)


def test_boot_tftp_server_dies_under_the_boot_file(lab, with_disk):
    """It does not come back: the ROM gives up, and says what it waited for."""
    lab.dhcpd(hosts=[dhcpd_host(filename="large.0")])
    make_initrd(lab.root / "large.0", 480 * 1024)
    slow_down(lab, "1mbit")
    tftpd = lab.tftpd()
    vm = lab.vm(lab.hostd(), args=with_disk)
    vm.wait(r"\d+ of 480 KiB", 60)
    tftpd.kill()
    fails_to_the_disk(vm, r"large\.0", "PXE-E35", timeout=180)


@pytest.mark.long
def test_boot_tftp_server_dies_for_good(lab):
    """In pxelinux's own transfer: hostd says so after 30 s.  pxelinux heeds no ERROR between two blocks: it waits as
    long as it does for any server, 131 s, then says so and offers a retry, which works when the server is back."""
    tftpd = slow_servers(lab)
    hostd = lab.hostd()
    vm = lab.vm(hostd)
    vm.wait("Loading init_task", 60)
    time.sleep(1)
    tftpd.kill()
    hostd.wait("172.21.0.2 stopped in the middle of init_task", 90)
    vm.wait("Boot failed: press a key to retry", 200)
    tftpd.start()
    vm.qmp_connect().human("sendkey ret")
    lab.check(vm)


# ---- hostd -----------------------------------------------------------------------------------------------------------


def test_boot_hostd_starts_late(lab):
    """The guest says what it waits for, and does not burn a core; then it boots."""
    hostd = lab.hostd()
    hostd.stop()
    lab.dhcpd()
    lab.tftpd()
    vm = lab.vm(hostd)
    vm.wait(r"(?i)wait.*hostd|hostd.*wait", 60)
    time.sleep(1)
    share = min(cpu_share(vm.process.pid, 2) for _ in range(3))
    assert share < 0.10, f"a waiting guest uses {share:.0%} of a core"
    hostd.start()
    lab.check(vm)


def test_boot_hostd_never_starts(lab, with_disk):
    """[DRV-11] After host_wait the ROM gives up."""
    hostd = lab.hostd()
    hostd.stop()
    vm = lab.vm(hostd, device_args=["--host-wait", "4000"], args=with_disk)
    fails_to_the_disk(vm, r"(?i)hostd", timeout=60)


def test_boot_escape_ends_the_wait(lab, with_disk):
    """[DRV-11]"""
    hostd = lab.hostd()
    hostd.stop()
    vm = lab.vm(hostd, device_args=["--host-wait", "600000"], args=with_disk)
    vm.wait(r"(?i)wait.*hostd|hostd.*wait", 60)
    vm.qmp_connect().human("sendkey esc")
    fails_to_the_disk(vm, "cancel", timeout=60)


def test_boot_escape_ends_dhcp(lab, with_disk):
    """Esc while the host asks for a lease that nobody gives: the host is told, too."""
    vm = lab.vm(lab.hostd(), args=with_disk)
    vm.wait(r"^DHCP \.", 60)
    vm.qmp_connect().human("sendkey esc")
    fails_to_the_disk(vm, "cancel", timeout=60)


@pytest.mark.parametrize("moment", ["Loading bzImage", "Loading init_task"])
def test_boot_hostd_killed_in_mid_boot(lab, moment):
    """In pxelinux's transfer: it goes on with the next hostd, and every byte is right."""
    lab.initrd = make_initrd(lab.root / "init_task", 24 * MIB)
    hostd = lab.servers()
    vm = lab.vm(hostd)
    vm.wait(moment, 60)
    hostd.kill()
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "hostd died too late for this test to mean anything"
    vm.wait("pvboot-hostd is gone", 60)
    assert vm.process.alive() and vm.device.alive()
    hostd.start()
    lab.check(vm, timeout=180)


def test_boot_hostd_killed_while_the_lease_is_asked_for(lab):
    hostd = lab.hostd()
    lab.tftpd()
    vm = lab.vm(hostd)
    vm.wait(r"^DHCP \.", 60)
    hostd.kill()
    lab.dhcpd()
    vm.wait(r"(?i)wait.*hostd|hostd.*wait", 60)
    hostd.start()
    lab.check(vm)


def test_boot_device_killed_in_mid_boot(lab):
    """QEMU lives on without its device."""
    lab.initrd = make_initrd(lab.root / "init_task", 24 * MIB)
    hostd = lab.servers()
    vm = lab.vm(hostd)
    vm.wait("Loading init_task", 60)
    vm.device.kill()
    hostd.wait("disconnected")
    time.sleep(1)
    assert vm.qmp_connect().execute("query-status")["running"]
    assert hostd.process.alive()


def test_boot_long_past_notices_nothing_of_hostd(lab):
    write_config(lab.root, append="initrd=init_task stay")
    hostd = lab.servers()
    vm = lab.vm(hostd)
    vm.wait("PVBOOT-KERNEL-END", 120)
    before = vm.console.text()
    hostd.kill()
    time.sleep(1)
    hostd.start()
    dots = len(vm.console.text()) + 2
    wait_for(lambda: len(vm.console.text()) > dots, 20, "sign of life from the guest")
    after = vm.console.text()
    assert after.startswith(before) and set(after[len(before) :]) <= set(".\n"), "the guest's console changed"
    assert vm.device.alive()
