# SPDX-License-Identifier: BSD-2-Clause
"""Boots on every attachment, machine and memory size: the fixtures are those of tests/boot.

PVBOOT_TEST_QEMU=all runs them with every QEMU and all of them (make check-qemu); without it a few are run, with those
QEMUs that are there.
"""
import importlib.util
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BOOT = HERE.parent / "boot"
sys.path[:0] = [str(BOOT), str(HERE)]
_spec = importlib.util.spec_from_file_location("boot_conftest", BOOT / "conftest.py")
_boot = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_boot)
globals().update({name: value for name, value in vars(_boot).items() if not name.startswith("_")})

# libvirtd takes half a minute to know its QEMUs: for make check-qemu alone.
collect_ignore = [] if os.environ.get("PVBOOT_TEST_QEMU") == "all" else ["test_libvirt.py"]
