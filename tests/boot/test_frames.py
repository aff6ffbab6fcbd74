# SPDX-License-Identifier: BSD-2-Clause
"""Ethernet frames between a guest's own network stack and real servers, over hostd (docs/spec.md 4.9)."""
import hashlib
import os
import signal
import socket
import struct
import time

import pytest

from lib.netns import HOST_IP, SERVER_IP, Net, veth, wait_for
from lib.pvboot import HOSTD, answers
from lib.servers import GUEST_IP, MAC, Dhcpd, Nginx, Tftpd
from lib.tapguest import ALL_MULTICAST, BROADCAST, DENIED, FRAME, FRAME_CLOSE, OK, RESET, Device, TapGuest, in_namespace

SIZE = 24 << 20
MAC_BYTES = bytes.fromhex(MAC.replace(":", ""))
OTHER = bytes.fromhex("525400999999")
SERVER_NIC = bytes.fromhex("020000000001")
EXPERIMENT = 0x88B5  # an EtherType for local experiments (IEEE 802)


def start_hostd(net, path, *args):
    """hostd as in production: root at first, nobody with CAP_NET_RAW then."""
    sock = path / "hostd.sock"
    argv = [HOSTD, "-d", "--socket", sock, "--user", "nobody", "--allow-uid", "any", "--log-level", "debug", "--cache-dir", "none"]
    process = net.host.process([*argv, "--interface", net.ifname, *args], log=path / "hostd.log")
    wait_for(lambda: answers(sock) or not process.alive(), 10, process.text)
    assert process.alive(), process.text()
    return process, sock


@pytest.fixture
def big(tmp_path):
    root = tmp_path / "www"
    root.mkdir()
    data = os.urandom(SIZE)
    (root / "big").write_bytes(data)
    return root, hashlib.sha256(data).hexdigest()


def fetch(guest, url, path, timeout=60):
    guest.ns.run("curl", "-sS", "--fail", "--max-time", timeout, "-o", path, url, timeout=timeout + 10)
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
            if kind == FRAME and body[12:14] == struct.pack(">H", EXPERIMENT):
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


def test_another_source_is_dropped_and_counted(net, tmp_path):
    """[DEV-43]"""
    hostd, sock = start_hostd(net, tmp_path)
    device = Device(sock)
    assert device.open_frames()[0] == OK
    everybody = b"\xff" * 6
    with Sniffer(net.server, "eth0") as wire:
        device.send(FRAME, 0, raw(everybody, OTHER))
        device.send(FRAME, 0, everybody + MAC_BYTES + b"\x81\x00\x00\x05\x88\xb5" + bytes(46))
        device.send(FRAME, 0, raw(SERVER_NIC, MAC_BYTES, b"x" * 1500))
        device.send(FRAME, 0, everybody + MAC_BYTES + b"\x88\xb5")
        device.note(FRAME_CLOSE)
        wait_for(lambda: "2 from an address that is not the guest's" in hostd.text(), 5, hostd.text)
        assert [(frame[6:12], len(frame)) for frame in wire.frames()] == [(MAC_BYTES, 1514), (MAC_BYTES, 60)]  # padded


@pytest.mark.parametrize("link", ["plain", "bridge", "port"])
def test_hears_what_its_card_would(link, tmp_path):
    """[DEV-40] Its own, and what it asked for; never another machine's, nor anything after it closed. [DEV-42]"""
    with Net(link) as net:
        _, sock = start_hostd(net, tmp_path)
        device = Device(sock)
        group, other_group, everybody = bytes.fromhex("01005e000005"), bytes.fromhex("01005e000006"), b"\xff" * 6
        frames = [
            raw(MAC_BYTES, text=b"own"),
            raw(OTHER, b"\x02\0\0\0\0\1", b"other"),
            raw(everybody, text=b"all"),
            raw(group, text=b"group"),
            raw(other_group, text=b"other group"),
            raw(everybody, MAC_BYTES, b"itself"),
        ]

        def hears():
            send_raw(net.server, "eth0", *frames)
            return heard(device)

        assert hears() == []
        assert device.open_frames(0)[0] == OK
        assert hears() == ["own"]
        assert device.open_frames(BROADCAST, [group])[0] == OK
        assert hears() == ["own", "all", "group"]
        assert device.open_frames(ALL_MULTICAST)[0] == OK
        assert hears() == ["own", "group", "other group"]
        device.note(FRAME_CLOSE)
        assert hears() == []
        assert device.open_frames(0)[0] == OK
        assert hears() == ["own"]
        device.send(RESET, 0)
        assert hears() == []


