# SPDX-License-Identifier: BSD-2-Clause
"""Plans and lists that no hostd of ours would send: the ROM refuses each and goes on to the next device.  (One that is
too short does not reach it: the device gives up the connection.)"""
import struct

from lib.fake_hostd import C, FakeHostd

PLAN, LIST = C["PVBOOT_PLAN_LINUX"], C["PVBOOT_PLAN_LIST"]
SIZE = 8192
TEXT = C["PVBOOT_PLAN_TEXT"]
FILES = C["PVBOOT_FILES_MAX"]


def plan(kind=PLAN, n_files=1, text_at=0, text_len=4, files=((5, 1),), data=b"line\0k\0"):
    """struct pvboot_plan."""
    out = struct.pack("<IHHQHHI", kind, n_files, 0, 0, text_at, text_len, 0)
    for i in range(FILES):
        at, length = files[i] if i < len(files) else (0, 0)
        out += struct.pack("<4sHHHH", b"", 0, at, length, 0)
    return (out + data).ljust(SIZE, b"\0")[:SIZE]


def full(**kw):
    """One whose bytes are all non-zero: nothing in it ends."""
    return plan(data=b"x" * TEXT, **kw)


def listing(n_entries=2, selected=0, data=b"title\0one\0two\0"):
    """struct pvboot_plan_list."""
    out = struct.pack("<IHHIIII", LIST, n_entries, selected, 100, 0, 7, 0) + data
    return out.ljust(SIZE, b"\0")[:SIZE]


MALFORMED = {
    "plan-no-files": plan(n_files=0),
    "plan-too-many-files": plan(n_files=FILES + 1),
    "plan-65535-files": plan(n_files=0xFFFF),
    "plan-text-at-the-end": plan(text_at=TEXT, text_len=0),
    "plan-text-beyond": plan(text_at=TEXT - 4, text_len=4),
    "plan-text-far-beyond": plan(text_at=0xFFFF, text_len=0xFFFF),
    "plan-text-without-nul": full(text_len=10),
    "plan-name-beyond": plan(files=((TEXT - 1, 1),)),
    "plan-name-far-beyond": plan(files=((1, 0xFFFF),)),
    "plan-second-name-beyond": plan(n_files=2, files=((5, 1), (0xFFFF, 1))),
    "list-of-nothing": listing(n_entries=0),
    "list-selected-beyond": listing(selected=2),
    "list-too-few-strings": listing(n_entries=SIZE),
    "list-without-nul": listing(data=b"x" * (SIZE - 24)),
    "list-last-without-nul": listing(data=b"a\0b\0" + b"x" * (SIZE - 28)),
}
LEASE = bytes([172, 21, 0, 50, 255, 255, 0, 0]).ljust(320, b"\0")


def test_plan_malformed_is_refused(lab):
    """[DRV-17] [DRV-25]"""
    discover = (C["PVBOOT_S_OK"], LEASE.ljust(4100, b"\0"))
    answers = {C["PVBOOT_OP_DISCOVER"]: discover}
    hostd = lab.add(FakeHostd(lab.dir / "fake.sock", answers))
    vm = None
    for n, name in enumerate(MALFORMED):
        answers[C["PVBOOT_OP_PLAN"]] = (C["PVBOOT_S_OK"], MALFORMED[name])
        if vm:
            vm.qmp_connect().execute("system_reset")
        else:
            vm = lab.vm(hostd)
        vm.wait("leaving to the BIOS's next boot device", 30, count=n + 1)
        text = vm.console.text().split("Booting from ROM")[-1]
        assert "is malformed" in text and "PXE-E7E" in text, f"{name}: {text}"
        assert not any(op == C["PVBOOT_OP_OPEN"] for op, _ in hostd.asked), f"{name}: a file was asked for"
    # Each of them next to nothing away from one that is taken.
    end = bytes(TEXT - 2) + b"k\0"
    answers[C["PVBOOT_OP_PLAN"]] = (
        C["PVBOOT_S_OK"], plan(n_files=FILES, files=((TEXT - 2, 1),) * FILES, text_at=TEXT - 1, text_len=0, data=end),
    )
    vm.qmp_connect().execute("system_reset")
    vm.wait("leaving to the BIOS's next boot device", 30, count=len(MALFORMED) + 1)
    assert "PXE-E3B" in vm.console.text().split("Booting from ROM")[-1], "the file of a good plan was not asked for"


def test_plan_unknown_to_the_host_is_none(lab):
    """[DEV-39] The boot program is asked for."""
    answers = {C["PVBOOT_OP_DISCOVER"]: (C["PVBOOT_S_OK"], (LEASE[:64] + b"program.0").ljust(4100, b"\0"))}
    answers[C["PVBOOT_OP_PLAN"]] = (C["PVBOOT_S_UNSUPPORTED"], b"")
    hostd = lab.add(FakeHostd(lab.dir / "fake.sock", answers))
    vm = lab.vm(hostd)
    vm.wait("loading program.0", 30)
    vm.wait("PXE-E3B", 30)


def test_list_choice_that_is_asked_again(lab):
    """[DRV-25] The answer to a choice may be a list again; the time is up at each."""
    answers = {
        C["PVBOOT_OP_DISCOVER"]: (C["PVBOOT_S_OK"], LEASE.ljust(4100, b"\0")),
        C["PVBOOT_OP_PLAN"]: (C["PVBOOT_S_OK"], listing()),
    }
    hostd = lab.add(FakeHostd(lab.dir / "fake.sock", answers))
    vm = lab.vm(hostd)
    vm.wait("1 one", 30, count=3)
    answers[C["PVBOOT_OP_PLAN"]] = (C["PVBOOT_S_OK"], plan(kind=C["PVBOOT_PLAN_LOCAL"]))
    vm.wait("leaving to the BIOS's next boot device", 30)
    asked = [struct.unpack("<II", args) for op, args in hostd.asked if op == C["PVBOOT_OP_PLAN"]]
    assert asked[0] == (C["PVBOOT_PLAN_F_LIST"], 0)
    assert set(asked[1:]) == {(C["PVBOOT_PLAN_F_LIST"], 7 + 2)}
