"""What a setting does to the correlations: the same architectures, scored in several ways.

    python experiments/compare_settings.py --table nb201_table.npz images=real.sqlite "noise=noise.sqlite"

The first is what the others are held against, on the architectures that all have. Differences have intervals of
their own, from resamples of architectures that both sides share, which are much narrower than those of the
correlations. Published figures that lie outside the first one's interval are marked, and so is every setting that has
them inside its own.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _correlations_report import targets, truth_of
from _correlations_scores import Column, Networks, Scored, completed, read_scores

from zcnas.correlation import Coefficient, correlate, spearman
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces.nasbench201 import NASBench201Table

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One predictor: by setting, its Spearman correlation, and the difference to the first setting's."""

    name: str
    published: tuple[float, ...]
    found: Mapping[str, Coefficient]
    moved: Mapping[str, Coefficient]

    def explains(self, setting: str) -> bool:
        """Whether a published figure that the first setting's interval leaves out lies in this one's."""
        first = next(iter(self.found))
        out = [figure for figure in self.published if not _inside(figure, self.found[first])]
        return any(_inside(figure, self.found[setting]) for figure in out)

    def outside(self) -> bool:
        """Whether all published figures lie outside the first setting's interval."""
        first = next(iter(self.found))
        return bool(self.published) and not any(_inside(figure, self.found[first]) for figure in self.published)


def _inside(figure: float, interval: Coefficient) -> bool:
    # Figures are printed with two digits.
    return interval.low - 0.005 <= figure <= interval.high + 0.005


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, compares, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    table = NASBench201Table.load(options.table)
    stores = {name: (path, split) for name, path, split in map(_named, options.stores)}
    scored = _common({name: read_scores(path) for name, (path, _) in stores.items()})
    first = next(iter(scored.values()))
    truths = {name: truth_of(table, options.dataset, first, split=split).values for name, (_, split) in stores.items()}
    columns = {name: {setting: one.columns[name] for setting, one in scored.items()} for name in first.columns}
    rows = [_row(name, by_setting, truths, options) for name, by_setting in columns.items()]
    rows.sort(key=lambda row: -next(iter(row.found.values())).value)
    text = "\n".join(_markdown(rows, list(scored), len(first.archs), given, options))
    print(text)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "settings.md").write_text(f"{text}\n", encoding="utf-8")
        with (options.out / "settings.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_table(rows))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "stores",
        nargs="+",
        metavar="NAME=STORE[@SPLIT]",
        help="of zcnas sweep, with scores of one setting; with @val held against validation accuracies",
    )
    parser.add_argument("--table", type=Path, required=True, help="nb201_table.npz")
    parser.add_argument("--dataset", default="cifar10")
    parser.add_argument("--bootstrap", type=int, default=1000, help="resamples behind the intervals")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples")
    parser.add_argument("--out", type=Path, help="folder for settings.md and settings.csv")
    return parser.parse_args(arguments)


def _named(text: str) -> tuple[str, Path, str | None]:
    name, equals, rest = text.partition("=")
    path, _, split = rest.rpartition("@")
    if split not in ("val", "test"):
        path, split = rest, ""
    if not (name and equals and path):
        raise InputError(f"expected NAME=STORE, such as noise=noise.sqlite, or NAME=STORE@val, got {text!r}")
    return name, Path(path), split or None


def _common(scored: Mapping[str, Scored]) -> dict[str, Scored]:
    """Architectures and scores that all have, in one order: ``rank_sum`` depends on which proxies there are."""
    shared = set.intersection(*(set(one.archs) for one in scored.values()))
    if len(shared) < 3:
        raise InputError(f"expected at least 3 architectures that all stores have, got {len(shared)}")
    names = set.intersection(*(set(one.columns) for one in scored.values()))
    found = {}
    for name, one in scored.items():
        places = sorted((arch.genome, place) for place, arch in enumerate(one.archs) if arch in shared)
        chosen = [place for _, place in places]
        columns = {
            key: Column(column.values[chosen], column.higher_is_better, column.kind)
            for key, column in one.columns.items()
            if key in names
        }
        found[name] = completed(Scored([one.archs[place] for place in chosen], columns), Networks())
    return found


