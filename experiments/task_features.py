"""Whether a prior that is told what untrained cells are worth on a task's images knows better which cells are good.

    python experiments/task_features.py --workers 2 --out task_features

Tasks are scikit-learn's digits, turned, moved, inverted and made noisy to different degrees; on each the same cells of
NAS-Bench-201 are trained. Features of a task are scores of four cells with one operation throughout on one batch of its
images, without those on noise. Tasks are left out in parts, and two priors are learned from the others, with features
and without. Correlations are over all cells, those learned from included. What is finished is kept in the folder, and
an interrupted command goes on after it.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _script import start
from _task_features_runs import SUPPORTS, TOLD, WAYS, WITHOUT, Found, Plan, found, images
from scipy.stats import spearmanr

from zcnas.journal import Journal
from zcnas.provenance import versions

Floats = npt.NDArray[np.float64]
_95 = 1.96
_PROXIES = ("grad_norm", "snip", "fisher", "jacob_cov", "nwot")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, scores, learns, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    plan = Plan(options.tasks, options.cells, tuple(options.proxies), options.folds, options.steps, options.draws)
    facts = {**{name: getattr(plan, name) for name in plan.__slots__}, "versions": versions()}
    journal = Journal(options.out / "runs.jsonl", facts)
    result = found(plan, journal, options.workers, not options.quiet)
    command = f"Command: `{shlex.join(['python', 'experiments/task_features.py', *given])}`"
    text = "\n".join(
        ["# Priors that are told of a task", "", command, "", f"Versions: {versions()}", "", *_lines(result)]
    )
    (options.out / "report.md").write_text(text + "\n", encoding="utf-8")
    print(text)


def _lines(result: Found) -> list[str]:
    count, cells = result.accuracies.shape
    alike, near = _alike(result)
    tied, pairs = spearmanr(-near, alike).statistic, len(near)
    lines = [
        f"- {count} tasks, {cells} cells",
        f"- rank correlations of two tasks: mean {alike.mean():.3f}, least {alike.min():.3f}",
        f"- tasks whose features are nearest to those from another batch of the task: {_recognised(result.features)}",
        f"- Spearman over {pairs} pairs of tasks of how near features are and how alike their orders: {tied:.3f}",
        "",
        "Spearman, mean over tasks with a 95 % interval of tasks, by the number of examples:",
        "",
        f"| prior | {' | '.join(map(str, SUPPORTS))} |",
        f"|---|{'---|' * len(SUPPORTS)}",
        *(f"| {way} | {' | '.join(map(_mean, result.correlations[way].T))} |" for way in WAYS),
        "",
    ]
    lines += ["What the features of the task gain, likewise, and in how many tasks they gain anything:", ""]
    lines += [f"| against | {' | '.join(map(str, SUPPORTS))} |", f"|---|{'---|' * len(SUPPORTS)}"]
    lines += [f"| {way} | {' | '.join(_gains(result, way))} |" for way in WAYS if way != TOLD]
    lines += [""]
    lines += ["| task | rotation | shift | inverted | noise | accuracies | told | without |", f"|{'---|' * 8}"]
    return [*lines, *(_row(result, place) for place in range(count))]


def _gains(result: Found, way: str) -> list[str]:
    gains = (result.correlations[TOLD] - result.correlations[way]).T
    return [f"{_mean(gain)}, in {(gain > 0).sum()} of {gain.size}" for gain in gains]


def _row(result: Found, place: int) -> str:
    """A task, with correlations without examples."""
    task, accuracies = images(place), result.accuracies[place]
    spread = f"{accuracies.min():.1f} to {accuracies.max():.1f}"
    both = " | ".join(f"{result.correlations[way][place, 0]:.3f}" for way in (TOLD, WITHOUT))
    return f"| {place} | {task.rotation} | {task.shift} | {task.inverted} | {task.noise} | {spread} | {both} |"


def _alike(result: Found) -> tuple[Floats, Floats]:
    """Of all pairs of tasks rank correlations, and distances of features in their deviations."""
    rows = _standardised(result.features)[:, 0]
    pairs = list(combinations(range(len(rows)), 2))
    alike = [spearmanr(result.accuracies[one], result.accuracies[other]).statistic for one, other in pairs]
    return np.array(alike), np.array([np.linalg.norm(rows[one] - rows[other]) for one, other in pairs])


def _recognised(features: Floats) -> int:
    rows = _standardised(features)
    apart = np.linalg.norm(rows[:, None, 0] - rows[None, :, 1], axis=-1)
    return int((apart.argmin(axis=1) == np.arange(len(rows))).sum())


def _standardised(features: Floats) -> Floats:
    deviations = features.std(axis=(0, 1))
    known = np.isfinite(deviations) & (deviations > 0)
    found: Floats = (features[..., known] - features[..., known].mean(axis=(0, 1))) / deviations[known]
    return found


def _mean(values: Floats) -> str:
    return f"{values.mean():.3f} ± {_95 * values.std(ddof=1) / np.sqrt(len(values)):.3f}"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", type=int, default=24, help="(24)")
    parser.add_argument("--cells", type=int, default=96, help="trained on each (96)")
    parser.add_argument("--proxies", nargs="+", default=_PROXIES, help=f"for features ({' '.join(_PROXIES)})")
    parser.add_argument("--folds", type=int, default=6, help="parts in which tasks are left out (6)")
    parser.add_argument("--steps", type=int, default=400, help="of meta-training (400)")
    parser.add_argument("--draws", type=int, default=20, help="of examples (20)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    parser.add_argument("--out", type=Path, required=True, help="folder for the report and what is finished")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    start(main)
