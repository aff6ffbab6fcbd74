# SPDX-License-Identifier: BSD-2-Clause
"""What a cell of the matrix runs in: the reference network, a TFTP root, servers of the kinds the cell names, hostd and
a VM."""
from lib.lab import Lab
from lib.netns import SERVER_IP
from lib.servers import (
    GUEST_IP, MAC, Atftpd, Dhcpd, Dnsmasq, Kea, Nginx, RouterAdvertisements, Tftpd, dhcpd_host, has_dhcpd,
)

IPXE_CLASS = "iPXE"  # iPXE's user class (DHCP option 77)
PATH_PREFIX = 210  # RFC 5071


class World(Lab):
    """boot: the boot file that DHCP names; again: the one for a client of iPXE's user class; options: more DHCP
    options, code to string."""

    def __init__(self, directory, dhcp, tftp, http=False, machine="pc", link="plain", undi=False):
        super().__init__(directory, link=link)
        self.kinds = (dhcp, tftp, http)
        self.machine = machine
        self.undi = undi

    def serve(self, boot="pxelinux.0", again=None, options=None):
        """Start the servers, and a hostd, which is returned."""
        dhcp, tftp, http = self.kinds
        if dhcp == "dhcpd" and not has_dhcpd():
            dhcp = "kea"
        ns, options = self.net.server, options or {}
        tftp_root = self.root if tftp == "dnsmasq" else None
        if dhcp == "dhcpd":
            self.add(dhcpd(ns, self.place("dhcpd"), boot, again, options))
        elif dhcp == "kea":
            self.add(kea(ns, self.place("kea"), boot, again, options))
        if dhcp == "dnsmasq" or tftp_root:
            args = [f"--dhcp-option-force={code},{value}" for code, value in options.items()]
            if again:
                args += [f"--dhcp-userclass=set:ipxe,{IPXE_CLASS}", f"--dhcp-boot=tag:ipxe,{again},,{SERVER_IP}"]
                args += [f"--dhcp-boot=tag:!ipxe,{boot},,{SERVER_IP}"]
            does_dhcp = dhcp == "dnsmasq"
            self.add(
                Dnsmasq(
                    ns, self.place("dnsmasq"), root=tftp_root, dhcp=does_dhcp, args=args, boot=None if again else boot
                )
            )
        if tftp == "tftpd-hpa":
            self.add(Tftpd(ns, self.place("tftpd"), self.root))
        elif tftp == "atftpd":
            self.add(Atftpd(ns, self.place("atftpd"), self.root))
        if again:  # iPXE waits for router advertisements
            self.add(RouterAdvertisements(ns, self.place("ra")))
        if http:
            self.add(Nginx(ns, self.place("nginx"), self.root))
        return self.hostd(options="frames = on" if self.undi else "")

    def boot(self, hostd, **kw):
        return self.vm(hostd, machine=self.machine, **kw)


def dhcpd(ns, place, boot, again, options):
    head, extra = "", ""
    for code, value in options.items():
        head += f"option pvbt-{code} code {code} = text;\n"
        extra += f'option pvbt-{code} "{value}"; '
    if again:
        extra += f'if exists user-class and option user-class = "{IPXE_CLASS}" {{ filename "{again}"; }} '
        extra += f'else {{ filename "{boot}"; }}'
    host = dhcpd_host(filename=None if again else boot, extra=extra)
    return Dhcpd(ns, place, hosts=[host], head=head)


def kea(ns, place, boot, again, options):
    data = [
        {"code": code, "csv-format": False, "data": value.encode().hex(), "always-send": True}
        for code, value in options.items()
    ]
    server = Kea(ns, place, hosts=[(MAC, GUEST_IP, None if again else boot)], options=data)
    if again:
        # iPXE sends it without the length that RFC 3004 has.
        test = f"substring(option[77].hex,0,{len(IPXE_CLASS)}) == '{IPXE_CLASS}'"
        server.conf["client-classes"] = [
            {"name": "ipxe", "test": test, "boot-file-name": again},
            {"name": "others", "test": f"not ({test})", "boot-file-name": boot},
        ]
    return server
