"""Curves of the mean correlation by number of examples, a panel for each thing that is left out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from _few_shot_methods import JOINT, LEARNERS, METHODS, ORACLE, PRIOR, SCRATCH
from _few_shot_report import TITLES
from _few_shot_runs import Row
from _picture_style import MARK, STYLE
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_COLOURS = {
    PRIOR: MARK,
    JOINT: "#009E73",
    **dict(zip(SCRATCH, ("#E69F00", "#56B4E9", "#0072B2"), strict=True)),
    ORACLE: "#555555",
    **dict(zip(LEARNERS, ("#CC79A7", "#8C6BB1", "#7F3B08", "#B8A000"), strict=True)),
}
_LABELS = {
    **{name: f"{name}, from scratch" for name in SCRATCH},
    ORACLE: "ridge on true values of other tasks, where known",
}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Writes the picture."""
    lefts = list(dict.fromkeys(row.left_out for row in rows))
    supports = sorted({row.support for row in rows})
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.9 * len(lefts) + 0.4, 4.6), layout="constrained")
        panels = list(figure.subplots(1, len(lefts), sharey=True, squeeze=False).flat)
        for axes, left in zip(panels, lefts, strict=True):
            _panel(axes, [row for row in rows if row.left_out == left], supports)
            axes.set_title(TITLES[left])
        panels[0].set_ylim(min(0.0, panels[0].get_ylim()[0]), 1)
        panels[0].set_ylabel("Spearman correlation, mean over settings")
        told = {line.get_label(): line for axes in panels for line in axes.lines}
        columns = 2 * len(lefts) - 1  # As many as there is room for.
        figure.legend(
            told.values(), told.keys(), loc="outside lower center", ncols=columns, frameon=False, fontsize=8.5
        )
        figure.savefig(path, facecolor="white")


def _panel(axes: Axes, rows: Sequence[Row], supports: Sequence[int]) -> None:
    """Numbers of examples at equal distances, since 0 has no logarithm."""
    for method in METHODS:
        found = [[row.spearman for row in rows if (row.method, row.support) == (method, one)] for one in supports]
        places = [place for place, values in enumerate(found) if values]
        if places:
            width, style = (1.2, "--") if method == ORACLE else (2.2 if method == PRIOR else 1.4, "-")
            means = [float(np.mean(found[place])) for place in places]
            axes.plot(places, means, style, marker="o", ms=4, lw=width, color=_COLOURS[method])
            axes.lines[-1].set_label(_LABELS.get(method, method))
    axes.set_xticks(range(len(supports)), [str(one) for one in supports])
    axes.set_xlabel("trained networks of the new task")
    axes.grid(color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
