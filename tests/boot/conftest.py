# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the whole-boot tests."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pytest

from lib.netns import Net, stop_all


@pytest.fixture(autouse=True)
def nothing_left_running():
    """Whatever a test started is gone after it, whatever became of the test."""
    yield
    stop_all()


@pytest.fixture
def net():
    """The reference network on a plain veth."""
    with Net() as network:
        yield network
