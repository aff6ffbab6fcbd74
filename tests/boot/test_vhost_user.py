# SPDX-License-Identifier: BSD-2-Clause
"""pvboot-device as a vhost-user back end behind QEMU's own virtio-net card: whole boots, and processes that die under
them."""
import os
import re
import socket
import subprocess
import time

import pytest

from lib.kernel import make_initrd
from lib.linux import linux
from lib.netns import Process, wait_for
from lib.pvboot import DEVICE, VhostVm
from lib.servers import MAC
from lib.tftproot import APPEND, write_config

MIB = 1 << 20


@pytest.mark.parametrize("machine,memory", [("pc", "64M"), ("q35", "6G")])
def test_vhost_user_boots(lab, machine, memory):
    """QEMU's own card: its places and widths of the structures, its features and queue sizes; CONFIG instead of the
    configuration; behind a root port all of it by VIRTIO_PCI_CAP_PCI_CFG. [DRV-2] [DRV-4] [DRV-30] [DRV-31] [DRV-32]"""
    vm = lab.vm(lab.servers(), machine=machine, memory=memory)
    lab.check(vm)
    assert not vm.socket.exists() and not (vm.place / "vhost.sock.state").exists(), "left behind"


def test_vhost_user_direct(lab):
    """Without a boot program: READs of whole files, straight to where they belong."""
    lab.dhcpd()
    lab.tftpd()
    lab.check(lab.vm(lab.hostd(options="boot = direct"), machine="q35"))


# ---- whose address it is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_vhost_user_mac_of_the_card(lab, machine):
    """Nobody but QEMU's command line says which MAC it is; dhcpd has an address for that one only.  hostd is killed
    while pxelinux loads and started again. [DRV-38] [LNK-31]"""
    lab.dhcpd()
    lab.tftpd()
    hostd = lab.hostd(options="mac = card 52:54:00:*")
    vm = lab.vm(hostd, mac=None, card=MAC, machine=machine)
    vm.wait("Loading bzImage", 60)
    hostd.kill()
    hostd.start()
    lab.check(vm)
    assert f"MAC {MAC}, its card's" in hostd.text()
    assert re.search(f"pvboot .*{MAC}", vm.console.text())


def test_vhost_user_mac_of_the_card_refused(lab):
    """[LNK-31]"""
    hostd = lab.hostd(options="mac = card 52:54:00:00:*")
    vm = lab.vm(hostd, mac=None, card=MAC)
    vm.wait("does not allow the MAC 52:54:00:12:34:57", 60)


def test_vhost_user_mac_of_the_section(lab):
    """Where hostd lays one down the card's does not matter."""
    lab.dhcpd()
    lab.tftpd()
    hostd = lab.hostd(
        vms=f"[vm guest]\ninterface = {lab.net.ifname}\nmac = {MAC}\nallow_uid = any\n", options="mac = card"
    )
    vm = lab.vm(hostd, mac=None, name="guest", card="52:54:00:99:99:99")
    vm.wait("52:54:00:12:34:57", 60)
    lab.check(vm)


# ---- the device process is killed ------------------------------------------------------------------------------------


def kill_and_restart(vm, after=0.0, pause=0.5):
    """[DEV-65] kill -9, and a new process half a second later."""
    time.sleep(after)
    vm.kill_device()
    assert "PVBOOT-KERNEL-ENTRY" not in vm.console.text(), "killed too late for this test to mean anything"
    time.sleep(pause)
    vm.start_device()


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "machine,moment,after",
    [
        ("pc", "Loading init_task", 0.3),
        ("q35", "Loading bzImage", 0),
        pytest.param("pc", "Loading bzImage", 0, marks=LONG),
        pytest.param("q35", "Loading init_task", 0, marks=LONG),
        pytest.param("q35", "PXELINUX 6", 0, marks=LONG),
        pytest.param("pc", "loading pxelinux.0", 0, marks=LONG),
    ],
)
def test_vhost_user_killed_in_pxelinux(lab, machine, moment, after):
    """In pxelinux's own transfer: the datagrams go on, those caught in between are lost and repeated. [DRV-34]"""
    lab.initrd = make_initrd(lab.root / "init_task", 64 * MIB)
    vm = lab.vm(lab.servers(), machine=machine)
    vm.wait(moment, 60)
    kill_and_restart(vm, after)
    lab.check(vm, timeout=120)


