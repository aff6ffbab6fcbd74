# SPDX-License-Identifier: BSD-2-Clause
"""`pvboot run` to its end, for boots without a boot program."""
import subprocess

from .kernel import NEXT_DEVICE_LINE, make_disk
from .netns import Process
from .pvboot import pvboot_run

TCG = ["-accel", "tcg"]


def run(lab, *options, qemu=(), timeout=120):
    """The console of a `pvboot run` that ended by itself."""
    argv = pvboot_run(None, *options, qemu=TCG + list(qemu))
    process = Process(argv, log=lab.place("run.log"), stdin=subprocess.DEVNULL, env={"TERM": "dumb"})
    try:
        status = process.wait(timeout)
        text = process.text().replace("\r", "")
        assert status == 0, text
        return text
    finally:
        process.kill()


def with_disk(lab):
    """QEMU's arguments for a disk that is the next boot device."""
    return ["-drive", f"file={make_disk(lab.place('disk.img'))},format=raw,if=ide", "-boot", "order=nc"]


def refused(lab, *options, qemu=()):
    """The console of one whose guest goes on to its disk."""
    text = run(lab, *options, qemu=[*qemu, *with_disk(lab)])
    assert NEXT_DEVICE_LINE in text, text
    assert not ("  cause: " in text and "  to do: " in text), text
    return text


def refused_one_by_one(lab, cases):
    """Each of the kernels (name, image, words) is refused with these words; in one machine, which is reset after
    each."""
    hostd = lab.hostd(vms=f"[vm guest]\nkernel = k\ninitrd = init_task\nroot = {lab.root}\nallow_uid = any")
    vm = None
    for n, (name, image, words) in enumerate(cases):
        (lab.root / "k").write_bytes(image)
        if vm:
            vm.qmp_connect().execute("system_reset")
        else:
            vm = lab.vm(hostd)
        vm.wait("leaving to the BIOS's next boot device", 30, count=n + 1)
        text = vm.console.text().split("Booting from ROM")[-1]
        assert words in text, f"{name}: {text}"
        assert "PVBOOT-" not in text, f"{name}: {text}"
        assert not ("  cause: " in text and "  to do: " in text), f"{name}: {text}"


def write_config(lab, text):
    (lab.root / "pxelinux.cfg" / "default").write_text(text)
