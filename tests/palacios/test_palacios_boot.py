# SPDX-License-Identifier: BSD-2-Clause
"""The reference boot, and what may happen during one, through the unmodified Palacios plugin."""
import signal
import subprocess
import threading
import time
import zlib

import pytest

from lib.kernel import NBP_DESTINATION, check_report, make_initrd, make_nbp, noise
from lib.pvboot import PVBOOT
from lib.servers import MAC, dhcpd_host
from lib.tftproot import config_name, write_config

from machine import PalaciosHostd, PalaciosVm

MIB = 1 << 20
OTHER_MAC = "52:54:00:12:34:58"
OTHER_IP = "172.21.0.51"
BULK = 9 * MIB + 123


def check(lab, vm, timeout=60, **kw):
    """As Lab.check(); and nothing was done on the way that Palacios does not bear."""
    status = vm.wait_exit(timeout)
    assert status == 0, f"QEMU's exit status {status}; {vm.console.tail()}"
    assert vm.host.wait(10) == 0, f"palacios-host: {vm.host.text()}"
    return check_report(vm.console.text(), lab.kernel, lab.initrd, **kw)


def servers(lab, **kw):
    lab.dhcpd(**kw)
    lab.tftpd()


def machine(lab, **kw):
    return lab.add(PalaciosVm(lab.place("vm"), lab.net.host, **kw))


def hostd_for(lab, vm):
    return lab.add(PalaciosHostd(lab.net.host, lab.place("hostd"), lab.net.ifname, {"guest": vm.device}))


def slow_initrd(lab):
    """An initrd that takes three seconds: time for something to happen."""
    lab.initrd = make_initrd(lab.root / "init_task", 12 * MIB)
    lab.net.server.run(
        "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "32mbit", "burst", "4kb", "latency", "200ms"
    )


def in_mid_boot(vm, hostd):
    """The initrd is on its way.  (Only SeaBIOS shows its console on the serial line.)"""
    hostd.wait('opened "init_task"')
    time.sleep(0.5)
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "too late for this test to mean anything"


