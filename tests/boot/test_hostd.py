# SPDX-License-Identifier: BSD-2-Clause
"""pvboot-hostd as a process: how it starts, what it gives up, how it ends.  No guest is booted."""
import os
import pwd
import re
import signal
import socket
import struct
import subprocess

import pytest

from lib.netns import Process, wait_for
from lib.pvboot import HOSTD, PVBOOT, UNIT, answers, with_rights_of_unit
from lib.servers import TOP

LINK_MAGIC = 0x4B4C5650
HELLO, WELCOME, REFUSE, REPLY, GROW, IDENTITY, RESUME, REQUEST = 1, 2, 3, 4, 6, 16, 18, 19
DISCOVER, OPEN = 1, 2


class Device:
    """The device's end of a link, as far as these tests need it (docs/spec.md, chapter 5)."""

    def __init__(self, path, name="vm"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.buffer, self.fds = b"", []
        hello = self.expect(HELLO)
        nonce = struct.unpack("<HHIQ", hello)[3]
        self.send(IDENTITY, 0, struct.pack("<QHHI16s6sH64s", nonce, 1, 0, 1, b"", b"", 0, name.encode()))

    def send(self, kind, number, body=b""):
        self.socket.sendall(struct.pack("<IIHHI", LINK_MAGIC, len(body), kind, 0, number) + body)

    def request(self, number, op, args):
        self.send(REQUEST, number, struct.pack("<HHIQ", op, 0, len(args), 8192) + args)
        status, _, text, result = struct.unpack("<IIII", self.expect(REPLY)[:16])
        return status

    def expect(self, kind):
        while True:
            while len(self.buffer) < 16 or len(self.buffer) < 16 + struct.unpack("<II", self.buffer[:8])[1]:
                data, fds, _, _ = socket.recv_fds(self.socket, 65536, 8)
                assert data, "hostd ended the link"
                self.buffer += data
                self.fds += fds
            length, found = struct.unpack("<IH", self.buffer[4:10])
            body, self.buffer = self.buffer[16 : 16 + length], self.buffer[16 + length :]
            if found == kind:
                return body

    def join(self):
        self.expect(WELCOME)
        self.send(RESUME, 0)
        return self


def hostd_once(*argv, **kw):
    """Run to the end.  (exit status, what it said)."""
    done = subprocess.run(
        [HOSTD, *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=20, **kw,
    )
    return done.returncode, done.stdout


def start(tmp_path, *argv, user=None):
    path = tmp_path / "hostd.sock"
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    process = Process([*prefix, HOSTD, "-d", "--socket", path, *argv], log=tmp_path / "hostd.log")
    wait_for(lambda: answers(path) or not process.alive(), 10, process.text)
    assert process.alive(), process.text()
    return process, path


def own_user():
    """Whom hostd becomes: a user of its own, where make install has made it."""
    try:
        return pwd.getpwnam("pvboot-hostd")
    except KeyError:
        return pwd.getpwnam("nobody")


def serving_status(pid, path):
    """/proc/PID/status of a hostd that has said hello: it listens a little before it sheds what it started with."""
    Device(path).socket.close()
    text = open(f"/proc/{pid}/status").read()
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.M))


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "root"
    path.mkdir()
    (path / "pxelinux.0").write_bytes(b"boot program")
    return path


def test_hostd_without_configuration(tmp_path):
    status, text = hostd_once("-c", "/dev/null")
    assert status == 2
    assert "nobody may boot" in text and "--interface" in text and "--root" in text


def test_hostd_root_is_no_directory(tmp_path):
    status, text = hostd_once("-d", "--root", tmp_path / "none", "--socket", tmp_path / "s")
    assert status == 1
    assert str(tmp_path / "none") in text


def test_hostd_bad_configuration_is_named(tmp_path):
    conf = tmp_path / "hostd.conf"
    conf.write_text("[hostd]\n\n[vm a]\nroot = /\nallow = me\n")
    status, text = hostd_once("-n", "-c", conf)
    assert status == 2
    assert f"{conf}:5: " in text
    conf.write_text("[vm a]\nroot = /\n")
    assert hostd_once("-n", "-c", conf) == (0, "")
    conf.write_text(f"\n[vm a]\nroot = {tmp_path}/none\n")
    status, text = hostd_once("-n", "-c", conf)
    assert status == 1
    assert f"{conf}:2: [vm a]" in text and f"{tmp_path}/none: No such file" in text


