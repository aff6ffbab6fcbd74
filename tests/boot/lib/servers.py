# SPDX-License-Identifier: BSD-2-Clause
"""Real DHCP and TFTP servers in a namespace, as private copies of Debian's binaries.

A copy under another name and path is not matched by the AppArmor profile of the packaged server, which would forbid it
our configuration files.  Each server's files and log stand in the directory it is given.
"""
import glob
import json
import os
import shutil
from pathlib import Path

from .netns import SERVER_IP, wait_for

TOP = Path(__file__).resolve().parents[3]
SUBNET = "172.21.0.0"
MAC = "52:54:00:12:34:57"
GUEST_IP = "172.21.0.50"


def find_program(name, *patterns):
    """Path of a server's binary, PATH first, then patterns below the checkout; RuntimeError says which package is
    missing."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    for pattern in patterns:
        path = path or next(iter(sorted(glob.glob(str(TOP / pattern)))), None)
    if not path:
        raise RuntimeError(f"{name} is not installed: run tools/deps.sh")
    return path


def udp_ports(pid):
    """Local UDP ports bound in the network namespace of pid."""
    try:
        with open(f"/proc/{pid}/net/udp") as f:
            return {int(line.split()[1].split(":")[1], 16) for line in f.readlines()[1:]}
    except OSError:
        return set()


class Server:
    """A server process: subclasses write its configuration and name its command line."""

    program = None
    patterns = ()
    port = None
    env = {}

    def __init__(self, ns, directory):
        self.ns = ns
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.log = self.dir / f"{self.program}.log"
        self.process = None
        copy = self.dir / f"pvbt-{self.program}"
        if not copy.exists():
            shutil.copy2(find_program(self.program, *self.patterns), copy)
        self.binary = copy

    def command(self):
        raise NotImplementedError

    def start(self):
        """Start it, and wait until its port is open.  May follow stop() or kill(): the server comes back."""
        assert self.port not in self._ports(), f"port {self.port} is taken in the server's namespace"
        self.process = self.ns.process([self.binary] + self.command(), log=self.log, env=self.env)
        wait_for(self._ready, 20, lambda: f"{self.program} on port {self.port}; it said:\n{self.text()}")
        return self

    def _ready(self):
        assert self.process.alive(), f"{self.program} ended:\n{self.text()}"
        return self.port in self._ports()

    def _ports(self):
        return {int(line.split()[3].rsplit(":", 1)[1]) for line in self.ns.run("ss", "-Hnlu").splitlines()}

    def stop(self):
        if self.process:
            self.process.stop()

    def kill(self):
        """Die at once, transfers in progress included."""
        if self.process:
            self.process.kill()

    def text(self):
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


REFERENCE_DHCPD = """subnet 172.21.0.0 netmask 255.255.0.0 {{
  range 172.21.0.3 172.21.0.100;
  option broadcast-address 172.21.0.255;
}}
group {{
  next-server {server};
{hosts}
}}
"""


class HostEntry(str):
    """A host entry's text.  kea: (mac, ip, boot file name), or None if it says more than that."""

    kea = None


def dhcpd_host(mac=MAC, ip=GUEST_IP, filename="pxelinux.0", extra=""):
    """One host entry of dhcpd.conf, fixed address."""
    name = "h" + mac.replace(":", "")
    boot = f'filename "{filename}";' if filename else ""
    entry = HostEntry(f"  host {name} {{ fixed-address {ip}; hardware ethernet {mac}; {boot} {extra} }}")
    entry.kea = None if extra else (mac, ip, filename)
    return entry


