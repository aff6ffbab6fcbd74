# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the bench's own arithmetic and command line.  Nothing is measured, and they need no root."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "boot"), str(HERE)]
