# SPDX-License-Identifier: BSD-2-Clause
"""The list of labels of a boot without a boot program: what is shown, what the keys do, what happens when the time is
up.  The keys come from the serial line, as SeaBIOS hands them on, and from a keyboard."""
import subprocess
import time

import pytest

from lib.bios import BIOSES
from lib.direct import with_disk, write_config
from lib.kernel import NEXT_DEVICE_LINE, check_report, reports
from lib.netns import Process, wait_for
from lib.pvboot import pvboot_run
from lib.vm import Console

UP, DOWN, ENTER, ESC = b"\x1b[A", b"\x1b[B", b"\r", b"\x1b"
HINT = "Enter boots, Esc gives up"
COUNTDOWN = "it boots by itself"
LABELS = "".join(
    f"LABEL l{n}\nMENU LABEL ^Entry {n}\nKERNEL bzImage\nAPPEND number={n} initrd=init_task\n" for n in range(20)
)
MENU = "UI menu.c32\nMENU TITLE What to boot\n" + LABELS


class Run:
    """A `pvboot run --direct` whose serial line is ours."""

    def __init__(self, lab, *qemu):
        argv = pvboot_run(None, "--root", lab.root, "--direct", qemu=["-accel", "tcg", *qemu])
        self.lab = lab
        self.log = lab.place("run.log")
        self.process = Process(argv, log=self.log, stdin=subprocess.PIPE, env={"TERM": "dumb"})
        self.console = Console(self.log)

    def press(self, *keys):
        """One after the other, each as a person would: a lone Esc is one only if nothing follows at once."""
        for key in keys:
            self.process.popen.stdin.write(key)
            self.process.popen.stdin.flush()
            time.sleep(0.3)

    def shown(self, text=HINT):
        wait_for(lambda: text in self.console.text(), 30, lambda: self.console.tail())
        return self

    def end(self):
        assert self.process.wait(60) == 0, self.console.tail()
        return self.console.text()

    def booted(self, number):
        check_report(self.end(), self.lab.kernel, self.lab.initrd, cmdline=f"number={number} initrd=init_task")


def test_list_enter_boots_the_selected_one(lab):
    write_config(lab, MENU.replace("LABEL l3\n", "LABEL l3\nMENU DEFAULT\n"))
    run = Run(lab).shown()
    text = run.console.text()
    assert "What to boot" in text and "> 4 Entry 3" in text and "f Entry 14" in text
    assert COUNTDOWN not in text
    run.press(ENTER)
    run.booted(3)


KEYS = {
    "down": ([DOWN, DOWN], 2),
    "up-from-the-first-is-the-last": ([UP], 19),
    "down-from-the-last-is-the-first": ([UP, DOWN], 0),
    "digit-and-letter": ([b"7", b"k"], 19),
    "capital": ([b"B", DOWN], 11),
    "no-such-entry": ([DOWN, b"z", b"0", b" "], 1),
}


@pytest.mark.parametrize("keys", KEYS)
def test_list_keys(lab, keys):
    write_config(lab, MENU)
    run = Run(lab).shown()
    pressed, number = KEYS[keys]
    run.press(*pressed)
    run.shown(f"> {'123456789abcdefghijk'[number]} Entry {number}")
    run.press(ENTER)
    run.booted(number)


@pytest.mark.parametrize("bios", BIOSES)
def test_list_keyboard(lab, bios):
    write_config(lab, MENU)
    hostd = lab.hostd(vms=f"[vm guest]\nboot = direct\nroot = {lab.root}\nallow_uid = any")
    vm = lab.own_vm(hostd, args=BIOSES[bios], bar=False)
    hostd.wait("somebody is to choose one of 20 labels", 60)  # the Bochs BIOS has no serial console
    time.sleep(0.5)
    for key in ("down", "down", "up", "ret"):
        vm.qmp_connect().execute("send-key", keys=[{"type": "qcode", "data": key}])
        time.sleep(0.3)
    lab.check(vm, cmdline="number=1")


def test_list_time_is_up(lab):
    write_config(lab, "TIMEOUT 15\nONTIMEOUT l2 late\n" + MENU)
    run = Run(lab).shown(COUNTDOWN)
    check_report(run.end(), lab.kernel, lab.initrd, cmdline="number=2 initrd=init_task late")
    assert "in 2 s" in run.console.text() and "in 1 s" in run.console.text()


def test_list_key_ends_the_countdown(lab):
    write_config(lab, "TIMEOUT 20\n" + MENU)
    run = Run(lab).shown(COUNTDOWN)
    run.press(DOWN)
    time.sleep(2.5)
    assert not reports(run.console.text()), "it booted by itself"
    run.press(ENTER)
    run.booted(1)


def test_list_total_timeout_goes_on(lab):
    write_config(lab, "TIMEOUT 1000\nTOTALTIMEOUT 30\n" + MENU)
    run = Run(lab).shown(COUNTDOWN)
    run.press(DOWN)
    run.booted(0)


def test_list_escape_goes_on_to_the_next_device(lab):
    write_config(lab, MENU)
    run = Run(lab, *with_disk(lab)).shown()
    run.press(ESC)
    text = run.end()
    assert "PXE-EA0" in text and NEXT_DEVICE_LINE in text


def test_list_of_a_prompt(lab):
    """No menu: a DEFAULT, and a PROMPT."""
    write_config(lab, "PROMPT 1\nTIMEOUT 10\nDEFAULT l1 extra\n" + LABELS)
    check_report(Run(lab).end(), lab.kernel, lab.initrd, cmdline="number=1 initrd=init_task extra")


def test_list_entry_can_be_the_disk(lab):
    write_config(lab, MENU.replace("LABEL l1\n", "LABEL l1\nLOCALBOOT 0\nLABEL l1a\n"))
    run = Run(lab, *with_disk(lab)).shown()
    run.press(b"2", ENTER)
    text = run.end()
    assert NEXT_DEVICE_LINE in text and "PXE-E" not in text


def test_list_changed_while_it_is_shown_is_shown_again(lab):
    write_config(lab, "UI menu.c32\n" + LABELS)
    run = Run(lab).shown()
    write_config(lab, "UI menu.c32\nMENU TITLE Another\n" + LABELS.replace("number=", "other="))
    run.press(DOWN, ENTER)
    run.shown("Another").press(DOWN, DOWN, ENTER)
    check_report(run.end(), lab.kernel, lab.initrd, cmdline="other=2 ")


def test_list_with_something_else_is_left_to_the_boot_program(lab):
    """One entry that needs the boot program, and the boot program shows them all."""
    write_config(lab, "PROMPT 1\nTIMEOUT 10\nDEFAULT l1\n" + LABELS + "LABEL x\nCOM32 chain.c32\n")
    text = Run(lab).end()
    assert "no direct boot: pxelinux.cfg/default:" in text and "COM32 chain.c32" in text and HINT not in text
    assert "PXELINUX" in text
    check_report(text, lab.kernel, lab.initrd, cmdline="number=1")
