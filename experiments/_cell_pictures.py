"""A picture of DARTS's two cells: nodes in order, an arrow for every operation."""

from __future__ import annotations

import math
from pathlib import Path

from _picture_style import STYLE
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zcnas.searchspaces.darts import Genotype

# Okabe and Ito's colours.
_COLOURS = {
    "max_pool_3x3": "#CC79A7",
    "avg_pool_3x3": "#E69F00",
    "skip_connect": "#555555",
    "sep_conv_3x3": "#56B4E9",
    "sep_conv_5x5": "#0072B2",
    "dil_conv_3x3": "#009E73",
    "dil_conv_5x5": "#00664B",
    "none": "#BBBBBB",
    "noise": "#D55E00",
}
# On an ellipse no three lie on one line, so that no arrow passes over another node.
_ANGLES = [math.radians(degrees) for degrees in (200, 160, 122, 82, 38, -12)]
_PLACES = [(4.6 * math.cos(angle), 2.1 * math.sin(angle)) for angle in _ANGLES]
_NAMES = ("cell before\nthe last", "last cell", "0", "1", "2", "3")


def draw(genotype: Genotype, path: Path) -> None:
    """Writes the normal and the reduction cell, one above the other, as a PNG."""
    with rc_context(STYLE):
        figure = Figure(figsize=(9, 7.2), layout="constrained")
        top, bottom = figure.subplots(2, 1)
        _cell(top, genotype.normal, "Normal cell: nodes 0 to 3 add up what arrives, and are concatenated")
        _cell(bottom, genotype.reduce, "Reduction cell: what comes from the inputs has stride 2")
        figure.savefig(path)


def _cell(axes: Axes, cell: tuple[tuple[str, int], ...], title: str) -> None:
    axes.set_title(title)
    axes.set_axis_off()
    axes.set_xlim(-5.6, 5.4)
    axes.set_ylim(-1.3, 2.6)
    for place, (op, source) in enumerate(cell):
        _arrow(axes, source, 2 + place // 2, op)
    for name, where in zip(_NAMES, _PLACES, strict=True):
        _node(axes, where, name, "#DDEEDD" if len(name) > 1 else "#DDE6F5")


def _node(axes: Axes, where: tuple[float, float], name: str, colour: str) -> None:
    box = {"boxstyle": "round,pad=0.45", "facecolor": colour, "edgecolor": "#333333", "linewidth": 0.8}
    axes.text(*where, name, ha="center", va="center", fontsize=9, bbox=box, zorder=4)


def _arrow(axes: Axes, source: int, target: int, op: str) -> None:
    colour = _COLOURS[op]
    begin, end = _PLACES[source], _PLACES[target]
    style = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 16, "shrinkB": 14}
    axes.annotate("", end, begin, arrowprops=style, zorder=2)
    x, y = ((first + second) / 2 for first, second in zip(begin, end, strict=True))
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8}
    axes.text(x, y, op, fontsize=7, ha="center", va="center", color=colour, bbox=box, zorder=3)
