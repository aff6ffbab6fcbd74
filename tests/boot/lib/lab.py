# SPDX-License-Identifier: BSD-2-Clause
"""A whole boot's surroundings, put together part by part, and taken down in the opposite order."""
from contextlib import ExitStack

from .kernel import check_report, make_initrd, make_kernel
from .middlebox import Middlebox
from .netns import Net
from .pvboot import Hostd, PvbootVm, VhostVm
from .servers import MAC, Tftpd, usual_dhcp
from .tftproot import make_root, write_config

MIB = 1 << 20


class Lab:
    """A network, a TFTP root with the stub kernel, and whatever servers, hostds and VMs the test adds.

    add() starts a server, hostd or VM; it ends when the lab closes.  dhcpd(), tftpd(), hostd() and vm() add the usual
    ones.
    """

    def __init__(self, directory, link="plain", wire=False):
        self.dir = directory
        self.stack = ExitStack()
        self.count = 0
        try:
            self.net = self.stack.enter_context(Net(link, wire))
            self.root = make_root(directory / "tftp")
            self.kernel = make_kernel(self.root / "bzImage", 256 * 1024)
            self.initrd = make_initrd(self.root / "init_task", 1 * MIB + 5)
            write_config(self.root)
        except BaseException:
            self.close()
            raise

    def place(self, name):
        """A new directory below the lab's."""
        self.count += 1
        return self.dir / f"{self.count}-{name}"

    def add(self, thing):
        return self.stack.enter_context(thing)

    def dhcpd(self, **kw):
        return self.add(usual_dhcp(self.net.server, self.place("dhcpd"), **kw))

    def tftpd(self, **kw):
        return self.add(Tftpd(self.net.server, self.place("tftpd"), self.root, **kw))

    def hostd(self, **kw):
        return self.add(Hostd(self.net.host, self.place("hostd"), self.net.ifname, **kw))

    def middlebox(self, **harm):
        """For a lab with a wire."""
        return self.add(Middlebox(self.net.wire, self.place("middlebox.log"), **harm))

    def servers(self):
        """The reference boot's servers and a hostd, which is returned."""
        self.dhcpd()
        self.tftpd()
        return self.hostd()

    def vm(self, hostd, mac=MAC, **kw):
        return self.add(VhostVm(self.place("vm"), self.net.host, hostd.socket, mac=mac, **kw))

    def own_vm(self, hostd, mac=MAC, **kw):
        """A VM for what only our own PCI device has: its I/O BAR, its interrupts, its ROM on a BIOS that QEMU gives
        none to."""
        return self.add(PvbootVm(self.place("vm"), self.net.host, hostd.socket, mac=mac, **kw))

    def check(self, vm, timeout=120, count=1, **kw):
        """Wait until the VM powered off by itself, and check every byte of what its kernel was given."""
        status = vm.wait_exit(timeout)
        assert status == 0, f"QEMU's exit status {status}; {vm.console.tail()}"
        assert vm.device.wait(10) == 0, "the device process did not end well after its QEMU"
        return check_report(vm.console.text(), self.kernel, self.initrd, count=count, **kw)

    def close(self):
        self.stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
