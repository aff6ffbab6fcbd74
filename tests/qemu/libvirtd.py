# SPDX-License-Identifier: BSD-2-Clause
"""A real libvirtd with directories, a configuration and users of its own, and what stands in for systemd's sockets
beside it.

libvirtd's directories are fixed when it is built: so it runs in a mount namespace, where nothing of the machine's own
libvirt is seen or touched, and in a process namespace, whose first process takes leave of the QEMUs that it starts as
daemons (libvirtd waits for that) and with which they all end.  Its QEMUs run as the user that Debian's libvirt has for
them.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

from lib.netns import Process, wait_for
from lib.pvboot import BUILD, DEVICE
from lib.servers import TOP

EXAMPLES = TOP / "examples" / "libvirt"
UNITS = TOP / "examples"
URI = "qemu:///system"
THERE = bool(shutil.which("libvirtd") and shutil.which("virsh"))
CACHE = BUILD / "tests" / "libvirt"  # what it found out about each QEMU, for which it takes half a minute
NAMESPACES = [("mount", "mnt"), ("net", "net"), ("pid", "pid_for_children")]
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc")

SETUP = """
for dir in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
	mkdir -p $dir
	mount -t tmpfs -o mode=755 none $dir
done
mount --bind "$2" /var/cache/libvirt
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/pvboot-device /run/lock /run/libvirt
for file in passwd group; do
	cp /etc/$file "$1/$file"
	grep -q ^libvirt-qemu: "$1/$file" || sed -n "s/^nogroup:.*/libvirt-qemu:x:64055:/p
		s,^nobody:.*,libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin,p" "$1/$file" >>"$1/$file"
	mount --bind "$1/$file" /etc/$file
done
cat >/etc/libvirt/qemu.conf <<end
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
end
echo 'auth_unix_rw = "none"' >/etc/libvirt/libvirtd.conf
libvirtd &
wait $!
"""


class Libvirtd:
    def __init__(self, directory, ns=None):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.ns = ns
        self.process = None

    def __enter__(self):
        argv = [
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-ec", SETUP, "sh", self.dir,
            CACHE,
        ]
        CACHE.mkdir(parents=True, exist_ok=True)
        self.process = Process(argv, log=self.dir / "libvirtd.log", ns=self.ns)

        def ready():
            assert self.process.alive(), self.process.text()
            return self.virsh("uri", check=False) == URI

        wait_for(ready, 60, lambda: f"libvirtd:\n{self.process.text()}")
        return self

    def inside(self):
        """The words before a command that run it where this libvirtd is."""
        return ["nsenter", *(f"--{option}=/proc/{self.process.pid}/ns/{file}" for option, file in NAMESPACES)]

    def command(self, *argv, check=True):
        """Run a command of libvirt's; what it printed, without blanks at its ends."""
        r = subprocess.run(
            self.inside() + [str(a) for a in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8", "LIBVIRT_DEFAULT_URI": URI},
        )
        assert not check or r.returncode == 0, f"{' '.join(map(str, argv))}: {r.stdout}\n{self.process.text()}"
        return r.stdout.strip()

    def virsh(self, *argv, check=True):
        return self.command("virsh", *argv, check=check)

    def on_terminal(self, argv, until, timeout=120):
        """Run a command on a terminal until a pattern is there, and leave it as virsh console is left.  What was
        shown."""
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update(LC_ALL="C.UTF-8", LIBVIRT_DEFAULT_URI=URI, TERM="vt100")
            words = self.inside() + [str(a) for a in argv]
            os.execvp(words[0], words)
        text, left, end = b"", False, time.monotonic() + timeout
        while time.monotonic() < end:
            if select.select([fd], [], [], 0.2)[0]:
                try:
                    piece = os.read(fd, 65536)
                except OSError:
                    break
                if not piece:
                    break
                text += piece
            shown = ESCAPES.sub("", text.decode("utf-8", "replace")).replace("\r\n", "\n")
            if not left and re.search(until, shown, re.M):
                left = True
                os.write(fd, b"\x1d")
        os.close(fd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert left and status == 0, f"{argv}: exit {status}, no {until!r}: {shown}"
        return shown

    def __exit__(self, *_):
        for name in (self.virsh("list", "--name", check=False) or "").split():
            self.virsh("destroy", name, check=False)
        self.process.stop(timeout=20)


def unit(name):
    """A unit's lines as (key, value)."""
    text = re.sub(r"\\\n\s*", " ", (UNITS / name).read_text())
    return re.findall(r"^(\w+)=(.*)$", text, re.M)


class Activated:
    """pvboot-device@NAME.socket: what systemd does with it and its service, without systemd as first process;
    libvirtd's is the place."""

    def __init__(self, libvirtd, template, name, hostd):
        self.socket = dict(unit(f"{template}@.socket"))["ListenStream"].replace("%I", name)
        argv = dict(unit(f"{template}@.service"))["ExecStart"].replace("%I", name).split()
        assert argv[0] == f"/usr/local/bin/{DEVICE.name}"
        args = [word for word in argv[1:] if word != "$PVBOOT_DEVICE_ARGS"]
        args = [str(BUILD / Path(a).name) if a.startswith("/usr/local/share/pvboot/") else a for a in args]
        self.argv = libvirtd.inside() + [
            "systemd-socket-activate", "-l", self.socket, DEVICE, *args, "--hostd", hostd.socket,
        ]
        self.log = libvirtd.dir / f"{name}.log"
        self.libvirtd = libvirtd
        self.process = None

    def __enter__(self):
        self.process = Process(self.argv, log=self.log)
        wait_for(
            lambda: self.libvirtd.command("ls", self.socket, check=False) == self.socket, 10, f"a socket {self.socket}"
        )
        # SocketGroup= and SocketMode=
        self.libvirtd.command("chgrp", "libvirt-qemu", self.socket)
        self.libvirtd.command("chmod", "660", self.socket)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.libvirtd.command("rm", "-f", self.socket)