def test_hostd_interface_is_not_there(tmp_path):
    """It may come later: a warning."""
    conf = tmp_path / "hostd.conf"
    conf.write_text("[vm a]\ninterface = nosuch0\n[vm b]\ninterface = lo\n")
    status, text = hostd_once("-n", "-c", conf)
    assert status == 0
    assert "[vm a]" in text and "nosuch0" in text and "[vm b]" not in text


def test_hostd_log_has_times(tmp_path, root):
    """Not for pvboot run, whose console it is, and not for the journal."""
    process, path = start(tmp_path, "--root", root)
    assert re.search(
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} hostd: listening at ", process.text(), re.M
    ), process.text()
    process.kill()
    for argv in (["--exit-with-parent"], []):
        log = tmp_path / f"log{len(argv)}"
        log.touch()
        env = {} if argv else {"JOURNAL_STREAM": f"{log.stat().st_dev}:{log.stat().st_ino}"}
        process = Process([HOSTD, "-d", "--socket", path, "--root", root, *argv], log=log, env=env)
        wait_for(lambda: "listening at" in process.text(), 10, "the log")
        assert process.text().startswith("hostd: " if argv else "<6>hostd: "), process.text()
        process.kill()


def test_hostd_socket_is_taken(tmp_path, root):
    process, path = start(tmp_path, "--root", root)
    status, text = hostd_once("-d", "--root", root, "--socket", path)
    assert status == 1
    assert "another hostd listens" in text
    assert answers(path) and process.alive()


def test_hostd_socket_left_behind(tmp_path, root):
    process, path = start(tmp_path, "--root", root)
    process.signal(signal.SIGKILL)
    process.wait(5)
    assert path.exists()
    start(tmp_path, "--root", root)


def test_hostd_turns_strangers_away(tmp_path, root):
    """Rights come from the peer's credentials."""
    process, path = start(tmp_path, "--root", root, "--allow-uid", "1", "--socket-mode", "0666")
    pid = os.fork()
    if not pid:
        os.setresuid(2, 2, 2)
        device = Device(path)
        os._exit(0 if b"uid 2 may not connect" in device.expect(REFUSE) else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert Device(path).join()  # root may


def test_hostd_sheds_privilege(tmp_path):
    process, path = start(tmp_path, "--interface", "lo", "--cache-dir", "none")
    status = serving_status(process.pid, path)
    assert status["Uid"].split() == [str(own_user().pw_uid)] * 4
    assert status["Gid"].split() == [str(own_user().pw_gid)] * 4
    assert ("there is no user pvboot-hostd" in process.text()) == (own_user().pw_name == "nobody")
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 1 << 13  # CAP_NET_RAW
    assert int(status["CapInh"], 16) == int(status["CapBnd"], 16) == int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_hostd_root_keeps_no_capability(tmp_path, root):
    process, path = start(tmp_path, "--root", root)
    status = serving_status(process.pid, path)
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapBnd"], 16) == 0


def test_hostd_serves_root_unprivileged(tmp_path, root):
    work = tmp_path / "work"
    work.mkdir()
    os.chown(work, 65534, 65534)
    root.chmod(0o755)
    process, path = start(work, "--root", root, user=65534)
    device = Device(path).join()
    assert device.request(1, DISCOVER, bytes(8)) == 0
    assert device.request(2, OPEN, bytes(16) + b"pxelinux.0") == 0
    with open(device.fds[0], "rb") as file:
        assert file.read() == b"boot program"
    assert process.alive()


def test_hostd_ends_and_cleans_up(tmp_path, root):
    pid_file = tmp_path / "pid"
    process, path = start(tmp_path, "--root", root, "--pid-file", pid_file)
    assert int(pid_file.read_text()) == process.pid
    device = Device(path).join()
    process.signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert not path.exists() and not pid_file.exists()
    assert device.socket.recv(1) == b""


def test_hostd_goes_to_the_background(tmp_path, root):
    path, pid_file = tmp_path / "s", tmp_path / "pid"
    status, text = hostd_once("--root", root, "--socket", path, "--pid-file", pid_file)
    pid = int(pid_file.read_text())
    try:
        assert status == 0
        assert answers(path)
        assert os.getsid(pid) != os.getsid(0)
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not path.exists(), 5, lambda: text)


