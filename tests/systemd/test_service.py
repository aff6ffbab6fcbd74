# SPDX-License-Identifier: BSD-2-Clause
"""pvboot-hostd as a service: what make install leaves, what a start says, what the journal gets, what the cache
keeps."""
import re

import pytest

UNIT = "pvboot-hostd.service"
CONF = "/etc/pvboot/hostd.conf"
ADDRESS = "172.21.0.1"
KERNEL = f"http://{ADDRESS}:8000/kernel"
SERVED = f"[vm web1]\ninterface = br0\nmac = 52:54:00:12:34:57\n"
UNITS = [
    "pvboot-hostd.service",
    "pvboot-vm@a.service",
    *(f"pvboot-device{kind}@a.{suffix}" for kind in ("", "-vfio") for suffix in ("socket", "service")),
]


@pytest.fixture
def hostd(machine):
    """Nothing configured, nothing running, nothing said; a bridge to serve."""

    def clear():
        machine.status("systemctl", "disable", "--now", UNIT)
        machine.status("systemctl", "reset-failed", UNIT)
        machine.run("rm", "-rf", "/etc/pvboot", "/var/cache/pvboot-hostd")

    clear()
    machine.shell("journalctl --rotate && journalctl --vacuum-time=1us")
    machine.shell(
        "ip link show br0 || { ip link add br0 type bridge && "
        f"ip addr add {ADDRESS}/16 dev br0 && ip link set br0 up; }}"
    )
    yield machine
    clear()


@pytest.fixture
def server(machine):
    """An HTTP server with a kernel of 2 MiB; its log is its unit's."""
    machine.shell(
        "mkdir -p /srv/www && head -c 2097152 /dev/urandom >/srv/www/kernel && touch -d '1 hour ago' /srv/www/kernel"
    )
    argv = [
        "systemd-run", "--quiet", "--collect", "--unit=www", "python3", "-u", "-m", "http.server", "--bind", ADDRESS,
        "-d", "/srv/www", "8000",
    ]
    machine.run(*argv)
    machine.wait(
        lambda: machine.status("python3", "-c", f"import socket; socket.create_connection(('{ADDRESS}', 8000))")[0]
        == 0, "HTTP server",
    )
    yield lambda: re.findall(r'"GET \S+ HTTP/1.1" (\d+)', machine.journal("www.service"))
    machine.status("systemctl", "stop", "www")


def enable_now(machine):
    return machine.status("systemctl", "enable", "--now", UNIT)


def owner(machine):
    return machine.run("stat", "--format=%U:%G %a", "/var/cache/pvboot-hostd")


def user_of_hostd(machine):
    status = machine.run("cat", f"/proc/{machine.property(UNIT, 'MainPID')}/status")
    uid = re.search(r"^Uid:\s*(\d+)\s", status, re.M)[1]
    return machine.run("getent", "passwd", uid).split(":")[0]


# ---- what make install leaves ----------------------------------------------------------------------------------------


def test_install_units_are_valid(machine):
    assert machine.status("systemd-analyze", "verify", "--man=no", *UNITS) == (0, "")


def test_install_makes_the_user(machine):
    assert "Creating user 'pvboot-hostd'" in machine.installed
    assert re.search(r":/usr/sbin/nologin$", machine.run("getent", "passwd", "pvboot-hostd"))
    assert "user" not in machine.run("make", "-C", "/src", "install")  # again: it is there


def test_install_makes_the_user_without_systemd_sysusers(machine):
    machine.run("userdel", "pvboot-hostd")
    machine.run("mv", "/usr/bin/systemd-sysusers", "/root/")
    try:
        machine.run("make", "-C", "/src", "install")
    finally:
        machine.run("mv", "/root/systemd-sysusers", "/usr/bin/")
    assert re.search(r":/usr/sbin/nologin$", machine.run("getent", "passwd", "pvboot-hostd"))


