# SPDX-License-Identifier: BSD-2-Clause
"""Ethernet frames between a guest's own network stack and real servers, over hostd (docs/spec.md 4.9).

What a test is about holds for each way that frames may go: a tap where the boot interface has a bridge, a packet socket
elsewhere, and on bridges where hostd has no right to make a tap.
"""
import hashlib
import json
import os
import re
import signal
import socket
import struct
import sys
import time

import pytest

from lib.lab import Lab
from lib.netns import HOST_IP, SERVER_IP, Net, veth, wait_for
from lib.pvboot import HOSTD, answers, with_rights_of_unit
from lib.servers import GUEST_IP, MAC, TOP, Dhcpd, Dnsmasq, Nginx, RouterAdvertisements, Tftpd
from lib.tapguest import ALL_MULTICAST, BROADCAST, DENIED, FRAME, FRAME_CLOSE, OK, RESET, Device, TapGuest, in_namespace

sys.path.append(str(TOP / "tests" / "nbp"))

import programs

SIZE = 24 << 20
MAC_BYTES = bytes.fromhex(MAC.replace(":", ""))
OTHER = bytes.fromhex("525400999999")
SERVER_NIC = bytes.fromhex("020000000001")
EXPERIMENT = 0x88B5  # an EtherType for local experiments (IEEE 802)
WITHOUT_NET_ADMIN = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
WITH_SYSFS = [
    "unshare", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$@"', "sh",
]  # its own network's, as in a container
FALLBACK = "cannot reach this host's own addresses there"
WAYS = ["plain-packet", "bridge-tap", "port-tap", "bridge-packet", "port-packet"]
BRIDGES = ["bridge-tap", "bridge-packet"]
TAPS = ["bridge-tap", "port-tap"]


def start_hostd(net, path, *args, before=()):
    """hostd as in production: root at first, nobody with CAP_NET_RAW then."""
    sock = path / "hostd.sock"
    argv = [
        *before, HOSTD, "-d", "--socket", sock, "--user", "nobody", "--allow-uid", "any", "--log-level", "debug",
        "--cache-dir", "none",
    ]
    process = net.host.process([*argv, "--interface", net.ifname, *args], log=path / "hostd.log")
    wait_for(lambda: answers(sock) or not process.alive(), 10, process.text)
    assert process.alive(), process.text()
    return process, sock


class World:
    """The reference network, and a hostd whose frames go by way: "bridge-tap" and so on."""

    def __init__(self, way, path):
        link, self.kind = way.split("-")
        self.net = Net(link)
        self.path = path

    def hostd(self, *args):
        return start_hostd(self.net, self.path, *args, before=WITHOUT_NET_ADMIN if self.kind == "packet" else ())

    def taps(self):
        return taps(self.net.host)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.net.close()


@pytest.fixture
def world(tmp_path, request):
    with World(getattr(request, "param", "bridge-tap"), tmp_path) as w:
        yield w


def each_of(ways):
    return pytest.mark.parametrize("world", ways, indirect=True)


def taps(ns):
    """What the host shows of its taps."""
    return [link for link in json.loads(ns.ip("-d -j link show")) if link["ifname"].startswith("pvboot")]


def address_of(ns, ifname):
    return json.loads(ns.ip("-j link show dev", ifname))[0]["address"]


def server_nic(net):
    return bytes.fromhex(address_of(net.server, "eth0").replace(":", ""))


