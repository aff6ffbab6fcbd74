# SPDX-License-Identifier: BSD-2-Clause
"""Plain DHCP and TFTP requests, for the Python programs in the scripts here: root, in the client's namespace."""
import socket
import struct

SERVER = "10.77.0.1"


class Tftp:
    """A client's port.  Packets go to the server's port 69 until an answer has come from another one."""

    def __init__(self, wait=3):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(wait)
        self.peer = (SERVER, 69)

    def request(self, name, mode="octet", **options):
        words = [name, mode] + [str(word) for option in options.items() for word in option]
        self.socket.sendto(b"\0\1" + b"".join(word.encode() + b"\0" for word in words), self.peer)
        return self.answer()

    def ack(self, block):
        self.socket.sendto(struct.pack("!HH", 4, block), self.peer)

    def answer(self):
        """The next packet, or None where none comes in time."""
        try:
            packet, self.peer = self.socket.recvfrom(65536)
        except socket.timeout:
            return None
        return packet


def dhcp_socket(port=68, wait=5):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"cli0")
    s.bind(("", port))
    s.settimeout(wait)
    return s


def dhcp(s, kind, options=(), mac=b"\x52\x54\0\0\0\1", xid=1, ciaddr="0.0.0.0", to=("255.255.255.255", 67)):
    """Send one message (1 DISCOVER, 3 REQUEST).  Returns the answer's fields, or None."""
    packet = struct.pack("!BBBBIHH", 1, 1, 6, 0, xid, 0, 0x8000) + socket.inet_aton(ciaddr) + bytes(12)
    packet += mac + bytes(10) + bytes(192) + b"\x63\x82\x53\x63" + bytes((53, 1, kind))
    for code, value in options:
        packet += bytes((code, len(value))) + value
    s.sendto(packet + b"\xff", to)
    while True:
        try:
            answer, _ = s.recvfrom(65536)
        except socket.timeout:
            return None
        if answer[0] == 2 and answer[4:8] == packet[4:8]:
            break
    got, at = {}, 240
    while at < len(answer) and answer[at] != 255:
        if answer[at] == 0:
            at += 1
            continue
        length = answer[at + 1]
        got[answer[at]] = got.get(answer[at], b"") + answer[at + 2 : at + 2 + length]
        at += 2 + length
    return {
        "yiaddr": socket.inet_ntoa(answer[16:20]),
        "siaddr": socket.inet_ntoa(answer[20:24]),
        "file": answer[108:236].rstrip(b"\0"),
        "options": got,
        "length": len(answer),
    }
