# SPDX-License-Identifier: BSD-2-Clause
"""Every call of the PXE API, made by a boot program of our own (nbp/apitest.asm) that watches registers, flags and
stack."""
import re
import subprocess
import zlib
from pathlib import Path

import pytest

from lib.kernel import noise
from lib.servers import GUEST_IP, MAC, dhcpd_host

SOURCE = Path(__file__).resolve().parent / "nbp" / "apitest.asm"
BLOCK = 1024  # what apitest asks TFTP_OPEN for
LENGTHS = {"partial-block": 150 * BLOCK - 23, "multiple-of-block": 64 * BLOCK}

MEDIA_TEST, BAD_MAC, INVALID_STATE = 0x61, 0x67, 0x6A
SUCCESS, FAILURE, UNSUPPORTED, UDP_CLOSED, TFTP_CLOSED, NOT_FOUND, PARAMETER, TOO_BIG = (
    0, 1, 3, 0x18, 0x1A, 0x3B, 0x6C, 0x79,
)
# Status of each call, by the name apitest gives it.
EXPECTED = {
    "cached-info": SUCCESS,
    "cached-info-copy": SUCCESS,
    "cached-info-type-4": PARAMETER,
    "start-undi": SUCCESS,
    "undi-startup": SUCCESS,
    "undi-initialize": SUCCESS,
    "tftp-reserved": UNSUPPORTED,
    "unknown": UNSUPPORTED,
    "start-base": SUCCESS,
    "stop-base": SUCCESS,
    "file-exec": UNSUPPORTED,
    "file-exit-hook": UNSUPPORTED,
    "get-nic-type": SUCCESS,
    "get-information": SUCCESS,
    "get-iface-info": SUCCESS,
    "undi-get-mcast": SUCCESS,
    "undi-force-interrupt": UNSUPPORTED,
    "undi-diags": SUCCESS,
    "undi-transmit-closed": INVALID_STATE,
    "undi-isr-start": SUCCESS,
    "undi-isr-closed": SUCCESS,
    "undi-isr-bad": PARAMETER,
    "undi-set-station": SUCCESS,
    "undi-set-station-other": BAD_MAC,
    "undi-set-mcast": SUCCESS,
    "undi-set-mcast-9": PARAMETER,
    "undi-reset-9": PARAMETER,
    "undi-open": MEDIA_TEST,
    "undi-close": SUCCESS,
    "undi-close-again": SUCCESS,
    "undi-cleanup": SUCCESS,
    "tftp-read-closed": TFTP_CLOSED,
    "tftp-close-closed": TFTP_CLOSED,
    "get-fsize": SUCCESS,
    "get-fsize-missing": NOT_FOUND,
    "tftp-open-missing": NOT_FOUND,
    "tftp-open": SUCCESS,
    "tftp-read": SUCCESS,
    "tftp-close": SUCCESS,
    "read-file": SUCCESS,
    "read-file-small": TOO_BIG,
    "read-file-missing": NOT_FOUND,
    "file-api-check": SUCCESS,
    "file-api-check-bad": FAILURE,
    "file-open-missing": NOT_FOUND,
    "file-read-closed": TFTP_CLOSED,
    "file-open": SUCCESS,
    "file-select": SUCCESS,
    "file-size": SUCCESS,
    "file-read": SUCCESS,
    "file-close": SUCCESS,
    "file-close-again": TFTP_CLOSED,
    "udp-read-closed": UDP_CLOSED,
    "udp-write-closed": UDP_CLOSED,
    "udp-open": SUCCESS,
    "udp-read-nothing": FAILURE,
    "udp-write": SUCCESS,
    "udp-read": SUCCESS,
    "udp-close": SUCCESS,
    "udp-close-again": SUCCESS,
    "masked-get-fsize": SUCCESS,
    "pxenv-get-fsize": SUCCESS,
    "pxenv-unknown": UNSUPPORTED,
    "nested-get-fsize": SUCCESS,
    "shutdown": SUCCESS,
    "shutdown-again": SUCCESS,
    "udp-read-shut": UDP_CLOSED,
    "reopened-get-fsize": SUCCESS,
    "restart-missing": NOT_FOUND,
    "second-get-fsize": SUCCESS,
    "second-udp-open": SUCCESS,
    "third-udp-read-closed": UDP_CLOSED,
    "third-udp-open": SUCCESS,
    "third-udp-write": SUCCESS,
    "third-get-fsize": SUCCESS,
    "unload-stack": SUCCESS,
    "stop-undi": SUCCESS,
}


# With frames on: what differs, and what else is called.
EXPECTED_FRAMES = {
    "undi-open": SUCCESS,
    "undi-open-again": SUCCESS,
    "undi-set-filter": SUCCESS,
    "undi-clear-statistics": SUCCESS,
    "undi-transmit-9-blocks": PARAMETER,
    "undi-transmit-long": PARAMETER,
    "undi-transmit-short": PARAMETER,
    "undi-transmit-bad-protocol": PARAMETER,
    "undi-transmit-arp": SUCCESS,
    "undi-isr": SUCCESS,
    "undi-transmit-arp-directed": SUCCESS,
    "undi-transmit-frame": SUCCESS,
    "undi-statistics": SUCCESS,
    "undi-reset": SUCCESS,
    "undi-transmit-after-reset": SUCCESS,
    "undi-shutdown": SUCCESS,
    "undi-transmit-shut": INVALID_STATE,
    "undi-transmit-after-shutdown": SUCCESS,
    "undi-unload-stack": SUCCESS,
    "undi-transmit-after-unload": SUCCESS,
}