def test_vhost_user_killed_while_the_lease_is_asked_for(lab):
    """[DEV-62] A request under way is begun again."""
    hostd = lab.hostd()
    lab.tftpd()
    vm = lab.vm(hostd)
    vm.wait(r"^DHCP \.", 60)
    kill_and_restart(vm)
    time.sleep(2)
    lab.dhcpd()
    lab.check(vm)


def slow_direct(lab, rate="40mbit"):
    """A direct boot whose initrd takes seconds to come."""
    lab.dhcpd()
    lab.initrd = make_initrd(lab.root / "init_task", 16 * MIB)
    lab.net.server.run(
        "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "32kb", "latency", "400ms"
    )
    lab.tftpd()
    return lab.hostd(options="boot = direct")


@pytest.mark.parametrize("after", [1.5, pytest.param(0.3, marks=LONG)])
def test_vhost_user_killed_while_a_file_is_read(lab, after):
    """[DEV-65] The file is open at hostd, and is passed again; the READ begins again where it was asked for."""
    hostd = slow_direct(lab)
    vm = lab.vm(hostd)
    vm.wait("init_task", 60)
    kill_and_restart(vm, after)
    lab.check(vm, timeout=120)
    assert "going on with" in hostd.text()



@LONG
def test_vhost_user_killed_again_and_again(lab):
    lab.initrd = make_initrd(lab.root / "init_task", 64 * MIB)
    vm = lab.vm(lab.servers())
    vm.wait("Loading bzImage", 60)
    for _ in range(4):
        kill_and_restart(vm, after=0.2, pause=0.1)
        vm.device_connected()
    lab.check(vm, timeout=120)


@LONG
def test_vhost_user_killed_with_hostd(lab):
    lab.initrd = make_initrd(lab.root / "init_task", 64 * MIB)
    hostd = lab.servers()
    vm = lab.vm(hostd)
    vm.wait("Loading init_task", 60)
    hostd.kill()
    kill_and_restart(vm)
    hostd.start()
    lab.check(vm, timeout=120)


# ---- other interruptions ---------------------------------------------------------------------------------------------


def mid_boot(lab, **kw):
    """A guest in the middle of pxelinux's transfer."""
    lab.initrd = make_initrd(lab.root / "init_task", 64 * MIB)
    hostd = lab.servers()
    vm = lab.vm(hostd, **kw)
    vm.wait("Loading init_task", 60)
    return hostd, vm


@LONG
def test_vhost_user_hostd_killed(lab):
    hostd, vm = mid_boot(lab)
    hostd.kill()
    vm.wait("pvboot-hostd is gone", 60)
    hostd.start()
    lab.check(vm, timeout=120)


def test_vhost_user_machine_reset(lab):
    """[DEV-62] The next driver's rings begin at 0: what was open is closed.  [DRV-40] Times are this boot's, at half
    past midnight as well."""
    hostd, vm = mid_boot(lab, machine="q35", args=["-rtc", "base=2024-02-29T00:30:00"])
    first = len(hostd.text())
    vm.qmp_connect().execute("system_reset")
    lab.check(vm, timeout=120)
    assert "started over" in hostd.text() or len(re.findall("phase rom", vm.device.text())) == 2
    assert re.findall("phase rom (.*)", vm.device.text()) == ["0 ms", "0 ms"]
    for text in (hostd.text()[:first], hostd.text()[first:]):
        times = [int(ms) for ms in re.findall(r"phase \w+ at (\d+) ms", text)]
        assert times == sorted(times) and times[0] < 30000 and times[-1] < 180000, times


