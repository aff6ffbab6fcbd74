# SPDX-License-Identifier: BSD-2-Clause
"""hostd's DHCP client, by `pvboot probe`, against real servers on every kind of interface."""
import re
import subprocess
import time

import pytest

from lib.authority import Authority
from lib.netns import HOST_IP, SERVER_IP, Net, veth
from lib.pvboot import PVBOOT
from lib.servers import GUEST_IP, MAC, Dhcpd, Dnsmasq, Kea, Nginx, Tftpd, dhcpd_host

PROXY_IP = "172.21.0.4"
BOOTS, FAILED, USAGE, NO_LEASE, NO_BOOTFILE, NO_ROUTE, NO_FILE = range(7)


def run_probe(ns, *args, timeout=90):
    """`pvboot probe` in a namespace: its exit status, its stdout and stderr."""
    r = subprocess.run(
        ns.enter() + [str(PVBOOT), "probe", *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        text=True,
    )
    return r.returncode, r.stdout


def probe(net, *args):
    return run_probe(net.host, "--interface", net.ifname, "--mac", MAC, *args)


def make_files(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1000)
    return root


@pytest.fixture
def root(tmp_path):
    return make_files(tmp_path / "tftp", "pxelinux.0", "ldlinux.c32", "pxelinux.cfg/default")


def third(net):
    """A second server on the bridge, at PROXY_IP."""
    ns = net._namespace()
    veth(net.host, "veth1", ns, "eth0")
    net.host.ip("link set veth1 master br0")
    ns.address("eth0", PROXY_IP)
    return ns


class Proxy(Dnsmasq):
    """dnsmasq as ProxyDHCP, nothing else."""

    def __init__(self, ns, directory, services, root=None, args=()):
        services = [f"--pxe-service=x86PC,{text},{name}" for text, name in services]
        super().__init__(ns, directory, root=root, dhcp=False, args=["--dhcp-range=172.21.0.0,proxy", *services, *args])
        self.port = 67


# ---- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["--mac", MAC],
        ["--interface", "eth0"],
        ["--interface", "eth0", "--mac", "52:54:00:*"],
        ["--interface", "eth0", "--mac", "53:54:00:12:34:57"],
        ["--interface", "eth0", "--mac", MAC, "--uuid", "1234"],
        ["--interface", "eth0", "--mac", MAC, "--timeout", "0"],
        ["--interface", "eth0", "--mac", MAC, "--proxy", "perhaps"],
        ["--interface", "eth0", "--mac", MAC, "more"],
        ["--interface", "eth0", "--mac", MAC, "--source", "me"],
        ["--interface", "eth0", "--mac", MAC, "--tftp-blksize", "7"],
        ["--nonsense"],
    ],
)
def test_usage(net, args):
    status, out = run_probe(net.host, *args)
    assert status == USAGE, out


@pytest.mark.parametrize(
    "ifname, words", [("nosuch0", "no interface nosuch0"), ("lo", "not Ethernet"), ("veth0", "ip link set veth0 up")]
)
def test_interface_unfit(net, ifname, words):
    net.host.ip("link set veth0 down")
    status, out = run_probe(net.host, "--interface", ifname, "--mac", MAC)
    assert status == FAILED and words in out, out


def test_no_right(net):
    argv = net.host.enter() + [
        "setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--reuid=65534", "--clear-groups",
    ]
    r = subprocess.run(
        argv + [str(PVBOOT), "probe", "--interface", "veth0", "--mac", MAC], stdout=subprocess.PIPE, text=True,
        timeout=30,
    )
    assert r.returncode == FAILED and "CAP_NET_RAW" in r.stdout, r.stdout


def test_no_server(net):
    status, out = probe(net, "--timeout", 2)
    assert status == NO_LEASE, out
    assert "no DHCP server answered on veth0 in 2 s" in out
    assert out.count("DISCOVER") >= 2


def test_no_boot_file(net, tmp_path):
    with Dhcpd(net.server, tmp_path / "dhcpd", hosts=[dhcpd_host(filename=None)]) as server:
        status, out = probe(net, "--timeout", 4)
        assert status == NO_BOOTFILE and "nobody names a boot file" in out, out
        assert "DHCPRELEASE" in server.text()


def test_no_route_to_boot_server(net, tmp_path):
    net.host.ip("addr flush dev veth0")
    with Dhcpd(net.server, tmp_path / "dhcpd"):
        status, out = probe(net)
    assert status == NO_ROUTE, out
    assert f"the host has no route to {SERVER_IP} (boot server): give veth0 an address" in out


