# SPDX-License-Identifier: BSD-2-Clause
"""Payloads that have who they are in their instructions only (kernel/who.asm), at the same addresses whoever they
are."""
import os
import re

from .kernel import assemble

PARTS = {"LINUX": ["SETUP", "KERNEL"], "MULTIBOOT": ["KERNEL"]}


def who(name, *defines):
    return assemble("who", f"WHO='{name}'", *defines)


def serve(lab, name, data):
    """In the place of what is there, as a server's administrator would."""
    new = lab.root / f"{name}.new"
    new.write_bytes(data)
    os.replace(new, lab.root / name)


def said(vm, count):
    """What the payloads have said once count of them did: [(part, names)]."""
    vm.wait(r"^PVBOOT-(NBP|KERNEL) \w+-END$", 60, count=count)
    return re.findall(r"^PVBOOT-(\w+) (\w+?)(?:-END)?$", vm.console.text(), re.M)


def check_kernel(vm, kind, name, count):
    """The count-th kernel of this machine, and its real-mode part, are of this name."""
    words = said(vm, count)[-len(PARTS[kind]) :]
    assert [part for part, _ in words] == PARTS[kind], words
    assert all(names == name * len(names) for _, names in words), words
