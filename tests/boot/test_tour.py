# SPDX-License-Identifier: BSD-2-Clause
"""docs/tour.md: every line of its code blocks runs, in order, in one shell.

The shell runs in a directory that looks like a checkout, in a network namespace with a bridge br0 and real servers, and
in a mount namespace of its own: what `make install` writes is gone with the shell.
"""
import re
import subprocess

from lib.netns import Process
from lib.pvboot import BUILD
from lib.servers import TOP, Nginx

HTTP_IP = "10.0.0.2"
END_OF_LINE = "@@tour"
MARKER = "demo: marker"

# What a line's output must have in it; the first that fits counts.  Each of them is the beginning of a line of the
# tour.
WANTED = {
    "build/pvboot run --root tftp --direct -v": [MARKER, "phase kernel"],
    "build/pvboot run --root tftp": ["PXELINUX", MARKER],
    "build/pvboot run --interface": ["PXELINUX", MARKER],
    "build/pvboot run": [MARKER],
    "build/pvboot plan": ["bzImage", "my-initrd"],
    "build/pvboot probe": ["pxelinux.0"],
}


def tour():
    """Its lines, in order."""
    text = (TOP / "docs" / "tour.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line]


def checkout(directory):
    """A directory with all that this checkout has; what the tour adds at its top stays in it."""
    directory.mkdir()
    for path in TOP.iterdir():
        if path.name not in (".git", "build", "tftp"):
            (directory / path.name).symlink_to(path)
    build = directory / "build"
    build.mkdir()
    for path in [*BUILD.iterdir(), TOP / "build" / "peers"]:
        if not (build / path.name).is_symlink():
            (build / path.name).symlink_to(path)
    return directory


def script(directory, lines):
    """The tour as a shell script that ends at the first failure, and writes a line with its status after each."""
    etc = directory / "etc"
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    head = ["set -u", f"mount --bind {etc} /etc", "mount -t tmpfs tmpfs /usr/local"]
    head += ["PATH=/usr/local/bin:/usr/local/sbin:$PATH"]
    end = f'status=$?; echo; echo "{END_OF_LINE} $status"; [ $status = 0 ] || exit 1'
    path = directory / "tour.sh"
    path.write_text("\n".join(head + [f"{line}\n{end}" for line in lines]) + "\n")
    return path


def wanted(line):
    return next((words for start, words in WANTED.items() if line.startswith(start)), [])


def test_tour_every_line(make_lab, tmp_path):
    lab = make_lab(link="bridge")
    top = checkout(tmp_path / "checkout")
    lab.net.host.run("ip", "addr", "add", "10.0.0.1/24", "dev", "br0")
    lab.net.server.run("ip", "addr", "add", f"{HTTP_IP}/24", "dev", "eth0")
    lab.dhcpd()
    lab.root = top / "tftp"  # which the servers serve before the tour fills it
    lab.root.mkdir()
    lab.tftpd()
    lab.add(Nginx(lab.net.server, lab.place("nginx"), lab.root, address=HTTP_IP))
    lines = tour()
    log = lab.dir / "tour.log"
    shell = Process(["unshare", "--mount", "bash", script(tmp_path, lines)], log, lab.net.host, {"TERM": "dumb"}, top)
    try:
        status = shell.wait(150)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|\r", "", shell.text())
    finally:
        shell.kill()
    outputs = re.split(rf"^{END_OF_LINE} \d+\n", text, flags=re.M)
    for line, output in zip(lines, outputs):
        for words in wanted(line):
            assert words in output, f"`{line}` did not say {words!r}:\n{output[-3000:]}"
    assert status == 0 and len(outputs) == len(lines) + 1, f"`{lines[len(outputs) - 1]}` failed:\n{outputs[-1][-3000:]}"