def _row(name: str, columns: Mapping[str, Column], truths: Mapping[str, Floats], options: argparse.Namespace) -> Row:
    turned = {setting: column.turned for setting, column in columns.items()}
    first, *others = turned
    found = {
        setting: correlate(values, truths[setting], top=[1], bootstrap=options.bootstrap, seed=options.seed).spearman
        for setting, values in turned.items()
    }
    pairs = {setting: (turned[setting], truths[setting]) for setting in turned}
    moved = {setting: _difference(pairs[setting], pairs[first], options) for setting in others}
    figures = {row.value for row in targets(options.dataset, name) if row.metric != "kendall"}
    return Row(name, tuple(sorted(figures)), found, moved)


def _difference(one: tuple[Floats, Floats], other: tuple[Floats, Floats], options: argparse.Namespace) -> Coefficient:
    """``one``'s correlation of scores and truth minus ``other``'s, on what both have."""
    rng = np.random.default_rng(options.seed)
    both = np.flatnonzero(~(np.isnan(one[0]) | np.isnan(other[0])))

    def at(places: npt.NDArray[np.int64]) -> float:
        return spearman(one[0][places], one[1][places]) - spearman(other[0][places], other[1][places])

    drawn = [at(rng.choice(both, size=len(both))) for _ in range(options.bootstrap)]
    low, high = np.nanquantile(drawn, [0.025, 0.975]) if drawn else (np.nan, np.nan)
    return Coefficient(at(both), float(low), float(high))


def _markdown(
    rows: Sequence[Row], settings: Sequence[str], count: int, given: Sequence[str], options: argparse.Namespace
) -> list[str]:
    first, *others = settings
    return [
        f"# Spearman correlation with {options.dataset}, by setting: {count} architectures",
        "",
        f"| proxy | published | {first} | " + " | ".join(f"{name} (minus {first})" for name in others) + " |",
        "|---|---|---|" + "---|" * len(others),
        *(_line(row, first, others) for row in rows),
        "",
        _legend(first, options),
        "",
        f"Command: `{shlex.join(['python', 'experiments/compare_settings.py', *given])}`. {_versions()}.",
    ]


def _legend(first: str, options: argparse.Namespace) -> str:
    return (
        f"In brackets 95 % intervals over architectures, {options.bootstrap} resamples, seed {options.seed}. `*`: "
        f"every published figure lies outside the interval of {first}. `<`: a published figure that lies outside there "
        "lies inside here. Published figures come from other architectures, mostly the whole space."
    )


def _versions() -> str:
    names = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy"))
    return f"Python {platform.python_version()}, {names}"


def _line(row: Row, first: str, others: Sequence[str]) -> str:
    figures = ", ".join(f"{figure:.2f}" for figure in row.published) or "-"
    base = row.found[first]
    start = f"| {row.name} | {figures} | {base.value:.3f} [{base.low:.2f}, {base.high:.2f}]{' *' * row.outside()} | "
    return start + " | ".join(_cell(row, name) for name in others) + " |"


def _cell(row: Row, name: str) -> str:
    moved = row.moved[name]
    change = f"{moved.value:+.3f} [{moved.low:+.2f}, {moved.high:+.2f}]"
    return f"{row.found[name].value:.3f} ({change}){' <' * row.explains(name)}"


def _table(rows: Sequence[Row]) -> list[list[object]]:
    header = ["proxy", "setting", "spearman", "low", "high", "difference", "difference_low", "difference_high"]
    lines: list[list[object]] = [[*header, "published"]]
    for row in rows:
        for setting, one in row.found.items():
            moved = row.moved.get(setting)
            change = [moved.value, moved.low, moved.high] if moved else ["", "", ""]
            figures = " ".join(map(str, row.published))
            lines.append([row.name, setting, one.value, one.low, one.high, *change, figures])
    return lines


if __name__ == "__main__":
    try:
        main()
    except (InputError, DataError, UnknownNameError, OSError) as error:
        sys.exit(str(error))
