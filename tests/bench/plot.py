# SPDX-License-Identifier: BSD-2-Clause
"""Plots of a bench's results.json: time to the kernel by payload, and the storm, as PNG."""
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 (after the choice of back end)

from rows import MIB, ROWS, SIZES  # noqa: E402

COLORS = {}  # of a peer, the same in all panels
KINDS = ("pxelinux", "direct-local", "direct-cold-tftp", "direct-cold-http", "direct-warm-http")


def lines_of(results, kind):
    """Of one kind of row, per peer: sizes in MiB and medians in seconds."""
    lines = {}
    for size, length in SIZES.items():
        row = f"{kind}-{size}"
        if row in ROWS:
            for peer, found in results.get(row, {}).items():
                lines.setdefault(peer, []).append((length / MIB, found["median"]))
    return lines


def payloads(results, path):
    """Time to the kernel's entry by the initrd's size, a panel for each kind of row."""
    kinds = [kind for kind in KINDS if lines_of(results, kind)]
    if not kinds:
        return False
    figure, panels = pyplot.subplots(1, len(kinds), figsize=(3.4 * len(kinds), 4), squeeze=False, sharey=True)
    for panel, kind in zip(panels[0], kinds):
        for peer, points in lines_of(results, kind).items():
            ours = peer.startswith("pvboot")
            color = "black" if ours else COLORS.setdefault(peer, f"C{len(COLORS)}")
            panel.plot(
                *zip(*points), marker="o", linewidth=2.5 if ours else 1.2, color=color, label="pvboot" if ours else peer
            )
        panel.set(title=kind, xlabel="initrd, MiB", xscale="log", yscale="log")
        panel.set_xticks([length / MIB for length in SIZES.values()], [str(length // MIB) for length in SIZES.values()])
        panel.minorticks_off()
        panel.legend(fontsize=7)
        panel.grid(True, alpha=0.3)
    panels[0][0].set_ylabel("seconds to the kernel")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True


def storm(results, path):
    """Seconds to the last kernel of the storms."""
    bars = [(f"8 VMs, {peer}", value["median"]) for peer, value in results.get("storm-8", {}).items()]
    if "storm-100" in results:
        bars.append(("100 simulated guests, pvboot", results["storm-100"]["seconds"]))
    if not bars:
        return False
    figure, panel = pyplot.subplots(figsize=(7, 0.7 + 0.5 * len(bars)))
    names, values = zip(*bars)
    panel.barh(names, values)
    for i, value in enumerate(values):
        panel.text(value, i, f" {value:.1f} s", va="center")
    panel.set(xlabel="seconds to the last kernel")
    panel.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True
