# SPDX-License-Identifier: BSD-2-Clause
"""`source = guest`: what hostd fetches for a VM, it fetches with the VM's own MAC and leased address."""
import os
import re
import signal
import socket
import struct

import pytest

from lib.netns import SERVER_IP, Net, wait_for
from lib.pvboot import HOSTD, answers, with_rights_of_unit
from lib.servers import GUEST_IP, MAC, Nginx, Tftpd, dhcpd_host, usual_dhcp
from lib.tapguest import DGRAM, DGRAM_OPEN, FRAME_CLOSE, OK, PHASE_KERNEL, PHASE_UNLOAD, RESET, Device, in_namespace

SIZE = 8 << 20
KINDS = ["plain", "bridge", "port"]


def start_hostd(net, path, *args, before=()):
    sock = path / "hostd.sock"
    argv = [*before, HOSTD, "-d", "--socket", sock, "--user", "nobody", "--allow-uid", "any", "--log-level", "debug"]
    argv += ["--interface", net.ifname, "--source", "guest", "--cache-dir", "none", *args]
    process = net.host.process(argv, log=path / "hostd.log")
    wait_for(lambda: answers(sock) or not process.alive(), 10, process.text)
    assert process.alive(), process.text()
    return process, sock


class World:
    """The reference network whose host has no address there, DHCP, TFTP and HTTP on it, and a file."""

    def __init__(self, tmp_path, link):
        self.net = Net(link)
        self.net.host.ip("addr flush dev", "veth0" if link == "plain" else "br0")
        root = tmp_path / "root"
        root.mkdir()
        self.data = os.urandom(SIZE)
        (root / "big").write_bytes(self.data)
        (root / "small").write_bytes(self.data[:100000])
        self.servers = [
            usual_dhcp(self.net.server, tmp_path / "dhcpd"), Tftpd(self.net.server, tmp_path / "tftpd", root),
            Nginx(
                self.net.server, tmp_path / "nginx", root,
                locations="location /slow { limit_rate 1m; alias %s/big; }" % root,
            ),
        ]

    def neighbour(self):
        """The MAC at which the server knows the guest's address, or None."""
        found = re.search(r"lladdr (\S+)", self.net.server.ip("neigh show", GUEST_IP))
        return found and found.group(1)

    def guest_answers(self):
        """Does anybody answer ARP for the guest's address?"""
        arp = in_namespace(
            self.net.server, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806))
        )
        arp.bind(("eth0", 0x806))
        arp.settimeout(0.3)
        own = arp.getsockname()[4]
        request = (
            struct.pack(">HHBBH", 1, 0x800, 6, 4, 1)
            + own
            + socket.inet_aton(SERVER_IP)
            + bytes(6)
            + socket.inet_aton(GUEST_IP)
        )
        arp.send(b"\xff" * 6 + own + b"\x08\x06" + request)
        try:
            while True:
                answer = arp.recv(100)
                if answer[20:22] == b"\0\2" and answer[28:32] == socket.inet_aton(GUEST_IP):
                    return True
        except TimeoutError:
            return False
        finally:
            arp.close()

    def macvlans(self):
        """What the boot interface's macvlans are, as the host sees them from the lower device's side: by their MAC in
        its filter."""
        lower = "veth0" if self.net.ifname == "veth0" and "br0" not in self.net.host.ip("-br link") else "br0"
        return MAC in self.net.host.run("bridge", "fdb", "show", "dev", lower)

    def __enter__(self):
        for server in self.servers:
            server.start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        self.net.close()


@pytest.fixture
def world(tmp_path):
    with World(tmp_path, "bridge") as w:
        yield w


# ---- refusals ------------------------------------------------------------------------------------------------------


def test_needs_the_right(net, tmp_path):
    """Said at the start, not when a guest boots."""
    argv = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", HOSTD, "-d", "--socket", tmp_path / "s"]
    process = net.host.process([*argv, "--interface", "veth0", "--source", "guest"], log=tmp_path / "hostd.log")
    assert process.wait(10) != 0
    assert "CAP_NET_ADMIN" in process.text()


