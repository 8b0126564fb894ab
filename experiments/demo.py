"""Scores untrained networks with all zero-cost proxies, holds the scores against what training gave, and searches.

    make demo

The cells, and the accuracies that they reach, are those of the embedded digits benchmark: nothing is
downloaded and nothing is trained.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import _demo_report
import _demo_search
import numpy as np
import numpy.typing as npt
from _digits_task import CLASSES, Task, batches
from _digits_training import Recipe

import zcnas
from zcnas.benchmarks import digits
from zcnas.errors import InputError
from zcnas.proxies import PROXIES, resolve
from zcnas.searchspaces import NASBench201
from zcnas.sweep import SpaceScores
from zcnas.table import Table
from zcnas.workers import cores


def main(arguments: Sequence[str] | None = None) -> None:
    """Scores, searches, prints, draws."""
    options, begin = _options(arguments), time.perf_counter()
    table = digits()
    count = min(options.cells, len(table))
    proxies = tuple(resolve(options.proxies or "all"))
    print(
        f"{count} untrained NAS-Bench-201 cells, {len(proxies)} proxies, {options.workers} workers; "
        f"accuracies: mean of {len(table.meta['seeds'])} training runs\n"
    )
    scored = _scored(table, count, proxies, options.workers)
    print()
    found = _reported(table, count, proxies, scored)
    searched = _demo_search.searches(found, table)
    text = f"{_demo_report.text(found)}\n\n{_demo_search.text(searched, count)}"
    print(text)
    for path in _written(found, searched, text, options.out):
        print(f"wrote {path}")
    print(f"{time.perf_counter() - begin:.0f} s")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cells", type=int, default=200, help="how many of the benchmark's cells to score")
    parser.add_argument("--proxies", nargs="*", help="names or patterns; by default all")
    parser.add_argument("--workers", type=int, default=cores())
    parser.add_argument("--out", type=Path, default=Path("demo-output"), help="folder for what is written")
    options = parser.parse_args(arguments)
    if options.cells < 3 or options.workers < 1:
        raise InputError(f"demo: expected --cells >= 3 and --workers >= 1, got {options.cells} and {options.workers}")
    return options


def _scored(table: Table, count: int, proxies: tuple[str, ...], workers: int) -> SpaceScores:
    # The very task and recipe of the table, should the defaults have changed since.
    task, recipe = Task(**table.meta["task"]), Recipe(**table.meta["recipe"])
    build = {"C": recipe.C, "N": recipe.N, "num_classes": CLASSES, "in_channels": 1}
    return zcnas.score_space(table.archs[:count], proxies, batch=batches(task), build=build, workers=workers)


def _reported(table: Table, count: int, proxies: tuple[str, ...], scored: SpaceScores) -> _demo_report.Report:
    seconds = {
        name: float(np.mean([scored.records[arch.key, name].seconds for arch in scored.archs])) for name in proxies
    }
    return _demo_report.report(
        [NASBench201().format(arch) for arch in table.archs[:count]],
        table.by_seed("digits")[:count],
        table.by_seed("digits", split="val")[:count],
        float(table.by_seed("digits", split="train", metric="seconds")[:count].mean()),
        {name: _turned(name, scored[name]) for name in proxies},
        seconds,
    )


def _turned(name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values of a proxy turned so that higher is better, if it is the other way round; twice is as they were."""
    return -values if name in PROXIES and not PROXIES.create(name).higher_is_better else values


def _written(found: _demo_report.Report, searched: _demo_search.Searched, text: str, folder: Path) -> list[Path]:
    """The printed report, the scores, and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(text + "\n")
    paths = [folder / "report.txt", _table_file(found, folder)]
    try:
        import _demo_pictures
    except ImportError as error:
        print(f"no pictures ({error}): pip install 'zcnas[plot]'")
        return paths
    return paths + _demo_pictures.draw(found, searched, folder)


def _table_file(found: _demo_report.Report, folder: Path) -> Path:
    path = folder / "scores.csv"
    # Scores as the proxies gave them: whoever reads them turns them by the declared direction.
    columns = {name: _turned(name, column) for name, column in found.columns.items()}
    rows = [["arch", "test_accuracy", *columns]]
    for place, arch in enumerate(found.archs):
        values = [found.accuracy[place], *(column[place] for column in columns.values())]
        rows.append([arch, *(f"{value:.9g}" for value in values)])
    path.write_text("\n".join(map(",".join, rows)) + "\n")
    return path


if __name__ == "__main__":
    try:
        main()
    except (InputError, LookupError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
