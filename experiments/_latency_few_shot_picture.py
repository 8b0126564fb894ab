"""Curves of the mean correlation by number of samples, a panel for each space."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from _latency_few_shot_report import PUBLISHED
from _latency_few_shot_runs import CHOSEN, RANDOM, SAMPLES, SCRATCH, WITH_FLOPS, Row
from _picture_style import MARK, STYLE
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_TITLES = {"nasbench201": "NAS-Bench-201", "fbnet": "FBNet", "ofa": "once-for-all"}
_COLOURS = {
    RANDOM: MARK,
    CHOSEN: "#009E73",
    CHOSEN + WITH_FLOPS: "#0072B2",
    **dict(zip(SCRATCH, ("#E69F00", "#56B4E9", "#555555"), strict=True)),
}
_LABELS = {
    RANDOM: "learned over devices, random samples",
    CHOSEN: "learned over devices, chosen samples",
    CHOSEN + WITH_FLOPS: "chosen samples, multiply-adds as a device",
    **{name: f"{name}, from scratch" for name in SCRATCH},
}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Writes the picture."""
    spaces = list(dict.fromkeys(row.space for row in rows))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.8 * len(spaces) + 0.3, 5.2), layout="constrained")
        for axes, space in zip(figure.subplots(1, len(spaces), sharey=True, squeeze=False).flat, spaces, strict=True):
            _panel(axes, [row for row in rows if row.space == space], space)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8.5)
        figure.axes[0].set_ylabel("Spearman correlation, mean over test devices")
        figure.savefig(path, facecolor="white")


def _panel(axes: Axes, rows: Sequence[Row], space: str) -> None:
    for method, colour in _COLOURS.items():
        counts = sorted({row.samples for row in rows if row.method == method})
        means = [_mean(rows, method, count) for count in counts]
        axes.plot(counts, means, marker="o", ms=4, lw=1.2 if method in SCRATCH else 1.8, color=colour)
        axes.lines[-1].set_label(_LABELS[method])
    axes.axhline(_mean(rows, "flops", 0), color="black", lw=1, ls=":", label="multiply-adds")
    known = max((row.samples for row in rows if row.method == "ceiling"), default=0)
    axes.axhline(_mean(rows, "ceiling", known), color="black", lw=1, ls="--", label="boosting on thousands")
    if space == "nasbench201":
        axes.plot([10], [PUBLISHED["HELP, 10 samples"]], "k*", ms=11, ls="none", label="HELP, published", zorder=4)
    axes.set_xscale("log")
    axes.set_xticks(SAMPLES, [str(count) for count in SAMPLES])
    axes.minorticks_off()
    axes.set_ylim(-0.05, 1.02)
    axes.set_xlabel("architectures measured on the new device")
    axes.grid(color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(_TITLES[space])


def _mean(rows: Sequence[Row], method: str, samples: int) -> float:
    found = [row.spearman for row in rows if (row.method, row.samples) == (method, samples)]
    return float(np.mean(found)) if found else float("nan")
