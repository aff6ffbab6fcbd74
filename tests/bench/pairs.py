# SPDX-License-Identifier: BSD-2-Clause
"""Two builds measured in pairs, and what the ratios of the pairs say: statistics without a distribution.

A round runs both builds one after the other.  Its ratio is that of its two times: a machine that is slower for a minute
slows both.  The build that runs first changes from round to round (AB BA AB ...): a steady drift favours neither.
"""
import math
import statistics
import time

CONFIDENCE = 0.95
CALIBRATION_TURNS = 400_000  # 20 to 30 ms of a core


class BuildFailed(Exception):
    """A build's runs failed too often; name: which build's."""

    def __init__(self, name, times):
        super().__init__(f"{name} failed {times} times")
        self.name = name


def calibrate():
    """Seconds that a fixed piece of work takes: how fast the machine is now."""
    x, start = 1, time.perf_counter()
    for _ in range(CALIBRATION_TURNS):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
    return time.perf_counter() - start


def interval(values, confidence=CONFIDENCE):
    """A confidence interval of the median: (low, high, coverage).

    low and high are the k-th smallest and the k-th largest value.  The true median lies outside if fewer than k values
    fell on one side of it.  The probability of that is at most 2 P(Binomial(n, 1/2) < k), whatever the distribution.
    k is the largest for which the coverage is confidence or more.  Fewer than 6 values cannot reach 95 %: then k is 1.
    """
    ordered, n = sorted(values), len(values)
    outside = [2 * sum(math.comb(n, i) for i in range(k)) / 2**n for k in range(n // 2 + 2)]
    k = max([k for k in range(1, (n + 1) // 2 + 1) if outside[k] <= 1 - confidence], default=1)
    return ordered[k - 1], ordered[n - k], max(0.0, 1 - outside[k])


def take_turns(count, names, seconds, clock=calibrate, most_failures=3, tell=lambda measured: None):
    """Measure count rounds of the two names.  seconds(name): one run's time, or None if it failed.

    Returns (rounds, failures by name).  A round in which a run failed is measured again.  most_failures of one name
    raise BuildFailed.
    """
    rounds, failures = [], dict.fromkeys(names, 0)
    while len(rounds) < count:
        order = names if len(rounds) % 2 == 0 else names[::-1]
        measured = {"first": order[0], "calibration": clock()}
        for name in order:
            measured[name] = seconds(name)
            if measured[name] is None:
                failures[name] += 1
                if failures[name] >= most_failures:
                    raise BuildFailed(name, most_failures)
                break
        else:
            rounds.append(measured)
            tell(measured)
    return rounds, failures


def compare(rounds, before, now):
    """What the rounds say: the median of before/now, its interval, and the times that they came from."""
    rounds = [{**r, "ratio": r[before] / r[now]} for r in rounds]
    low, high, coverage = interval([r["ratio"] for r in rounds])
    return {
        "ratio": statistics.median(r["ratio"] for r in rounds),
        "low": low,
        "high": high,
        "coverage": coverage,
        "median": {name: statistics.median(r[name] for r in rounds) for name in (before, now)},
        "calibration": {
            "median": statistics.median(r["calibration"] for r in rounds),
            "min": min(r["calibration"] for r in rounds),
            "max": max(r["calibration"] for r in rounds),
        },
        "rounds": rounds,
    }


def slower(results, least):
    """Names of the rows whose interval lies wholly below least."""
    return [row for row, found in results.items() if found["high"] < least]
