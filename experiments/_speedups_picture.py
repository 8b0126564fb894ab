"""Any-time curves of what is sped up, beside published ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from _picture_style import STYLE
from _search_report import Compared
from _search_runs import Floats
from _speedups_published import CURVES, TRAININGS
from _speedups_report import Found
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

_COLOURS = {"random": "#999999", "REINFORCE": "#E69F00", "ageing evolution": "#0072B2", "pairwise predictor": "#009E73"}
_DASHES = {"": ":", "warm-up 3000": "-", "warm-up 512": "-", "move": "--", "move 100": "--"}
_DASHES |= {"move 10": (0, (3, 1, 1, 1)), "warm-up 1000": "-.", "warm-up 15625": (0, (5, 1, 1, 1, 1, 1))}
_FROM = 10
"""Trained networks at which pictures begin; the first few are far off."""


def draw(found: Sequence[Found], path: Path) -> None:
    """All data sets of one benchmark: one as papers count and honestly, several side by side as papers count."""
    with mpl.rc_context(STYLE):
        figure = _one(found[0]) if len(found) == 1 else _many(found)
        figure.savefig(path, facecolor="white")


def _one(found: Found) -> Figure:
    figure = Figure(figsize=(11.5, 5.4), layout="constrained")
    panels = 2 if found.honest else 1
    grid = figure.subplots(1, panels, sharex=True, sharey=True, squeeze=False)[0]
    _panel(grid[0], found, found.lines if found.published else _main(found), honest=False)
    grid[0].set_title(f"{found.source.title}: best among all trained networks")
    if found.honest:
        _panel(grid[1], found, found.lines if found.published else _main(found), honest=True)
        grid[1].set_title("The network that was best by what was seen")
    _legend(figure, found.lines if found.published else _main(found), found.published)
    return figure


def _many(found: Sequence[Found]) -> Figure:
    figure = Figure(figsize=(11.5, 6.4), layout="constrained")
    grid = figure.subplots(2, (len(found) + 1) // 2, sharex=True, squeeze=False)
    for axes, one in zip(grid.flat, found, strict=False):
        _panel(axes, one, _main(one), honest=False)
        axes.set_title(one.source.dataset)
    for axes in grid.flat[len(found) :]:
        axes.set_visible(False)
    figure.suptitle(f"{found[0].source.space}: best among all trained networks", x=0.012, ha="left", fontweight="bold")
    _legend(figure, _main(found[0]), False)
    return figure


def _main(found: Found) -> list[Compared]:
    return [line for line in found.lines if line.name in found.main] or found.lines


def _style(name: str) -> dict[str, Any]:
    base, _, added = name.partition(" + ")
    if " by " in added:
        return {"color": "#56B4E9", "linestyle": "-", "lw": 1.6}
    return {"color": _COLOURS.get(base, "#CC79A7"), "linestyle": _DASHES.get(added, "-"), "lw": 1.6}


def _panel(axes: Axes, found: Found, lines: Sequence[Compared], *, honest: bool) -> None:
    shown = []
    for line in lines:
        curve, style = line.honest if honest else line.best, _style(line.name)
        numbers = np.arange(1, len(curve.mean) + 1)
        axes.plot(numbers, curve.mean, **style)
        axes.fill_between(numbers, curve.low, curve.high, color=str(style["color"]), alpha=0.15, linewidth=0)
        shown.append(curve.mean[_FROM - 1 :])
        if found.published and not honest and line.name in CURVES:
            axes.plot(TRAININGS, CURVES[line.name], "o", ms=4, mfc="white", color=str(style["color"]))
    _frame(axes, found, np.concatenate(shown))
    axes.axhline(found.target, color="#444444", lw=0.8, ls=(0, (4, 3)))
    axes.annotate(
        f"target {found.told(found.target)}", (0.01, found.target), xycoords=("axes fraction", "data"), va="bottom"
    )


def _frame(axes: Axes, found: Found, numbers: Floats) -> None:
    low, high = float(np.nanmin(numbers)), max(found.setup.task.optimum, float(np.nanmax(numbers)))
    margin = 0.05 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xscale("log")
    axes.set_xlim(left=_FROM)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_xticks([10, 30, 100, 300], minor=False)
    axes.set_xlabel("trained networks")
    column = found.setup.task.judged.column
    axes.set_ylabel(f"{column.split} {column.metric} in {column.unit}" if column.unit == "%" else column.metric)
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(figure: Figure, lines: Sequence[Compared], published: bool) -> None:
    handles = [Line2D([], [], label=line.name, **_style(line.name)) for line in lines]
    if published:
        handles.append(Line2D([], [], marker="o", ls="", mfc="white", color="#444444", label="published, read off"))
    figure.legend(handles=handles, loc="outside lower left", ncols=4, frameon=False, fontsize=8.5)
