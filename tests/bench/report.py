# SPDX-License-Identifier: BSD-2-Clause
"""Figures to tables, ratio lines and results.json."""
import statistics

from rows import MEMORY, MIB, RATIOS, ROWS
from runs import PHASES


def summary(times, hangs, payload):
    """One peer's runs in one row."""
    entries = [t["entry"] for t in times]
    rate = [payload / MIB / (t["entry"] - t["kernel"]) for t in times if "kernel" in t and t["entry"] > t["kernel"]]
    return {
        "entry": [round(e, 3) for e in entries],
        "median": statistics.median(entries),
        "min": min(entries),
        "spread": max(entries) - min(entries),
        "mib_per_s": statistics.median(rate) if rate else None,
        "phases": phases(times),
        "hangs": hangs,
    }


def phases(times):
    """Medians of the time from each phase seen to the next one seen."""
    found, before = {}, "start"
    for name, _ in PHASES + [("entry", None)]:
        took = [t[name] - t.get(before, 0.0) for t in times if name in t]
        if took:
            found[f"{before}-{name}"] = round(statistics.median(took), 3)
            before = name
    return found


def table(results):
    print(f"\n{'row':27} {'peer':24} {'entry (median)':>14} {'min':>7} {'spread':>7} {'MB/s':>7} {'hung':>5}   phases")
    for row, peers in results.items():
        if row not in ROWS and row != "storm-8":
            continue
        for name, s in peers.items():
            took = " ".join(f"{k} {v:.2f}" for k, v in s["phases"].items())
            rate = f"{s['mib_per_s'] * MIB / 1e6:7.1f}" if s["mib_per_s"] else "      -"
            print(
                f"{row:27} {name:24} {s['median']:12.3f} s {s['min']:7.3f} {s['spread']:7.3f} {rate} "
                f"{s['hangs']:5}   {took}"
            )
    for name, value in results.get("storm-100", {}).items():
        print(f"{'storm-100':27} {name:24} {value if isinstance(value, int) else round(value, 3)}")


def markdown(results):
    """The same tables, and the ratios, as docs/performance.md has them."""
    lines = ["| row | peer | seconds to the kernel | fastest, spread | runs | phases |", "|---|---|---|---|---|---|"]
    for row, peers in results.items():
        if row not in ROWS and row != "storm-8":
            continue
        for name, s in peers.items():
            took = ", ".join(f"{k.split('-')[1]} {v:.2f}" for k, v in s["phases"].items())
            hung = f" ({s['hangs']} hung)" if s["hangs"] else ""
            lines.append(
                f"| {row} | {name} | {s['median']:.3f} | {s['min']:.3f}, {s['spread']:.3f} | "
                f"{len(s['entry'])}{hung} | {took} |"
            )
    if "storm-100" in results:
        lines += ["", "| 100 simulated guests | |", "|---|---|"]
        lines += [
            f"| {name} | {value if isinstance(value, int) else round(value, 3)} |"
            for name, value in results["storm-100"].items()
        ]
    return "\n".join(lines) + "\n"


def value_of(result):
    return result["median"] if isinstance(result, dict) else result


def bounds(results):
    """Print ratio and memory lines; the names of those out of bounds."""
    bad = []
    for row, above, below, name, least, most in RATIOS:
        peers = results.get(row, {})
        if above not in peers or below not in peers:
            continue
        ratio = value_of(peers[above]) / value_of(peers[below])
        good = (least is None or ratio >= least) and (most is None or ratio <= most)
        print(f"ratio {row} {name} {ratio:.3f}" if ratio < 1.1 else f"ratio {row} {name} {ratio:.2f}")
        bad += [] if good else [f"ratio {row} {name} {ratio:.3f} (at {'least' if least else 'most'} {least or most})"]
    for row, key, words, most in MEMORY:
        if key in results.get(row, {}):
            value = results[row][key]
            print(f"memory {words}: {value / MIB:.1f} MiB")
            bad += [] if value <= most else [f"memory {words}: {value / MIB:.1f} MiB, at most {most / MIB:.0f}"]
    return bad
