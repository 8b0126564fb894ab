"""What pictures of scores share: colours, style, legends, grids, and points of one predictor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]

# Okabe and Ito's colours, which the colour-blind can tell apart; lightness differs as well.
COLOURS = {"proxy": "#56B4E9", "baseline": "#E69F00", "aggregate": "#009E73", "training": "#555555"}
LABELS = {
    "proxy": "zero-cost proxy",
    "baseline": "baseline",
    "aggregate": "aggregate of proxies by rank",
    "training": "validation accuracy of a training run",
}
MARK = "#D55E00"
STYLE: Any = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "savefig.dpi": 150,
}
COLUMNS = 7
"""Small pictures in a row."""


def legend_below(axes: Axes, handles: Sequence[Artist], *, columns: int = 2, gap: float = 0.065) -> None:
    """Below the axes, where it can hide nothing."""
    axes.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(0, -gap),
        ncols=columns,
        frameon=False,
        fontsize=8.5,
        borderaxespad=0,
    )


def points(axes: Axes, scores: Floats, accuracy: Floats, title: str, colour: str) -> Floats:
    """Accuracy over the rank by score (without NaN), and medians of ten groups; returns the ranks from 0 to 1."""
    shares = np.asarray(rankdata(scores) / max(len(scores), 1))
    few = len(scores) < 1000
    axes.scatter(
        shares, accuracy, s=5 if few else 2, color=colour, alpha=0.6 if few else 0.3, linewidths=0, rasterized=not few
    )
    groups = [group for group in np.array_split(np.argsort(shares, kind="stable"), 10) if len(group)]
    centres = [float(np.mean(shares[group])) for group in groups]
    axes.plot(centres, [float(np.median(accuracy[group])) for group in groups], color="black", lw=1)
    axes.set_title(title, fontsize=8.5)
    axes.set_xticks([0.0, 1.0], ["worst", "best"])
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    return shares


def small_multiples(count: int, draw: Callable[[Axes, int], None], *, title: str, across: str, up: str) -> Figure:
    """A grid of ``count`` small pictures with common axes; ``draw`` makes each from its number."""
    columns = min(count, COLUMNS)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(11.5, 1.75 * rows + 1.3), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for place, axes in enumerate(grid.flat):
        axes.set_visible(place < count)
        if place < count:
            draw(axes, place)
        axes.tick_params(labelbottom=place + columns >= count)
        # Inwards, lest neighbours touch; axes above others have no labels.
        for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=False):
            label.set_horizontalalignment(side)
    figure.suptitle(title, x=0.012, ha="left", fontsize=12, fontweight="bold")
    figure.supxlabel(across, fontsize=9)
    figure.supylabel(up, fontsize=9)
    return figure
