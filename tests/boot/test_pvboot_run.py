# SPDX-License-Identifier: BSD-2-Clause
"""`pvboot run`, as a user types it, without a terminal."""
import os
import pty
import re
import select
import shutil
import subprocess
import termios

import pytest

from lib.kernel import check_report
from lib.netns import Process, wait_for
from lib.pvboot import BUILD, DEVICE, HOSTD, PVBOOT, pvboot_run
from lib.servers import MAC
from lib.tftproot import write_config
from lib.vm import Monitor, children, find_child

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
    done = subprocess.run(
        [PVBOOT, "run", "--dry-run", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_run_cards_have_addresses_of_their_own(built):
    """`mac = card` of a running hostd is that of the card; without it pvboot-device names none."""
    cards = set()
    for name in ("web1", "web2", "web3"):
        *_, device, qemu = plan(
            "--attach", "vhost-user", "--hostd", "/nonexistent/hostd.sock", "--name", name
        ).splitlines()
        assert "--mac" not in device
        cards.add(re.search(r"virtio-net-pci,.*?mac=([0-9a-f:]+)", qemu)[1])
    assert len(cards) == 3 and all(card.startswith("52:54:00:") for card in cards) and "52:54:00:12:34:56" not in cards
    *_, device, qemu = plan("--attach", "vhost-user", "--hostd", "/nonexistent/hostd.sock", "--mac", MAC).splitlines()
    assert f"--mac {MAC}" in device and f"mac={MAC}" in qemu


# ---- what is sure to fail --------------------------------------------------------------------------------------------


def refused(lab, argv, words, status=1, ns=None):
    """`pvboot run` ends at once with these words, and no guest was started."""
    started = lab.place("started")
    qemu = lab.place("qemu")
    qemu.write_text(f'#!/bin/sh\n[ $# -gt 3 ] && touch {started}\nexec qemu-system-x86_64 "$@"\n')
    qemu.chmod(0o755)
    done, text = run(lab, [PVBOOT, "run", "--qemu", qemu, *argv], timeout=20, ns=ns)
    assert words in text and len(text.splitlines()) == 1, text
    assert done == status and not started.exists()


def test_run_root_that_cannot_boot_is_refused(lab):
    empty = lab.place("empty")
    empty.mkdir()
    refused(lab, ["--root", empty], "it is empty")
    plan("--root", empty)
    (empty / "some").write_text("file")
    refused(lab, ["--root", empty], "has no pxelinux.0")
    refused(lab, ["--root", empty, "--direct"], "has no pxelinux.0")
    refused(lab, ["--root", empty / "some"], "this is not a directory")
    refused(lab, ["--root", lab.root, "--boot-file", "none.0"], 'has no file "none.0"')
    refused(lab, ["--root", lab.root, "--boot-file", "pxelinux.cfg"], "is no plain file")
    (lab.root / "out").symlink_to("/etc/hostname")
    refused(lab, ["--root", lab.root, "--boot-file", "out"], "leads out of")


def test_run_kernel_that_is_not_there_is_refused(lab):
    root = ["--root", lab.root]
    refused(lab, root + ["--kernel", "none"], '--kernel none')
    refused(lab, root + ["--kernel", "pxelinux.cfg"], "is no plain file")
    refused(lab, root + ["--kernel", "bzImage", "--initrd", "init_task", "--initrd", "none"], "--initrd none")
    refused(lab, ["--kernel", lab.root / "none"], "No such file or directory")
    refused(lab, ["--kernel", lab.root], "this is a directory, and a file is wanted")
    refused(lab, ["--kernel", lab.root / "bzImage", "--initrd", lab.root], "--initrd")
    refused(lab, ["--kernel", lab.root / "bzImage", "--initrd", "/dev/null"], "this is no plain file")


def test_run_direct_needs_no_boot_program(lab):
    (lab.root / "pxelinux.0").unlink()
    status, text = run(lab, pvboot_run(None, "--root", lab.root, "--direct", qemu=TCG))
    assert status == 0, text


@pytest.mark.parametrize(
    "qemu,words",
    [
        (["-M", "microvm"], "-M microvm cannot boot by pvboot"), (["-M", "none"], "-M none cannot boot by pvboot"),
        (["-mem-path", "/dev/shm"], "-mem-path makes memory that is not shared"),
        (
            ["-object", "memory-backend-ram,id=m,size=64M", "-machine", "memory-backend=m"],
            "is memory that is not shared",
        ),
        (["-bios", "OVMF.fd"], "OVMF.fd is UEFI firmware"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_run_qemu_arguments_that_cannot_boot_are_refused(lab, qemu, words):
    refused(lab, ["--root", lab.root, "--", *qemu], words, status=2)


def test_run_interface_that_leads_nowhere_is_refused(lab):
    net = lab.net.host
    net.ip("link add card0 type veth peer name peer0")
    net.up("peer0")
    refused(lab, ["--interface", "card0"], "card0 is down: `ip link set card0 up`", ns=net)
    refused(lab, ["--interface", "lo"], "this is not Ethernet", ns=net)
    net.up("card0")
    net.ip("address flush dev", lab.net.ifname)
    refused(lab, ["--interface", "card0"], "card0 has no IPv4 address, so no server can be reached", ns=net)
    # A bridge's port has no address; its bridge is asked for one.
    net.ip("link add bridge0 type bridge")
    net.ip("link set card0 master bridge0")
    refused(lab, ["--interface", "card0"], "bridge0 is down", ns=net)
    net.up("bridge0")
    refused(lab, ["--interface", "card0"], "bridge0 has no IPv4 address", ns=net)


# ---- whether the network boot failed ---------------------------------------------------------------------------------

FAIL = ["--fail-exit", "77"]
NOWHERE = "http://127.0.0.1:1/kernel"  # which no guest may ask


def test_run_fail_exit(lab):
    """The ROM reports it; QEMU is ended, once the console has the ROM's last words."""
    status, text = run(lab, pvboot_run(None, "--kernel", NOWHERE, *FAIL, qemu=TCG))
    assert status == 77, text
    assert "leaving to the BIOS" in text and "the network boot failed: ending QEMU with status 77" in text


def test_run_fail_exit_of_a_boot_that_works(lab):
    """QEMU's status stays what it is: 0 where the guest turns itself off, or another."""
    for way in ([], ["--direct"]):
        status, text = run(lab, pvboot_run(None, "--root", lab.root, *way, *FAIL, qemu=TCG))
        assert status == 0, text
    write_config(lab.root, append="initrd=init_task debugexit")
    qemu = TCG + ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    status, text = run(lab, pvboot_run(None, "--root", lab.root, *FAIL, qemu=qemu))
    assert status == 33, text
    status, text = run(lab, pvboot_run(None, "--root", lab.root, "--direct", *FAIL, qemu=qemu))
    assert status == 33, text


def test_run_fail_exit_of_qemu(lab):
    """QEMU's own failure is QEMU's; its end before the ROM began is not."""
    status, text = run(lab, pvboot_run(None, "--root", lab.root, *FAIL, qemu=["-nosuch"]))
    assert status == 1, text
    qmp = lab.place("qmp")
    qemu = TCG + ["-S", "-qmp", f"unix:{qmp},server=on,wait=off"]
    process = Process(pvboot_run(None, "--root", lab.root, *FAIL, qemu=qemu), log=lab.place("run.log"))
    try:
        monitor = Monitor(qmp)
        monitor.execute("quit")
        monitor.close()
        assert process.wait(20) == 77, process.text()
    finally:
        process.kill()


def test_run_fail_exit_leaves_a_boot_program_alone(lab):
    """pxelinux's `localboot` returns to the BIOS, which is how many boots are meant to go on."""
    (lab.root / "pxelinux.cfg" / "default").write_text("DEFAULT disk\nLABEL disk\nLOCALBOOT 0\n")
    process = Process(pvboot_run(None, "--root", lab.root, *FAIL, qemu=TCG), log=lab.place("run.log"))
    try:
        wait_for(lambda: "No bootable device" in process.text(), 60, process.text)
        assert process.alive()
        process.signal(15)
        assert process.wait(20) == 0, process.text()
    finally:
        process.kill()


# ---- one terminal for the console and the log ------------------------------------------------------------------------


def check_lines(text, name):
    """Every line of the log begins where a line does."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|\r", "", text)
    for said in re.finditer(rf"(?:{name}|hostd|pvboot): ", text):
        before = text[: said.start()]
        assert before == "" or before.endswith(("\n", "warning: ", "error: ")), text[
            max(0, said.start() - 60) : said.end() + 60
        ]
    return text


def test_run_log_does_not_break_console_lines(lab):
    status, text = run(lab, pvboot_run(None, "--root", lab.root, "--name", "lines-of-mine", "-v", qemu=TCG))
    assert status == 0, text
    text = check_lines(text, "lines-of-mine")
    assert text.count("lines-of-mine: ") > 10
    check_report(text, lab.kernel, lab.initrd)
    for line in (
        "Booting from ROM...", "loading pxelinux.0 from 10.0.2.2", "Loading bzImage... ok", "PVBOOT-KERNEL-ENTRY",
    ):
        assert f"\n{line}\n" in text, text


def test_run_log_at_a_prompt(lab):
    """The console stays in the midst of a line: the log does not wait for it."""
    (lab.root / "pxelinux.cfg" / "default").write_text("PROMPT 1\nTIMEOUT 0\nLABEL linux\nKERNEL bzImage\n")
    process = Process(pvboot_run(None, "--root", lab.root, qemu=TCG), log=lab.place("run.log"))
    try:
        wait_for(lambda: "boot: " in process.text(), 60, process.text)
        os.kill(find_child(process.pid, "pvboot-hostd"), 9)
        wait_for(lambda: "starting it again" in process.text(), 20, process.text)
        text = check_lines(process.text(), r"vm-\d+")
        assert re.search(r"boot: \n(vm-.*\n)*pvboot: pvboot-hostd ended", text), text
    finally:
        process.kill()


def test_run_on_a_terminal(lab):
    """QEMU sets the mode of its standard input; its output goes another way, and ^A x still ends it."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    (lab.root / "pxelinux.cfg" / "default").write_text("PROMPT 1\nTIMEOUT 0\nLABEL linux\nKERNEL bzImage\n")
    argv = [str(a) for a in pvboot_run(None, "--root", lab.root, "--name", "tty", "-v", qemu=TCG)]
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        try:
            text = ""
            while "boot:" not in text:  # what comes behind it waits for the next character, on SeaBIOS's console
                text += read_terminal(ours)
            os.write(ours, b"\x01x")
            while process.poll() is None:
                text += read_terminal(ours, wait=0.1)
            assert process.returncode == 0, text
            check_lines(text, "tty")
            assert termios.tcgetattr(theirs) == before
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)


def read_terminal(fd, wait=30):
    """What is there; with patience for the first of it."""
    if not select.select([fd], [], [], wait)[0]:
        assert wait < 30, "nothing more comes"
        return ""
    return os.read(fd, 65536).decode("ascii", "replace")


# ---- what hostd is told ----------------------------------------------------------------------------------------------


def test_run_options_reach_hostd(lab):
    """--dry-run looks at no interface."""
    options = ["--source", "guest", "--tls-ca", "/ca.pem", "--http-proxy", "http://proxy:3128", "--tftp-blksize", "512"]
    hostd, *_ = plan("--attach", "vhost-user", "--interface", "eth9", *options).splitlines()
    for option, value in zip(options[::2], options[1::2]):
        assert f"{option} {value}" in hostd


def test_run_tftp_blksize_and_source(lab):
    lab.dhcpd()
    lab.tftpd()
    argv = pvboot_run(
        None, "--interface", lab.net.ifname, "--mac", MAC, "--tftp-blksize", "512", "--source", "guest", "-vv", qemu=TCG
    )
    status, text = run(lab, argv, ns=lab.net.host)
    assert status == 0, text
    assert "blksize 512" in text and "fetching with the guest's own address" in text
    check_report(text, lab.kernel, lab.initrd)


def test_run_options_of_a_running_hostd_are_refused(lab):
    """One answers on the default socket (here in a mount namespace of its own)."""
    script = """
        mount -t tmpfs none /run && mkdir /run/pvboot || exit 99
        "$1" -d --root "$3" --ready-fd 7 7>/run/ready &
        until [ -s /run/ready ]; do sleep 0.05; done
        "$2" run --tls-ca ca.pem; status=$?
        kill $!; wait; exit $status
    """
    status, text = run(lab, ["unshare", "--mount", "sh", "-c", script, "sh", HOSTD, PVBOOT, lab.root], timeout=20)
    assert status == 1, text
    assert "has source, http_proxy, tls_ca, tftp_blksize and boot_file in its configuration" in text


def test_run_tls_ca_that_is_none_is_refused(lab):
    """hostd finds out, before QEMU starts."""
    status, text = run(
        lab, pvboot_run(None, "--kernel", "https://host/k", "--tls-ca", lab.root / "bzImage", qemu=TCG), timeout=20
    )
    assert status == 1, text
    assert "bzImage" in text and "pvboot-hostd could not start" in text


def test_run_mac_of_the_name_is_said(lab):
    lab.dhcpd()
    lab.tftpd()
    argv = pvboot_run(None, "--interface", lab.net.ifname, "--name", "web1", *FAIL, qemu=TCG + ["-S"])
    process = Process(argv, log=lab.place("run.log"), ns=lab.net.host)
    try:
        wait_for(lambda: "made from its name" in process.text(), 20, process.text)
        assert "boots as 52:54:00:4a:f2:fb" in process.text()
    finally:
        process.kill()


# ---- whole boots -----------------------------------------------------------------------------------------------------


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
    argv = [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", programs / PVBOOT.name, "run", "--root",
        lab.root,
    ]
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
