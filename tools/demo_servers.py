# SPDX-License-Identifier: BSD-2-Clause
"""The servers of `make demo`: tftpd-hpa, and isc-dhcp-server or, where a release has none any more (Debian sid), Kea.

Both DHCP servers have the same reservation, and so the same outcome.  PVBOOT_DEMO_DHCP=dhcpd or kea chooses one.
"""
import json
import os
import shutil

MAC = "52:54:00:12:34:57"
ADDRESS = "172.21.0.50"
SERVER_IP = "172.21.0.2"
WHERE = "/usr/sbin:/sbin:/usr/bin:/bin"
DHCP = {"dhcpd": ("dhcpd", "isc-dhcp-server"), "kea": ("kea-dhcp4", "kea-dhcp4-server")}

DHCPD_CONF = f"""authoritative;
ddns-update-style none;
subnet 172.21.0.0 netmask 255.255.0.0 {{
  range 172.21.0.3 172.21.0.100;
  option broadcast-address 172.21.0.255;
}}
group {{
  next-server {SERVER_IP};
  host kitten {{
    hardware ethernet {MAC};
    fixed-address {ADDRESS};
    filename "pxelinux.0";
  }}
}}
"""

KEA_CONF = {
    "Dhcp4": {
        "interfaces-config": {"interfaces": ["eth0"]},
        "lease-database": {"type": "memfile", "persist": False},
        "authoritative": True,
        "next-server": SERVER_IP,
        "subnet4": [
            {
                "id": 1,
                "subnet": "172.21.0.0/16",
                "pools": [{"pool": "172.21.0.3 - 172.21.0.40"}],
                "option-data": [{"name": "broadcast-address", "data": "172.21.0.255"}],
                "reservations": [{"hw-address": MAC, "ip-address": ADDRESS, "boot-file-name": "pxelinux.0"}],
            }
        ],
        "loggers": [{"name": "kea-dhcp4", "severity": "INFO", "output_options": [{"output": "stderr"}]}],
    }
}


class Missing(Exception):
    """A server is not installed; the words say which, and what to do."""


def choose_dhcp():
    """(name, line): the DHCP server to take, and a line that says why it is not dhcpd, or None."""
    asked = os.environ.get("PVBOOT_DEMO_DHCP")
    if asked:
        if asked not in DHCP:
            raise Missing(f"PVBOOT_DEMO_DHCP={asked}: it must be dhcpd or kea")
        return asked, f"the DHCP server is {DHCP[asked][0]}, as PVBOOT_DEMO_DHCP says" if asked != "dhcpd" else None
    if shutil.which("dhcpd", path=WHERE):
        return "dhcpd", None
    if shutil.which("kea-dhcp4", path=WHERE):
        return "kea", "isc-dhcp-server is not installed: Kea is the DHCP server, with the same reservation"
    raise Missing(
        "there is no DHCP server: apt-get install isc-dhcp-server, or kea-dhcp4-server where Debian no longer has it"
    )


def copied(program, package, directory):
    """A private copy of a server's binary: AppArmor knows the packaged ones by their paths, and forbids them our
    files."""
    found = shutil.which(program, path=WHERE)
    if not found:
        raise Missing(f"there is no {program}: apt-get install {package}")
    return shutil.copy(found, directory / f"demo-{program}")


def dhcp_command(name, directory):
    """(command, environment) of the DHCP server on eth0; its files are in the directory."""
    binary = copied(*DHCP[name], directory)
    if name == "kea":
        conf = directory / "kea.json"
        conf.write_text(json.dumps(KEA_CONF, indent=1))
        own = {"KEA_PIDFILE_DIR": str(directory), "KEA_LOCKFILE_DIR": "none", "KEA_DHCP_DATA_DIR": str(directory)}
        return [binary, "-c", conf], {**os.environ, **own}
    conf, leases = directory / "dhcpd.conf", directory / "leases"
    conf.write_text(DHCPD_CONF)
    leases.touch()
    return [
        binary, "-4", "-f", "-d", "--no-pid", "-user", "root", "-group", "root", "-cf", conf, "-lf", leases, "eth0",
    ], None


def tftp_command(directory, root):
    """The command of tftpd-hpa, which serves root."""
    binary = copied("in.tftpd", "tftpd-hpa", directory)
    return [binary, "-L", "-4", "-u", "root", "-a", f"{SERVER_IP}:69", "-s", root]