class Report:
    """apitest's lines: the Status of each call by name, and what followed it."""

    def __init__(self, text):
        self.text = text
        self.calls = []
        for line in text.splitlines():
            if match := re.match(r"API ([\w-]+) ax=(\w+) status=(\w+)(.*)", line):
                self.calls.append((match[1], int(match[2], 16), int(match[3], 16), match[4], {}))
            elif self.calls:
                self.calls[-1][4].update(re.findall(r" (\w+)=(\w+)", line))

    def values(self, name):
        return [{key: int(value, 16) for key, value in call[4].items()} for call in self.calls if call[0] == name]


def address(text):
    """As a little-endian machine reads it."""
    return int.from_bytes(bytes(int(part) for part in text.split(".")), "little")


def run(lab, data, **hostd):
    output = lab.root / "apitest.0"
    subprocess.run(["nasm", "-f", "bin", "-Werror", "-o", output, SOURCE], check=True, stdin=subprocess.DEVNULL)
    (lab.root / "payload.bin").write_bytes(data)
    lab.dhcpd(hosts=[dhcpd_host(filename="apitest.0")])
    lab.tftpd()
    vm = lab.vm(lab.hostd(**hostd))
    vm.wait(r"API-TEST end", 120)
    return vm, Report(vm.console.text())


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS.keys())
def test_api_calls_keep_their_promises(lab, length):
    data = noise(length, seed=9)
    vm, report = run(lab, data, options="frames = off")
    assert "BAD" not in report.text, "a call broke a promise"
    assert {name: status for name, _, status, _, _ in report.calls} == EXPECTED
    assert all(ax == (status != SUCCESS) for _, ax, status, _, _ in report.calls)
    for name in ("tftp-read", "read-file", "file-read"):
        assert report.values(name) == [{"total": length, "crc": zlib.crc32(data)}], name
    for name in ("get-fsize", "file-size"):
        assert report.values(name)[0]["size"] == length, name
    assert report.values("tftp-open")[0]["blksize"] == BLOCK
    # The program went back to the BIOS in order, which goes on to its next boot device.
    vm.wait(r"Booting from (Floppy|DVD|Hard)|No bootable device", 30)


def test_api_serves_the_dhcp_packets(lab):
    _, report = run(lab, b"x")
    packets = report.values("cached-info")
    assert [packet["op"] for packet in packets] == [1, 2, 2]
    assert [packet["size"] for packet in packets] == [1260] * 3
    assert [packet["yiaddr"] for packet in packets] == [0, address(GUEST_IP), address(GUEST_IP)]
    assert report.values("cached-info-copy") == [{"size": 100, "yiaddr": address(GUEST_IP)}]
    assert report.values("get-information")[0]["mac"] == int.from_bytes(
        bytes.fromhex(MAC.replace(":", ""))[:4], "little"
    )


def test_api_refuses_a_call_within_a_call(lab):
    """Out of a timer interrupt: there is one stack.  The call that it interrupted is none the worse."""
    _, report = run(lab, b"x")
    nested = report.values("nested-get-fsize")[0]
    assert nested["refused"] >= 1 and nested["wrong"] == 0, nested


def test_api_undi_tells_why_there_are_no_frames(lab):
    """With a status of its own and, once, the host's words on the screen."""
    _, report = run(lab, b"x", options="frames = off")
    assert report.text.count("no Ethernet frames for the boot program: ") == 1
    assert "its boot program needs frames = on" in report.text.replace("\n", "")  # the screen is 80 characters wide
    assert report.values("undi-get-mcast") == [{"mac": 0x015E0001, "low": 0x0302}]
    assert [report.values(name)[0]["function"] for name in ("undi-isr-start", "undi-isr-closed")] == [1, 0]


def test_api_undi_carries_frames(lab):
    """An ARP request in pieces without its header, broadcast and directed, and whole; after RESET, SHUTDOWN and
    UNLOAD_STACK, too."""
    _, report = run(lab, noise(LENGTHS["partial-block"], seed=9), options="frames = on")
    assert "BAD" not in report.text, "a call broke a promise, or the server did not answer"
    assert {name: status for name, _, status, _, _ in report.calls} == {**EXPECTED, **EXPECTED_FRAMES}
    answers = report.values("undi-isr")
    # Directed, of type ARP; in a frame to nobody else.
    assert answers == [{"length": 42, "header": 14, "types": 2, "other": 0}] * 6
    assert report.values("undi-statistics") == [{"sent": 3, "received": 3}]


def test_api_unload_leaves_base_memory_to_the_program(lab):
    """pxelinux takes it for a failure if 0:413h is restored before it does so itself; INT 1Ah is gone by then."""
    _, report = run(lab, b"x")
    assert report.values("stop-undi") == report.values("third-get-fsize")
    assert "int1a" not in report.text
