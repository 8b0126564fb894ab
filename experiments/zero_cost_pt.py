"""Zero-Cost-PT searches: what they find, what the table says of it, and what they cost.

    python experiments/zero_cost_pt.py --space nasbench201 --table nb201_table.npz \
        --data pictures --root cifar10_jpeg/train_5000.tar --seeds 0 1 2 3 --workers 2
    python experiments/zero_cost_pt.py --space darts --data cifar10 --root data --workers 2 --out darts-output

An interrupted run goes on where it was, from the journals that it keeps in its folder. Costs are processor seconds of
one thread each, and multiples of what one plain forward pass of the supernet takes: eval mode, without gradients, in
torch's default layout, nothing masked and nothing scored.
"""

from __future__ import annotations

import argparse
import csv
import platform
import shlex
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from _script import start

from zcnas.cli.common import pairs
from zcnas.data import ImageSet, Noise, load
from zcnas.data.stream import Stream
from zcnas.opscore import ORDERS, SCORERS, Found, search
from zcnas.searchspaces import get, load_table
from zcnas.space import Architecture, SearchSpace
from zcnas.table import Table
from zcnas.workers import cores


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seed gave: the search, and by data set what the table says of the best proposal."""

    seed: int
    found: Found
    truth: dict[str, float]
    unit_seconds: float

    @property
    def units(self) -> float:
        """Cost in plain forward passes of the supernet."""
        return self.found.seconds / self.unit_seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Searches once for each seed, looks up, prints, writes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _options(given)
    space = get(options.space)
    table = load_table(options.table, get(options.table_space or options.space)) if options.table else None
    images = load(options.data, **pairs(options.data_options), **({"root": options.root} if options.root else {}))
    outcomes = []
    for seed in options.seeds:
        outcomes.append(_one(options, space, images, table, seed))
        print(_line(outcomes[-1], space), flush=True)
    _write(options.out, outcomes, space, table, _facts(given))
    print((options.out / "report.md").read_text(encoding="utf-8"))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", default="nasbench201", help="one with a supernet")
    parser.add_argument("--scorer", default="zc_pt", choices=SCORERS[:3], help="how operations are scored")
    parser.add_argument("--proxy", default="nwot_eval", help="a proxy or an aggregate")
    parser.add_argument("--order", default="random", choices=list(ORDERS), help="of the edges")
    parser.add_argument("--masking", default="skip", choices=["skip", "zeros"], help="what masked operations do")
    parser.add_argument("--proposals", type=int, default=10, help="N (10)")
    parser.add_argument("--validations", type=int, default=100, help="V: batches (100)")
    parser.add_argument("--batch-size", type=int, default=64, help="images in a batch (64)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="of a search each (0)")
    parser.add_argument("--data", default="digits", help="see 'zcnas list data'")
    parser.add_argument("--root", help="where the data lie")
    parser.add_argument("--data-options", nargs="+", default=[], metavar="NAME=VALUE", help="e.g. split=train")
    parser.add_argument(
        "--build", nargs="+", default=[], metavar="NAME=VALUE", help="of supernet and networks, e.g. C=8"
    )
    parser.add_argument("--table", type=Path, help="what 'zcnas convert' made, to look up what is found")
    parser.add_argument("--table-space", help="its space, where that is another: NAS-Bench-1Shot1's is nasbench101")
    parser.add_argument("--workers", type=int, default=cores(), help="processes; results do not depend on them")
    parser.add_argument("--devices", nargs="+", default=["cpu"], help="for the workers in turn, e.g. cuda:0 cuda:1")
    parser.add_argument("--out", type=Path, default=Path("zero-cost-pt-output"), help="folder for journals and report")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def _one(
    options: argparse.Namespace, space: SearchSpace, images: ImageSet | Noise, table: Table | None, seed: int
) -> Outcome:
    built = pairs(options.build)
    found = search(
        space,
        images,
        scorer=options.scorer,
        proxy=options.proxy,
        order=options.order,
        proposals=options.proposals,
        validations=options.validations,
        batch_size=options.batch_size,
        seed=seed,
        masking=options.masking,
        supernet_options=built,
        network_options=built,
        workers=options.workers,
        devices=options.devices,
        journal=options.out / f"journal-{seed}.jsonl",
        progress=not options.quiet,
    )
    unit = _forward_seconds(space, Stream(images, options.batch_size).batch(seed, 0).inputs, built)
    return Outcome(seed, found, _truth(table, found.best), unit)


def _truth(table: Table | None, arch: Architecture) -> dict[str, float]:
    if table is None:
        return {}
    return {dataset: table.query(arch, dataset, **_choice(table, dataset)) for dataset in _datasets(table)}


def _datasets(table: Table) -> list[str]:
    return list(dict.fromkeys(column.dataset for column in table.columns if column.metric == "accuracy"))


def _choice(table: Table, dataset: str) -> Any:
    """Test accuracy, the mean over all seeds where that is known."""
    seeds = [one.seed for one in table.columns if (one.dataset, one.split, one.metric) == (dataset, "test", "accuracy")]
    return {"split": "test", **({"seed": "mean"} if "mean" in seeds else {})}


def _forward_seconds(space: Any, inputs: torch.Tensor, built: dict[str, Any]) -> float:
    """Of one plain pass with one thread: the fastest of three."""
    network = space.supernet(seed=0, **built).network.eval()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad():
            return min(_timed(network, inputs) for _ in range(3))
    finally:
        torch.set_num_threads(threads)


def _timed(network: torch.nn.Module, inputs: torch.Tensor) -> float:
    begin = time.process_time()
    network(inputs)
    return time.process_time() - begin


def _line(outcome: Outcome, space: SearchSpace) -> str:
    found = outcome.found
    truth = ", ".join(f"{dataset} {value:.2f}" for dataset, value in outcome.truth.items())
    archs = len({proposal.arch for proposal in found.proposals})
    return (
        f"seed {outcome.seed}: {_spelt(found.best, space)} {truth}\n"
        f"  {archs} different proposals, {found.scores} scores of masked supernets, {found.validation_scores} of "
        f"networks; {found.seconds:.0f} s, {outcome.units:.0f} plain forward passes"
    )


def _spelt(arch: Architecture, space: SearchSpace) -> str:
    return space.format(arch) if arch.space == space.name else get(arch.space).format(arch)


def _facts(given: Sequence[str]) -> dict[str, str]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("zcnas", "torch", "numpy"))
    return {
        "command": f"`{shlex.join(['python', 'experiments/zero_cost_pt.py', *given])}`",
        "versions": f"Python {platform.python_version()}, {versions}",
    }


def _write(
    folder: Path, outcomes: Sequence[Outcome], space: SearchSpace, table: Table | None, facts: dict[str, str]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "searches.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(_rows(outcomes, space))
    pictures = _pictures(folder, outcomes, space)
    text = "\n".join(_markdown(outcomes, space, table, facts, pictures))
    (folder / "report.md").write_text(f"{text}\n", encoding="utf-8")


def _rows(outcomes: Sequence[Outcome], space: SearchSpace) -> list[list[object]]:
    header = ["seed", "architecture", *outcomes[0].truth, "supernet scores", "network scores", "seconds", "units"]
    rows: list[list[object]] = [header]
    for one in outcomes:
        values = [f"{value:.4f}" for value in one.truth.values()]
        counts = [one.found.scores, one.found.validation_scores, f"{one.found.seconds:.1f}", f"{one.units:.0f}"]
        rows.append([one.seed, _spelt(one.found.best, space), *values, *counts])
    return rows


def _markdown(
    outcomes: Sequence[Outcome],
    space: SearchSpace,
    table: Table | None,
    facts: dict[str, str],
    pictures: Sequence[str],
) -> list[str]:
    provenance = outcomes[0].found.provenance
    lines = [f"# Zero-Cost-PT on {space.name}", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    told = ("images", "scorer", "order", "masking", "proposals", "validations", "batch_size", "supernet_options")
    lines += [f"- {name}: {provenance[name]}" for name in told]
    lines += ["", *_table(_rows(outcomes, space)), ""]
    if table is not None:
        lines += [*_table(_summary(outcomes, space, table)), ""]
    seconds = statistics.mean(one.found.seconds for one in outcomes)
    units = statistics.mean(one.units for one in outcomes)
    unit = statistics.mean(one.unit_seconds for one in outcomes)
    lines.append(
        f"A search costs {seconds:.0f} processor seconds on average: {units:.0f} plain forward passes of the supernet "
        f"of {unit:.2f} s each."
    )
    return lines + [f"\n![Normal and reduction cell]({name})" for name in pictures]


def _summary(outcomes: Sequence[Outcome], space: SearchSpace, table: Table) -> list[list[object]]:
    """By data set: what the searches found beside what random choice gives, and the best there is."""
    header = ["data set", "found, mean", "deviation", "worst", "best", "random, mean", "optimum", "better than, mean"]
    rows: list[list[object]] = [header]
    for dataset in outcomes[0].truth:
        found = [one.truth[dataset] for one in outcomes]
        everything = _values(space, table, dataset)
        spread = statistics.stdev(found) if len(found) > 1 else float("nan")
        share = 100 * np.mean([np.mean(everything < value) for value in found])
        values = (statistics.mean(found), spread, min(found), max(found), everything.mean(), everything.max())
        rows.append([dataset, *(f"{value:.2f}" for value in values), f"{share:.1f} %"])
    return rows


def _values(space: Any, table: Table, dataset: str) -> npt.NDArray[np.float64]:
    """Accuracies of all architectures of the space that the table has."""
    if table.space == space.name:
        values = np.asarray(table.values(dataset, **_choice(table, dataset)))
        return values[~np.isnan(values)]
    # NAS-Bench-1Shot1's are cells of NAS-Bench-101.
    members = dict.fromkeys(space.nasbench101(arch) for arch in space)
    return np.array([table.query(arch, dataset, **_choice(table, dataset)) for arch in members])


def _table(rows: Sequence[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def _pictures(folder: Path, outcomes: Sequence[Outcome], space: SearchSpace) -> list[str]:
    if not hasattr(space, "genotype"):
        return []
    try:
        import _cell_pictures
    except ImportError as error:
        print(f"no pictures ({error}): pip install 'zcnas[plot]'")
        return []
    names = []
    for one in outcomes:
        names.append(f"cells-{one.seed}.png")
        _cell_pictures.draw(space.genotype(one.found.best), folder / names[-1])
    return names


if __name__ == "__main__":
    start(main)
