# SPDX-License-Identifier: BSD-2-Clause
"""`pvboot run`, as a user types it, without a terminal."""
import os
import re
import shutil
import subprocess

import pytest

from lib.kernel import check_report
from lib.netns import Process, wait_for
from lib.pvboot import BUILD, DEVICE, HOSTD, PVBOOT, pvboot_run
from lib.servers import MAC
from lib.tftproot import write_config
from lib.vm import children

TCG = ["-accel", "tcg"]


def run(lab, argv, timeout=120, ns=None, stdin=subprocess.DEVNULL, log=None):
    """Run to the end.  Returns (exit status, console)."""
    log = log or lab.place("run.log")
    process = Process(argv, log=log, ns=ns, stdin=stdin, env={"TERM": "dumb"})
    try:
        status = process.wait(timeout)
        assert children(process.pid) == []
        return status, process.text().replace("\r", "")
    finally:
        process.kill()


def plan(*options):
    """What --dry-run shows: the lines of commands.  No hostd has to be there."""
    done = subprocess.run([PVBOOT, "run", "--dry-run", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_run_cards_have_addresses_of_their_own(built):
    """`mac = card` of a running hostd is that of the card; without it pvboot-device names none."""
    cards = set()
    for name in ("web1", "web2", "web3"):
        *_, device, qemu = plan("--attach", "vhost-user", "--hostd", "/nonexistent/hostd.sock", "--name", name).splitlines()
        assert "--mac" not in device
        cards.add(re.search(r"virtio-net-pci,.*?mac=([0-9a-f:]+)", qemu)[1])
    assert len(cards) == 3 and all(card.startswith("52:54:00:") for card in cards) and "52:54:00:12:34:56" not in cards
    *_, device, qemu = plan("--attach", "vhost-user", "--hostd", "/nonexistent/hostd.sock", "--mac", MAC).splitlines()
    assert f"--mac {MAC}" in device and f"mac={MAC}" in qemu


def test_run_root(lab):
    """No server, no hostd, no network."""
    status, text = run(lab, pvboot_run(None, "--root", lab.root, qemu=TCG))
    assert status == 0, text
    check_report(text, lab.kernel, lab.initrd)


def test_run_root_unprivileged(lab):
    # A checkout below /root is out of an ordinary user's reach: the programs go where the files are.
    os.chmod(lab.dir, 0o755)
    programs = lab.place("bin")
    programs.mkdir()
    for program in (PVBOOT, HOSTD, DEVICE, *BUILD.glob("pvboot*.rom")):
        shutil.copy2(program, programs)
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/nonexistent"]
    argv += [programs / PVBOOT.name] + pvboot_run(None, "--root", lab.root, qemu=TCG)[1:]
    status, text = run(lab, argv)
    assert status == 0, text
    check_report(text, lab.kernel, lab.initrd)


def test_run_root_missing_directory(lab):
    status, text = run(lab, pvboot_run(None, "--root", lab.root / "nowhere", qemu=TCG), timeout=30)
    assert status not in (0, None)
    assert "nowhere" in text


def test_run_root_out_of_reach(lab):
    """An ordinary user, and a directory that is root's own."""
    os.chmod(lab.dir, 0o755)
    programs = lab.place("bin")
    programs.mkdir()
    for program in (PVBOOT, HOSTD, DEVICE, *BUILD.glob("pvboot*.rom")):
        shutil.copy2(program, programs)
    os.chmod(lab.root, 0o700)
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", programs / PVBOOT.name, "run", "--root", lab.root]
    status, text = run(lab, argv, timeout=20)
    assert status == 1
    assert "cannot be reached" in text


def test_run_interface(lab):
    """A private hostd on the interface."""
    lab.dhcpd()
    lab.tftpd()
    argv = pvboot_run(None, "--interface", lab.net.ifname, "--mac", MAC, qemu=TCG)
    status, text = run(lab, argv, ns=lab.net.host)
    assert status == 0, text
    check_report(text, lab.kernel, lab.initrd)


def test_run_uses_the_running_hostd(lab):
    hostd = lab.servers()
    status, text = run(lab, pvboot_run(hostd, "--mac", MAC, "--name", "typed", qemu=TCG), ns=lab.net.host)
    assert status == 0, text
    check_report(text, lab.kernel, lab.initrd)
    assert "typed" in hostd.text()


def test_run_stdin_closed(lab):
    argv = ["sh", "-c", 'exec "$@" <&-', "sh"] + [str(a) for a in pvboot_run(None, "--root", lab.root, qemu=TCG)]
    status, text = run(lab, argv)
    assert status == 0, text
    check_report(text, lab.kernel, lab.initrd)


def test_run_passes_exit_status(lab):
    write_config(lab.root, append="initrd=init_task debugexit")
    qemu = TCG + ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    status, text = run(lab, pvboot_run(None, "--root", lab.root, qemu=qemu))
    assert status == 33, text
    check_report(text, lab.kernel, lab.initrd)


@pytest.mark.parametrize(
    "qemu",
    [["-m", "1G"], ["-m", "1024"], ["-machine", "q35"], ["-M", "q35", "-m", "size=96M"], ["-nic", f"user,mac={MAC}"]],
    ids=lambda words: " ".join(words),
)
def test_run_with_qemu_arguments(lab, qemu):
    status, text = run(lab, pvboot_run(None, "--root", lab.root, "--mac", MAC, qemu=TCG + qemu))
    assert status == 0, text
    report = check_report(text, lab.kernel, lab.initrd)
    if "-m" in qemu:
        # The initrd is loaded at the top of memory (below what the boot program allows).
        top = {"1G": 1024, "1024": 1024, "size=96M": 96}[qemu[qemu.index("-m") + 1]] << 20
        assert top - (8 << 20) < report["initrd"][0] < top


def test_run_is_killed(lab):
    """Nothing of it stays when it is told to end."""
    process = Process(pvboot_run(None, "--root", lab.root, qemu=TCG + ["-S"]), log=lab.place("run.log"))
    wait_for(lambda: len(children(process.pid)) >= 2, 20, "children of pvboot run")
    pids = children(process.pid)
    process.signal(15)
    process.wait(20)
    wait_for(lambda: not [p for p in pids if os.path.exists(f"/proc/{p}")], 10, "end of its children")


def test_run_interface_missing(lab):
    status, text = run(lab, pvboot_run(None, "--interface", "nosuch0", "--private", qemu=TCG), timeout=10)
    assert status == 1
    assert "nosuch0" in text and "no such network interface" in text


def test_run_device_does_not_start(lab):
    """QEMU would stay and complain of its socket for ever."""
    status, text = run(lab, pvboot_run(None, "--root", lab.root, "--device", "/bin/false", qemu=TCG), timeout=10)
    assert status == 1
    assert "pvboot-device could not start" in text


def alive(pid):
    """An orphan that init has not yet waited for is not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_run_terminated_leaves_nothing(lab):
    log = lab.place("run.log")
    process = Process(pvboot_run(None, "--root", lab.root, "--name", "ended", "-v", qemu=TCG), log=log)
    try:
        wait_for(lambda: "phase rom" in process.text(), 30, "the guest")
        socket = process.text().split("listening at ")[1].split()[0]
        assert os.path.exists(socket)
        mine = children(process.pid)
        assert len(mine) >= 3
        process.signal(15)
        process.wait(10)
        assert not os.path.exists(os.path.dirname(socket))
        assert not [pid for pid in mine if alive(pid)]
    finally:
        process.kill()


def test_run_private_hostd_is_nobody_elses(lab):
    """No other user gets at its socket, whatever the umask of who starts it; each phase is told once."""
    argv = ["sh", "-c", 'umask 0; exec "$@"', "sh"]
    argv += [str(a) for a in pvboot_run(None, "--root", lab.root, "-v", qemu=TCG)]
    process = Process(argv, log=lab.place("run.log"))
    try:
        wait_for(lambda: "phase lease" in process.text(), 30, "the guest")
        socket = process.text().split("listening at ")[1].split()[0]
        directory = os.stat(os.path.dirname(socket))
        assert (directory.st_mode & 0o777, directory.st_uid) == (0o700, os.getuid())
        assert os.stat(socket).st_mode & 0o007 == 0
        assert process.wait(60) == 0, process.text()
        assert process.text().count("phase lease") == 1
    finally:
        process.kill()


def test_run_private_hostd_dies_and_is_started_again(lab):
    log = lab.place("run.log")
    process = Process(pvboot_run(None, "--root", lab.root, "-v", qemu=TCG), log=log)
    try:
        wait_for(lambda: "phase rom" in process.text(), 30, "the guest")
        hostd = [pid for pid in children(process.pid) if "pvboot-hostd" in open(f"/proc/{pid}/cmdline").read()]
        os.kill(hostd[0], 9)
        assert process.wait(60) == 0, process.text()
        assert "starting it again" in process.text()
        check_report(process.text().replace("\r", ""), lab.kernel, lab.initrd)
    finally:
        process.kill()
