# SPDX-License-Identifier: BSD-2-Clause
"""tools/check_layers, over trees that are made up."""
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools/check_layers"


@pytest.fixture
def check(tmp_path):
    """Returns a function that writes files (path -> the names it includes) and gives (exit status, output)."""
    def run(files):
        for path, names in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(f'#include "{name}"\n' for name in names))
        result = subprocess.run([TOOL, tmp_path], stdout=subprocess.PIPE, text=True)
        return result.returncode, result.stdout
    return run


def test_the_tree_itself_keeps_them():
    result = subprocess.run([TOOL], stdout=subprocess.PIPE, text=True)
    assert result.returncode == 0, result.stdout


def test_downwards_and_log_are_allowed(check):
    status, output = check({"hostd/log.h": [], "hostd/base/a.h": [], "hostd/net/b.h": ["base/a.h", "log.h"],
                            "hostd/net/b.c": ["net/b.h"], "hostd/conf.c": ["net/b.h"]})
    assert (status, "0 edges upwards" in output) == (0, True), output
    assert "net      -> base\n" in output and "vm       -> base net dhcp" in output


@pytest.mark.parametrize("source, target", [
    ("hostd/base/a.c", "hostd/net/b.h"),
    ("hostd/net/a.c", "hostd/dhcp/b.h"),
    ("hostd/tftp/a.h", "hostd/http/b.h"),
    ("hostd/cache/a.c", "hostd/dhcp/b.h"),
    ("hostd/vm/a.h", "hostd/conf.h"),
])
def test_an_edge_upwards_fails(check, source, target):
    status, output = check({source: [target[len("hostd/"):]], target: []})
    assert status == 1
    assert "1 edges upwards" in output
    assert f"{source}: includes {target}: " in output


def test_a_room_without_a_rule_fails(check):
    status, output = check({"hostd/attic/a.h": []})
    assert (status, "hostd/attic/: a room that" in output) == (1, True), output


@pytest.mark.parametrize("source, target", [
    ("hostd/a.c", "protocol/pvboot.h"),
    ("firmware/rom/a.c", "protocol/pvboot_link.h"),
    ("vmm/pvboot_a.c", "vmm/pvboot_backend/link.h"),
    ("pvboot/a.c", "tests/unit/b.h"),
])
def test_another_part_s_header_fails(check, source, target):
    status, output = check({source: [Path(target).name], target: []})
    assert (status, f"{source}: includes {target}: " in output) == (1, True), output


@pytest.mark.parametrize("files, cycle", [
    ({"hostd/a.h": [], "hostd/b.h": [], "hostd/a.c": ["a.h", "b.h"], "hostd/b.c": ["b.h", "a.h"]}, "hostd/a hostd/b"),
    ({"hostd/a.h": [], "hostd/a_internal.h": ["b.h"], "hostd/b.h": ["a.h"]}, "hostd/a hostd/b"),
    ({"hostd/a.h": ["b.h"], "hostd/b.h": ["c.h"], "hostd/c.h": [], "hostd/c.c": ["c.h", "a.h"]},
     "hostd/a hostd/b hostd/c"),
])
def test_files_that_include_each_other_fail(check, files, cycle):
    status, output = check(files)
    assert (status, f"files that include each other: {cycle}\n" in output) == (1, True), output
