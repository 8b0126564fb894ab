"""Correlations of all predictors with all accuracies, beside published figures, as text and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from _correlations_scores import Scored

from zcnas.benchmarks.published import Published, published
from zcnas.correlation import Coefficient, Correlation, correlate
from zcnas.errors import UnknownNameError
from zcnas.space import Architecture
from zcnas.table import Column, Table

Floats = npt.NDArray[np.float64]

BENCHMARKS = {
    "darts": "NAS-Bench-301",
    "nasbench101": "NAS-Bench-101",
    "nasbench201": "NAS-Bench-201",
    "nasbench_macro": "NAS-Bench-Macro",
    "natsbench_size": "NATS-SSS",
    "transnasbench101_macro": "TransNAS-Bench-101-macro",
    "transnasbench101_micro": "TransNAS-Bench-101-micro",
}
"""Space -> what published figures call its benchmark."""
COMPARED = {"spearman": "spearman", "abs_spearman": "spearman", "kendall": "kendall"}
"""Published metrics, and what is held against them."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What training gave, and how it was measured."""

    dataset: str
    values: Floats
    what: str
    axis: str = "accuracy"


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Correlations with one truth, by predictor, from the best to the worst; and published figures by predictor."""

    truth: Truth
    correlations: Mapping[str, Correlation]
    published: Mapping[str, Sequence[Published]]


def truth_of(
    table: Table,
    dataset: str,
    scored: Scored,
    *,
    split: str | None = None,
    metric: str | None = None,
    device: str | None = None,
) -> Truth:
    """What training gave the scored architectures, higher being better; the mean, where a table has single seeds only.

    It is what is asked for; else test accuracy, or the first column of the data set where there is none.
    """
    column = table.truth(dataset, split=split, metric=metric, device=device)
    alike = [column]
    if column.seed.isdecimal():
        alike = [one for one in table.columns if one.seed.isdecimal() and _alike(one) == _alike(column)]
    runs = np.array([[_value(table, arch, one) for one in alike] for arch in scored.archs])
    for place in np.flatnonzero(np.isnan(runs).all(axis=1))[:1]:
        table.query(scored.archs[place], dataset, **column.choice)  # raises, and says what is missing
    values = np.nanmean(runs, axis=1)
    what = column.title if len(alike) == 1 else f"{column.title} and {len(alike) - 1} others, their mean"
    axis = f"{column.split} {column.metric} in {column.unit}"
    if column.higher_is_better:
        return Truth(dataset, values, what, axis)
    return Truth(dataset, -values, f"{what}, multiplied by -1", f"-({axis})")


def _alike(column: Column) -> Column:
    return replace(column, seed="", complete=True)


def _value(table: Table, arch: Architecture, column: Column) -> float:
    """NaN for what is not recorded: not every architecture was trained with every seed."""
    try:
        return table.query(arch, column.dataset, **column.choice)
    except UnknownNameError:
        return np.nan


def findings(
    scored: Scored, truth: Truth, top: Sequence[float], bootstrap: int, seed: int, benchmark: str = "NAS-Bench-201"
) -> Findings:
    """Correlates every column with one truth; beside figures that were published for ``benchmark``."""
    found = {
        name: correlate(
            column.values,
            truth.values,
            higher_is_better=column.higher_is_better,
            top=top,
            bootstrap=bootstrap,
            seed=seed,
        )
        for name, column in scored.columns.items()
    }
    names = sorted(found, key=lambda name: np.nan_to_num(-found[name].spearman.value, nan=2))
    return Findings(
        truth, {name: found[name] for name in names}, {name: targets(truth.dataset, name, benchmark) for name in names}
    )


def targets(dataset: str, proxy: str, benchmark: str = "NAS-Bench-201") -> list[Published]:
    """Verified figures that a correlation can be held against; none for data sets without any."""
    asked = (benchmark, dataset, proxy)
    return [row for row in published() if (row.benchmark, row.dataset, row.proxy) == asked and row.metric in COMPARED]


def text(found: Findings) -> str:
    """One data set, to be read in a terminal."""
    first = next(iter(found.correlations.values()))
    tops = "".join(f"{f'top {name(one.top)}':>9}{'regret':>8}" for one in first.shortlists)
    lines = [
        f"{found.truth.dataset}: {found.truth.what}; {len(found.truth.values)} architectures",
        f"{'':24}{'Spearman':>9}  {'95 % interval':^16}{'tau-b':>9}  {'95 % interval':^16}{tops}{'NaN':>6}{'ties':>7}",
        *(_line(name, one) for name, one in found.correlations.items()),
    ]
    return "\n".join(lines)


def _line(predictor: str, one: Correlation) -> str:
    rho, tau = one.spearman, one.kendall
    tops = "".join(f"{100 * short.overlap:>7.1f} %{short.regret:>8.2f}" for short in one.shortlists)
    end = f"{one.nans:>6}{one.ties:>7}" + ("  turned" if one.turned else "")
    coefficients = (f"{signed(one.value):>9}  {interval(one):^16}" for one in (rho, tau))
    return f"{predictor:24}{''.join(coefficients)}{tops}{end}"


def signed(value: float, digits: int = 3) -> str:
    """With its sign, or as undefined."""
    return "-" if np.isnan(value) else f"{value:+.{digits}f}"


def interval(one: Coefficient) -> str:
    """Both ends, signed."""
    return "-" if np.isnan(one.low) else f"{signed(one.low, 2)} to {signed(one.high, 2)}"


def name(top: float) -> str:
    """``10``, or ``10 %`` for a fraction."""
    return f"{top}" if isinstance(top, int) else f"{100 * top:g} %"


def rows(all_found: Sequence[Findings]) -> list[list[object]]:
    """Every number, with a header."""
    table: list[list[object]] = []
    for found in all_found:
        for predictor, one in found.correlations.items():
            fields: dict[str, object] = {
                "dataset": found.truth.dataset, "predictor": predictor, "n": one.n, "nans": one.nans,
                "ties": one.ties, "turned": int(one.turned), "resamples": one.resamples,
            }  # fmt: skip
            for what, coefficient in (("spearman", one.spearman), ("kendall", one.kendall)):
                fields |= {
                    what: coefficient.value,
                    f"{what}_low": coefficient.low,
                    f"{what}_high": coefficient.high,
                }
            for short in one.shortlists:
                fields |= {f"k_top_{short.top}": short.k, f"overlap_top_{short.top}": short.overlap}
                fields |= {f"regret_top_{short.top}": short.regret}
            table = table or [list(fields)]
            table.append([f"{value:.9g}" if isinstance(value, float) else value for value in fields.values()])
    return table


def comparison(found: Findings) -> list[list[str]]:
    """Rows of: predictor, metric, found, its interval, difference, published, its n, source."""
    return [
        _compared(found.correlations[predictor], row) for predictor, many in found.published.items() for row in many
    ]


def _compared(one: Correlation, row: Published) -> list[str]:
    coefficient: Coefficient = getattr(one, COMPARED[row.metric])
    unsigned = row.metric == "abs_spearman"
    value = abs(coefficient.value) if unsigned else coefficient.value
    return [
        row.proxy,
        "|Spearman|" if unsigned else {"spearman": "Spearman", "kendall": "tau-b"}[row.metric],
        signed(coefficient.value),
        interval(coefficient),
        f"{row.value:.3f}" if unsigned else f"{row.value:+.3f}",
        signed(value - row.value),
        str(row.n or ""),
        row.source,
    ]