def test_needs_an_interface(net, tmp_path):
    process = net.host.process([HOSTD, "-n", "--root", tmp_path, "--source", "guest"], log=tmp_path / "hostd.log")
    assert process.wait(10) != 0
    assert "no interface to be a guest on" in process.text()


def test_no_lease_no_source(world, tmp_path):
    """The host's own address is never used in its place."""
    _, sock = start_hostd(world.net, tmp_path)
    device = Device(sock)
    with pytest.raises(RuntimeError, match="no lease"):
        device.fetch(f"http://{SERVER_IP}/small")


def test_mac_that_is_taken(world, tmp_path):
    world.net.host.ip("link add mv0 link br0 address", MAC, "type macvlan mode bridge")
    world.net.host.up("mv0")
    hostd, sock = start_hostd(world.net, tmp_path)
    device = Device(sock)
    device.discover()
    with pytest.raises(RuntimeError):
        device.fetch("small")
    assert "has another macvlan there the guest's MAC?" in hostd.text()


# ---- what works ----------------------------------------------------------------------------------------------------


def test_with_the_rights_of_the_unit(world, tmp_path):
    """Those that examples/pvboot-hostd.service leaves."""
    _, sock = start_hostd(world.net, tmp_path, before=with_rights_of_unit())
    device = Device(sock)
    assert device.discover() == GUEST_IP
    assert device.fetch("small") == world.data[:100000]
    assert world.neighbour() == MAC


@pytest.mark.parametrize("link", KINDS)
def test_fetches_with_the_guests_address(link, tmp_path):
    """By TFTP and HTTP, from a host that has no address on that network at all."""
    with World(tmp_path, link) as world:
        hostd, sock = start_hostd(world.net, tmp_path)
        device = Device(sock)
        assert device.discover() == GUEST_IP
        assert device.fetch("small") == world.data[:100000]
        assert world.neighbour() == MAC
        assert device.fetch(f"http://{SERVER_IP}/big") == world.data
        assert world.macvlans()
        device.phase(PHASE_UNLOAD)
        wait_for(lambda: "its own again" in hostd.text(), 5, hostd.text)
        assert not world.guest_answers()
        wait_for(lambda: not world.macvlans(), 5, "end of the macvlan")
        assert "IPv6" not in hostd.text() and "fe80" not in world.net.server.ip("-6 neigh show dev eth0")


