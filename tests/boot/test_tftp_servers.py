# SPDX-License-Identifier: BSD-2-Clause
"""hostd's TFTP client (the program build/tests/tftp_get) against tftpd-hpa, atftpd and dnsmasq, over good networks and
bad."""
import hashlib
import re
import sys
import random
import time
from pathlib import Path

import pytest

from lib.middlebox import Middlebox
from lib.netns import SERVER_IP, Net, wait_for
from lib.pvboot import BUILD
from lib.servers import Atftpd, Dnsmasq, Tftpd

TFTP_GET = BUILD / "tests" / "tftp_get"
BLOCK = 1468  # what a path of 1500 bytes carries: MTU - 32
SERVERS = ["tftpd-hpa", "atftpd", "dnsmasq"]
OK, NOT_FOUND, TIMEOUT, UNREACHABLE = 0, 5, 7, 10


@pytest.fixture(scope="module")
def constants():
    """The statuses above are the header's."""
    namespace = {}
    exec((BUILD / "pvboot_const.py").read_text(), namespace)
    return namespace


def test_statuses_are_the_headers(constants):
    names = ("OK", "NOT_FOUND", "TIMEOUT", "UNREACHABLE")
    assert [constants[f"PVBOOT_S_{n}"] for n in names] == [OK, NOT_FOUND, TIMEOUT, UNREACHABLE]


class Bench:
    """A network, a TFTP root, and fetches through it."""

    def __init__(self, net, directory):
        self.net, self.dir = net, directory
        self.root = directory / "root"
        self.root.mkdir()
        self.made = {}

    def file(self, size):
        """A file of that many bytes in the root; returns its name."""
        if size not in self.made:
            name = f"f{size}"
            content = random.Random(size).randbytes(size)
            (self.root / name).write_bytes(content)
            self.made[size] = (name, hashlib.sha256(content).hexdigest())
        return self.made[size][0]

    def server(self, kind, **kw):
        directory = self.dir / kind
        if kind == "tftpd-hpa":
            return Tftpd(self.net.server, directory, self.root, **kw)
        if kind == "atftpd":
            return Atftpd(self.net.server, directory, self.root, **kw)
        return Dnsmasq(self.net.server, directory, root=self.root, dhcp=False, **kw)

    def begin(self, name, *options):
        """Start a fetch; returns the process and where its file goes."""
        out = self.dir / "out"
        out.unlink(missing_ok=True)
        argv = [TFTP_GET, *options, SERVER_IP, name, out]
        return self.net.host.process(argv, log=str(self.dir / "get.log")), out

    def result(self, process, timeout):
        """Of a fetch: a dict of the words it printed."""
        process.wait(timeout)
        line = process.text().splitlines()[-1]
        words, _, text = line.partition(" text=")
        return {**dict(word.split("=") for word in words.split()), "text": text}

    def get(self, name, *options, timeout=60):
        (self.dir / "get.log").unlink(missing_ok=True)
        process, out = self.begin(name, *options)
        return self.result(process, timeout), out

    def check(self, size, *options, timeout=60):
        """Fetch a file of that size and compare it by hash."""
        result, out = self.get(self.file(size), *options, timeout=timeout)
        assert int(result["status"]) == OK, result
        assert hashlib.sha256(out.read_bytes()).hexdigest() == self.made[size][1], result
        return result


@pytest.fixture
def bench(net, tmp_path):
    assert TFTP_GET.exists(), f"{TFTP_GET} is not built: run make"
    return Bench(net, tmp_path)


@pytest.fixture(params=SERVERS)
def kind(request):
    return request.param


# ---- refusals ----------------------------------------------------------------------------------------------------


def test_file_missing(bench, kind):
    with bench.server(kind):
        result, _ = bench.get("nothing/here")
    assert int(result["status"]) == NOT_FOUND and int(result["detail"]) == 1
    assert SERVER_IP in result["text"] and "nothing/here" in result["text"]


def test_no_server_listens(bench):
    result, _ = bench.get("f")
    assert int(result["status"]) == UNREACHABLE
    assert f"no TFTP server listens at {SERVER_IP} port 69" in result["text"]
    assert float(result["seconds"]) < 5


def test_no_route(bench):
    process = bench.net.host.process([TFTP_GET, "203.0.113.9", "f"], log=str(bench.dir / "get.log"))
    result = bench.result(process, 10)
    assert int(result["status"]) == UNREACHABLE and "a route to it" in result["text"]


def test_machine_is_off(bench):
    """Nobody answers ARP."""
    process = bench.net.host.process([TFTP_GET, "-t", "15000", "172.21.9.9", "f"], log=str(bench.dir / "get.log"))
    result = bench.result(process, 30)
    assert int(result["status"]) in (UNREACHABLE, TIMEOUT) and "172.21.9.9" in result["text"]