# ---- what works ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["plain", "bridge", "port"])
def test_http_and_tftp_from_real_servers(link, tmp_path, big):
    """The servers' offloads are on: TCP comes as segments of up to 64 KiB without checksums. [DEV-43]"""
    root, digest = big
    with Net(link) as net, Nginx(net.server, tmp_path / "nginx", root), Tftpd(net.server, tmp_path / "tftpd", root):
        (root / "small").write_bytes(os.urandom(300001))
        hostd, sock = start_hostd(net, tmp_path)
        device = Device(sock)
        assert device.open_frames()[0] == OK
        with TapGuest(device) as guest:
            assert fetch(guest, f"http://{SERVER_IP}/big", tmp_path / "got") == digest
            assert fetch(guest, f"tftp://{SERVER_IP}/small", tmp_path / "small") == hashlib.sha256(
                (root / "small").read_bytes()
            ).hexdigest()
            assert guest.misfits == 0
        device.note(FRAME_CLOSE)
        wait_for(lambda: "frames: " in hostd.text(), 5, hostd.text)
        assert "too long or not understood" not in hostd.text() or " 0 too long or not understood" in hostd.text()


def test_dhcp_by_the_guest_itself(net, tmp_path):
    """Broadcasts both ways, by a server that answers from raw sockets."""
    with Dhcpd(net.server, tmp_path / "dhcpd") as server:
        _, sock = start_hostd(net, tmp_path)
        device = Device(sock)
        assert device.open_frames()[0] == OK
        bootp = struct.pack(">BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 0, 0x1234, 0, 0x8000, *[b""] * 4, MAC_BYTES, b"", b"")
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


def test_transfer_goes_on_with_the_next_hostd(net, tmp_path, big):
    """hostd is killed in the middle of a download and started again: the guest's TCP sees a pause. [LNK-14]"""
    root, digest = big
    with Nginx(net.server, tmp_path / "nginx", root, locations="limit_rate 8m;"):
        hostd, sock = start_hostd(net, tmp_path)
        device = Device(sock)
        assert device.open_frames()[0] == OK
        with TapGuest(device) as guest:
            got = tmp_path / "got"
            curl = guest.ns.process(["curl", "-sS", "--fail", "-o", got, f"http://{SERVER_IP}/big"], log=tmp_path / "curl.log")
            wait_for(lambda: got.exists() and got.stat().st_size > 2 << 20, 20, "first bytes")
            hostd.signal(signal.SIGKILL)
            hostd.wait(10)
            time.sleep(0.2)
            _, sock = start_hostd(net, tmp_path)
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


def test_other_machines_of_the_bridge(tmp_path, big):
    """Another VM's tap on the same bridge: the guest reaches it, and does not hear it speak to the server."""
    root, digest = big
    with Net("bridge") as net:
        other = net._namespace()
        veth(net.host, "veth1", other, "eth0")
        net.host.ip("link set veth1 master br0")
        other.address("eth0", "172.21.0.7")
        _, sock = start_hostd(net, tmp_path)
        device = Device(sock)
        assert device.open_frames()[0] == OK
        server_mac = bytes.fromhex(net.server.run("cat", "/sys/class/net/eth0/address").strip().replace(":", ""))
        with Nginx(other, tmp_path / "nginx", root, address="172.21.0.7"):
            with TapGuest(device) as guest:
                assert fetch(guest, "http://172.21.0.7/big", tmp_path / "got") == digest
        heard(device)
        send_raw(other, "eth0", raw(server_mac, text=b"secret"), raw(MAC_BYTES, text=b"own"))
        assert heard(device) == ["own"]
