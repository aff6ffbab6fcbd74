# SPDX-License-Identifier: BSD-2-Clause
"""make bench BEFORE=DIR without its boots: rows, what is printed and written, and the exit status."""
import json
import time
from types import SimpleNamespace

import compare
import pytest
from builds import Build
from peers import PEERS
from rows import PAIRS, ROWS, SLOW_PAIRS, SLOW_ROWS, STORM_FILES, STORMS


class Boots:
    """Stands for Bench: boots take what times says, the builds' names in order; without times every run fails."""

    def __init__(self, before, now):
        self.builds = [Build("build-before", "/before/build"), Build("pvboot", "/now/build")]
        self.times = {"build-before": before, "pvboot": now}
        self.ran, self.shown = [], []

    def files(self, row):
        self.shown.append(row)

    def once(self, row, peer, build):
        self.ran.append((build.name, peer))
        return self.times[build.name] and {"entry": self.times[build.name], "kernel": 0.0}

    def storm_8_once(self, build):
        self.ran.append((build.name, "storm-8"))
        return self.times[build.name]

    def storm_100_once(self, build):
        self.ran.append((build.name, "storm-100"))
        return {"seconds": self.times[build.name]}


def finish(boots, rows, tmp_path, capsys, pairs=6):
    """Compare these rows; (exit status, everything printed)."""
    comparison = compare.Comparison(boots, pairs)
    for row in rows:
        comparison.row(row)
    status = comparison.finish(tmp_path / "results.json", time.monotonic())
    return status, "".join(capsys.readouterr())


@pytest.fixture
def compared(tmp_path, capsys):
    """compared(before, now, rows): exit status, output and results.json, where each run takes so long."""

    def run(before, now, rows, pairs=6):
        status, text = finish(Boots(before, now), rows, tmp_path, capsys, pairs)
        return status, text, json.loads((tmp_path / "results.json").read_text())

    return run


def test_row_runs_each_build_once_unmeasured_then_in_pairs():
    boots = Boots(1.0, 2.0)
    compare.Comparison(boots, 2).row("pxelinux-64MiB")
    assert [name for name, _ in boots.ran] == ["build-before", "pvboot"] * 2 + ["pvboot", "build-before"]
    assert {peer for _, peer in boots.ran} == {"pvboot-pxelinux"}
    assert boots.shown == [ROWS["pxelinux-64MiB"]]


@pytest.mark.parametrize("row", STORMS)
def test_storms_are_compared_too(row):
    boots = Boots(1.0, 2.0)
    comparison = compare.Comparison(boots, 3)
    comparison.row(row)
    assert comparison.results[row]["ratio"] == 0.5
    assert {peer for _, peer in boots.ran} == {row} and boots.shown == [STORM_FILES]


def test_pairs_are_15_but_of_slow_rows():
    assert compare.count_of("direct-local-8MiB", None) == PAIRS == 15
    assert compare.count_of("storm-100", None) == SLOW_PAIRS >= 6  # fewer than 6 have no interval of 95 %
    assert compare.count_of("storm-100", 20) == 20
    assert set(SLOW_ROWS) <= {*ROWS, *STORMS}


def test_ratio_line_and_success_of_a_faster_build(compared):
    status, text, _ = compared(1.2, 1.0, ["direct-local-8MiB"])
    assert status == 0
    assert "\nratio direct-local-8MiB build-before/pvboot 1.200 1.200 1.200\n" in text
    assert "\nbench: no row's interval lies wholly below 0.95 (1 rows)\n" in text
    assert "\n1 rows, 14 runs: 0 min 0 s\n" in text


def test_slower_build_fails_and_names_its_rows(compared):
    status, text, _ = compared(1.0, 1.2, ["direct-local-8MiB", "storm-8"])
    assert status == 1
    assert text.endswith("slower than the build before (interval wholly below 0.95): direct-local-8MiB, storm-8\n")


def test_too_few_pairs_are_no_verdict(compared):
    status, text, _ = compared(1.0, 2.0, ["direct-local-8MiB"], pairs=5)
    assert status == 0
    assert text.endswith("0.95 (0 rows); too few pairs to judge: direct-local-8MiB\n")


def test_results_have_every_round(compared):
    _, _, results = compared(1.0, 1.0, ["direct-local-8MiB"], pairs=4)
    assert results["build-before"] == "/before/build" and results["seconds"] >= 0
    row = results["rows"]["direct-local-8MiB"]
    assert [r["first"] for r in row["rounds"]] == ["build-before", "pvboot"] * 2
    for measured in row["rounds"]:
        assert measured["ratio"] == measured["build-before"] == measured["pvboot"] == 1.0
        assert measured["calibration"] > 0
    assert (row["ratio"], row["low"], row["high"], row["coverage"]) == (1, 1, 1, 0.875)


class BeforeLacks(Boots):
    """The build before does not boot some rows."""

    def __init__(self, *lacks):
        super().__init__(1.0, 1.0)
        self.lacks = [ROWS[row].ours() for row in lacks]

    def once(self, row, peer, build):
        return None if build.name == "build-before" and peer in self.lacks else super().once(row, peer, build)


def test_row_that_the_build_before_does_not_boot_is_named_and_left_out(tmp_path, capsys):
    boots = BeforeLacks("pxelinux-8MiB")
    status, text = finish(boots, ["pxelinux-8MiB", "direct-local-8MiB"], tmp_path, capsys)
    assert status == 0
    assert "pxelinux-8MiB: not compared: build-before failed 3 times.  The programs in /before/build run with" in text
    assert text.endswith("(1 rows); not compared, build-before does not boot them: pxelinux-8MiB\n")
    assert json.loads((tmp_path / "results.json").read_text())["not-compared"] == ["pxelinux-8MiB"]


def test_build_before_that_boots_nothing_fails(tmp_path, capsys):
    status, text = finish(BeforeLacks("pxelinux-8MiB"), ["pxelinux-8MiB"], tmp_path, capsys)
    assert status == 1
    assert "(0 rows); not compared, build-before does not boot them: pxelinux-8MiB\n" in text


def test_row_that_this_build_does_not_boot_ends_the_bench():
    with pytest.raises(SystemExit, match="^bench: direct-local-8MiB: pvboot failed 3 times$"):
        compare.Comparison(Boots(1.0, None), 6).row("direct-local-8MiB")


@pytest.mark.parametrize("row, memory", [("pxelinux-256MiB", "1G"), ("pxelinux-64MiB", "512M")])
def test_every_guest_of_a_network_row_has_the_memory_of_the_row(row, memory):
    bench = SimpleNamespace(memory=ROWS[row].memory)
    build = SimpleNamespace(pvboot="p", hostd=SimpleNamespace(socket="s"))
    for peer in ROWS[row].peers:
        command = PEERS[peer](bench, build, 0)
        assert command[command.index("-m") + 1] == memory


def test_every_row_has_a_peer_of_ours():
    assert all(row.ours() in row.peers for row in ROWS.values())
