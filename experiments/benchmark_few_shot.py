"""What a prior costs: adapting it to 10 and to 100 networks, and predictions of a whole space from its architectures.

    OMP_NUM_THREADS=1 python experiments/benchmark_few_shot.py --data ../shared/data

Every prediction starts from architectures whose graphs were not seen before: graphs, their encoding, features and the
process count. Seconds are of the processor, in one thread, the fastest and the median of several rounds.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import torch

import zcnas
from zcnas.predictors import FewShot
from zcnas.searchspaces import NASBench201, load_table
from zcnas.seeding import generator

SPACE = NASBench201()


def main(arguments: Sequence[str] | None = None) -> None:
    """Adapts, predicts, prints."""
    options = _options(arguments)
    torch.set_num_threads(1)
    prior, archs = zcnas.load_predictor(options.prior), list(SPACE)
    table = load_table(options.data / "nasbench201" / "nb201_table.npz", SPACE)
    values = dict(zip(table.archs, table.values("cifar10", seed="mean"), strict=True))
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "scipy"))
    print(f"{prior!r}, Python {platform.python_version()}, {versions}")
    for number in options.examples:
        places = generator("benchmark_few_shot", number).choice(len(archs), number, replace=False)
        known = [archs[place] for place in places]
        accuracies = [values[arch] for arch in known]

        def adapted(known=known, accuracies=accuracies) -> FewShot:
            return prior.adapt(known, accuracies)

        best, median = _seconds(adapted, options.rounds)
        print(f"adapting to {number} networks, what its space is like included: {best:.3f} s (median {median:.3f} s)")
        # Made anew in every round, since it remembers graphs.
        makers = iter([adapted() for _ in range(options.rounds)])
        best, median = _seconds(lambda makers=makers: next(makers).predict(archs), options.rounds)
        rates = " ".join(f"{len(archs) / seconds:,.0f}" for seconds in (best, median))
        print(f"after {number}: {len(archs):,} predictions in {best:.3f} s (median {median:.3f} s): {rates} a second")


def _seconds(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The least and the median."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found), statistics.median(found)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the published files")
    parser.add_argument("--prior", default="general", help="a name or a file (general)")
    parser.add_argument("--examples", type=int, nargs="+", default=[10, 100], help="trained networks")
    parser.add_argument("--rounds", type=int, default=7, help="(7)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
