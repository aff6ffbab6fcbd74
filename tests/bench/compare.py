# SPDX-License-Identifier: BSD-2-Clause
"""make bench BEFORE=DIR: each row of pvboot in pairs with the build before; what is printed, and the verdict."""
import json
import sys
import time

import pairs
from rows import LEAST, PAIRS, ROWS, SLOW_PAIRS, SLOW_ROWS, STORM_FILES

NOW, BEFORE = "pvboot", "build-before"
UNIT = 1000  # of the calibration: ms


def count_of(row, wanted):
    """Pairs of a row."""
    return wanted or (SLOW_PAIRS if row in SLOW_ROWS else PAIRS)


class Comparison:
    """The rows of a bench, each measured with both of its builds."""

    def __init__(self, bench, wanted):
        self.bench = bench
        self.wanted = wanted
        self.builds = {build.name: build for build in bench.builds}
        self.results = {}
        self.unable = []  # rows that the build before does not boot

    def seconds(self, row, build):
        """One run of a row, or None if it went wrong."""
        bench = self.bench
        if row == "storm-8":
            return bench.storm_8_once(build)
        if row == "storm-100":
            found = bench.storm_100_once(build)
            return found["seconds"] if found else None
        found = bench.once(ROWS[row], ROWS[row].ours(), build)
        return found["entry"] if found else None

    def row(self, name):
        """Measure a row.  Before that each build runs once unmeasured, which fills its caches."""
        count, names = count_of(name, self.wanted), [BEFORE, NOW]
        self.bench.files(ROWS.get(name, STORM_FILES))
        run = lambda build: self.seconds(name, self.builds[build])
        try:
            pairs.take_turns(1, names, run)
            rounds, failures = pairs.take_turns(count, names, run, tell=lambda r: self.tell(name, r))
        except pairs.BuildFailed as error:
            if error.name != BEFORE:
                raise SystemExit(f"bench: {name}: {error}") from None
            self.unable.append(name)
            print(f"  {name}: not compared: {error}.  {self.hint()}", flush=True)
            return
        self.results[name] = {**pairs.compare(rounds, BEFORE, NOW), "failures": failures}

    def hint(self):
        return (
            f"The programs in {self.builds[BEFORE].dir} run with the command lines and the configuration "
            "of this checkout, which an older build may not know."
        )

    @staticmethod
    def tell(name, measured):
        before, now, calibration = measured[BEFORE], measured[NOW], measured["calibration"] * UNIT
        print(f"  {name:27} {BEFORE} {before:7.3f} s  {NOW} {now:7.3f} s  calibration {calibration:.1f} ms", flush=True)

    def finish(self, output, start):
        """Write and print everything; the exit status.  start: when the bench began."""
        seconds = time.monotonic() - start
        found = {"build-before": str(self.builds[BEFORE].dir), "seconds": seconds, "rows": self.results,
                 "not-compared": self.unable}  # fmt: skip
        output.write_text(json.dumps(found, indent=1) + "\n")
        output.with_suffix(".md").write_text(markdown(self.results))
        table(self.results)
        for line in ratios(self.results):
            print(line)
        print(took(seconds, self.results))
        line, status = verdict(self.results, self.unable)
        print(f"bench: {line}", file=sys.stderr if status else sys.stdout)
        return status


def table(results):
    """The medians, and what they rest on."""
    print(f"\n{'row':27} {'pairs':>5} {'confidence':>10} {BEFORE:>14} {NOW:>9} {'calibration, ms':>23} {'failed':>6}")
    for row, found in results.items():
        ms = {key: value * UNIT for key, value in found["calibration"].items()}
        spread = f"{ms['median']:.1f}, {ms['min']:.1f} to {ms['max']:.1f}"
        print(
            f"{row:27} {len(found['rounds']):5} {found['coverage'] * 100:8.1f} % {found['median'][BEFORE]:12.3f} s "
            f"{found['median'][NOW]:7.3f} s {spread:>23} {sum(found['failures'].values()):6}"
        )


def markdown(results):
    """The same, as docs have it."""
    lines = [f"| row | {BEFORE}/{NOW} | interval | pairs | {BEFORE}, s | {NOW}, s |", "|---|---|---|---|---|---|"]
    for row, found in results.items():
        interval = f"{found['low']:.3f} to {found['high']:.3f} ({found['coverage'] * 100:.1f} %)"
        medians = f"{found['median'][BEFORE]:.3f} | {found['median'][NOW]:.3f}"
        lines.append(f"| {row} | {found['ratio']:.3f} | {interval} | {len(found['rounds'])} | {medians} |")
    return "\n".join(lines) + "\n"


def ratios(results):
    """The ratio lines."""
    found = results.items()
    return [f"ratio {row} {BEFORE}/{NOW} {f['ratio']:.3f} {f['low']:.3f} {f['high']:.3f}" for row, f in found]


def verdict(results, unable=()):
    """(line, exit status): is a row slower than in the build before?  unable: rows that the latter does not boot."""
    judged = {row: found for row, found in results.items() if found["coverage"] >= pairs.CONFIDENCE}
    unjudged = [row for row in results if row not in judged]
    rest = f"; too few pairs to judge: {', '.join(unjudged)}" if unjudged else ""
    rest += f"; not compared, {BEFORE} does not boot them: {', '.join(unable)}" if unable else ""
    bad = pairs.slower(judged, LEAST)
    if bad:
        return f"slower than the build before (interval wholly below {LEAST}): {', '.join(bad)}{rest}", 1
    return f"no row's interval lies wholly below {LEAST} ({len(judged)} rows){rest}", 0 if results else 1


def took(seconds, results):
    """How long all of it took."""
    runs = sum(2 * (len(found["rounds"]) + 1) for found in results.values())
    return f"{len(results)} rows, {runs} runs: {int(seconds) // 60} min {int(seconds) % 60} s"