def test_files_missing(net, tmp_path):
    root = make_files(tmp_path / "tftp", "pxelinux.0", "ldlinux.c32")
    with Dhcpd(net.server, tmp_path / "dhcpd"), Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net)
    assert status == NO_FILE, out
    assert "there    pxelinux.0, 1000 bytes" in out
    assert "missing  pxelinux.cfg/AC150032" in out and "missing  pxelinux.cfg/default" in out
    assert "pxelinux finds no configuration" in out


def test_boot_file_name_is_cut(net, tmp_path):
    """By dhcpd, which has 128 bytes for it in the packet; a name that just fits is not suspected.  dnsmasq sends the
    whole one as option 67."""
    long, fits = "dir/" + "x" * 150 + "/pxelinux.0", "y" * 115 + "/pxelinux.0"
    root = make_files(tmp_path / "tftp", long, fits)

    def probed(name, server, **boot):
        with server(net.server, tmp_path / name, **boot), Tftpd(net.server, tmp_path / f"{name}-tftpd", root):
            return probe(net)

    status, out = probed("cut", Dhcpd, hosts=[dhcpd_host(filename=long)])
    assert status == NO_FILE, out
    assert (
        "(file field, which is full)" in out and "this name fills the 128 bytes of the packet's file field" in out
    ), out
    for name, server, boot, file in (
        ("fits", Dhcpd, {"hosts": [dhcpd_host(filename=fits)]}, fits), ("dnsmasq", Dnsmasq, {"boot": long}, long),
    ):
        _, out = probed(name, server, **boot)
        assert f"there    {file}" in out and "fills the 128 bytes" not in out, out


def test_module_missing(net, tmp_path):
    root = make_files(tmp_path / "tftp", "pxelinux.0", "pxelinux.cfg/default")
    with Dhcpd(net.server, tmp_path / "dhcpd"), Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net)
    assert status == NO_FILE and "needs ldlinux.c32" in out, out


def test_no_tftp_server(net, tmp_path):
    with Dhcpd(net.server, tmp_path / "dhcpd"):
        status, out = probe(net)
    assert status == NO_FILE and "no TFTP server listens" in out, out


# ---- every server, every interface ----------------------------------------------------------------------------------


@pytest.mark.parametrize("link", ["plain", "bridge", "port"])
@pytest.mark.parametrize("server", [Dhcpd, Kea, Dnsmasq])
def test_lease(tmp_path, root, server, link):
    with Net(link) as net, server(net.server, tmp_path / "dhcp"), Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net)
    assert status == BOOTS, out
    assert f"lease: {GUEST_IP}, mask 255.255.0.0" in out
    assert f"boot file: pxelinux.0 on {SERVER_IP}\n" in out
    assert "there    pxelinux.cfg/default, 1000 bytes  <- read by pxelinux" in out


@pytest.mark.parametrize("server", [Dhcpd, Kea, Dnsmasq])
def test_lease_from_the_host_itself(tmp_path, root, server):
    """The server listens on the host's own bridge, as libvirt's does."""
    with Net("bridge") as net, server(net.host, tmp_path / "dhcp", ifname="br0"), Tftpd(
        net.server, tmp_path / "tftpd", root
    ):
        status, out = probe(net)
    assert status == BOOTS, out
    assert f"by {HOST_IP}, for" in out


def test_lease_takes_no_longer_than_the_server(net, tmp_path, root):
    """Two round trips, nothing waited for: the median of some tries is far below any timer's."""
    seconds = []
    with Dhcpd(net.server, tmp_path / "dhcpd"), Tftpd(net.server, tmp_path / "tftpd", root):
        for _ in range(5):
            status, out = probe(net)
            assert status == BOOTS, out
            seconds.append(float(re.search(r"([\d.]+) s +boot file", out).group(1)))
    assert sorted(seconds)[2] < 0.1, seconds


def test_lease_released_unless_kept(net, tmp_path, root):
    with Dnsmasq(net.server, tmp_path / "dnsmasq") as server, Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net, "--keep")
        assert status == BOOTS and "DHCPRELEASE" not in server.text(), out
        status, out = probe(net)
        assert status == BOOTS and "was given back" in out
        for _ in range(100):
            if "DHCPRELEASE" in server.text():
                return
            time.sleep(0.02)
    pytest.fail(f"no DHCPRELEASE:\n{server.text()}")


# ---- how files are asked for ----------------------------------------------------------------------------------------