def test_server_is_silent(bench):
    deaf = "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(('', 69)); "
    deaf += "print('bound', flush=True); time.sleep(60)"
    listener = bench.net.server.process([sys.executable, "-c", deaf], log=str(bench.dir / "deaf.log"))
    wait_for(lambda: "bound" in listener.text(), 10, "socket")
    result, _ = bench.get("f", "-t", "2000")
    assert int(result["status"]) == TIMEOUT
    assert "did not answer" in result["text"] and "firewall" in result["text"]
    assert 1.9 < float(result["seconds"]) < 4


PAUSING = Path(__file__).parent / "lib" / "pausing_tftpd.py"


def get_from_pausing(bench, pause_ms, times):
    """What fetching 1500 blocks comes to, from a server that pauses after 1000 of them, and where the file is."""
    argv = [sys.executable, PAUSING, bench.root, pause_ms, 1000, times]
    server = bench.net.server.process([str(word) for word in argv], log=str(bench.dir / "pausing.log"))
    wait_for(lambda: "bound" in server.text(), 10, "socket")
    try:
        return bench.get(bench.file(512 * 1500 + 3), "-b", "512")
    finally:
        server.kill()


def is_whole(bench, out):
    return hashlib.sha256(out.read_bytes()).hexdigest() == bench.made[512 * 1500 + 3][1]


def test_server_pauses(bench):
    """No ACK is repeated within 70 ms, which this server would take for a new one; if this machine is too busy to show
    it, see test_retransmission_backs_off in tests/unit."""
    result, out = get_from_pausing(bench, 70, 1)
    assert int(result["status"]) == OK and is_whole(bench, out), result


def test_server_ends_the_transfer(bench):
    """By ERROR 0, since an ACK was repeated after all: it is asked once more, and not twice."""
    result, out = get_from_pausing(bench, 700, 1)
    assert int(result["status"]) == OK and is_whole(bench, out), result
    assert "again for f768003, 512512 bytes are here: it ended the transfer: lost count" in log(bench)
    result, _ = get_from_pausing(bench, 700, 1000)
    assert int(result["status"]) != OK and "lost count (error 0)" in result["text"], result
    assert log(bench).count("again for") == 1


# ---- transfers ---------------------------------------------------------------------------------------------------


def test_sizes(bench, kind):
    """Empty, one byte, around a block, exact multiples."""
    with bench.server(kind):
        for size in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK * 64, BLOCK * 1000 + 3):
            result = bench.check(size)
            assert int(result["size"]) == size and int(result["blksize"]) == BLOCK, result


def test_block_numbers_wrap(bench, kind):
    with bench.server(kind):
        bench.check(512 * 65536, "-b", "512", timeout=120)


def test_block_numbers_wrap_at_the_real_block_size(bench):
    with bench.server("atftpd"):
        bench.check(BLOCK * 65537, timeout=120)


def test_options_refused(bench):
    """tftpd-hpa told to know no options: blocks of 512 and no size."""
    refuse = [word for option in ("blksize", "tsize", "utimeout", "timeout") for word in ("-r", option)]
    with bench.server("tftpd-hpa", args=refuse):
        result = bench.check(512 * 20)
    assert int(result["blksize"]) == 512 and int(result["size"]) == -1


def test_single_port(bench):
    """dnsmasq that answers from port 69."""
    server = bench.server("dnsmasq", args=["--tftp-single-port"])
    # 2.90 forgets the address to send from when it is bound to an interface.
    server.args.remove("--bind-interfaces")
    with server:
        bench.check(BLOCK * 50)
        result, _ = bench.get("nothing")
        assert int(result["status"]) == NOT_FOUND


def test_size_only(bench, kind):
    with bench.server(kind):
        result, _ = bench.get(bench.file(123457), "-s")
    assert int(result["status"]) == OK and int(result["size"]) == 123457 and int(result["bytes"]) == 0


ASKS_LARGE = "for blocks of 65464 bytes"
GIVES_UP_LARGE = "blocks above the MTU get lost on the way"


def log(bench):
    return (bench.dir / "get.log").read_text()


def test_large_blocks_where_there_are_no_windows(bench):
    """tftpd-hpa: 20 MB come in IP fragments, 1 MB for each system call that a block of 1468 would cost."""
    with bench.server("tftpd-hpa"):
        bench.check(65464 * 300 + 1)
    assert ASKS_LARGE in log(bench) and GIVES_UP_LARGE not in log(bench)


def test_large_blocks_capped(bench):
    """A server that grants 8192 at most, and dnsmasq, which grants what its interface carries."""
    with bench.server("tftpd-hpa", blksize=8192):
        bench.check(8192 * 200 + 1)
    assert ASKS_LARGE in log(bench)
    with bench.server("dnsmasq"):
        bench.check(BLOCK * 2000)
    assert ASKS_LARGE in log(bench) and GIVES_UP_LARGE not in log(bench)


def test_large_blocks_not_with_windows(bench):
    with bench.server("atftpd"):
        bench.check(BLOCK * 2000)
    assert ASKS_LARGE not in log(bench)


def test_large_blocks_not_where_a_size_is_set(bench):
    with bench.server("tftpd-hpa"):
        bench.check(BLOCK * 1000, "-b", str(BLOCK))
    assert ASKS_LARGE not in log(bench)