def has_dhcpd():
    """Whether there is an isc-dhcp-server (Debian sid has none).  PVBOOT_TEST_DHCP=kea says no, to test that
    elsewhere."""
    return os.environ.get("PVBOOT_TEST_DHCP") != "kea" and bool(
        shutil.which("dhcpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    )


def usual_dhcp(ns, directory, hosts=None, ifname="eth0", **kw):
    """The usual DHCP server: dhcpd, or where there is none Kea with the same reservations.  What only dhcpd can do is
    skipped there."""
    hosts = [dhcpd_host()] if hosts is None else hosts
    if has_dhcpd() or kw or not all(host.kea for host in hosts):
        return Dhcpd(ns, directory, hosts=hosts, ifname=ifname, **kw)
    return Kea(ns, directory, hosts=[host.kea for host in hosts], ifname=ifname)


class Dhcpd(Server):
    """ISC dhcpd itself.  hosts: lines by dhcpd_host(); conf: the whole configuration instead."""

    program = "dhcpd"
    port = 67

    def __init__(self, ns, directory, hosts=None, conf=None, ifname="eth0", head=""):
        if not has_dhcpd():
            import pytest  # the benchmark and the matrix use this file without it

            pytest.skip("this needs dhcpd itself, and there is no isc-dhcp-server")
        super().__init__(ns, directory)
        self.ifname = ifname
        hosts = [dhcpd_host()] if hosts is None else hosts
        self.conf = head + (conf or REFERENCE_DHCPD.format(server=SERVER_IP, hosts="\n".join(hosts)))

    def command(self):
        conf, leases = self.dir / "dhcpd.conf", self.dir / "dhcpd.leases"
        conf.write_text(self.conf)
        leases.touch()
        return ["-4", "-f", "-d", "--no-pid", "-cf", conf, "-lf", leases, self.ifname]


class Kea(Server):
    """Kea's DHCPv4 server.  hosts: (mac, ip, boot file name or None); options: its option-data list; conf: a whole
    Dhcp4 object instead."""

    program = "kea-dhcp4"
    port = 67

    def __init__(self, ns, directory, hosts=None, options=(), conf=None, ifname="eth0"):
        super().__init__(ns, directory)
        self.env = {"KEA_PIDFILE_DIR": str(self.dir), "KEA_LOCKFILE_DIR": "none", "KEA_DHCP_DATA_DIR": str(self.dir)}
        reservations = [
            {"hw-address": mac, "ip-address": ip, **({"boot-file-name": name} if name else {})}
            for mac, ip, name in (hosts or [(MAC, GUEST_IP, "pxelinux.0")])
        ]
        self.conf = conf or {
            "interfaces-config": {"interfaces": [ifname]},
            "lease-database": {"type": "memfile", "persist": False},
            "valid-lifetime": 3600,
            "next-server": SERVER_IP,
            "subnet4": [
                {
                    "id": 1,
                    "subnet": "172.21.0.0/16",
                    "pools": [{"pool": "172.21.0.3 - 172.21.0.40"}],
                    "option-data": list(options),
                    "reservations": reservations,
                }
            ],
            "loggers": [{"name": "kea-dhcp4", "output_options": [{"output": "stdout"}], "severity": "INFO"}],
        }

    def command(self):
        conf = self.dir / "kea.json"
        conf.write_text(json.dumps({"Dhcp4": self.conf}, indent=1))
        return ["-c", conf]


class Dnsmasq(Server):
    """dnsmasq: DHCP (unless dhcp=False), and TFTP from root if one is given; args are added as they are."""

    program = "dnsmasq"

    def __init__(self, ns, directory, root=None, hosts=None, dhcp=True, args=(), ifname="eth0", boot="pxelinux.0"):
        super().__init__(ns, directory)
        self.port = 67 if dhcp else 69
        self.args = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--log-facility=-"]
        self.args += [
            "--no-resolv", "--no-hosts", f"--pid-file={self.dir}/dnsmasq.pid", f"--interface={ifname}",
            "--bind-interfaces",
        ]
        if dhcp:
            self.args += [
                "--dhcp-range=172.21.0.3,172.21.0.40,255.255.0.0,1h", f"--dhcp-leasefile={self.dir}/leases",
                "--log-dhcp",
            ]
            self.args += [f"--dhcp-host={mac},{ip}" for mac, ip in (hosts or [(MAC, GUEST_IP)])]
            self.args += [f"--dhcp-boot={boot},,{SERVER_IP}"] if boot else []
        if root:
            self.args += ["--enable-tftp", f"--tftp-root={root}"]
        self.args += list(args)

    def command(self):
        return self.args


class Tftpd(Server):
    """tftpd-hpa.  blksize: the largest it grants (-B); args: e.g. ["-r", "blksize"] to refuse an option."""

    program = "in.tftpd"
    port = 69

    def __init__(self, ns, directory, root, blksize=None, args=(), address=SERVER_IP):
        super().__init__(ns, directory)
        limit = ["-B", str(blksize)] if blksize else []
        self.args = ["-L", "-4", "-u", "root", "-a", f"{address}:69"] + limit + list(args) + ["-s", root]

    def command(self):
        return self.args


class Atftpd(Server):
    """atftpd (has windowsize).  It conflicts with tftpd-hpa, so tools/deps.sh unpacks it without installing it."""

    program = "atftpd"
    patterns = ("build/peers/*/usr/sbin/atftpd", "build/peers/usr/sbin/atftpd")
    port = 69

    def __init__(self, ns, directory, root, args=(), address=SERVER_IP):
        super().__init__(ns, directory)
        self.args = [
            "--daemon", "--no-fork", "--user", "root", "--group", "root", "--bind-address", address, "--logfile", "-",
        ]
        self.args += ["--verbose=7", *args, str(root)]

    def command(self):
        return self.args


class Nginx(Server):
    """nginx over HTTP from root; its access log has a line `METHOD URI STATUS BODY_BYTES` a request.  locations: more
    lines of its server block; ports: more listen lines, e.g. "443 ssl"."""

    program = "nginx"
    port = 80

    def __init__(self, ns, directory, root, locations="", listen=(), address=SERVER_IP):
        super().__init__(ns, directory)
        self.root = root
        self.address = address
        self.listen = [f"{address}:{self.port}", *listen]
        self.locations = locations
        self.access = self.dir / "access.log"

    def command(self):
        conf = self.dir / "nginx.conf"
        listen = "\n".join(f"    listen {where};" for where in self.listen)
        paths = "\n".join(
            f"  {kind}_temp_path {self.dir}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        conf.write_text(
            f"""user root;
daemon off;
worker_processes 1;
pid {self.dir}/nginx.pid;
error_log {self.log} warn;
events {{ worker_connections 512; }}
http {{
{paths}
  sendfile on;
  tcp_nopush on;
  log_format pvboot '$request_method $request_uri $status $body_bytes_sent';
  access_log {self.access} pvboot;
  server {{
{listen}
    root {self.root};
{self.locations}
  }}
}}
"""
        )
        return ["-c", conf, "-p", self.dir, "-e", self.log]

    def requests(self):
        """What it was asked so far: (method, uri, status, bytes of body sent)."""
        lines = self.access.read_text("utf-8", "replace").splitlines() if self.access.exists() else []
        fields = [line.rsplit(" ", 2) for line in lines]
        return [(*ask.split(" ", 1), int(status), int(sent)) for ask, status, sent in fields]

    def _ports(self):
        return {int(line.split()[3].rsplit(":", 1)[1]) for line in self.ns.run("ss", "-Hnlt").splitlines()}


class RouterAdvertisements(Server):
    """dnsmasq answering IPv6 router solicitations and nothing else."""

    program = "dnsmasq"

    def __init__(self, ns, directory, ifname="eth0"):
        super().__init__(ns, directory)
        self.ifname = ifname
        self.args = ["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--log-facility=-"]
        self.args += [
            f"--pid-file={self.dir}/dnsmasq.pid", f"--interface={ifname}", "--enable-ra", "--dhcp-range=fd21::,ra-only",
        ]

    def command(self):
        return self.args

    def start(self):
        self.ns.ip("-6 addr add fd21::2/64 dev", self.ifname, "nodad")
        self.process = self.ns.process([self.binary] + self.args, log=self.log)
        wait_for(
            lambda: "advertisement enabled" in self.text(), 20,
            lambda: f"router advertisements; it said:\n{self.text()}",
        )
        return self
