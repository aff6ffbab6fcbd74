# SPDX-License-Identifier: BSD-2-Clause
"""The statistics of pairs: intervals by order statistics, the order of runs, rounds that failed."""
import itertools
import math

import pairs
import pytest


@pytest.mark.parametrize(
    "n, k, coverage",
    # The table of the sign test: k, and the coverage from the k-th smallest to the k-th largest value.
    [(6, 1, 0.9688), (7, 1, 0.9844), (8, 1, 0.9922), (9, 2, 0.9609), (12, 3, 0.9614), (15, 4, 0.9648), (20, 6, 0.9586)],
)
def test_interval_is_that_of_the_sign_test(n, k, coverage):
    low, high, covered = pairs.interval(range(1, n + 1))
    assert (low, high) == (k, n + 1 - k)
    assert covered == pytest.approx(coverage, abs=5e-5)


@pytest.mark.parametrize("n, coverage", [(1, 0), (2, 0.5), (3, 0.75), (5, 0.9375)])
def test_interval_of_too_few_values_is_their_range_and_says_so(n, coverage):
    assert pairs.interval(range(n)) == (0, n - 1, coverage)


def test_interval_does_not_depend_on_order_or_scale_of_outliers():
    values = [1.0, 0.9, 1.1, 0.95, 1.05, 1.02, 0.98, 1.01, 0.99]
    low, high, _ = pairs.interval(values)
    assert (low, high) == (0.95, 1.05) == pairs.interval([v if v < 1.1 else 50.0 for v in reversed(values)])[:2]


def test_interval_covers_the_median_as_often_as_it_says():
    # Of 9 values, each is above or below the true median: all 512 cases, once each.
    signs = itertools.product((-1, 1), repeat=9)
    low_high = [pairs.interval(case) for case in signs]
    assert sum(low < 0 < high for low, high, _ in low_high) / 512 == low_high[0][2]


def script(times):
    """seconds(name) for take_turns from lists of times, and the names in the order in which they ran."""
    ran = []

    def seconds(name):
        ran.append(name)
        return times[name].pop(0)

    return seconds, ran


def test_turns_alternate_which_build_is_first():
    seconds, ran = script({"a": [1, 2, 3, 4], "b": [5, 6, 7, 8]})
    rounds, failures = pairs.take_turns(4, ["a", "b"], seconds, clock=lambda: 0.5)
    assert "".join(ran) == "abbaabba"
    assert rounds[1] == {"first": "b", "calibration": 0.5, "a": 2, "b": 6}
    assert failures == {"a": 0, "b": 0}


def test_turns_measure_the_machine_before_each_round():
    events = []
    clock = lambda: events.append("clock") or 0.1
    pairs.take_turns(2, ["a", "b"], lambda name: events.append(name) or 1.0, clock=clock)
    assert events == ["clock", "a", "b", "clock", "b", "a"]


def test_turns_repeat_a_round_in_which_a_run_failed():
    seconds, ran = script({"a": [1, 1, 3], "b": [None, 2, 2]})
    rounds, failures = pairs.take_turns(2, ["a", "b"], seconds, clock=lambda: 0.1)
    assert "".join(ran) == "ab" + "ab" + "ba"
    assert [(r["a"], r["b"]) for r in rounds] == [(1, 2), (3, 2)]
    assert failures == {"a": 0, "b": 1}


def test_turns_end_with_a_build_that_fails_three_times():
    seconds, ran = script({"a": [1] * 9, "b": [None] * 9})
    with pytest.raises(pairs.BuildFailed, match="^b failed 3 times$"):
        pairs.take_turns(2, ["a", "b"], seconds, clock=lambda: 0.1)
    assert len(ran) == 6


def test_calibration_is_measured():
    assert 0 < pairs.calibrate() < math.inf


def rounds_of(*times):
    return [{"first": "old", "calibration": 0.02 + i / 1000, "old": a, "new": b} for i, (a, b) in enumerate(times)]


def test_compare_takes_ratios_round_by_round():
    # The machine slows by ten for a while.  The ratio of the two medians would be 1.0 / 2.75.
    times = (1.0, 0.5), (1.0, 0.5), (1.0, 0.5), (10.0, 5.0), (10.0, 5.0), (1.0, 5.0)
    found = pairs.compare(rounds_of(*times), "old", "new")
    assert [r["ratio"] for r in found["rounds"]] == [2, 2, 2, 2, 2, 0.2]
    assert (found["ratio"], found["low"], found["high"]) == (2, 0.2, 2)
    assert found["coverage"] == pytest.approx(0.96875)
    assert found["median"] == {"old": 1.0, "new": 2.75}
    assert found["calibration"] == {"median": pytest.approx(0.0225), "min": 0.02, "max": 0.025}


def test_slower_is_only_what_lies_wholly_below():
    highs = {"all below": 0.949, "reaches": 0.95, "faster": 1.3}
    assert pairs.slower({row: {"low": 0.5, "high": high} for row, high in highs.items()}, 0.95) == ["all below"]
