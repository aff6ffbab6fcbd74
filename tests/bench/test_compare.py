# SPDX-License-Identifier: BSD-2-Clause
"""make bench BEFORE=DIR without its boots: rows, what is printed and written, and the exit status."""
import json
import time

import compare
import pytest
from builds import Build
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


@pytest.fixture
def compared(tmp_path, capsys):
    """compared(before, now, rows): (exit status, output, results.json) of a comparison in which each run takes this long."""

    def run(before, now, rows, pairs=6):
        comparison = compare.Comparison(Boots(before, now), pairs)
        for row in rows:
            comparison.row(row)
        status = comparison.finish(tmp_path / "results.json", time.monotonic())
        out = capsys.readouterr()
        return status, out.out + out.err, json.loads((tmp_path / "results.json").read_text())

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
    assert text.endswith("bench: slower than the build before (interval wholly below 0.95): direct-local-8MiB, storm-8\n")


def test_results_have_every_round(compared):
    _, _, results = compared(1.0, 1.0, ["direct-local-8MiB"], pairs=4)
    assert results["build-before"] == "/before/build" and results["seconds"] >= 0
    row = results["rows"]["direct-local-8MiB"]
    assert [r["first"] for r in row["rounds"]] == ["build-before", "pvboot"] * 2
    for measured in row["rounds"]:
        assert measured["ratio"] == measured["build-before"] == measured["pvboot"] == 1.0 and measured["calibration"] > 0
    assert (row["ratio"], row["low"], row["high"], row["coverage"]) == (1, 1, 1, 0.875)


def test_build_that_never_boots_is_named_with_what_to_do(capsys):
    with pytest.raises(SystemExit) as end:
        compare.Comparison(Boots(None, 1.0), None).row("direct-local-8MiB")
    message = str(end.value.code)
    assert message.startswith("bench: direct-local-8MiB: build-before failed 3 times; see above.")
    assert "/before/build" in message and "--rows" in message


def test_every_row_has_a_peer_of_ours():
    assert all(row.ours() in row.peers for row in ROWS.values())
