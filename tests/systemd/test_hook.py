# SPDX-License-Identifier: BSD-2-Clause
"""libvirt's hook: which socket units it starts for which domain's XML, and a real libvirtd that runs it."""
import re
from xml.sax.saxutils import quoteattr

import pytest

from lib.servers import TOP

HOOK = "/etc/libvirt/hooks/qemu.d/pvboot"
EXAMPLES = TOP / "examples" / "libvirt"
QEMU_CONF = 'security_driver = "none"\ncgroup_controllers = [ ]\nnamespaces = [ ]\nstdio_handler = "file"\n'
HOSTD_CONF = "[vm *]\nroot = /srv\nboot_file = kernel\nmac = card 52:54:00:*\n"
PLAIN = "<domain type='qemu'><name>plain</name><memory unit='MiB'>64</memory>"
PLAIN += "<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"


def sockets(machine):
    """(unit, path) of each socket unit of pvboot's that listens."""
    listed = machine.run("systemctl", "list-sockets", "--no-legend", "--plain", "--full", "pvboot-device*")
    found = re.findall(r"^(/run/pvboot-device/.*?\.sock) +(pvboot-device\S+\.socket) ", listed, re.M)
    return sorted((unit, re.sub(r"\\(.)", r"\1", path)) for path, unit in found)  # as it is escaped there


def stop_sockets(machine):
    for unit, _ in sockets(machine):
        machine.run("systemctl", "stop", "--", unit)
    machine.run("systemctl", "reset-failed")


@pytest.fixture
def host(machine):
    machine.run("make", "-C", "/src", "install")
    stop_sockets(machine)
    yield machine
    stop_sockets(machine)


def hook(machine, xml, operation="prepare", step="begin", env=()):
    return machine.status("env", *env, HOOK, "guest", operation, step, "-", stdin=xml)


def vhost_user(path, mode="client"):
    source = f"<source type='unix' path={quoteattr(path)} mode='{mode}'><reconnect enabled='yes' timeout='1'/></source>"
    card = f"<interface type='vhostuser'>{source}<model type='virtio'/></interface>"
    return f"<domain type='kvm'><name>guest</name><devices>{card}</devices></domain>"


def commandline(*arguments):
    args = "".join(f"<qemu:arg value={quoteattr(a)}/>" for a in arguments)
    namespace = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
    return f"<domain {namespace}><qemu:commandline>{args}</qemu:commandline></domain>"


# ---- what it starts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "web-1", "pvboot-q35", "a.b_c:d@e", "-rf", "--help", ".", "..", ".x", "a\\x2db",
                                  "$HOME", "${x}", "%n%%", "a;reboot", "`x`", "'", '"', "<&>", "*", "[a]", "~", "#",
                                  "a=b,c", "x" * 63])  # fmt: skip
def test_hook_starts_the_socket_of_any_name(host, name):
    path = f"/run/pvboot-device/{name}.sock"
    assert hook(host, vhost_user(path)) == (0, "")
    (unit, listens), = sockets(host)
    assert listens == path and unit.startswith("pvboot-device@")
    assert host.run("stat", "--format=%F %a %G", "--", path) == "socket 660 libvirt-qemu"
    assert hook(host, vhost_user(path)) == (0, "")  # it listens already
    # What the service gets as --name, as systemd has it.
    service = unit.replace(".socket", ".service")
    assert f"--name {name} $PVBOOT_DEVICE_ARGS" in host.property(service, "ExecStart")


@pytest.mark.parametrize("name", ["vm 1", "", "b\u00fcro", "a\tb", "x" * 64])
def test_hook_refuses_what_hostd_knows_no_name_for(host, name):
    status, said = hook(host, vhost_user(f"/run/pvboot-device/{name}.sock"))
    assert status == 1 and "1 to 63 ASCII characters without blanks" in said
    assert sockets(host) == []


def test_hook_reads_the_command_line(host):
    vfio = EXAMPLES / "q35-vfio-user.xml"
    assert hook(host, vfio.read_text()) == (0, "")
    keys = "vfio-user-pci,id=p,socket.type=unix,socket.path=/run/pvboot-device/k,,1.sock"
    chardev = "socket,id=pvbc,path=/run/pvboot-device/vm100.sock,reconnect=1"
    assert hook(host, commandline("-device", keys, "-chardev", chardev)) == (0, "")
    assert sockets(host) == [
        (r"pvboot-device-vfio@k\x2c1.socket", "/run/pvboot-device/k,1.sock"),
        (r"pvboot-device-vfio@pvboot\x2dvfio.socket", "/run/pvboot-device/pvboot-vfio.sock"),
        ("pvboot-device@vm100.socket", "/run/pvboot-device/vm100.sock"),
    ]


def test_hook_starts_the_examples(host):
    for name in ("pc", "q35"):
        assert hook(host, (EXAMPLES / f"{name}.xml").read_text()) == (0, "")
    assert [unit for unit, _ in sockets(host)] == [
        r"pvboot-device@pvboot\x2dpc.socket", r"pvboot-device@pvboot\x2dq35.socket",
    ]


