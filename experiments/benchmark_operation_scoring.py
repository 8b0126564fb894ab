"""What one proposal of Zero-Cost-PT costs, in plain forward passes of the supernet.

    python experiments/benchmark_operation_scoring.py --space nasbench201 --batch-size 64

A plain forward pass is one in eval mode without gradients, in torch's default layout, with nothing masked and nothing
scored. One proposal scores every operation of every edge with NASWOT, kernels included. Beside it stands a bound, the
multiply-adds of all masked supernets that are scored, as multiples of the whole supernet's: each by itself, and
without blocks that another one of the same decision ran on the same inputs. Everything runs in one thread, with plain
passes between the proposals, so that both meet the same noise.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zcnas.batch import Batch
from zcnas.cli.common import pairs
from zcnas.data import load
from zcnas.data.stream import Stream
from zcnas.opscore import ORDERS, Measure, Perturbation, Run, measure, operation_scorer, propose
from zcnas.searchspaces import get
from zcnas.supernet import HasSupernet

SPACES = ("nasbench201", "darts", "nasbench_macro", "nasbench1shot1_2", "fbnet")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    options = _options(arguments)
    torch.set_num_threads(1)
    space: Any = get(options.space)
    assert isinstance(space, HasSupernet)
    supernet = space.supernet(seed=0, **pairs(options.build))
    stream = Stream(load("noise", size=options.size), options.batch_size)
    batch = stream.batch(0, 0)
    plain, proposals = [], []
    for repeat in range(options.repeats):
        plain.append(_seconds(lambda: _forward(supernet.network, batch.inputs)))
        run = Run(supernet, operation_scorer(), stream.batch, seed=repeat)
        proposals.append(_seconds(partial(propose, run, ORDERS["random"])))
    plain.append(_seconds(lambda: _forward(supernet.network, batch.inputs)))
    counting = Counting(measure("nwot_eval"), batch.inputs[:1], 1.0)
    counting.whole = _flops(supernet.network, counting.image)[""]
    run = Run(supernet, Perturbation(counting), Stream(stream.source, 2).batch, seed=0)
    propose(run, ORDERS["random"])
    print(f"{options.space}, batches of {options.batch_size}, torch {torch.__version__}, one thread")
    for what, seconds in (
        ("one plain forward pass", plain),
        (f"one proposal, {run.scores} networks scored", proposals),
    ):
        print(f"{what}: {min(seconds):.2f} s (fastest), {statistics.median(seconds):.2f} s (median)")
    ratios = min(proposals) / min(plain), statistics.median(proposals) / statistics.median(plain)
    print(f"one proposal in plain forward passes: {ratios[0]:.2f} (fastest), {ratios[1]:.2f} (medians)")
    print(f"its multiply-adds: {counting.alone:.2f}; {counting.shared:.2f} where equal blocks are computed once")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", choices=SPACES, default="nasbench201", help="whose supernet (nasbench201)")
    parser.add_argument("--batch-size", type=int, default=64, help="images in a batch (64)")
    parser.add_argument("--size", type=int, default=32, help="height and width of an image (32)")
    parser.add_argument("--build", nargs="+", default=[], metavar="NAME=VALUE", help="of the supernet, such as C=8")
    parser.add_argument("--repeats", type=int, default=2, help="proposals (2)")
    return parser.parse_args(arguments)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _forward(network: nn.Module, inputs: torch.Tensor) -> None:
    with torch.no_grad():
        network.eval()(inputs)


@dataclass(slots=True)
class Counting:
    """A measure that also counts multiply-adds of what it measures, in units of the whole supernet's.

    Attributes:
        inner: What is measured.
        image: One input.
        whole: Multiply-adds of the supernet.
        alone: Of all networks that were measured.
        shared: Of those, without blocks that another network of the same decision ran on the same inputs.
    """

    inner: Measure
    image: torch.Tensor
    whole: float
    alone: float = 0.0
    shared: float = 0.0
    _batch: object = None
    _seen: set[tuple[int, ...]] = field(default_factory=set)
    _alive: list[nn.Module] = field(default_factory=list)

    @property
    def batches(self) -> int:
        """As the inner measure."""
        return self.inner.batches

    def columns(self, network: nn.Module, batches: Sequence[Batch], seed: int, *rest: Any) -> dict[str, float]:
        """As the inner measure."""
        if batches[0] is not self._batch:
            self._batch, self._seen, self._alive = batches[0], set(), []
        self._alive.append(network)
        counts = _flops(network, self.image)
        spared, prefix = 0.0, tuple[int, ...]()
        for name in getattr(network, "block_names", ()):
            prefix = (*prefix, id(network.get_submodule(name)))
            # What comes before is the same as well, so the block reads the same.
            spared += counts.get(name, 0.0) if prefix in self._seen else 0.0
            self._seen.add(prefix)
        self.alone += counts[""] / self.whole
        self.shared += (counts[""] - spared) / self.whole
        return self.inner.columns(network, batches, seed, *rest)

    def join(self, columns: Any) -> Any:
        """As the inner measure."""
        return self.inner.join(columns)


def _flops(network: nn.Module, image: torch.Tensor) -> dict[str, float]:
    """By the name of a submodule, the empty one being the network's."""
    with FlopCounterMode(display=False) as counter:
        _forward(network, image)
    counts = {name: float(sum(parts.values())) for name, parts in counter.get_flop_counts().items()}
    root = type(network).__name__
    return {"": float(counter.get_total_flops()), **{name.removeprefix(f"{root}."): n for name, n in counts.items()}}


if __name__ == "__main__":
    main()