def test_small_mtu(bench):
    """blksize follows the route's MTU, so nothing is fragmented."""
    bench.net.host.ip("link set veth0 mtu 1000")
    with bench.server("tftpd-hpa"):
        result = bench.check(50000)
    assert int(result["blksize"]) == 968


# ---- a server that dies ------------------------------------------------------------------------------------------


def received(out):
    return out.stat().st_size if out.exists() else 0


@pytest.mark.parametrize("kind", ["tftpd-hpa", "dnsmasq"])
def test_server_dies_and_comes_back(bench, kind):
    size = 60_000_000
    name = bench.file(size)
    server = bench.server(kind)
    with server:
        process, out = bench.begin(name)
        wait_for(lambda: received(out) > 1_000_000, 20, "the first megabyte")
        server.kill()
        time.sleep(1)
        assert process.alive()
        have = received(out)
        server.start()
        result = bench.result(process, 60)
    assert have < size, "the server died too late for this test"
    assert int(result["status"]) == OK, result
    assert "asking" in process.text() and "again" in process.text()
    assert hashlib.sha256(out.read_bytes()).hexdigest() == bench.made[size][1]


def test_server_dies_and_does_not_come_back(bench):
    name = bench.file(60_000_000)
    server = bench.server("tftpd-hpa")
    with server:
        process, out = bench.begin(name, "-t", "4000")
        wait_for(lambda: received(out) > 1_000_000, 20, "the first megabyte")
        server.kill()
        result = bench.result(process, 20)
    assert int(result["status"]) == TIMEOUT
    assert "stopped in the middle" in result["text"] and "still running" in result["text"]


# ---- bad networks ------------------------------------------------------------------------------------------------

# What each loss costs is the server's timer: tftpd-hpa's and dnsmasq's files are small here, as they answer no repeated
# ACK.
LOSSY = {"tftpd-hpa": BLOCK * 200, "atftpd": BLOCK * 4000 + 1, "dnsmasq": BLOCK * 60 + 1}


def test_loss_duplication_and_reordering(tmp_path, kind):
    harm = {"loss": 0.05, "dup": 0.05, "reorder": 0.05}
    with Net(wire=True) as net, Middlebox(net.wire, tmp_path / "wire.log", **harm) as box:
        bench = Bench(net, tmp_path)
        with bench.server(kind):
            bench.check(LOSSY[kind], timeout=120)
            bench.check(0, timeout=60)
        counts = box.counts()
    for name in harm:
        assert counts[name] > 0, counts


def test_fragments_are_filtered(tmp_path):
    """A firewall that lets no fragment through: small blocks, soon."""
    with Net(wire=True) as net, Middlebox(net.wire, tmp_path / "wire.log", fragments=1) as box:
        bench = Bench(net, tmp_path)
        with bench.server("tftpd-hpa"):
            bench.check(BLOCK * 2000)
        assert box.counts()["loss"] > 0
    assert ASKS_LARGE in log(bench) and GIVES_UP_LARGE in log(bench)


def test_fragments_get_lost(tmp_path):
    """In the middle of a transfer: nothing that came is given to the file twice."""
    with Net(wire=True) as net, Middlebox(
        net.wire, tmp_path / "wire.log", fragments=0.005, reorder=0.01, dup=0.01
    ) as box:
        bench = Bench(net, tmp_path)
        with bench.server("tftpd-hpa"):
            bench.check(BLOCK * 2000 + 7)
        assert box.counts()["loss"] > 0
    assert GIVES_UP_LARGE in log(bench)


def test_everything_is_doubled(tmp_path, kind):
    """Duplicates must not multiply (the Sorcerer's Apprentice): of each block one DATA and one ACK."""
    blocks = 500
    with Net(wire=True) as net, Middlebox(net.wire, tmp_path / "wire.log", dup=1.0) as box:
        bench = Bench(net, tmp_path)
        with bench.server(kind):
            bench.check(BLOCK * blocks)
        box.counts()
        sent = dict(re.findall(r"middlebox: (\w+)>.* udp=(\d+)", box.process.text()))
    # An RRQ's double may open a second transfer, which gets an ERROR.
    assert int(sent["left"]) <= blocks + 20, sent
    assert int(sent["right"]) <= 2 * blocks + 40, sent


def test_cable_is_pulled_and_put_back(tmp_path):
    """Three seconds of nothing in the middle: the same transfer goes on."""
    size = 30_000_000
    with Net(wire=True) as net:
        bench = Bench(net, tmp_path)
        with bench.server("atftpd"):
            with Middlebox(net.wire, tmp_path / "wire.log"):
                process, out = bench.begin(bench.file(size), "-w", "4")
                wait_for(lambda: received(out) > 1_000_000, 20, "the first megabyte")
            time.sleep(3)
            with Middlebox(net.wire, tmp_path / "wire2.log"):
                result = bench.result(process, 60)
    assert int(result["status"]) == OK, result
    assert hashlib.sha256(out.read_bytes()).hexdigest() == bench.made[size][1]