def test_guests_datagrams_have_its_address(world, tmp_path):
    _, sock = start_hostd(world.net, tmp_path)
    device = Device(sock)
    device.discover()
    server = in_namespace(world.net.server, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.bind((SERVER_IP, 4000))
    server.settimeout(5)
    device.note(DGRAM_OPEN, socket.inet_aton(GUEST_IP) + bytes(4))
    head = (
        struct.pack("<HHI4s4s", 1, 0, 5, bytes(4), socket.inet_aton(SERVER_IP))
        + struct.pack(">HH", 1111, 4000)
        + bytes(4)
    )
    device.send(DGRAM, 0, head + b"hello")
    text, sender = server.recvfrom(100)
    assert text == b"hello" and sender[0] == GUEST_IP
    server.sendto(b"back", sender)
    assert device.expect(DGRAM)[24:] == b"back"
    server.close()


@pytest.mark.parametrize("how", ["unload", "kernel", "reset", "frames", "link", "sigterm", "sigkill", "helper"])
def test_address_is_given_up(how, world, tmp_path):
    """Nothing answers for the guest's address once its own card may, whatever ended it."""
    hostd, sock = start_hostd(world.net, tmp_path, "--pxelinux", "plain")  # else DISCOVER looks at the boot file
    device = Device(sock)
    device.discover()
    assert not world.guest_answers()  # nothing is made before it is needed
    device.fetch("small")
    assert world.guest_answers()
    if how == "unload":
        device.phase(PHASE_UNLOAD)
    elif how == "kernel":
        device.phase(PHASE_KERNEL)
    elif how == "reset":
        device.send(RESET, 0)
    elif how == "frames":
        assert device.open_frames()[0] == OK
    elif how == "link":
        device.close()
    elif how == "helper":
        helper = world.net.host.run("pgrep", "-P", hostd.pid).split()
        assert len(helper) == 1
        os.kill(int(helper[0]), signal.SIGKILL)
    else:
        os.kill(hostd.pid, signal.SIGTERM if how == "sigterm" else signal.SIGKILL)
        hostd.wait(10)
    if how == "frames":
        wait_for(lambda: "its own again" in hostd.text(), 5, hostd.text)
    else:
        wait_for(lambda: not world.macvlans(), 5, "end of the macvlan")
    assert not world.guest_answers()
    if how == "helper":
        with pytest.raises(RuntimeError):
            device.fetch(f"http://{SERVER_IP}/small")
        assert "has ended: restart hostd" in hostd.text()


def test_frames_and_source_take_turns(world, tmp_path):
    """[DEV-42] A boot program's own stack and hostd do not answer for the same address."""
    _, sock = start_hostd(world.net, tmp_path)
    device = Device(sock)
    device.discover()
    device.fetch("small")
    assert device.open_frames()[0] == OK
    with pytest.raises(RuntimeError, match="its address"):
        device.fetch(f"http://{SERVER_IP}/small")
    device.note(FRAME_CLOSE)
    assert device.fetch(f"http://{SERVER_IP}/small") == world.data[:100000]
    device.send(RESET, 0)
    device.discover()  # the next boot of the same machine
    assert device.fetch(f"http://{SERVER_IP}/big") == world.data


def test_two_guests_side_by_side(world, tmp_path):
    """Each with its own address; the second one is served the first one's copy, when the server says it is the same."""
    other, other_ip = "52:54:00:12:34:58", "172.21.0.51"
    dhcpd = world.servers[0]
    dhcpd.stop()
    with usual_dhcp(world.net.server, tmp_path / "dhcpd2", hosts=[dhcpd_host(), dhcpd_host(mac=other, ip=other_ip)]):
        _, sock = start_hostd(world.net, tmp_path)
        first, second = Device(sock, "one"), Device(sock, "two", mac=other)
        assert (first.discover(), second.discover()) == (GUEST_IP, other_ip)
        for device in (first, second):
            assert device.fetch("small") == world.data[:100000]
            assert device.fetch(f"http://{SERVER_IP}/big") == world.data
        first.phase(PHASE_KERNEL)
        assert second.fetch(f"http://{SERVER_IP}/small") == world.data[:100000]


def test_goes_on_with_the_next_hostd(world, tmp_path):
    """hostd is killed, started again, and the next file is fetched with the guest's address still."""
    hostd, sock = start_hostd(world.net, tmp_path)
    device = Device(sock)
    device.discover()
    device.fetch("small")
    hostd.signal(signal.SIGKILL)
    hostd.wait(10)
    _, sock = start_hostd(world.net, tmp_path)
    device = Device(sock, kept=device.kept)
    assert device.fetch(f"http://{SERVER_IP}/big") == world.data
    assert world.neighbour() == MAC


def test_helper_keeps_two_rights(world, tmp_path):
    hostd, sock = start_hostd(world.net, tmp_path)
    helper = int(world.net.host.run("pgrep", "-P", hostd.pid))
    status = open(f"/proc/{helper}/status").read()
    assert re.search(r"^CapEff:\s*0000000000201000$", status, re.M), status  # NET_ADMIN (12), SYS_ADMIN (21)
    assert re.search(r"^Uid:\s*65534\s+65534", status, re.M) and re.search(r"^Seccomp:\s*2", status, re.M)
    assert len(os.listdir(f"/proc/{helper}/fd")) <= 6
    assert re.search(r"^CapEff:\s*0000000000002000$", open(f"/proc/{hostd.pid}/status").read(), re.M)  # NET_RAW (13)