@LONG
def test_vhost_user_stopped_and_continued(lab):
    """[DEV-63] QEMU stops the queues with the machine."""
    hostd, vm = mid_boot(lab)
    for _ in range(3):
        vm.qmp_connect().execute("stop")
        time.sleep(0.3)
        vm.monitor.execute("cont")
        time.sleep(0.2)
    lab.check(vm, timeout=120)


@LONG
def test_vhost_user_device_starts_late(lab):
    """QEMU is there, its device not yet again: the ROM waits for the card's link, and says what for. [DRV-35]"""
    hostd, vm = mid_boot(lab)
    vm.kill_device()
    vm.qmp_connect().execute("system_reset")
    vm.wait("waiting for pvboot-device", 30)
    vm.start_device()
    lab.check(vm, timeout=60)


@pytest.mark.parametrize("machine", ["pc", pytest.param("q35", marks=LONG)])
def test_vhost_user_migrates(lab, machine):
    """[DEV-64] From one QEMU with its device to another with its own; here with a request under way, which is begun
    again there."""
    hostd = lab.hostd()
    lab.tftpd()
    source = lab.vm(hostd, machine=machine)
    source.wait(r"^DHCP \.", 60)
    way = f"unix:{lab.place('migration')}"
    target = lab.vm(hostd, machine=machine, args=["-incoming", way])
    target.qmp_connect()
    source.qmp_connect().execute("migrate", uri=way)
    wait_for(
        lambda: source.monitor.execute("query-migrate").get("status") in ("completed", "failed"), 60,
        "the migration's end",
    )
    status = source.monitor.execute("query-migrate")
    assert status["status"] == "completed", status
    source.stop()
    lab.dhcpd()
    lab.check(target, timeout=60)


def test_vhost_user_two_guests_of_one_name(lab):
    """Said by hostd with both processes, by the device, and by the guest that is refused; the other one goes on."""
    hostd = lab.hostd()
    lab.tftpd()
    vms = [lab.vm(hostd) for _ in range(2)]
    hostd.wait('two devices are named "guest"', 60)
    refused = lambda vm: "refuses this VM: two devices" in vm.device.text()
    wait_for(lambda: any(map(refused, vms)), 20, "a device that says so")
    loser, winner = sorted(vms, key=refused, reverse=True)
    loser.wait("PXE-E61: pvboot-hostd refuses this virtual machine\\s+cause: two devices are named", 60)
    assert len(set(re.findall(r"process (\d+)", hostd.text()))) == 2, hostd.text()
    loser.stop()
    lab.dhcpd()
    lab.check(winner)


# ---- after the boot --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", ["pc", pytest.param("q35", marks=LONG)])
def test_vhost_user_card_of_the_system(lab, machine):
    """[DEV-66] The system's driver finds a card without carrier; [DEV-67] a reboot boots from it again."""
    linux(lab, "virtio_net.init")
    vm = lab.vm(lab.servers(), machine=machine, memory="512M")
    for times in (1, 2):
        vm.wait("os: end", 120, count=times)
        text = vm.console.text()
        assert len(re.findall(r"^os: card eth0 52:54:00:12:34:57$", text, re.M)) == times, vm.console.tail()
        assert len(re.findall(r"^os: up at \S+ carrier 0$", text, re.M)) == times, vm.console.tail()
        assert len(re.findall(r"^os: later carrier 0 changes 0$", text, re.M)) == times, vm.console.tail()
    assert len(re.findall("phase rom", vm.device.text())) == 2
    assert "Unable to connect" not in vm.process.text(), "QEMU complained of a device that was not wanted"


class InheritedVm(VhostVm):
    """Its device has the listening socket from somebody else, who keeps it, as systemd does."""

    def start_device(self):
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(str(self.socket))
        self.listening.listen(128)
        fd = self.listening.fileno()
        at = self.device_argv.index("--socket")
        argv = self.device_argv[:at] + ["--fd", fd] + self.device_argv[at + 2 :]
        self.device = Process(argv, log=self.place / "device.log", ns=self.ns, pass_fds=[fd])