@pytest.fixture
def big(tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    data = os.urandom(SIZE)
    (root / "big").write_bytes(data)
    return root, hashlib.sha256(data).hexdigest()


def fetch(guest, url, path, timeout=60, *options):
    guest.ns.run("curl", "-sS", "--fail", *options, "--max-time", timeout, "-o", path, url, timeout=timeout + 10)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def raw(dst, src=OTHER, text=b"hello", ethertype=EXPERIMENT):
    return (dst + src + struct.pack(">H", ethertype) + text).ljust(60, b"\0")


def send_raw(ns, ifname, *frames):
    sender = in_namespace(ns, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
    sender.bind((ifname, 0))
    for frame in frames:
        sender.send(frame)
    sender.close()


class Sniffer:
    """What passes on an interface, of the experimental type or tagged."""

    def __init__(self, ns, ifname):
        self.socket = in_namespace(ns, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        self.socket.bind((ifname, 3))

    def frames(self, seconds=0.3):
        found = []
        self.socket.settimeout(seconds)
        try:
            while True:
                frame = self.socket.recv(65536)
                if frame[12:14] in (struct.pack(">H", EXPERIMENT), b"\x81\0"):
                    found.append(frame)
        except TimeoutError:
            return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def heard(device, seconds=0.3):
    """The texts of the experimental frames that come until nothing came for so long."""
    texts = []
    device.socket.settimeout(seconds)
    try:
        while True:
            kind, body = device.next()
            if kind == FRAME and body[12:14] in (struct.pack(">H", EXPERIMENT), b"\x81\0"):
                texts.append(body[14:].rstrip(b"\0").decode())
    except TimeoutError:
        device.socket.settimeout(10)
        return texts


# ---- refusals ------------------------------------------------------------------------------------------------------


def test_off(net, tmp_path):
    _, sock = start_hostd(net, tmp_path, "--frames", "off")
    status, words = Device(sock).open_frames()
    assert status == DENIED and "frames = on" in words


def test_no_interface(tmp_path):
    with Net() as net:
        net.ifname = "nosuch0"
        _, sock = start_hostd(net, tmp_path)
        status, words = Device(sock).open_frames()
        assert status != OK and "no interface nosuch0" in words


@each_of(WAYS)
def test_another_source_is_dropped_and_counted(world):
    """[DEV-43]"""
    hostd, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames()[0] == OK
    everybody = b"\xff" * 6
    with Sniffer(world.net.server, "eth0") as wire:
        device.send(FRAME, 0, raw(everybody, OTHER))
        device.send(FRAME, 0, everybody + MAC_BYTES + b"\x81\x00\x00\x05\x88\xb5" + bytes(46))
        device.send(FRAME, 0, raw(SERVER_NIC, MAC_BYTES, b"x" * 1500))
        device.send(FRAME, 0, everybody + MAC_BYTES + b"\x88\xb5")
        device.note(FRAME_CLOSE)
        wait_for(lambda: "2 from an address that is not the guest's" in hostd.text(), 5, hostd.text)
        assert [(frame[6:12], len(frame)) for frame in wire.frames()] == [(MAC_BYTES, 1514), (MAC_BYTES, 60)]  # padded


@each_of(WAYS)
def test_hears_what_its_card_would(world):
    """[DEV-40] Its own, and what it asked for; never another machine's, nor anything after it closed. [DEV-42]"""
    net = world.net
    _, sock = world.hostd()
    device = Device(sock)
    group, other_group, everybody = bytes.fromhex("01005e000005"), bytes.fromhex("01005e000006"), b"\xff" * 6
    frames = [
        raw(MAC_BYTES, text=b"own"),
        raw(OTHER, b"\x02\0\0\0\0\1", b"other"),
        raw(everybody, text=b"all"),
        raw(group, text=b"group"),
        raw(other_group, text=b"other group"),
        (MAC_BYTES + OTHER + b"\x81\0\0\5\x88\xb5tagged").ljust(60, b"\0"),
        raw(everybody, MAC_BYTES, b"itself"),
    ]

    def hears(speaks=True):
        if speaks:  # so that a bridge knows where the guest is, after a frame of "itself" from elsewhere
            with Sniffer(net.server, "eth0") as wire:
                device.send(FRAME, 0, raw(everybody, MAC_BYTES))
                assert wire.frames()
        send_raw(net.server, "eth0", *frames)
        return heard(device)

    assert hears(speaks=False) == []
    assert device.open_frames(0)[0] == OK
    assert hears() == ["own"]
    assert device.open_frames(BROADCAST, [group])[0] == OK
    assert hears() == ["own", "all", "group"]
    assert device.open_frames(ALL_MULTICAST)[0] == OK
    assert hears() == ["own", "group", "other group"]
    device.note(FRAME_CLOSE)
    assert hears(speaks=False) == []
    assert device.open_frames(0)[0] == OK
    assert hears() == ["own"]
    device.send(RESET, 0)
    assert hears(speaks=False) == []


@each_of(WAYS)
def test_faster_than_the_guest_takes_them(world):
    """What waits is bounded, and what that drops is counted: nothing is lost without a word."""
    hostd, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames(BROADCAST)[0] == OK
    frame, count = raw(b"\xff" * 6, text=b"x" * 1500), 20000
    for _ in range(count // 200):  # in parts, which the queues between take on any machine
        send_raw(world.net.server, "eth0", *[frame] * 200)
        time.sleep(0.005)
    got = len(heard(device, 1))
    device.note(FRAME_CLOSE)
    wait_for(lambda: "faster than the guest takes them" in hostd.text(), 5, hostd.text)
    dropped = int(re.search(r"(\d+) faster than the guest takes them", hostd.text()).group(1))
    assert 0 < dropped < count and count <= got + dropped < count + 100  # besides, what a network says by itself


# ---- what works ----------------------------------------------------------------------------------------------------


@each_of(WAYS)
def test_http_and_tftp_from_real_servers(world, tmp_path, big):
    """The servers' offloads are on: TCP comes as segments of up to 64 KiB without checksums. [DEV-43]"""
    root, digest = big
    net = world.net
    with Nginx(net.server, tmp_path / "nginx", root), Tftpd(net.server, tmp_path / "tftpd", root):
        (root / "small").write_bytes(os.urandom(300001))
        hostd, sock = world.hostd()
        device = Device(sock)
        assert device.open_frames()[0] == OK
        assert len(world.taps()) == (world.kind == "tap")
        with TapGuest(device) as guest:
            assert fetch(guest, f"http://{SERVER_IP}/big", tmp_path / "got") == digest
            assert fetch(guest, f"tftp://{SERVER_IP}/small", tmp_path / "small") == hashlib.sha256(
                (root / "small").read_bytes()
            ).hexdigest()
            assert guest.misfits == 0
        device.note(FRAME_CLOSE)
        wait_for(lambda: "frames: " in hostd.text(), 5, hostd.text)
        assert "too long or not understood" not in hostd.text() or " 0 too long or not understood" in hostd.text()


@each_of(TAPS)
def test_servers_of_the_host_itself(world, tmp_path, big):
    """At the address of the boot interface's own bridge, as libvirt's dnsmasq; also where the host asks the guest."""
    root, digest = big
    net = world.net
    with Nginx(net.host, tmp_path / "nginx", root, address=HOST_IP), Tftpd(
        net.host, tmp_path / "tftpd", root, address=HOST_IP
    ):
        (root / "small").write_bytes(os.urandom(300001))
        hostd, sock = world.hostd()
        device = Device(sock)
        assert device.open_frames()[0] == OK
        with TapGuest(device) as guest:
            assert fetch(guest, f"http://{HOST_IP}/big", tmp_path / "got") == digest
            assert fetch(guest, f"tftp://{HOST_IP}/small", tmp_path / "small") == hashlib.sha256(
                (root / "small").read_bytes()
            ).hexdigest()
            with Nginx(guest.ns, tmp_path / "nginx-guest", root, address=GUEST_IP):
                net.host.run("curl", "-sS", "--fail", "-o", tmp_path / "back", f"http://{GUEST_IP}/big", timeout=60)
            assert hashlib.sha256((tmp_path / "back").read_bytes()).hexdigest() == digest
            assert guest.misfits == 0
        assert FALLBACK not in hostd.text()


@each_of(WAYS)
def test_dhcp_by_the_guest_itself(world, tmp_path):
    """Broadcasts both ways, by a server that answers from raw sockets."""
    with Dhcpd(world.net.server, tmp_path / "dhcpd") as server:
        _, sock = world.hostd()
        device = Device(sock)
        assert device.open_frames()[0] == OK
        bootp = struct.pack(
            ">BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 0, 0x1234, 0, 0x8000, *[b""] * 4, MAC_BYTES, b"", b""
        )
        bootp += b"\x63\x82\x53\x63\x35\x01\x01\xff" + bytes(60)
        udp = struct.pack(">HHHH", 68, 67, 8 + len(bootp), 0) + bootp
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
        total = sum(struct.unpack(">10H", ip))
        total = (total & 0xFFFF) + (total >> 16)
        ip = ip[:10] + struct.pack(">H", ~total & 0xFFFF) + ip[12:]
        device.send(FRAME, 0, b"\xff" * 6 + MAC_BYTES + b"\x08\x00" + ip + udp)
        while True:
            offer = device.expect(FRAME)
            if offer[12:14] == b"\x08\x00" and offer[23] == 17 and offer[36:38] == struct.pack(">H", 68):
                break
        assert ".".join(map(str, offer[42 + 16 : 42 + 20])) == GUEST_IP
        assert "DHCPOFFER" in server.text()


@each_of(["plain-packet", "bridge-tap", "port-tap"])
def test_transfer_goes_on_with_the_next_hostd(world, tmp_path, big):
    """hostd is killed in the middle of a download and started again: the guest's TCP sees a pause. [LNK-14]"""
    root, digest = big
    with Nginx(world.net.server, tmp_path / "nginx", root, locations="limit_rate 8m;"):
        hostd, sock = world.hostd()
        device = Device(sock)
        assert device.open_frames()[0] == OK
        with TapGuest(device) as guest:
            got = tmp_path / "got"
            curl = guest.ns.process(
                ["curl", "-sS", "--fail", "-o", got, f"http://{SERVER_IP}/big"], log=tmp_path / "curl.log"
            )
            wait_for(lambda: got.exists() and got.stat().st_size > 2 << 20, 20, "first bytes")
            hostd.signal(signal.SIGKILL)
            hostd.wait(10)
            time.sleep(0.2)
            _, sock = world.hostd()
            guest.carry(Device(sock, kept=device.kept))
            assert curl.wait(60) == 0, curl.text()
            assert hashlib.sha256(got.read_bytes()).hexdigest() == digest


def test_interface_that_comes_back(net, tmp_path):
    """Down and up again: frames are heard again, without the guest's doing."""
    hostd, sock = start_hostd(net, tmp_path)
    device = Device(sock)
    assert device.open_frames()[0] == OK
    net.host.ip("link set veth0 down")
    wait_for(lambda: "Network is down" in hostd.text(), 5, hostd.text)
    net.host.ip("link set veth0 up")
    wait_for(lambda: "on veth0 again" in hostd.text(), 5, hostd.text)
    send_raw(net.server, "eth0", raw(MAC_BYTES, text=b"own"))
    assert heard(device) == ["own"]


@each_of(TAPS)
@pytest.mark.parametrize("how", ["bridge", "tap"])
def test_bridge_that_comes_back(how, world):
    """The bridge is made anew, or somebody takes the tap away: frames are heard again, without the guest's doing."""
    host = world.net.host
    hostd, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames()[0] == OK
    if how == "bridge":
        host.ip("link del br0")
        wait_for(lambda: "its bridge has changed" in hostd.text(), 5, hostd.text)
        host.bridge("br0", "veth0")
    else:
        host.ip("link set", world.taps()[0]["ifname"], "nomaster")
        wait_for(lambda: "its bridge has changed" in hostd.text(), 5, hostd.text)
    wait_for(lambda: "again" in hostd.text(), 5, hostd.text)
    send_raw(world.net.server, "eth0", raw(MAC_BYTES, text=b"own"))
    assert heard(device) == ["own"]
    if world.net.ifname == "br0" or how == "tap":
        assert [tap["master"] for tap in world.taps()] == ["br0"]


@each_of(BRIDGES)
def test_other_machines_of_the_bridge(world, tmp_path, big):
    """Another VM's tap on the same bridge: the guest reaches it, and does not hear it speak to the server."""
    root, digest = big
    net = world.net
    other = net._namespace()
    veth(net.host, "veth1", other, "eth0")
    net.host.ip("link set veth1 master br0")
    other.address("eth0", "172.21.0.7")
    _, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames()[0] == OK
    with Nginx(other, tmp_path / "nginx", root, address="172.21.0.7"):
        with TapGuest(device) as guest:
            assert fetch(guest, "http://172.21.0.7/big", tmp_path / "got") == digest
    heard(device)
    send_raw(other, "eth0", raw(server_nic(net), text=b"secret"), raw(MAC_BYTES, text=b"own"))
    assert heard(device) == ["own"]


# ---- the tap -------------------------------------------------------------------------------------------------------


@each_of(TAPS)
def test_bridge_is_left_as_it_was(world):
    """Neither the tap's address nor its MTU becomes the bridge's, and nobody speaks at the tap but the guest."""
    host = world.net.host
    for ifname in ("br0", "veth0"):
        host.ip("link set", ifname, "mtu 1400")
    before = [json.loads(host.ip("-j link show dev br0"))[0][key] for key in ("address", "mtu")]
    _, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames()[0] == OK
    (tap,) = world.taps()
    assert [json.loads(host.ip("-j link show dev br0"))[0][key] for key in ("address", "mtu")] == before
    assert tap["master"] == "br0" and "UP" in tap["flags"] and tap["mtu"] == 1400
    assert tap["address"].startswith("fe:ff:") and tap["address"] != MAC
    assert tap["linkinfo"]["info_kind"] == "tun" and not tap["linkinfo"]["info_data"]["persist"]
    assert json.loads(host.ip("-j addr show dev", tap["ifname"]))[0]["addr_info"] == []
    assert host.run("cat", f"/proc/sys/net/ipv6/conf/{tap['ifname']}/disable_ipv6") == "1\n"
    device.note(FRAME_CLOSE)
    wait_for(lambda: not world.taps(), 5, "end of the tap")
    assert [json.loads(host.ip("-j link show dev br0"))[0][key] for key in ("address", "mtu")] == before


@pytest.mark.parametrize("how", ["close", "reset", "link", "sigterm", "sigkill", "sigkill-both"])
def test_tap_goes_with_the_frames(how, world):
    """Whatever ends them. [DEV-42]"""
    hostd, sock = world.hostd()
    device = Device(sock)
    assert not world.taps()  # nothing is made before it is needed
    assert device.open_frames()[0] == OK
    assert device.open_frames(0)[0] == OK
    assert len(world.taps()) == 1
    if how == "close":
        device.note(FRAME_CLOSE)
    elif how == "reset":
        device.send(RESET, 0)
    elif how == "link":
        device.close()
    elif how == "sigterm":
        hostd.signal(signal.SIGTERM)
    else:
        if how == "sigkill-both":
            os.kill(int(world.net.host.run("pgrep", "-P", hostd.pid)), signal.SIGKILL)
        hostd.signal(signal.SIGKILL)
    wait_for(lambda: not world.taps(), 5, "end of the tap")


def test_helper_keeps_one_right(world):
    """No namespaces without source = guest."""
    hostd, _ = world.hostd()
    helper = int(world.net.host.run("pgrep", "-P", hostd.pid))
    status = open(f"/proc/{helper}/status").read()
    assert re.search(r"^CapEff:\s*0000000000001000$", status, re.M), status  # NET_ADMIN (12)
    assert re.search(r"^CapBnd:\s*0000000000000000$", status, re.M), status
    assert re.search(r"^Uid:\s*65534\s+65534", status, re.M) and re.search(r"^Seccomp:\s*2", status, re.M)
    assert len(os.listdir(f"/proc/{helper}/fd")) <= 5


def test_helper_that_is_gone(world, tmp_path):
    """A tap that is there goes on; the next guest's frames go by a packet socket."""
    hostd, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames()[0] == OK
    os.kill(int(world.net.host.run("pgrep", "-P", hostd.pid)), signal.SIGKILL)
    send_raw(world.net.server, "eth0", raw(MAC_BYTES, text=b"own"))
    assert heard(device) == ["own"]
    device.note(FRAME_CLOSE)
    assert device.open_frames()[0] == OK
    wait_for(lambda: not world.taps(), 5, "end of the tap")
    assert "has ended: restart hostd" in hostd.text() and FALLBACK in hostd.text()
    send_raw(world.net.server, "eth0", raw(MAC_BYTES, text=b"own"))
    assert heard(device) == ["own"]


def test_without_the_right(tmp_path):
    """Said once, and only where it matters."""
    for link, count in (("plain", 0), ("bridge", 1), ("port", 1)):
        with World(f"{link}-packet", tmp_path) as world:
            hostd, sock = world.hostd()
            for device in (Device(sock, "one"), Device(sock, "two", mac="52:54:00:12:34:58")):
                assert device.open_frames()[0] == OK
            assert hostd.text().count(FALLBACK) == count, hostd.text()
            assert count == 0 or "without CAP_NET_ADMIN: start it as root" in hostd.text()
            hostd.stop()
            (tmp_path / "hostd.log").unlink()


@pytest.mark.parametrize("mode", ["666", "600"])
def test_with_the_rights_of_the_unit(mode, tmp_path):
    """Those that examples/pvboot-hostd.service leaves: enough where udev has made the device everybody's."""
    node = f'mount -t tmpfs tmpfs /dev/net && mknod -m {mode} /dev/net/tun c 10 200 && exec "$@"'
    before = ["unshare", "--mount", "sh", "-c", node, "sh", *with_rights_of_unit()]
    with Net("bridge") as net:
        hostd, sock = start_hostd(net, tmp_path, before=before)
        device = Device(sock)
        assert device.open_frames()[0] == OK
        assert len(taps(net.host)) == (mode == "666")
        assert (FALLBACK in hostd.text()) == ("let hostd's user read and write it" in hostd.text()) == (mode == "600")


def test_without_the_device(tmp_path):
    """As in a container that is not given it."""
    before = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /dev/net && exec "$@"', "sh"]
    with Net("bridge") as net:
        hostd, sock = start_hostd(net, tmp_path, before=before)
        assert net.host.run("pgrep", "-P", hostd.pid, check=False) == ""  # nothing that could not help
        assert Device(sock).open_frames()[0] == OK
        assert (
            FALLBACK in hostd.text()
            and "/dev/net/tun: No such file" in hostd.text()
            and "load the module" in hostd.text()
        )


def test_frames_off_makes_no_helper(world):
    hostd, _ = world.hostd("--frames", "off")
    assert world.net.host.run("pgrep", "-P", hostd.pid, check=False) == ""


def test_stp_that_waits_too_long(world):
    """With the kernel's defaults a port waits 30 s: the frames go at once, if not everywhere."""
    world.net.host.ip("link set br0 type bridge stp_state 1 forward_delay 1500")
    hostd, sock = world.hostd()
    device = Device(sock)
    assert device.open_frames()[0] == OK
    assert not world.taps()
    assert (
        "would pass nothing on for 30 s" in hostd.text()
        and FALLBACK in hostd.text()
        and "forward_delay 200" in hostd.text()
    )
    device.send(FRAME, 0, raw(b"\xff" * 6, MAC_BYTES))
    device.note(FRAME_CLOSE)
    wait_for(lambda: "frames: 1 from the guest" in hostd.text(), 5, hostd.text)


def test_stp_as_libvirt_has_it(world, tmp_path, big):
    """STP with the least delay: the port forwards after 4 s."""
    root, digest = big
    host = world.net.host
    host.ip("link set br0 type bridge stp_state 1 forward_delay 200")
    hostd, sock = world.hostd()
    with Nginx(host, tmp_path / "nginx", root, address=HOST_IP):
        device = Device(sock)
        assert device.open_frames()[0] == OK
        assert "passes nothing on for 4 s" in hostd.text()
        with TapGuest(device) as guest:
            start = time.monotonic()
            retry = ["--retry", 5, "--retry-delay", 1, "--retry-all-errors"]  # the guest's ARP gives up after 3 s
            assert fetch(guest, f"http://{HOST_IP}/big", tmp_path / "got", 60, *retry) == digest
            assert time.monotonic() - start > 3


def test_bridge_without_ports(tmp_path):
    """It would take the tap's address for its own, and have none after it."""
    with Net("bridge") as net:
        net.host.ip("link set veth0 nomaster")
        net.host.ip("link add br1 type bridge forward_delay 0")
        net.host.up("br1")
        net.ifname = "br1"
        before = address_of(net.host, "br1")
        hostd, sock = start_hostd(net, tmp_path)
        device = Device(sock)
        assert device.open_frames()[0] == OK
        assert address_of(net.host, "br1") == before and not taps(net.host)
        assert f"ip link set br1 address {before}" in hostd.text() and FALLBACK in hostd.text()


def test_bridge_without_ports_with_an_address_of_its_own(tmp_path, big):
    """libvirt's, when no other machine runs."""
    root, digest = big
    with Net("bridge") as net:
        net.host.ip("link del br0")
        net.host.ip("link add br0 address 52:54:00:aa:bb:cc type bridge forward_delay 0")
        net.host.up("br0")
        net.host.address("br0", HOST_IP)
        hostd, sock = start_hostd(net, tmp_path, before=WITH_SYSFS)
        with Nginx(net.host, tmp_path / "nginx", root, address=HOST_IP):
            device = Device(sock)
            assert device.open_frames()[0] == OK
            with TapGuest(device) as guest:
                assert fetch(guest, f"http://{HOST_IP}/big", tmp_path / "got") == digest
        assert address_of(net.host, "br0") == "52:54:00:aa:bb:cc"
        device.note(FRAME_CLOSE)
        wait_for(lambda: not taps(net.host), 5, "end of the tap")
        assert address_of(net.host, "br0") == "52:54:00:aa:bb:cc"


# ---- whole boots ---------------------------------------------------------------------------------------------------


def grub(root):
    files = (
        f"linux16 (tftp,{HOST_IP})/bzImage initrd=init_task console=ttyS0\ninitrd16 (tftp,{HOST_IP})/init_task\nboot\n"
    )
    boot = programs.grub(root, f"serial --unit=0\nset timeout=0\n{files}")
    return [f"--dhcp-boot={boot},,{HOST_IP}"]


def undionly(root):
    programs.copy("ipxe/usr/lib/ipxe/undionly.kpxe", root)
    programs.ipxe_script(
        root,
        f"kernel http://{HOST_IP}/bzImage initrd=init_task console=ttyS0\ninitrd http://{HOST_IP}/init_task\nboot\n",
    )
    args = ["--dhcp-userclass=set:ipxe,iPXE", f"--dhcp-boot=tag:ipxe,http://{HOST_IP}/boot.ipxe,,{HOST_IP}"]
    return [*args, f"--dhcp-boot=tag:!ipxe,undionly.kpxe,,{HOST_IP}"]


def lpxelinux(root):
    programs.copy(programs.LPXELINUX, root)
    return [f"--dhcp-boot=lpxelinux.0,,{HOST_IP}", f"--dhcp-option-force=210,http://{HOST_IP}/"]


@pytest.mark.parametrize("program", [grub, undionly, lpxelinux])
def test_boot_from_the_host_itself(program, tmp_path, built):
    """libvirt's default network: dnsmasq at the bridge's own address, and STP with a delay of 2 s."""
    with Lab(tmp_path, link="bridge") as lab:
        host = lab.net.host
        host.ip("link set br0 type bridge stp_state 1 forward_delay 200")
        lab.add(Dnsmasq(host, lab.place("dnsmasq"), root=lab.root, ifname="br0", boot=None, args=program(lab.root)))
        lab.add(RouterAdvertisements(host, lab.place("ra"), ifname="br0"))  # iPXE waits for them
        lab.add(Nginx(host, lab.place("nginx"), lab.root, address=HOST_IP))
        hostd = lab.hostd()
        lab.check(lab.vm(hostd), 180)
        assert "passes nothing on for 4 s" in hostd.text() and FALLBACK not in hostd.text()
        wait_for(lambda: not taps(host), 5, "end of the tap")
