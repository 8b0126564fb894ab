"""True and found fronts of accuracy and latency, a panel for each device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from _front_task import Floats, Task
from _picture_style import COLOURS, MARK, STYLE
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zcnas.analysis import front
from zcnas.space import Architecture


def draw(
    chosen: Sequence[Task], name: str, found: Mapping[str, tuple[Sequence[Architecture], float]], path: Path
) -> None:
    """``found`` is what was trained, and its ratio of hypervolumes, by device."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11.5, 7.2), layout="constrained")
        grid = figure.subplots(2, 3, sharey=True).flat
        for axes, task in zip(grid, chosen, strict=False):
            _panel(axes, task, *found[task.device])
        for axes in list(figure.axes)[len(chosen) :]:
            axes.set_axis_off()
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.axes[-1].legend(handles, labels, loc="center left", frameon=False, fontsize=10, markerscale=1.5)
        figure.suptitle(f"{name}: the run of median hypervolume on each device", x=0.012, ha="left", fontsize=12)
        figure.supylabel("test accuracy on CIFAR-100 in %, mean over training seeds", fontsize=9)
        figure.supxlabel("latency in ms", fontsize=9)
        figure.savefig(path, facecolor="white")


def _panel(axes: Axes, task: Task, archs: Sequence[Architecture], ratio: float) -> None:
    everything, trained = task.points(task.judged), task.points(task.judged, archs)
    kept = trained[front(task.points(task.seen, archs))]
    axes.scatter(-everything[:, 1], everything[:, 0], s=1, color="#cccccc", rasterized=True, label="all architectures")
    axes.scatter(-trained[:, 1], trained[:, 0], s=7, color=COLOURS["proxy"], linewidths=0, label="trained")
    truth = everything[front(everything)]
    slowest = -float(truth[:, 1].min())
    _stairs(axes, truth, slowest, color="black", lw=2.2, label="true front")
    axes.scatter(-kept[:, 1], kept[:, 0], s=16, color=MARK, zorder=3, label="found: front by validation accuracy")
    _stairs(axes, kept[front(kept)], slowest, color=MARK, lw=1.1)
    axes.set_title(f"{task.device}   {ratio:.3f}")
    # Below are networks that learned next to nothing; the true front has hardly any of them.
    axes.set_ylim(40, 75)
    axes.grid(color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)


def _stairs(axes: Axes, points: Floats, end: float, **style: Any) -> None:
    """What is the best accuracy up to each latency, as far as the reference point."""
    ordered = points[np.argsort(-points[:, 1])]
    latencies = np.append(-ordered[:, 1], max(end, -ordered[-1, 1]))
    axes.step(latencies, np.append(ordered[:, 0], ordered[-1, 0]), where="post", **style)
