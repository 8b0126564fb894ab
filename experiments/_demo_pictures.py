"""Pictures of what the demonstration found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from _demo_report import BASELINES, Report, ordered
from _demo_search import RUNS, Searched
from _picture_style import COLOURS, LABELS, MARK, STYLE, legend_below, points, small_multiples
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.stats import rankdata

from zcnas.correlation import Coefficient
from zcnas.rank import AGGREGATES

_SEARCHES = (COLOURS["training"], COLOURS["proxy"], COLOURS["aggregate"])
"""Random search, evolution, and evolution with what proxies say."""


def draw(report: Report, searched: Searched, folder: Path) -> list[Path]:
    """Writes ``overview.png``, ``proxies.png`` and ``search.png`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png" for name in ("overview", "proxies", "search")]
    with mpl.rc_context(STYLE):
        for path, figure in zip(paths, (_overview(report), _multiples(report), _anytime(searched)), strict=True):
            figure.savefig(path, facecolor="white")
    return paths


def _overview(report: Report) -> Figure:
    figure = Figure(figsize=(11.5, 7.6), layout="constrained")
    bars, pick = figure.subplots(1, 2, width_ratios=(1.25, 1))
    _bars(bars, report)
    _pick(pick, report)
    figure.get_layout_engine().set(w_pad=0.12, rect=(0, 0.075, 1, 0.925))  # type: ignore[call-arg, union-attr]
    caption = (
        f"{len(report.archs)} NAS-Bench-201 cells on distorted 8 x 8 digits. Test accuracy: mean over "
        f"{report.runs} training runs per cell. Whiskers: 95 % bootstrap interval over cells.\n"
        "Ceiling: correlation to expect between these mean accuracies and those of as many new runs. "
        "One training run: its validation accuracy against the others' test accuracy.\n"
        "Scores are turned so that + means: works as its paper says. "
        "The task was chosen so that size pays, so it is no evidence for one proxy over another."
    )
    figure.text(0.012, 0.012, caption, fontsize=8, color="#444444", va="bottom", linespacing=1.4)
    return figure


def _bars(axes: Axes, report: Report) -> None:
    rows = [("one training run", report.training, "training")]
    rows += [(name, report.correlations[name], _kind(name)) for name in ordered(report)]
    places = np.arange(len(rows))[::-1]
    values = np.array([found.value for _, found, _ in rows])
    axes.barh(places, values, 0.68, color=[COLOURS[kind] for _, _, kind in rows])
    axes.hlines(places, [_low(row) for row in rows], [_high(row) for row in rows], color="black", linewidth=1)
    axes.set_yticks(places, [label for label, _, _ in rows])
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlim(min(-0.3, 1.1 * min(map(_low, rows))), 1.02)
    axes.axvline(0, color="black", linewidth=0.8)
    ceiling = report.ceiling.ceiling
    axes.axvline(ceiling, color=MARK, linestyle="--", linewidth=1.5)
    axes.text(ceiling + 0.012, -0.4, f"ceiling {ceiling:.2f}", rotation=90, va="bottom", color=MARK)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Spearman's rank correlation with test accuracy")
    axes.set_title("How well do scores of untrained networks rank them?")
    legend_below(axes, [Patch(color=COLOURS[kind], label=label) for kind, label in LABELS.items()])


def _pick(axes: Axes, report: Report) -> None:
    count, found = len(report.archs), report.pick
    ranks = rankdata(-report.columns[report.pick_by], method="min")
    best = int(report.accuracy.argmax())
    axes.scatter(ranks, report.accuracy, s=18, color=COLOURS["aggregate"], alpha=0.55, linewidths=0)
    average = float(report.accuracy.mean())
    axes.axhline(average, color="#555555", linewidth=1, linestyle=":")
    axes.scatter(ranks[best], report.accuracy[best], s=90, facecolors="none", edgecolors="black", linewidths=1.6)
    axes.scatter(ranks[found.place], found.accuracy, s=190, marker="*", color=MARK, zorder=3)
    axes.set_xlim(count * 1.03, -count * 0.03)
    axes.set_xlabel(f"rank by {report.pick_by} (of {count}; right: best score)")
    axes.set_ylabel("test accuracy in %")
    axes.grid(color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(f"The cell picked by {report.pick_by}: {_ordinal(found.rank)} best of {count}")
    marks: dict[str, Any] = {"color": "none", "markersize": 9}
    star = {"marker": "*", "markerfacecolor": MARK, "markeredgecolor": MARK}
    circle = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": "black"}
    handles = [
        Line2D([], [], label=f"picked without training: {found.accuracy:.1f} %", **marks, **star),
        Line2D([], [], label=f"best, once all are trained: {report.accuracy[best]:.1f} %", **marks, **circle),
        Line2D([], [], label=f"average cell: {average:.1f} %", color="#555555", linewidth=1, linestyle=":"),
    ]
    legend_below(axes, handles)


def _anytime(searched: Searched) -> Figure:
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    for (name, one), colour in zip(searched.bands.items(), _SEARCHES, strict=True):
        numbers = np.arange(1, len(one.mean) + 1)
        axes.plot(numbers, one.mean, color=colour, lw=1.8, label=name)
        axes.fill_between(numbers, one.low, one.high, color=colour, alpha=0.18, linewidth=0)
    axes.axhline(searched.best, color=MARK, linestyle="--", linewidth=1.2, label="best small cell")
    axes.set_xlabel("trained cells")
    axes.set_ylabel("test accuracy in % of the best by validation")
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(f"Searching {searched.feasible} cells of at most {searched.bound:,} parameters")
    legend_below(axes, axes.get_legend_handles_labels()[0], gap=0.13)
    figure.get_layout_engine().set(w_pad=0.1, rect=(0, 0.085, 1, 0.915))  # type: ignore[call-arg, union-attr]
    caption = (
        f"Means of {RUNS} searches, 95 % interval of the mean. A search sees the validation accuracy of one training\n"
        "run of every cell that it tries; the test accuracy is the mean over all runs of that cell."
    )
    figure.text(0.016, 0.014, caption, fontsize=8, color="#444444", va="bottom", linespacing=1.4)
    return figure


def _multiples(report: Report) -> Figure:
    names = ordered(report)
    return small_multiples(
        len(names),
        lambda axes, place: _small(axes, report, names[place]),
        title=f"Scores of {len(report.archs)} untrained cells against what training gives",
        across="rank by score, from the worst to the best (equal scores share a rank). Line: medians of ten groups. "
        "Star: the favourite cell.\nrho: Spearman's correlation; + means: works as its paper says.",
        up="test accuracy in %",
    )


def _small(axes: Axes, report: Report, name: str) -> None:
    column, found = report.columns[name], report.picks[name]
    ranked, title = np.where(np.isnan(column), -np.inf, column), f"{name}\nrho = {report.correlations[name].value:+.2f}"
    shares = points(axes, ranked, report.accuracy, title, COLOURS[_kind(name)])
    axes.scatter(shares[found.place], found.accuracy, s=60, marker="*", color=MARK, zorder=3)


def _kind(name: str) -> str:
    return "baseline" if name in BASELINES else "aggregate" if name in AGGREGATES else "proxy"


def _low(row: tuple[str, Coefficient, str]) -> float:
    return row[1].low


def _high(row: tuple[str, Coefficient, str]) -> float:
    return row[1].high


def _ordinal(rank: int) -> str:
    if rank == 1:
        return "the"
    ending = "th" if 10 < rank % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"