def test_probe_by_the_guests_address(net, tmp_path, root):
    """The host has no address there, and so no route."""
    net.host.ip("address flush dev", net.ifname)
    with Dhcpd(net.server, tmp_path / "dhcpd"), Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net)
        assert status == NO_ROUTE, out
        status, out = probe(net, "--source", "guest")
    assert status == BOOTS, out
    assert "asked for by the guest's address" in out and "the lease of" in out


def test_probe_source_guest_without_the_right(net):
    argv = net.host.enter() + ["setpriv", "--bounding-set=-all,+net_raw", "--inh-caps=-all", str(PVBOOT), "probe"]
    argv += ["--interface", net.ifname, "--mac", MAC, "--source", "guest"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "--source guest: source = guest needs CAP_NET_ADMIN" in done.stderr, done


def test_probe_tftp_blksize(net, tmp_path, root):
    """Files are fetched then; a server may grant less."""
    with Dhcpd(net.server, tmp_path / "dhcpd"), Tftpd(net.server, tmp_path / "tftpd", root, blksize=1000):
        status, out = probe(net, "--tftp-blksize", 600)
        assert status == BOOTS and "there    pxelinux.0, 1000 bytes in blocks of 600" in out, out
        status, out = probe(net, "--tftp-blksize", 1400)
        assert status == BOOTS and "there    pxelinux.0, 1000 bytes in blocks of 1000" in out, out


def test_probe_https(net, tmp_path, root):
    """A boot file that is a URL: by the authority that --tls-ca names, else by the system's, which does not know it."""
    authority = Authority(tmp_path / "tls")
    tls = authority.certificate("server", f"IP:{SERVER_IP}")
    url = f"https://{SERVER_IP}/pxelinux.0"
    ca = ["--tls-ca", authority.dir / "ca.pem"]
    with Dhcpd(net.server, tmp_path / "dhcpd", hosts=[dhcpd_host(filename=url)]) as _, Nginx(
        net.server, tmp_path / "nginx", root, locations=tls, listen=[f"{SERVER_IP}:443 ssl"]
    ) as nginx:
        status, out = probe(net)
        assert status == NO_FILE and f"failed   {url}: " in out, out
        status, out = probe(net, *ca)
        assert f"there    {url}, " in out, out
        asked = len(nginx.requests())
        status, out = probe(net, *ca, "--http-proxy", f"http://{SERVER_IP}:3128")
        assert status == NO_FILE and f"failed   {url}: " in out, out
        assert len(nginx.requests()) == asked
        status, out = probe(net, "--tls-ca", root / "pxelinux.0")
        assert status == 1 and "no certificates in PEM form" in out, out


# ---- options --------------------------------------------------------------------------------------------------------


def test_overload_and_pieces(net, tmp_path, root):
    """More options than fit: dhcpd then splits one and puts its rest, and the prefix behind it, into `file` and
    `sname`."""
    fillers = range(128, 136)
    head = "".join(f"option text-{n} code {n} = text;\n" for n in (*fillers, 210))
    extra = 'option bootfile-name "pxelinux.0"; option text-210 "sub/"; '
    extra += " ".join(f'option text-{n} "{"y" * 125}";' for n in fillers)
    make_files(root, "sub/ldlinux.c32", "sub/pxelinux.cfg/default")
    hosts = [dhcpd_host(filename=None, extra=extra)]
    with Dhcpd(net.server, tmp_path / "dhcpd", hosts=hosts, head=head), Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net)
    assert status == BOOTS, out
    assert "(option 67)" in out
    assert "there    sub/pxelinux.cfg/default, 1000 bytes  <- read by pxelinux" in out


def test_kea_options(tmp_path, net, root):
    """The server by option 66, the file by option 67, the configuration by option 209."""
    make_files(root, "own.cfg")
    options = [
        {"name": "tftp-server-name", "data": SERVER_IP},
        {"name": "boot-file-name", "data": "pxelinux.0"},
        {"code": 209, "csv-format": False, "data": b"own.cfg".hex()},
    ]
    kea = Kea(net.server, tmp_path / "kea", hosts=[(MAC, GUEST_IP, None)], options=options)
    kea.conf.pop("next-server")
    with kea, Tftpd(net.server, tmp_path / "tftpd", root):
        status, out = probe(net)
    assert status == BOOTS, out
    assert f'boot file "pxelinux.0" (option 67) on {SERVER_IP} (option 66)' in out
    assert "there    own.cfg, 1000 bytes  <- read by pxelinux" in out


