# SPDX-License-Identifier: BSD-2-Clause
"""The bench's command line: what --before refuses, and what it says then."""
import pytest
from options import EVERY, arguments


def checkout(directory, without=(), version="pvboot 0.1.0", status=0):
    """A directory that looks like a built checkout."""
    build = directory / "build"
    build.mkdir(parents=True)
    for name in {"pvboot", "pvboot-hostd", "pvboot-device", "pvboot.rom"} - set(without):
        (build / name).write_text(f"#!/bin/sh\necho {version}\nexit {status}\n")
        (build / name).chmod(0o755)
    return directory


@pytest.fixture
def refused(capsys):
    """refused(words...): what the bench says of a command line that it refuses."""

    def run(*argv):
        with pytest.raises(SystemExit) as end:
            arguments("bench", [str(word) for word in argv])
        assert end.value.code == 2
        return capsys.readouterr().err

    return run


def test_before_directory_does_not_exist(refused, tmp_path):
    assert f"BEFORE: there is no directory {tmp_path}/none" in refused("--before", tmp_path / "none")


def test_before_not_built_names_what_is_missing(refused, tmp_path):
    text = refused("--before", tmp_path)
    lacks = f"{tmp_path}/build lacks pvboot, pvboot-hostd, pvboot-device, *.rom"
    assert f"BEFORE: {tmp_path} is not a built checkout: {lacks}; run make in {tmp_path}" in text


@pytest.mark.parametrize("name", ["pvboot-hostd", "pvboot-device", "pvboot.rom"])
def test_before_half_built_names_what_is_missing(refused, tmp_path, name):
    lacks = name.replace("pvboot.rom", "*.rom")
    assert f"/build lacks {lacks}; run make" in refused("--before", checkout(tmp_path, without=[name]))


def test_before_is_a_build_directory(refused, tmp_path):
    assert "name the checkout" in refused("--before", checkout(tmp_path) / "build")


def test_before_program_does_not_run(refused, tmp_path):
    text = refused("--before", checkout(tmp_path, status=127))
    assert f"{tmp_path}/build/pvboot does not run here" in text and "127" in text


def test_before_unknown_row(refused, tmp_path):
    assert "there is no row nonsense" in refused("--before", checkout(tmp_path), "--rows", "nonsense")


def test_before_memory_is_not_compared(refused, tmp_path):
    assert "the row memory takes no time" in refused("--before", checkout(tmp_path), "--rows", "memory")


@pytest.mark.parametrize("option", ["--runs=2", "--slow-runs=2", "--peers=pvboot-pxelinux"])
def test_before_refuses_options_of_the_other_bench(refused, tmp_path, option):
    assert f"{option.split('=')[0]} has no use with --before" in refused("--before", checkout(tmp_path), option)


def test_pairs_without_before(refused):
    assert "--pairs is for --before" in refused("--pairs", "3")


@pytest.mark.parametrize("value", ["0", "-1", "x"])
def test_pairs_not_a_count(refused, tmp_path, value):
    assert "invalid count value" in refused("--before", checkout(tmp_path), f"--pairs={value}")


def test_before_takes_every_row_but_memory(tmp_path):
    args = arguments("bench", ["--before", str(checkout(tmp_path))])
    assert args.rows == [row for row in EVERY if row != "memory"]
    assert args.before.name == "build-before" and args.before.pvboot == tmp_path / "build" / "pvboot"
    assert args.pairs is None


def test_before_quick_leaves_out_the_slow_rows(tmp_path):
    args = arguments("bench", ["--quick", "--before", str(checkout(tmp_path)), "--pairs", "9"])
    assert "pxelinux-256MiB" not in args.rows and "pxelinux-64MiB" in args.rows and args.pairs == 9


def test_rows_without_before_are_as_named():
    args = arguments("bench", ["--rows", "memory,storm-8"])
    assert args.rows == ["memory", "storm-8"] and args.before is None
