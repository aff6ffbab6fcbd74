# SPDX-License-Identifier: BSD-2-Clause
"""A guest whose network stack is a namespace's: its tap carries the Ethernet frames that pass between hostd and a
device.

What its kernel accepts had right checksums and lengths; what was longer than a guest takes is in `misfits`.
"""
import ctypes
import fcntl
import os
import select
import socket
import struct
import threading

from .netns import Namespace
from .servers import GUEST_IP, MAC

LINK_MAGIC = 0x4B4C5650
HELLO, WELCOME, REPLY, DATA, KEEP, FORGET, IDENTITY, KEPT, RESUME, REQUEST, RESET = 1, 2, 4, 5, 7, 8, 16, 17, 18, 19, 21
DGRAM, NOTE, FRAME = 32, 33, 35
DISCOVER, OPEN, READ, CLOSE, DGRAM_OPEN, PHASE, FRAME_OPEN, FRAME_CLOSE = 1, 2, 3, 4, 6, 10, 14, 15
PHASE_UNLOAD, PHASE_KERNEL = 4, 6
READ_EOF = 1
ID_MAC = 1
BROADCAST, ALL_MULTICAST = 1, 2
OK, DENIED = 0, 14
FRAME_MAX = 1514
CLONE_NEWNET = 0x40000000
TUNSETIFF, TAP_NO_PI = 0x400454CA, 0x1002


def in_namespace(ns, make):
    """What make() returns when called in that namespace: by a thread of its own, which goes there and ends."""
    made = []

    def run():
        fd = os.open(ns.path, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)
        made.append(make())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return made[0]


def make_tap():
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"tap0", TAP_NO_PI))
    return tap


class Device:
    """The device's end of a link; keeps what it is asked to keep, as a device does.  kept: from an earlier
    connection."""

    def __init__(self, path, name="vm", mac=MAC, kept=None):
        self.kept = kept if kept is not None else {}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.buffer = b""
        self.frames = []  # that came while something else was awaited
        mac = bytes.fromhex(mac.replace(":", ""))
        nonce = struct.unpack("<HHIQ", self.expect(HELLO))[3]
        self.send(IDENTITY, 0, struct.pack("<QHHI16s6sH64s", nonce, 1, ID_MAC, 0, b"", mac, 0, name.encode()))
        self.expect(WELCOME)
        for key, blob in self.kept.items():
            self.send(KEPT, key, blob)
        self.send(RESUME, 0)

    def send(self, kind, number, body=b""):
        self.socket.sendall(self.message(kind, number, body))

    @staticmethod
    def message(kind, number, body):
        return struct.pack("<IIHHI", LINK_MAGIC, len(body), kind, 0, number) + body

    def next(self):
        while len(self.buffer) < 16 or len(self.buffer) < 16 + struct.unpack("<II", self.buffer[:8])[1]:
            data = self.socket.recv(1 << 18)
            if not data:
                raise EOFError("hostd ended the link")
            self.buffer += data
        length, kind, _, number = struct.unpack("<IHHI", self.buffer[4:16])
        body, self.buffer = self.buffer[16 : 16 + length], self.buffer[16 + length :]
        if kind == KEEP:
            self.kept[number] = body
        elif kind == FORGET:
            self.kept.pop(number, None)
        return kind, body

    def expect(self, kind):
        while True:
            found, body = self.next()
            if found == FRAME and kind != FRAME:
                self.frames.append(body)
            if found == kind:
                return body

    def ask(self, op, args=b"", room=8192):
        """(status, detail, its words, its result)."""
        self.send(REQUEST, 1, struct.pack("<HHIQ", op, 0, len(args), room) + args)
        data = b""
        while True:
            kind, body = self.next()
            if kind == DATA:
                data += body[16:]
            elif kind == FRAME:
                self.frames.append(body)
            elif kind == REPLY:
                status, detail, text, _ = struct.unpack("<IIII", body[:16])
                return status, detail, body[16 : 16 + text].decode(), data or body[16 + text :]

    def request(self, op, args=b"", room=8192):
        """(status, its words)."""
        status, _, words, _ = self.ask(op, args, room)
        return status, words

    def discover(self):
        """The lease's address."""
        status, _, words, result = self.ask(DISCOVER, bytes(8))
        assert status == OK, words
        return ".".join(map(str, result[:4]))

    def fetch(self, name):
        """The contents of a file, read inline as on a transport without descriptors."""
        status, _, words, result = self.ask(OPEN, bytes(16) + name.encode())
        if status != OK:
            raise RuntimeError(words)
        handle, data = result[:4], b""
        while True:
            status, detail, words, part = self.ask(
                READ, handle + bytes(4) + struct.pack("<QII", len(data), 0, 0), 1 << 20
            )
            if status != OK:
                raise RuntimeError(words)
            data += part
            if detail == READ_EOF:
                self.ask(CLOSE, handle + bytes(4))
                return data

    def note(self, op, args=b""):
        self.send(NOTE, 0, struct.pack("<HHIQ", op, 0, len(args), 0) + args)

    def phase(self, phase):
        self.note(PHASE, struct.pack("<II", phase, 0))

    def open_frames(self, flags=BROADCAST | ALL_MULTICAST, mcasts=()):
        args = struct.pack("<IHH", flags, len(mcasts), 0) + b"".join(mcasts)
        return self.request(FRAME_OPEN, args.ljust(56, b"\0"))

    def close(self):
        self.socket.close()


