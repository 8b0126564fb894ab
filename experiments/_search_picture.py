"""Any-time curves of search algorithms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from _picture_style import STYLE, legend_below
from _search_report import Compared
from _search_task import Task
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
"""Okabe and Ito's, which the colour-blind can tell apart."""
_DASHES = ("-", "--", "-.", ":")


def draw(task: Task, found: Sequence[Compared], target: float | None, path: Path) -> None:
    """Two pictures with one scale: as papers count, and the honest line."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 5.2), layout="constrained")
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        _lines(left, task, found, target, honest=False)
        _lines(right, task, found, target, honest=True)
        column = task.judged.column
        left.set_ylabel(f"{column.split} {column.metric} on {column.dataset} in {column.unit}")
        left.set_title("Best among all trained networks")
        split = {"val": "validation"}.get(task.seen.column.split, task.seen.column.split)
        right.set_title(f"The network of best {split} {task.seen.column.metric}")
        handles = [Line2D([], [], **_style(place), label=one.name) for place, one in enumerate(found)]
        legend_below(left, handles, columns=3, gap=0.13)
        runs = " or ".join(str(count) for count in sorted({one.runs for one in found}))
        note = f"Mean over {runs} runs, 95 % interval of the mean."
        right.text(0, -0.15, note, transform=right.transAxes, fontsize=8.5, color="#444444", va="top")
        figure.savefig(path, facecolor="white")


def _style(place: int) -> dict[str, str]:
    return {"color": _LINES[place % len(_LINES)], "linestyle": _DASHES[place // len(_LINES) % len(_DASHES)]}


def _lines(axes: Axes, task: Task, found: Sequence[Compared], target: float | None, *, honest: bool) -> None:
    for place, one in enumerate(found):
        curve, style = one.honest if honest else one.best, _style(place)
        numbers = np.arange(1, len(curve.mean) + 1)
        axes.plot(numbers, curve.mean, lw=1.6, **style)
        axes.fill_between(numbers, curve.low, curve.high, color=style["color"], alpha=0.18, linewidth=0)
    limit = task.ceiling if honest else task.optimum
    told = "best of all by what is told" if honest else "best there is"
    for level, label in ((limit, told), (math.nan if target is None else target, "target")):
        if not math.isnan(level):
            axes.axhline(level, color="#999999", lw=0.9, ls=(0, (4, 3)))
            # On the left, where curves are still below.
            axes.annotate(label, (0.01, level), xycoords=("axes fraction", "data"), va="bottom", fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("trained networks")
    axes.set_ylim(*_range(task, found))
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)


def _range(task: Task, found: Sequence[Compared]) -> tuple[float, float]:
    """From the fifth training on, since the first are far off, up to a little beyond the best."""
    later = [line.mean[min(4, len(line.mean) - 1) :] for one in found for line in (one.best, one.honest)]
    numbers = np.concatenate([*later, [task.optimum]])
    numbers = numbers[np.isfinite(numbers)]
    low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)
    margin = 0.08 * (high - low) or 1.0
    return low - margin, high + margin