def test_vhost_user_socket_of_somebody_else(lab):
    """After a boot QEMU waits in the socket's queue, whatever length its owner gave it; what filled it is gone with the
    device, since systemd would start another one for it. [DEV-68]"""
    write_config(lab.root, append=f"{APPEND} stay")
    hostd = lab.servers()
    vm = lab.add(InheritedVm(lab.place("vm"), lab.net.host, hostd.socket, device_args=["--log-level", "debug"]))
    vm.wait(r"^PVBOOT-KERNEL-END\n", 60)
    wait_for(lambda: "no link until the next boot" in vm.device.text(), 20, vm.device.text)
    waiting = lambda: "unix_wait_for_peer" in [
        thread_waits_in(vm.process.pid, tid) for tid in os.listdir(f"/proc/{vm.process.pid}/task")
    ]
    wait_for(waiting, 20, "QEMU's attempt to connect")
    vm.qmp_connect().execute("quit")
    assert vm.wait_exit() == 0 and vm.device.wait(10) == 0
    assert "Unable to connect" not in vm.process.text()
    vm.listening.settimeout(0)
    with pytest.raises(BlockingIOError):
        vm.listening.accept()
    vm.listening.close()


def thread_waits_in(pid, tid):
    """The kernel's function."""
    try:
        with open(f"/proc/{pid}/task/{tid}/wchan") as f:
            return f.read()
    except OSError:
        return ""  # it has ended


@LONG
def test_vhost_user_system_that_was_not_booted_by_it(lab):
    """[DEV-66] The driver starts on a card that has a link: it is told that there is none, and nothing hangs; the
    reboot may boot from it."""
    linux(lab, "virtio_net.init")
    kernel = ["-kernel", lab.root / "bzImage", "-initrd", lab.root / "init_task", "-append", "console=ttyS0"]
    vm = lab.vm(lab.servers(), memory="512M", args=kernel)
    vm.wait("os: end", 120)
    text = vm.console.text()
    assert re.search(r"^os: later carrier 0 changes [01]$", text, re.M), vm.console.tail()
    up, driver = (float(re.search(rf"^os: {word} at (\S+)", text, re.M)[1]) for word in ("up", "driver"))
    assert up - driver < 20, "the driver was held up"
    assert "phase rom" not in vm.device.text()


# ---- the command line ------------------------------------------------------------------------------------------------


def refused(*argv, **kw):
    """What pvboot-device says that does not start."""
    done = subprocess.run(
        [DEVICE, *argv], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=20, **kw
    )
    assert done.returncode in (1, 2), done.stderr
    return done.stderr


@pytest.mark.parametrize("attach", [[], ["--attach", "vhost-user"]], ids=["default", "named"])
def test_vhost_user_command_line(tmp_path, built, attach):
    assert "--fd N is missing" in refused(*attach)
    assert "--socket: File name too long" in refused(*attach, "--socket", tmp_path / ("x" * 110))
    assert "No such file" in refused(*attach, "--socket", tmp_path / "none" / "sock")
    (tmp_path / "file").write_text("mine")
    assert "Address already in use" in refused(*attach, "--socket", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert "listens at an absolute path" in refused(*attach, "--fd", str(ours.fileno()), pass_fds=[ours.fileno()])


def test_vhost_user_one_process_for_a_socket(tmp_path, built):
    argv = ["--attach", "vhost-user", "--socket", tmp_path / "sock", "--hostd", tmp_path / "none"]
    first = Process([DEVICE, *argv], log=tmp_path / "device.log")
    wait_for(lambda: (tmp_path / "sock").is_socket(), 10, first.text)
    assert "belongs to another pvboot-device" in refused(*argv)
    assert first.alive() and (tmp_path / "sock").is_socket()