def test_hostd_in_the_background_tells_a_failure(tmp_path, root):
    status, text = hostd_once("--root", root, "--socket", "/nonexistent/dir/s")
    assert status == 1
    assert "cannot make /nonexistent/dir" in text


def test_hostd_tells_when_it_is_ready(tmp_path, root):
    path = tmp_path / "s"
    reader, writer = os.pipe()
    process = Process(
        [HOSTD, "-d", "--root", root, "--socket", path, "--ready-fd", str(writer)], log=tmp_path / "log",
        pass_fds=[writer],
    )
    os.close(writer)
    with open(reader, "rb") as ready:
        assert len(ready.read()) == 1  # and it is closed
    assert answers(path)
    assert process.alive()


def test_hostd_tells_its_service_manager(tmp_path, root):
    """Devices can connect when it says so, and it says when it ends; why it does not start, too.  A hostd of somebody
    else's service does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        env = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        argv = [HOSTD, "-d", "--root", root, "--socket", tmp_path / "s"]
        process = Process(argv, log=tmp_path / "log", env=env)
        assert manager.recv(4096).decode() == f"READY=1\nSTATUS=listening at {tmp_path}/s"
        assert answers(tmp_path / "s")
        assert hostd_once(*argv[1:], env={**os.environ, **env})[0] == 1
        assert "STATUS=another hostd listens" in manager.recv(4096).decode()
        process.signal(signal.SIGTERM)
        assert manager.recv(4096).decode() == "STOPPING=1\nSTATUS="
        assert process.wait(5) == 0
        process = Process([*argv, "--exit-with-parent"], log=tmp_path / "log", env=env)
        wait_for(lambda: answers(tmp_path / "s"), 10, process.text)
        process.stop()
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.recv(4096)


def test_hostd_without_standard_descriptors(tmp_path, root):
    path = tmp_path / "s"
    process = Process(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", HOSTD, "-d", "--root", root, "--socket", path],
        log=tmp_path / "log",
    )
    wait_for(lambda: answers(path), 10, process.text)
    device = Device(path).join()
    assert device.request(1, OPEN, bytes(16) + b"pxelinux.0") == 0


def test_hostd_ends_with_its_parent(tmp_path, root):
    path = tmp_path / "s"
    command = 'trap "" TERM; "$@" & wait'
    parent = Process(
        ["sh", "-c", command, "sh", HOSTD, "--exit-with-parent", "--root", root, "--socket", path], log=tmp_path / "log"
    )
    wait_for(lambda: answers(path), 10, parent.text)
    os.kill(parent.pid, signal.SIGKILL)  # the shell alone
    wait_for(lambda: not path.exists(), 5, parent.text)


# ---- as a service --------------------------------------------------------------------------------------------------


def test_unit_has_a_place_for_the_cache(tmp_path):
    """In a /var that is read-only but for what examples/pvboot-hostd.service names, as ProtectSystem=strict has it."""
    unit = UNIT.read_text()
    directory = re.search(r"^ReadWritePaths=-(.*)", unit, re.M)[1]
    made = re.search(
        r"^d (\S+) 0700 pvboot-hostd pvboot-hostd -$", (TOP / "examples" / "pvboot-hostd.tmpfiles").read_text(), re.M
    )[1]
    assert (
        "ProtectSystem=strict" in unit
        and "ExecStartPre=-+systemd-tmpfiles --create pvboot-hostd.conf" in unit
        and made == directory
    )
    conf = tmp_path / "hostd.conf"
    conf.write_text(f"[hostd]\nsocket = {tmp_path}/s\nlog = stderr\n[vm *]\ninterface = lo\n")
    mode = f"mode=700,uid={own_user().pw_uid},gid={own_user().pw_gid}"
    script = f"""mount -t tmpfs tmpfs /var/cache && mkdir -m 700 {directory} &&
        mount -t tmpfs -o {mode} tmpfs {directory} &&
                 mount -o remount,ro /var/cache && exec "$@" """
    argv = ["unshare", "--mount", "sh", "-c", script, "sh", *with_rights_of_unit(), HOSTD, "-d", "-c", conf]
    process = Process(argv, log=tmp_path / "hostd.log")
    wait_for(lambda: answers(tmp_path / "s") or not process.alive(), 10, process.text)
    assert process.alive() and "no files are kept" not in process.text(), process.text()
    listed = subprocess.run(
        [PVBOOT, "cache", "list", "--hostd", tmp_path / "s"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )
    assert listed.returncode == 0, listed.stdout
    process.stop()