def test_install_to_a_directory_makes_no_user(machine):
    machine.run("userdel", "pvboot-hostd")
    try:
        machine.run("make", "-C", "/src", "install", "DESTDIR=/root/package")
        assert machine.status("getent", "passwd", "pvboot-hostd")[0] != 0
        machine.run("test", "-x", "/root/package/etc/libvirt/hooks/qemu.d/pvboot")
        machine.run("make", "-C", "/src", "uninstall", "DESTDIR=/root/package")
        assert machine.run("find", "/root/package", "-type", "f") == ""
    finally:
        machine.run("make", "-C", "/src", "install")


def test_uninstall_leaves_what_was_not_installed(machine):
    """The user may own files, and /etc/pvboot is what somebody wrote."""
    try:
        assert "kept, if they are there: the user pvboot-hostd" in machine.run("make", "-C", "/src", "uninstall")
        machine.run("getent", "passwd", "pvboot-hostd")
        left = machine.shell("find /usr/local /etc/libvirt/hooks -name '*pvboot*' ! -type d")
        assert left == ""
    finally:
        machine.run("make", "-C", "/src", "install")
        machine.run("systemctl", "daemon-reload")


# ---- a start serves, or says why not ---------------------------------------------------------------------------------


def test_service_without_configuration_says_so(hostd):
    status, said = enable_now(hostd)
    assert status != 0 and "Job for pvboot-hostd.service failed" in said
    shown = hostd.status("systemctl", "status", "--no-pager", UNIT)[1]
    line = f"{CONF}: No such file: write it (hostd.conf(5) says how"
    assert re.search(rf"^ +Status: \"{re.escape(line)}", shown, re.M), shown
    assert hostd.journal(UNIT, "-p", "err").splitlines()[0].startswith(f"pvboot-hostd: {line}")
    assert hostd.property(UNIT, "NRestarts") == "0"  # it does not help to try again


def test_service_with_a_wrong_configuration_says_so(hostd):
    hostd.write(CONF, "[vm a]\ninterfase = br0\n")
    status, said = enable_now(hostd)
    assert status != 0
    assert f"{CONF}:2: " in hostd.property(UNIT, "StatusText") and "interfase" in hostd.property(UNIT, "StatusText")
    assert len(hostd.journal(UNIT, "-p", "err", "_COMM=pvboot-hostd").splitlines()) == 1
    assert hostd.property(UNIT, "NRestarts") == "0"


def test_service_that_cannot_listen_says_so(hostd):
    hostd.write(CONF, "[hostd]\nsocket = /nonexistent/dir/hostd.sock\n" + SERVED)
    assert enable_now(hostd)[0] != 0
    assert "cannot make /nonexistent/dir" in hostd.property(UNIT, "StatusText")


def test_service_is_started_when_it_serves(hostd):
    """systemctl returns when devices can connect, and hostd is another user by then."""
    hostd.write(CONF, SERVED)
    assert enable_now(hostd)[0] == 0
    connect = "import socket; socket.socket(socket.AF_UNIX).connect('/run/pvboot/hostd.sock')"
    hostd.run("python3", "-c", connect)
    assert hostd.property(UNIT, "StatusText") == "listening at /run/pvboot/hostd.sock"
    assert user_of_hostd(hostd) == "pvboot-hostd"
    assert hostd.run("systemctl", "is-enabled", UNIT) == "enabled"
    hostd.run("systemctl", "stop", UNIT)
    assert hostd.property(UNIT, "Result") == "success"


def test_service_tells_what_is_missing(hostd):
    """It serves what it can; the journal has the warnings as such, and their priority is no part of their text."""
    hostd.write(CONF, f"{SERVED}[vm web2]\ninterface = nosuch0\n[vm web3]\ninterface = nosuch1\n")
    assert enable_now(hostd)[0] == 0
    shown = hostd.property(UNIT, "StatusText")
    assert (
        "at the start: [vm web2]: there is no network interface nosuch0" in shown and "(and more, see the log)" in shown
    )
    warnings = hostd.journal(UNIT, "-p", "4..4").splitlines()
    assert [re.search(r"nosuch\d", line)[0] for line in warnings] == ["nosuch0", "nosuch1"]
    assert all(line.startswith("hostd: warning: ") for line in warnings)
    assert "hostd: listening at /run/pvboot/hostd.sock" in hostd.journal(UNIT, "-p", "6..6").splitlines()


