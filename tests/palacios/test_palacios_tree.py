# SPDX-License-Identifier: BSD-2-Clause
"""make palacios-install, -uninstall and -compile, on a tree that has as much of Palacios as they look at."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
MAKEFILE = "obj-$(V3_CONFIG_APIC) += apic.o\nobj-$(V3_CONFIG_PCI) += pci.o\nobj-$(V3_CONFIG_VGA) += vga.o\n"
KCONFIG = 'menu "Virtual Devices"\n\nconfig PCI\n\tbool "PCI"\n\nendmenu'  # without a newline at the end
DEVICES = "palacios/src/devices"
# The option that brings each device of examples/palacios/guest.xml, as the public tree's Kconfig and Makefile have it
OPTION_OF = {
    "8259A": "PIC",
    "LAPIC": "APIC",
    "IOAPIC": "IO_APIC",
    "PCI": "PCI",
    "i440FX": "I440FX",
    "PIIX3": "PIIX3",
    "MPTABLE": "MPTABLE",
    "8254_PIT": "PIT",
    "KEYBOARD": "KEYBOARD",
    "BOCHS_DEBUG": "BOCHS_DEBUG",
    "OS_DEBUG": "OS_DEBUG",
    "CGA_VIDEO": "CGA",
    "CURSES_CONSOLE": "CURSES_CONSOLE",
    "SERIAL": "SERIAL_UART",
    "CHAR_STREAM": "CHAR_STREAM",
    "IDE": "IDE",
    "NVRAM": "NVRAM",
    "PVBOOT": "PVBOOT",
    "GENERIC": "GENERIC",
}


@pytest.fixture
def tree(tmp_path):
    top = tmp_path / "a tree"
    shutil.copytree(TOP / "tests/palacios/include", top / "palacios/include")
    (top / DEVICES).mkdir(parents=True)
    (top / DEVICES / "Makefile").write_text(MAKEFILE)
    (top / DEVICES / "Kconfig").write_text(KCONFIG)
    return top


def configure(top, off=(), kernel=None):
    """A .config as the tree's menuconfig writes it, with everything on but what is off."""
    lines = ["#", "# Automatically generated make config: don't edit", "#"]
    for option in sorted({"LINUX", "CONSOLE", "STREAM", *OPTION_OF.values()}):
        lines.append(f"# V3_CONFIG_{option} is not set" if option in off else f"V3_CONFIG_{option}=y")
    if "LINUX" in off:
        lines.append("V3_CONFIG_KITTEN=y")
    else:
        lines.append(f'V3_CONFIG_LINUX_KERN="{kernel or top}"')
    (top / ".config").write_text("\n".join(lines) + "\n")


def run(*args):
    """(exit status, what was said)"""
    done = subprocess.run(
        ["tools/palacios_tree", *map(str, args)], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120,
    )
    return done.returncode, done.stdout