def test_identity_reaches_the_server(net, tmp_path, root):
    """dhcpd gives the boot file only to what the PXE standard says of itself."""
    head = """option arch code 93 = string;
option uuid code 97 = string;
class "pxe" {
  match if substring(option vendor-class-identifier, 0, 20) = "PXEClient:Arch:00000" and option arch = 00:00
    and option uuid = 00:78:56:34:12:34:12:78:56:9a:bc:de:f0:12:34:56:78;
  filename "pxelinux.0";
}
"""
    with Dhcpd(net.server, tmp_path / "dhcpd", hosts=[dhcpd_host(filename=None)], head=head), Tftpd(
        net.server, tmp_path / "tftpd", root
    ):
        status, out = probe(net, "--uuid", "12345678-1234-5678-9abc-def012345678")
        assert status == BOOTS, out
        assert "missing  pxelinux.cfg/78563412-3412-7856-9abc-def012345678" in out
        status, out = probe(net, "--timeout", 4)
        assert status == NO_BOOTFILE, out


# ---- ProxyDHCP ------------------------------------------------------------------------------------------------------


def test_proxy_names_the_file(tmp_path, root):
    """A proxy, asked at port 4011, names the file that DHCP does not; so does one with a menu."""
    for i, services in enumerate(([("Boot", "pxelinux")], [("Boot", "pxelinux"), ("Other", "other")])):
        with Net("bridge") as net:
            with Dhcpd(net.server, tmp_path / f"dhcpd{i}", hosts=[dhcpd_host(filename=None)]):
                with Proxy(third(net), tmp_path / f"proxy{i}", services, root):
                    status, out = probe(net)
        assert status == BOOTS, out
        assert f"boot file: pxelinux.0 on {PROXY_IP}, named by a proxy" in out
        assert f"by {SERVER_IP}, for" in out


def test_proxy_wait_and_off(tmp_path, root):
    with Net("bridge") as net:
        with Dhcpd(net.server, tmp_path / "dhcpd"), Tftpd(net.server, tmp_path / "tftpd", root):
            with Proxy(third(net), tmp_path / "proxy", [("Boot", "pxelinux")], root):
                status, out = probe(net, "--proxy", "off")
                assert status == BOOTS and f"boot file: pxelinux.0 on {SERVER_IP}\n" in out, out
                status, out = probe(net, "--proxy", "wait")
                assert status == BOOTS and f"boot file: pxelinux.0 on {PROXY_IP}, named by a proxy" in out, out


def test_two_servers(tmp_path, root):
    """Of two servers the one with a boot file is taken, whichever is first, and the log says so."""
    with Net("bridge") as net:
        with Dhcpd(net.server, tmp_path / "dhcpd", hosts=[dhcpd_host(filename=None)]):
            other = Dnsmasq(third(net), tmp_path / "dnsmasq", root=root, hosts=[(MAC, "172.21.0.77")], boot=None)
            other.args.append(f"--dhcp-boot=pxelinux.0,,{PROXY_IP}")
            with other:
                status, out = probe(net)
    assert status == BOOTS, out
    assert "lease: 172.21.0.77" in out
    assert f"boot file: pxelinux.0 on {PROXY_IP}\n" in out


# ---- whole boots ----------------------------------------------------------------------------------------------------


def test_boot_by_a_proxy(make_lab):
    """pxelinux.0 takes its server from the proxy's reply (packet 3), and all its files from there."""
    lab = make_lab(link="bridge")
    lab.dhcpd(hosts=[dhcpd_host(filename=None)])
    lab.add(Proxy(third(lab.net), lab.place("proxy"), [("Boot", "pxelinux")], lab.root))
    hostd = lab.hostd()
    lab.check(lab.vm(hostd))
    assert f'boot file "pxelinux.0" at {PROXY_IP}' in hostd.text()


def test_boot_from_dnsmasq_on_the_hosts_bridge(make_lab):
    """As libvirt sets it up: one dnsmasq on the host's own bridge is the DHCP and the TFTP server."""
    lab = make_lab(link="bridge")
    lab.add(
        Dnsmasq(
            lab.net.host, lab.place("dnsmasq"), root=lab.root, ifname="br0", boot=None, args=["--dhcp-boot=pxelinux.0"]
        )
    )
    hostd = lab.hostd()
    lab.check(lab.vm(hostd))
    assert f'boot file "pxelinux.0" at {HOST_IP}' in hostd.text()