def test_service_without_its_user_says_so(hostd):
    hostd.write(CONF, SERVED)
    hostd.run("userdel", "pvboot-hostd")
    try:
        assert enable_now(hostd)[0] == 0
        assert user_of_hostd(hostd) == "nobody"
        assert "there is no user pvboot-hostd: hostd becomes nobody" in hostd.property(UNIT, "StatusText")
    finally:
        hostd.run("make", "-C", "/src", "install")


# ---- the cache -------------------------------------------------------------------------------------------------------


def kept(machine):
    """(state, bytes) of each copy."""
    return re.findall(rf"^(\S+) +(\d+) .* {re.escape(KERNEL)}$", machine.run("pvboot", "cache", "list"), re.M)


def test_cache_is_kept_over_restarts(hostd, server):
    hostd.write(CONF, SERVED)
    assert enable_now(hostd)[0] == 0
    hostd.run("pvboot", "cache", "prefetch", KERNEL)
    assert kept(hostd) == [("d", "2097152")] and server() == ["200"]
    for start in (2, 3):
        hostd.run("systemctl", "restart", UNIT)
        assert kept(hostd) == [("d", "2097152")], f"at start {start}: {hostd.journal(UNIT)}"
        assert owner(hostd) == "pvboot-hostd:pvboot-hostd 700"
        hostd.run("pvboot", "cache", "prefetch", KERNEL)
        assert server() == ["200"] + ["304"] * (start - 1)  # and it is served
    assert hostd.journal(UNIT, "-p", "warning") == ""


def test_cache_is_made_anew_where_it_was_removed(hostd, server):
    hostd.write(CONF, SERVED)
    assert enable_now(hostd)[0] == 0
    hostd.shell("rm -rf /var/cache/pvboot-hostd")
    hostd.run("systemctl", "restart", UNIT)
    assert owner(hostd) == "pvboot-hostd:pvboot-hostd 700"
    hostd.run("pvboot", "cache", "prefetch", KERNEL)
    assert kept(hostd) == [("d", "2097152")]


def test_cache_of_an_older_pvboot_is_taken_over(hostd, server):
    """One whose unit gave the directory, with files in it, back to root; hostd was nobody."""
    hostd.shell(
        "rm -rf /var/cache/pvboot-hostd && mkdir -m 700 /var/cache/pvboot-hostd && touch /var/cache/pvboot-hostd/old"
    )
    hostd.write(CONF, SERVED)
    assert enable_now(hostd)[0] == 0
    hostd.run("pvboot", "cache", "prefetch", KERNEL)
    assert kept(hostd) == [("d", "2097152")]


def test_cache_of_another_user_is_kept_too(hostd, server):
    """`user` in the configuration: the unit makes the directory for pvboot-hostd, at each start."""
    hostd.write(CONF, f"[hostd]\nuser = nobody\n{SERVED}")
    assert enable_now(hostd)[0] == 0
    hostd.run("pvboot", "cache", "prefetch", KERNEL)
    hostd.run("systemctl", "restart", UNIT)
    assert kept(hostd) == [("d", "2097152")] and owner(hostd) == "nobody:nogroup 700"
    hostd.write(CONF, SERVED)
    hostd.run("systemctl", "restart", UNIT)  # what the other one had stored is not this one's
    assert kept(hostd) == [] and owner(hostd) == "pvboot-hostd:pvboot-hostd 700"
    assert hostd.shell("ls -A /var/cache/pvboot-hostd") == ""
