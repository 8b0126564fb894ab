"""What the demonstration found, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from _correlation import Correlation, correlate

from zcnas.benchmarks import Reliability, reliability
from zcnas.rank import AGGREGATES

Floats = npt.NDArray[np.float64]

MEMBERS: Mapping[str, tuple[str, ...] | None] = {
    "az_nas": ("az_expressivity", "az_progressivity", "az_trainability", "flops"),
    "vote": ("synflow", "jacob_cov", "snip"),
    "rank_sum": None,
}
"""Rank-level aggregates and the proxies that their papers join; ``None`` for all proxies."""

PICK_BY = "az_nas"
"""Chosen before any result was seen: of the published aggregates, the best on NAS-Bench-201 itself."""

BASELINES = ("params", "flops")


@dataclass(frozen=True, slots=True)
class Pick:
    """The cell that a predictor likes best, and how good it is.

    Attributes:
        place: Its place among the scored cells; the first one, if several are equal.
        accuracy: Its mean test accuracy in %.
        rank: 1 for the best of all scored cells.
        regret: Accuracy of the best minus its own, in points.
    """

    place: int
    accuracy: float
    rank: int
    regret: float


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All results of the demonstration.

    Attributes:
        archs: The scored cells.
        accuracy: Mean test accuracy in % of each cell.
        columns: Scores of each cell by predictor, higher is better: proxies first, then aggregates.
        correlations: By predictor.
        picks: By predictor.
        seconds: Mean seconds per cell that a proxy would cost alone.
        training: Correlation of the first seed's validation accuracy with the other seeds' test accuracy:
            what training each cell once would give.
        training_seconds: Mean seconds of training a cell once.
        ceiling: How well the seed means themselves repeat.
        runs: Training runs S of each cell.
    """

    archs: Sequence[str]
    accuracy: Floats
    columns: Mapping[str, Floats]
    correlations: Mapping[str, Correlation]
    picks: Mapping[str, Pick]
    seconds: Mapping[str, float]
    training: Correlation
    training_seconds: float
    ceiling: Reliability
    runs: int

    @property
    def pick(self) -> Pick:
        """The pick that the demonstration stands by."""
        return self.picks[PICK_BY]


def report(
    archs: Sequence[str],
    test: Floats,
    val: Floats,
    training_seconds: float,
    proxies: Mapping[str, Floats],
    seconds: Mapping[str, float],
) -> Report:
    """Correlates every proxy and aggregate with the mean over seeds of ``test`` (A, S)."""
    accuracy = test.mean(axis=1)
    columns = {**proxies, **aggregates(proxies)}
    return Report(
        archs=archs,
        accuracy=accuracy,
        columns=columns,
        correlations={name: correlate(column, accuracy) for name, column in columns.items()},
        picks={name: pick(column, accuracy) for name, column in columns.items()},
        seconds=seconds,
        # Against the other seeds: a run's own luck is no foresight.
        training=correlate(val[:, 0], test[:, 1:].mean(axis=1)),
        training_seconds=training_seconds,
        ceiling=reliability(test),
        runs=test.shape[1],
    )


def aggregates(proxies: Mapping[str, Floats]) -> dict[str, Floats]:
    """The rank-level aggregates whose members were all scored."""
    found = {}
    for name, members in MEMBERS.items():
        chosen = tuple(proxies) if members is None else members
        if set(chosen) <= proxies.keys():
            found[name] = AGGREGATES[name]({member: proxies[member] for member in chosen})
    return found


def pick(column: Floats, accuracy: Floats) -> Pick:
    """The first of those cells that score highest."""
    place = int(np.nanargmax(column))
    better = int((accuracy > accuracy[place]).sum())
    return Pick(place, float(accuracy[place]), better + 1, float(accuracy.max() - accuracy[place]))


def ordered(report: Report) -> list[str]:
    """Predictors from the best correlation to the worst, those without any last."""
    return sorted(
        report.correlations, key=lambda name: np.nan_to_num(-report.correlations[name].value, nan=2)
    )


def text(report: Report) -> str:
    """The correlation table and the verdict on the pick."""
    lines = [
        f"{'':24}{'Spearman':>9}  {'95 % interval':^16}{'ms/cell':>8}  its favourite cell",
        _line(
            "CEILING: new seeds", report.ceiling.ceiling, "", "", "how well the accuracies repeat themselves"
        ),
        _row(
            "TRAINING once", report.training, f"{1000 * report.training_seconds:.0f}", "validation accuracy"
        ),
        *(_predictor(report, name) for name in ordered(report)),
        "",
        *_verdict(report),
    ]
    return "\n".join(lines)


def _predictor(report: Report, name: str) -> str:
    found, cost = report.picks[name], report.seconds.get(name)
    missing = int(np.isnan(report.columns[name]).sum())
    favourite = f"{found.accuracy:.1f} %, rank {found.rank}" + (f"; {missing} undefined" if missing else "")
    kind = "baseline " if name in BASELINES else "aggregate " if name in MEMBERS else ""
    label = f"{kind}{name}"
    return _row(label, report.correlations[name], "" if cost is None else f"{1000 * cost:.0f}", favourite)


def _row(label: str, found: Correlation, cost: str, note: str) -> str:
    return _line(label, found.value, f"{found.low:+.2f} to {found.high:+.2f}", cost, note)


def _line(label: str, value: float, interval: str, cost: str, note: str) -> str:
    return f"{label:24}{value:>+9.3f}  {interval:^16}{cost:>8}  {note}"


def _verdict(report: Report) -> list[str]:
    found, best = report.pick, int(report.accuracy.argmax())
    count = len(report.archs)
    return [
        f"Picked by {PICK_BY} ({', '.join(MEMBERS[PICK_BY] or ())}), without training any cell:",
        f"  {report.archs[found.place]}",
        (
            f"  {found.accuracy:.1f} % test accuracy: rank {found.rank} of {count}, "
            f"{found.regret:.1f} points below the best; a random cell has {report.accuracy.mean():.1f} %"
        ),
        f"Best of the {count}: {report.accuracy[best]:.1f} %",
        f"  {report.archs[best]}",
    ]