def machine_command(word, hostd, name="guest"):
    """pvboot detach or attach; (exit status, what it said)."""
    done = subprocess.run(
        [PVBOOT, word, "--hostd", hostd.socket, name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=20,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("bios", ["seabios", "bochs"])
def test_boot_reference(lab, bios):
    vm = machine(lab, bios=bios)
    servers(lab)
    hostd = hostd_for(lab, vm)
    report = check(lab, vm, cmdline="BOOT_IMAGE=bzImage serial.baud=115200 console=serial initrd=init_task")
    assert report["initrd"][0] > 0x100000
    assert f"guest: connected: uid 0, MAC {MAC}" in hostd.text()


def test_boot_pvboot_first(lab):
    """boot = first in the guest's XML: by INT 19h, before the BIOS's own devices."""
    vm = machine(lab, lines="<boot>first</boot>")
    servers(lab)
    hostd_for(lab, vm)
    check(lab, vm)


def test_boot_bulk_data_across_blocks(lab):
    """Nine MiB by READ, inline, into blocks of 4 MiB that lie apart; no lock of a vcore's is held for it."""
    data = noise(BULK, seed=5)
    make_nbp(lab.root / "nbp.bin")
    (lab.root / "payload.bin").write_bytes(data)
    servers(lab, hosts=[dhcpd_host(filename="nbp.bin")])
    vm = machine(lab)
    hostd_for(lab, vm)
    done = vm.wait(r"PVBOOT-NBP-DONE (\w+) (\w+) (\w+)", 60)
    assert [int(x, 16) for x in done.groups()] == [0, 0, BULK]
    memory = vm.qmp_connect().memory(NBP_DESTINATION, BULK + 16, vm.dir / "memory")
    assert memory[:BULK] == data
    assert memory[BULK:] == bytes(16), "bytes behind the file were written"
    vm.monitor.execute("quit")
    assert vm.host.wait(10) == 0, vm.host.text()


def test_boot_host_comes_late(lab):
    vm = machine(lab)
    servers(lab)
    vm.wait("waiting for pvboot-hostd", 30)
    hostd_for(lab, vm)
    check(lab, vm)


def test_boot_machine_comes_late(lab):
    servers(lab)
    place = lab.place("vm")
    hostd = lab.add(PalaciosHostd(lab.net.host, lab.place("hostd"), lab.net.ifname, {"guest": place / "dev.v3"}))
    hostd.wait("waiting for the stream")
    check(lab, lab.add(PalaciosVm(place, lab.net.host)))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["crash", "stop"])
def test_boot_hostd_restarts(lab, how):
    """The signal is for hostd alone: what opens streams for it ends by itself."""
    slow_initrd(lab)
    vm = machine(lab)
    servers(lab)
    hostd = hostd_for(lab, vm)
    in_mid_boot(vm, hostd)
    hostd.process.signal(how)
    hostd.process.wait(10)
    time.sleep(0.5)
    hostd.start()
    check(lab, vm)


def test_boot_two_machines_and_one_of_qemu(lab):
    """One hostd serves Palacios and QEMU machines at once."""
    third = "52:54:00:12:34:59"
    hosts = [dhcpd_host(), dhcpd_host(OTHER_MAC, OTHER_IP), dhcpd_host(third, "172.21.0.52")]
    servers(lab, hosts=hosts)
    for mac in (MAC, OTHER_MAC, third):
        write_config(lab.root, config_name(mac), append=f"initrd=init_task vm={mac}")
    first, second = machine(lab), machine(lab, mac=OTHER_MAC)
    machines = {"first": first.device, "second": second.device}
    hostd = lab.add(PalaciosHostd(lab.net.host, lab.place("hostd"), lab.net.ifname, machines))
    qemu = lab.vm(hostd, mac=third, name="third")
    check(lab, first, cmdline=f"vm={MAC}")
    check(lab, second, cmdline=f"vm={OTHER_MAC}")
    lab.check(qemu, cmdline=f"vm={third}")


@pytest.mark.parametrize("bios", ["seabios", "bochs"])
def test_boot_reset(lab, bios):
    """The memory is zeroed, and the plugin hears nothing."""
    slow_initrd(lab)
    vm = machine(lab, bios=bios)
    servers(lab)
    hostd = hostd_for(lab, vm)
    in_mid_boot(vm, hostd)
    vm.qmp_connect().execute("system_reset")
    check(lab, vm)
    assert hostd.text().count("phase nbp") == 2


def test_boot_save_and_restore(lab):
    """The machine is saved, freed and made again in the middle of a transfer.  While it is saved hostd has much to
    write."""
    slow_initrd(lab)
    vm = machine(lab)
    servers(lab)
    hostd = hostd_for(lab, vm)
    in_mid_boot(vm, hostd)
    vm.qmp_connect().execute("stop")
    assert vm.command("pause") == "ok"
    time.sleep(0.5)  # in which Palacios saves the memory
    assert vm.command("save") == "ok"
    assert machine_command("detach", hostd)[0] == 0
    for word in ("free", "create", "load"):
        assert vm.command(word) == "ok", vm.host.text()
    assert machine_command("attach", hostd)[0] == 0
    vm.monitor.execute("cont")
    check(lab, vm)


def test_boot_pause_and_continue(lab):
    slow_initrd(lab)
    vm = machine(lab)
    servers(lab)
    hostd = hostd_for(lab, vm)
    in_mid_boot(vm, hostd)
    vm.qmp_connect().execute("stop")
    assert vm.command("pause") == "ok"
    time.sleep(6)  # longer than silence makes a host absent
    assert vm.command("continue") == "ok"
    vm.monitor.execute("cont")
    check(lab, vm)


def test_boot_free_without_detach(lab):
    """The machine is freed in mid-boot under a hostd that serves it; hostd lives, says so, and serves the next one."""
    slow_initrd(lab)
    vm = machine(lab)
    servers(lab)
    hostd = hostd_for(lab, vm)
    in_mid_boot(vm, hostd)
    vm.qmp_connect().execute("stop")
    assert vm.command("free") == "ok"
    hostd.wait(f'the stream "pvboot" of {vm.device} is lost: the VM was freed')
    hostd.wait("waiting for the stream")
    assert vm.command("create") == "ok", vm.host.text()
    vm.monitor.execute("system_reset")
    vm.monitor.execute("cont")
    check(lab, vm)
    assert hostd.text().count("attached to the stream") == 2


def test_boot_while_memory_moves(lab):
    """What the plugin translated once is wrong the next time."""
    slow_initrd(lab)
    vm = machine(lab)
    servers(lab)
    hostd_for(lab, vm)
    ended = threading.Event()

    def move():
        while not ended.wait(0.02):
            try:
                vm.command("move")
            except OSError:
                return

    thread = threading.Thread(target=move)
    thread.start()
    try:
        check(lab, vm)
    finally:
        ended.set()
        thread.join()


# ---- without a boot program ------------------------------------------------------------------------------------------


def direct_hostd(lab, vm, options=""):
    servers(lab)
    return lab.add(
        PalaciosHostd(
            lab.net.host, lab.place("hostd"), lab.net.ifname, {"guest": vm.device}, options="boot = direct\n" + options
        )
    )


@pytest.mark.parametrize("bios", ["seabios", "bochs"])
def test_direct_boot(lab, bios):
    """Kernel and initrds straight into place, their bytes inline: this link carries no descriptors."""
    second = make_initrd(lab.root / "second", BULK, seed=5)
    write_config(lab.root, append="initrd=init_task,second by=palacios")
    data = lab.initrd.path.read_bytes()
    data += bytes(-len(data) % 4) + second.path.read_bytes()
    lab.initrd.length, lab.initrd.crc = len(data), zlib.crc32(data)
    vm = machine(lab, bios=bios)
    hostd = direct_hostd(lab, vm)
    check(lab, vm, cmdline="BOOT_IMAGE=bzImage initrd=init_task,second by=palacios")
    assert "phase kernel" in hostd.text() and "phase nbp" not in hostd.text()


def test_direct_boot_hostd_restarts(lab):
    slow_initrd(lab)
    vm = machine(lab)
    hostd = direct_hostd(lab, vm)
    vm.wait(r" \d+ of \d+ KiB ", 60)
    hostd.kill()
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "too late for this test to mean anything"
    time.sleep(0.5)
    hostd.start()
    check(lab, vm)


def test_direct_boot_list(lab):
    (lab.root / "pxelinux.cfg" / "default").write_text(
        "PROMPT 1\nTIMEOUT 10\nDEFAULT b\nLABEL a\nKERNEL bzImage\n"
        "LABEL b\nKERNEL bzImage\nAPPEND initrd=init_task chosen\n"
    )
    vm = machine(lab, bios="bochs")
    hostd = direct_hostd(lab, vm)
    check(lab, vm, cmdline="chosen")
    assert "somebody is to choose one of 2 labels" in hostd.text()