class TapGuest:
    """A namespace with `tap0` (MAC, address), its frames carried by a Device until close() or carry() of another."""

    def __init__(self, device, mac=MAC, address=GUEST_IP):
        self.ns = Namespace()
        self.misfits = 0
        self.thread = None
        self.tap = in_namespace(self.ns, make_tap)
        self.ns.ip("link set tap0 address", mac)
        self.ns.address("tap0", address)
        self.ns.up("tap0")
        self.wake, self.wakened = os.pipe()
        self.carry(device)

    def carry(self, device):
        """From now on by this device; a link that ends, ends only the carrying."""
        self._end()
        self.device = device
        self.thread = threading.Thread(target=self._carry, daemon=True)
        self.thread.start()

    def _carry(self):
        device = self.device
        out = b""  # a hostd that waits for us to read does not read, either: never block in sending
        for frame in device.frames:
            self._in(frame)
        while True:
            reading = [device.socket, self.wake] + ([] if out else [self.tap])
            readable, writable, _ = select.select(reading, [device.socket] if out else [], [])
            if self.wake in readable:
                os.read(self.wake, 1)
                return
            try:
                if self.tap in readable:
                    out = device.message(FRAME, 0, os.read(self.tap, 65536))
                if self.tap in readable or writable:
                    out = out[self._send(device, out) :]
                if device.socket in readable:
                    self._frames_of(device)
            except (EOFError, OSError):
                return

    @staticmethod
    def _send(device, out):
        """Bytes that the link took.  Not by send(): a Python socket with a timeout waits for room in it, whatever its
        flags say."""
        try:
            return os.write(device.socket.fileno(), out)
        except BlockingIOError:
            return 0

    def _frames_of(self, device):
        """All whole messages that are there after one receive."""
        while True:
            kind, body = device.next()
            if kind == FRAME:
                self._in(body)
            if len(device.buffer) < 16 or len(device.buffer) < 16 + struct.unpack("<II", device.buffer[:8])[1]:
                return

    def _in(self, frame):
        if len(frame) > FRAME_MAX:
            self.misfits += 1
            return
        try:
            os.write(self.tap, frame)
        except BlockingIOError:
            pass

    def _end(self):
        if self.thread and self.thread.is_alive():
            os.write(self.wakened, b"x")
            self.thread.join(10)
        self.thread = None

    def close(self):
        self._end()
        for fd in (self.tap, self.wake, self.wakened):
            os.close(fd)
        self.ns.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
