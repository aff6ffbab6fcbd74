# SPDX-License-Identifier: BSD-2-Clause
"""A Palacios machine of the tests: palacios-host with the plugin, and QEMU for its guest."""
import socket
from pathlib import Path

from lib.netns import Process, wait_for
from lib.pvboot import BUILD, ROM, Hostd
from lib.servers import MAC
from lib.vm import Vm, proxy_qemu

HOST = BUILD / "tests" / "palacios" / "palacios-host"
PRELOAD = BUILD / "tests" / "palacios" / "v3dev_preload.so"
BOCHS_BIOS = "/usr/share/bochs/BIOS-bochs-latest"
GUEST = """<vm class="PC">
  <memory alignment="4KB">256</memory>
  <devices>
    <device class="PCI" id="pci0"/>
    <device class="PVBOOT" id="pvboot">
      <bus>pci0</bus>
      <mac>{mac}</mac>
      {lines}
    </device>
  </devices>
</vm>
"""


class PalaciosHostd(Hostd):
    """hostd with a section for each machine (name: device path); what is preloaded makes devices of sockets."""

    def __init__(self, ns, directory, ifname, machines, mac=None, options=""):
        vms = ""
        for name, device in machines.items():
            line = f"mac = {mac[name]}\n" if mac else ""
            vms += f"[vm {name}]\npalacios = {device}\nstream = pvboot\ninterface = {ifname}\n{line}{options}\n"
        super().__init__(ns, directory, ifname, vms=vms)
        self.env = {"LD_PRELOAD": str(PRELOAD)}


class PalaciosVm(Vm):
    """A guest whose pvboot device is the plugin's.  bios: "seabios", with the ROM by -option-rom, or "bochs", with the
    ROM in RAM."""

    def __init__(self, directory, ns, mac=MAC, bios="seabios", memory="256M", lines="", args=()):
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.device = directory / "dev.v3"
        self.control = directory / "control"
        self.xml = directory / "guest.xml"
        self.xml.write_text(GUEST.format(mac=mac, lines=lines))
        host_end, qemu_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with host_end, qemu_end:
            argv = [HOST, host_end.fileno(), self.xml, self.device, self.control]
            self.host = Process(argv, log=directory / "palacios.log", ns=ns, pass_fds=[host_end.fileno()])
            wait_for(lambda: self.device.exists() or not self.host.alive(), 10, self.host.text)
            fd = qemu_end.fileno()
            words = ["-object", f"memory-backend-memfd,id=pvbmem,size={memory},share=on"]
            words += ["-device", f"x-pci-proxy-dev,id=pvboot,fd={fd}"]
            if bios == "bochs":
                words += ["-cpu", "qemu64,-apic", "-bios", BOCHS_BIOS]
                words += ["-device", f"loader,file={ROM},addr=0xd0000,force-raw=on"]
            else:
                words += ["-option-rom", ROM]
            words += ["-boot", "n"]
            machine = "pc,memory-backend=pvbmem"
            super().__init__(
                directory, ns, words + list(args), memory=memory, machine=machine, pass_fds=[fd], qemu=proxy_qemu()
            )

    def command(self, word):
        """A command to palacios-host; its answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(20)
            s.connect(str(self.control))
            s.sendall(word.encode() + b"\n")
            return s.makefile().readline().strip()

    def stop(self):
        super().stop()
        self.host.kill()
