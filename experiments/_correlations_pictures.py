"""Pictures of correlations: points by predictor, bars beside published figures, and predictors among themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import _picture_style
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from _correlations_report import COMPARED, Findings, signed
from _correlations_scores import Scored
from _picture_style import MARK, STYLE, legend_below, points, small_multiples
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from zcnas.correlation import spearman

Floats = npt.NDArray[np.float64]

COLOURS = {**_picture_style.COLOURS, "declared": "#999999"}
LABELS = {**_picture_style.LABELS, "declared": "other predictor"}
TITLES = {"spearman": "Spearman's rank correlation", "kendall": "Kendall's tau-b"}


def draw(all_found: Sequence[Findings], scored: Scored, folder: Path) -> dict[str, list[str]]:
    """Writes all pictures; their names by data set, and under ``""`` what does not depend on one."""
    names: dict[str, list[str]] = {}
    with mpl.rc_context(STYLE):
        for found in all_found:
            dataset = found.truth.dataset
            figures = {f"bars_{dataset}.png": _bars(found, scored), f"scores_{dataset}.png": _scatter(found, scored)}
            names[dataset] = [_saved(figure, folder, name) for name, figure in figures.items()]
        names[""] = [_saved(_heat_map(list(all_found[0].correlations), scored), folder, "heat_map.png")]
    return names


def _saved(figure: Figure, folder: Path, name: str) -> str:
    figure.savefig(folder / name, facecolor="white")
    return name


def _scatter(found: Findings, scored: Scored) -> Figure:
    names = list(found.correlations)

    def small(axes: Axes, place: int) -> None:
        name, column = names[place], scored.columns[names[place]]
        defined = ~np.isnan(column.values)
        title = f"{name}\nrho = {signed(found.correlations[name].spearman.value, 2)}"
        points(axes, column.turned[defined], found.truth.values[defined], title, COLOURS[column.kind])

    return small_multiples(
        len(names),
        small,
        title=f"{found.truth.dataset}: scores of {len(found.truth.values)} architectures against what training gave",
        across="rank by score, from the worst to the best (equal scores share a rank, NaN left out). "
        "Line: medians of ten groups.\nrho: Spearman's correlation; + means: works as declared.",
        up=found.truth.axis,
    )


def _bars(found: Findings, scored: Scored) -> Figure:
    names = list(found.correlations)
    figure = Figure(figsize=(11.5, 0.235 * len(names) + 2.1), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, what in ((left, "spearman"), (right, "kendall")):
        _side(axes, what, found, scored)
    figure.suptitle(
        f"{found.truth.dataset}: how well do scores rank {len(found.truth.values)} architectures?",
        x=0.012, ha="left", fontsize=12, fontweight="bold",
    )  # fmt: skip
    # Above the lower edge in inches, as the figure's height varies.
    below = 0.42 / figure.get_figheight()
    kinds = [kind for kind in LABELS if kind in {column.kind for column in scored.columns.values()}]
    legend_below(left, [Patch(color=COLOURS[kind], label=LABELS[kind]) for kind in kinds], columns=3, gap=below * 1.7)
    legend_below(right, _published_handles(found), columns=2, gap=below * 1.7)
    return figure


def _published_handles(found: Findings) -> list[Line2D]:
    metrics = {row.metric for rows in found.published.values() for row in rows}
    handles = [Line2D([], [], color="black", linewidth=1, label="95 % bootstrap interval")]
    if metrics - {"abs_spearman"}:
        handles.append(_marker(False, "published"))
    if "abs_spearman" in metrics:
        handles.append(_marker(True, "published without its sign"))
    return handles


def _marker(unsigned: bool, label: str) -> Line2D:
    return Line2D([], [], label=label, color="none", marker="D", markersize=5.5, **_faces(unsigned))


def _faces(unsigned: bool) -> dict[str, Any]:
    face, edge = ("white", MARK) if unsigned else (MARK, "white")
    return {"markerfacecolor": face, "markeredgecolor": edge, "markeredgewidth": 1.2 if unsigned else 0.6}


def _side(axes: Axes, what: str, found: Findings, scored: Scored) -> None:
    names = list(found.correlations)
    places = np.arange(len(names))[::-1]
    coefficients = [getattr(found.correlations[name], what) for name in names]
    axes.barh(places, [one.value for one in coefficients], 0.68,
              color=[COLOURS[scored.columns[name].kind] for name in names])  # fmt: skip
    low, high = [one.low for one in coefficients], [one.high for one in coefficients]
    axes.hlines(places, low, high, color="black", linewidth=1, zorder=4)
    for name, place in zip(names, places, strict=True):
        for row in found.published[name]:
            if COMPARED[row.metric] == what:
                unsigned = row.metric == "abs_spearman"
                axes.plot(row.value, place, "D", markersize=5.5, zorder=3 + unsigned / 2, **_faces(unsigned))
    axes.set_yticks(places, names)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(TITLES[what])


def _heat_map(names: Sequence[str], scored: Scored) -> Figure:
    values = _among({name: scored.columns[name].turned for name in names})
    count = len(names)
    figure = Figure(figsize=(0.36 * count + 2.6, 0.33 * count + 2.0), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(values, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
    axes.set_xticks(range(count), names, rotation=90)
    axes.set_yticks(range(count), names)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        if row != column and np.isfinite(value):
            colour = "white" if abs(value) > 0.55 else "black"
            axes.text(column, row, _short(value), ha="center", va="center", fontsize=7, color=colour)
    figure.colorbar(image, label="Spearman's rank correlation", shrink=0.6)
    axes.set_title("How alike do predictors rank?")
    axes.set_xlabel("architectures with both scores; + means: agree as declared")
    return figure


def _among(columns: Mapping[str, Floats]) -> Floats:
    """``(P, P)``: NaN where a side is constant."""
    table = np.array(list(columns.values()))
    values = np.eye(len(table))
    for row in range(len(table)):
        for column in range(row):
            both = ~np.isnan(table[row]) & ~np.isnan(table[column])
            values[row, column] = values[column, row] = spearman(table[row][both], table[column][both])
    return values


def _short(value: float) -> str:
    """Two decimals without the leading zero."""
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.0f}"
