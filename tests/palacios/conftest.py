# SPDX-License-Identifier: BSD-2-Clause
"""Whole boots through the Palacios plugin: the fixtures are those of tests/boot."""
import importlib.util
import sys
from pathlib import Path

BOOT = Path(__file__).resolve().parents[1] / "boot"
sys.path.insert(0, str(BOOT))
_spec = importlib.util.spec_from_file_location("boot_conftest", BOOT / "conftest.py")
_boot = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_boot)
globals().update({name: value for name, value in vars(_boot).items() if not name.startswith("_")})