def everything(top):
    return {str(p.relative_to(top)): p.read_bytes() for p in sorted(top.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("command", ["install", "uninstall", "compile"])
def test_tree_unknown_is_refused(tmp_path, command):
    for place, words in (("", "which tree"), (tmp_path / "none", "no such directory"), (tmp_path, "no Palacios tree")):
        status, text = run(command, place, *([tmp_path / "out"] if command == "compile" else []))
        assert status and words in text, text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name, what", [("Makefile", "no line for pci.o"), ("Kconfig", "no menu")])
def test_tree_without_a_place_is_refused(tree, name, what):
    (tree / DEVICES / name).write_text("# nothing\n")
    before = everything(tree)
    status, text = run("install", tree)
    assert status and what in text
    assert everything(tree) == before


def test_tree_with_a_mark_missing_is_refused(tree):
    run("install", tree)
    file = tree / DEVICES / "Kconfig"
    file.write_text(file.read_text().replace("# pvboot: end\n", ""))
    before = everything(tree)
    for command in "install", "uninstall":
        status, text = run(command, tree)
        assert status and "marks" in text
    assert everything(tree) == before


def test_directory_of_somebody_else_is_refused(tree):
    (tree / DEVICES / "pvboot").mkdir()
    (tree / DEVICES / "pvboot/mine.c").write_text("")
    for command in "install", "uninstall":
        status, text = run(command, tree)
        assert status and "not from here" in text
    assert (tree / DEVICES / "pvboot/mine.c").exists()


def test_install_twice_and_uninstall(tree):
    before = everything(tree)
    assert run("install", tree)[0] == 0
    once = everything(tree)
    assert b"obj-$(V3_CONFIG_PVBOOT) += pvboot/" in once[f"{DEVICES}/Makefile"]
    assert b"config PVBOOT" in once[f"{DEVICES}/Kconfig"]
    times = {p: p.stat().st_mtime_ns for p in tree.rglob("*.c")}
    assert run("install", tree)[0] == 0
    assert everything(tree) == once
    assert {p: p.stat().st_mtime_ns for p in tree.rglob("*.c")} == times, "a build would do everything again"
    assert run("uninstall", tree)[0] == 0
    assert everything(tree) == before
    assert run("uninstall", tree)[0] == 0, "there is nothing to take out"
    assert everything(tree) == before


def test_install_over_an_older_one(tree):
    run("install", tree)
    (tree / DEVICES / "pvboot/pvboot_dev.c").write_text("old")
    (tree / DEVICES / "Makefile").write_text(
        (tree / DEVICES / "Makefile").read_text().replace("+= pvboot/", "+= older/")
    )
    assert run("install", tree)[0] == 0
    assert (tree / DEVICES / "pvboot/pvboot_dev.c").read_bytes() == (TOP / "vmm/pvboot_dev.c").read_bytes()
    assert "older" not in (tree / DEVICES / "Makefile").read_text()


def said_off(text):
    return {
        word
        for line in text.splitlines()
        if "guest.xml needs it:" in line
        for word in line.split("needs it:")[1].split()
    }


def test_config_is_not_there_yet(tree):
    status, text = run("install", tree)
    assert status == 0
    assert "no .config yet" in text and "V3_CONFIG_CURSES_CONSOLE" in text and "V3_CONFIG_LINUX_KERN" in text


def test_config_is_good(tree):
    configure(tree)
    before = (tree / ".config").read_text()
    status, text = run("install", tree)
    assert status == 0
    assert ".config" not in text and f"next: make in {tree}" in text, text
    assert (tree / ".config").read_text() == before


@pytest.mark.parametrize(
    "off", [("STREAM", "CONSOLE", "CGA", "CURSES_CONSOLE", "CHAR_STREAM", "PVBOOT"), ("NVRAM",), ("STREAM",)]
)
def test_config_names_what_is_off(tree, off):
    configure(tree, off)
    status, text = run("install", tree)
    assert status == 0
    assert said_off(text) == {f"V3_CONFIG_{option}" for option in off}
    assert "make menuconfig" in text and "not Linux" not in text


def test_config_is_kittens(tree):
    configure(tree, ["LINUX"])
    status, text = run("install", tree)
    assert status == 0
    assert said_off(text) == {"V3_CONFIG_LINUX"}
    assert "the host is not Linux" in text and "V3_CONFIG_LINUX_KERN" not in text


def test_config_names_no_kernel(tree):
    configure(tree, kernel="/usr/src/no such linux")
    status, text = run("install", tree)
    assert status == 0
    assert 'V3_CONFIG_LINUX_KERN="/usr/src/no such linux": there is no such directory' in text


def test_config_covers_every_device_of_the_example(tree):
    classes = set(re.findall(r'<device class="([^"]+)"', (TOP / "examples/palacios/guest.xml").read_text()))
    assert classes == set(OPTION_OF)
    configure(tree, OPTION_OF.values())
    assert said_off(run("install", tree)[1]) == {f"V3_CONFIG_{option}" for option in OPTION_OF.values()}


def test_compile(tree, tmp_path):
    before = everything(tree)
    status, text = run("compile", tree, tmp_path / "out")
    assert status == 0, text
    assert "bytes of text" in text
    assert everything(tree) == before


def test_compile_against_what_the_tree_does_not_have(tree, tmp_path):
    header = tree / "palacios/include/palacios/vmm_dev_mgr.h"
    header.write_text(header.read_text().replace("v3_find_dev", "v3_another"))
    status, text = run("compile", tree, tmp_path / "out")
    assert status and "v3_find_dev" in text, text