HERE = "/run/pvboot-device/a.sock"
OTHERS = {
    "no card": PLAIN, "nothing": "", "no XML": f"{HERE} <<<", "another socket": vhost_user("/run/openvswitch/a.sock"),
    "a folder below": vhost_user("/run/pvboot-device/a/b.sock"),
    "a folder beside": vhost_user("/run/pvboot-device-x/a.sock"),
    "a folder up": vhost_user("/run/pvboot-device/../a.sock"), "another suffix": vhost_user("/run/pvboot-device/a"),
    "QEMU listens": vhost_user(HERE, mode="server"),
    "QEMU listens, by its command line": commandline("-chardev", f"socket,path={HERE},server=on"),
    "a description": PLAIN.replace("<memory", f"<description>{HERE}</description><memory"),
    "metadata": PLAIN.replace("<memory", "<metadata><x:devices xmlns:x='y'><x:interface type='vhostuser'>"
                                         f"<x:source type='unix' path='{HERE}'/>"
                                         "</x:interface></x:devices></metadata><memory"),
    "a comment": PLAIN.replace("<memory", f"<!-- {vhost_user(HERE)} --><memory"),
    "broken JSON": commandline("-device", '{"driver":"vfio-user-pci","socket":"/run/pvboot-device/a.sock"',
                               '{"driver":"vfio-user-pci","socket":[]}', "[", ""),
    "JSON of other types": commandline("-device", '{"driver":"vfio-user-pci",'
                                       '"socket":{"path":["/run/pvboot-device/a.sock"]}}'),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_hook_leaves_other_domains_alone(host, what):
    assert hook(host, OTHERS[what])[0] == 0
    assert sockets(host) == []


@pytest.mark.parametrize(
    "operation, step",
    [("start", "begin"), ("started", "begin"), ("stopped", "end"), ("release", "end"), ("prepare", "end")],
)
def test_hook_acts_before_the_start_only(host, operation, step):
    assert hook(host, vhost_user(HERE), operation, step) == (0, "")
    assert sockets(host) == []


def test_hook_without_python(host):
    """Domains without pvboot do not need it; the others are told, in place of a start that never ends."""
    host.shell("mkdir -p /root/bin && ln -sf /usr/bin/cat /root/bin/")
    env = ["PATH=/root/bin"]
    assert hook(host, PLAIN, env=env) == (0, "")
    status, said = hook(host, vhost_user(HERE), env=env)
    assert status == 1 and "python3 is needed" in said


def test_hook_tells_why_a_socket_is_not_started(host):
    drop_in = "/run/systemd/system/pvboot-device@.socket.d/group.conf"
    host.write(drop_in, "[Socket]\nSocketGroup=no-such-group\n")
    host.run("systemctl", "daemon-reload")
    try:
        status, said = hook(host, vhost_user(HERE))
        assert (
            status == 1
            and "pvboot: cannot start the boot device: systemctl: " in said
            and "see journalctl -u pvboot-device@a.socket" in said
        )
    finally:
        host.run("rm", drop_in)
        host.run("systemctl", "daemon-reload")


# ---- with libvirtd ---------------------------------------------------------------------------------------------------


@pytest.fixture
def libvirtd(host):
    """The machine's own; it looks for hooks at its start."""
    host.write("/etc/libvirt/qemu.conf", QEMU_CONF)
    host.write("/etc/pvboot/hostd.conf", HOSTD_CONF)
    host.shell("head -c 4096 /dev/zero >/srv/kernel")
    host.run("systemctl", "restart", "libvirtd", "pvboot-hostd")
    yield host
    for domain in host.run("virsh", "list", "--all", "--name").split():
        host.status("virsh", "destroy", domain)
        host.run("virsh", "undefine", domain)
    host.run("systemctl", "stop", "pvboot-hostd")


def define(machine, text):
    name = re.search("<name>(.*?)</name>", text)[1]
    text = text.replace("<domain type='kvm'", "<domain type='qemu'").replace(
        "<memory unit='MiB'>1024<", "<memory unit='MiB'>256<"
    )
    machine.write("/root/domain.xml", text)
    machine.run("virsh", "define", "/root/domain.xml")
    return name


def test_libvirt_starts_a_domain_without_any_step_for_it(libvirtd):
    """No socket unit was enabled or started: libvirt's hook does it, and the guest boots; so it does a second time."""
    domain = define(libvirtd, (EXAMPLES / "q35.xml").read_text())
    for boot in (1, 2):
        assert libvirtd.run("virsh", "start", domain, timeout=60) == f"Domain '{domain}' started"
        reached = lambda: len(re.findall(rf"^{domain}: phase rom ", libvirtd.journal("pvboot-hostd"), re.M)) == boot
        libvirtd.wait(reached, lambda: f"boot {boot}: {libvirtd.journal('pvboot-hostd')}", timeout=300)
        libvirtd.run("virsh", "destroy", domain)
    assert sockets(libvirtd) == [(r"pvboot-device@pvboot\x2dq35.socket", "/run/pvboot-device/pvboot-q35.sock")]
    notices = libvirtd.journal(r"pvboot-device@pvboot\x2dq35.service", "-p", "5..5")
    assert re.search(r"^pvboot-q35: phase rom ", notices, re.M), notices


def test_libvirt_says_why_a_domain_does_not_start(libvirtd):
    text = (EXAMPLES / "q35.xml").read_text().replace("pvboot-q35.sock", "vm 1.sock")
    domain = define(libvirtd, text)
    status, said = libvirtd.status("virsh", "start", domain)
    assert status != 0 and "1 to 63 ASCII characters without blanks" in said


def test_libvirt_starts_other_domains(libvirtd):
    """Even where the hook could do nothing at all."""
    libvirtd.run("mv", "/usr/bin/python3", "/root/")
    try:
        assert "started" in libvirtd.run("virsh", "start", define(libvirtd, PLAIN))
    finally:
        libvirtd.run("mv", "/root/python3", "/usr/bin/")
