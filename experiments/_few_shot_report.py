"""Tables of few-shot predictors."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _few_shot_methods import PRIOR, SCRATCH
from _few_shot_runs import Row

_TOLD = {"setting": 10, "benchmark": 20, "nothing": 20}
"""Numbers of examples for which settings are listed one by one; where there are none such, the largest."""
TITLES = {
    "setting": "Without the setting",
    "benchmark": "Without the benchmark",
    "nothing": "New tasks, with a prior from all settings",
}
"""By what is left out."""
_MEASURES = {"spearman": "Spearman", "kendall": "Kendall's tau-b", "share": "Share of networks no better than the pick"}
_95 = 1.96


@dataclass(frozen=True)
class Report:
    """What rows come to.

    Attributes:
        rows: All.
        shifts: By what is left out and the setting: the rank correlation with the most similar known task.
        proxies: The best single proxy of settings, and its correlation.
    """

    rows: Sequence[Row]
    shifts: Mapping[tuple[str, str], float]
    proxies: Mapping[str, tuple[str, float] | None]

    def markdown(self, facts: Sequence[str]) -> str:
        """The report."""
        lines = ["# Few trained networks of a new task", ""]
        for fact in facts:
            lines += [fact, ""]
        lines += ["![Mean correlation by number of trained networks](curves.png)", ""]
        for left in dict.fromkeys(row.left_out for row in self.rows):
            lines += [f"## {TITLES[left]}", ""]
            for measure, told in _MEASURES.items():
                lines += [f"### {told}, mean over settings with a 95 % interval of settings", ""]
                lines += [*self._means(left, measure), ""]
            for some, told in self._apart(left):
                lines += [f"### Spearman, likewise, of the {len(some)} settings whose space {told}", ""]
                lines += [*self._means(left, "spearman", some), ""]
            lines += [*self._each(left), "", *self._counts(left), ""]
        return "\n".join(lines)

    def _apart(self, left: str) -> list[tuple[set[str], str]]:
        """Settings whose space was seen with other data sets and those whose space was not, if there are both."""
        names = {row.setting for row in self.rows if row.left_out == left}
        seen = {name for name in names if not math.isnan(self.shifts[left, name])}
        return [(seen, "was seen"), (names - seen, "was not seen")] if seen and seen != names else []

    def _means(self, left: str, measure: str, some: Collection[str] = ()) -> Iterator[str]:
        supports = sorted({row.support for row in self.rows})
        yield f"| examples | {' | '.join(map(str, supports))} |"
        yield f"|---|{'---|' * len(supports)}"
        for method in dict.fromkeys(row.method for row in self.rows if row.left_out == left):
            found = [self._by_setting(left, method, one, measure) for one in supports]
            cells = [_cell([value for name, value in one.items() if not some or name in some]) for one in found]
            yield f"| {method} | {' | '.join(cells)} |"

    def _each(self, left: str) -> Iterator[str]:
        support, methods = (
            self._told(left),
            list(dict.fromkeys(row.method for row in self.rows if row.left_out == left)),
        )
        yield f"### Settings one by one: Spearman after {support} examples, mean and 95 % interval of draws"
        yield ""
        yield "Shift is the rank correlation with the most similar task that was learned from and shares networks."
        yield f"The pick is the network that the {PRIOR} predicts to be the best."
        yield ""
        yield f"| setting | {' | '.join(methods)} | {PRIOR}, 0 | its pick after {support} | best single proxy | shift |"
        yield f"|---|{'---|' * (len(methods) + 4)}"
        for setting in dict.fromkeys(row.setting for row in self.rows if row.left_out == left):
            cells = [_cell(self._draws(left, setting, method, support, "spearman")) for method in methods]
            cells.append(_cell(self._draws(left, setting, PRIOR, 0, "spearman")))
            cells.append(_cell(self._draws(left, setting, PRIOR, support, "best")))
            found = self.proxies.get(setting)
            cells.append("" if found is None else f"{found[0]} {found[1]:.3f}")
            shift = self.shifts[left, setting]
            yield f"| {setting} | {' | '.join(cells)} | {'' if math.isnan(shift) else f'{shift:.3f}'} |"

    def _counts(self, left: str) -> Iterator[str]:
        for support in sorted({row.support for row in self.rows}):
            found = self._by_setting(left, PRIOR, support, "spearman")
            alone = [self._by_setting(left, name, support, "spearman") for name in SCRATCH]
            alone = [values for values in alone if values.keys() == found.keys()]
            if alone and found:
                better = sum(all(value > other[name] for other in alone) for name, value in found.items())
                best = max(float(np.mean(list(values.values()))) for values in alone)
                yield (
                    f"- After {support} examples the {PRIOR} is better than all that learn from scratch in {better} of "
                    f"{len(found)} settings; on the mean over settings its difference to the best of them is "
                    f"{np.mean(list(found.values())) - best:+.3f}."
                )

    def _told(self, left: str) -> int:
        supports = {row.support for row in self.rows}
        return _TOLD[left] if _TOLD[left] in supports else max(supports)

    def _by_setting(self, left: str, method: str, support: int, measure: str) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for row in self.rows:
            if (row.left_out, row.method, row.support) == (left, method, support):
                found.setdefault(row.setting, []).append(getattr(row, measure))
        return {setting: float(np.mean(draws)) for setting, draws in found.items()}

    def _draws(self, left: str, setting: str, method: str, support: int, measure: str) -> list[float]:
        wanted = (left, setting, method, support)
        return [
            getattr(row, measure) for row in self.rows if (row.left_out, row.setting, row.method, row.support) == wanted
        ]


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Means over draws with the half-width of their 95 % intervals."""
    found: dict[tuple[str, str, str, int], list[Row]] = {}
    for row in rows:
        found.setdefault((row.left_out, row.setting, row.method, row.support), []).append(row)
    measures = ("spearman", "kendall", "best", "share")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["left_out", "setting", "method", "support", "draws", *_columns(measures)])
        for key, draws in found.items():
            pairs = [_interval([getattr(row, one) for row in draws]) for one in measures]
            writer.writerow([*key, len(draws), *(f"{number:.5g}" for pair in pairs for number in pair)])


def _columns(measures: Sequence[str]) -> list[str]:
    return [f"{measure}{end}" for measure in measures for end in ("", "_half_width")]


def _interval(values: Sequence[float]) -> tuple[float, float]:
    half = _95 * float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return float(np.mean(values)), half


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    mean, half = _interval(values)
    return f"{mean:.3f}" if len(values) == 1 else f"{mean:.3f} ± {half:.3f}"
