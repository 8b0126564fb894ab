"""Predictions after few measurements, and how good they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from _latency_few_shot_task import Task, chip
from scipy.stats import norm

from zcnas.correlation import spearman
from zcnas.predictors import GCN, DeviceTransfer, GradientBoosting, Predictor, Ridge
from zcnas.seeding import generator
from zcnas.space import SearchSpace

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SAMPLES = (3, 5, 10, 20, 50)
RANDOM, CHOSEN = "device_transfer", "device_transfer, chosen samples"
WITH_FLOPS = ", multiply-adds as a reference"
TRANSFER = (RANDOM, CHOSEN, RANDOM + WITH_FLOPS, CHOSEN + WITH_FLOPS)
SCRATCH: dict[str, Callable[[SearchSpace, int], Predictor]] = {
    "ridge on op counts": lambda space, _: Ridge(space, encodings=["operations"], alpha=1.0, ranks=False),
    "boosting": lambda space, seed: GradientBoosting(space, encodings=["genome", "counts", "operations"], seed=seed),
    "gcn": lambda space, seed: GCN(space, seed=seed),
}
"""What learns from the samples alone."""
_BOUND = 0.95
_FEWER = 400
"""Architectures that models of reference devices learn from where there is one set of models for each device."""


class Row(NamedTuple):
    """How one prediction did.

    Attributes:
        space: HELP's folder.
        device: Which was new.
        method: What predicted.
        samples: Measurements on the device.
        draw: Of these.
        spearman: Rank correlation.
        error: The median relative error.
        above: Share of the values above the predicted 95 % quantile.
    """

    space: str
    device: str
    method: str
    samples: int
    draw: int
    spearman: float
    error: float
    above: float


def transfer_rows(
    task: Task, prior: DeviceTransfer, devices: Mapping[str, Floats], samples: Sequence[int], draws: int, asked: Ints
) -> Iterator[Row]:
    """Of what was learned over other devices, after measurements drawn at random and chosen; values by device."""
    number = {arch: place for place, arch in enumerate(task.archs)}
    # Nothing is known of any device yet, and what is chosen first stays chosen.
    chosen = np.array([number[arch] for arch in prior.choose(max(samples), task.archs)])
    archs = [task.archs[place] for place in asked]
    for (device, values), count in product(devices.items(), samples):
        sets = [(RANDOM, draw, drawn(task, device, count, draw)) for draw in range(draws)]
        for method, draw, places in [*sets, (CHOSEN, 0, chosen[:count])]:
            adapted = prior.adapt([task.archs[place] for place in places], values[places])
            yield _row(task, device, (method, count, draw), values[asked], *adapted.predict(archs))


def scratch_rows(
    task: Task, method: str, samples: Sequence[int], draws: int, asked: Ints, devices: Sequence[str]
) -> Iterator[Row]:
    """Of a predictor that knows nothing of other devices, on some architectures."""
    archs = [task.archs[place] for place in asked]
    for device in devices:
        values = task.latencies[device]
        for count in samples:
            for draw in range(draws):
                places = drawn(task, device, count, draw)
                predictor = SCRATCH[method](task.space, draw)
                predictor.fit([task.archs[place] for place in places], values[places])
                mean, deviation = predictor.predict(archs)
                yield _row(task, device, (method, count, draw), values[asked], mean, deviation)


def ceiling_rows(task: Task, count: int, asked: Ints) -> Iterator[Row]:
    """Of boosting on thousands of architectures, none of which is asked about."""
    rest = np.setdiff1d(np.arange(len(task.archs)), asked)
    places = generator("ceiling", task.name).choice(rest, min(count, len(rest)), replace=False)
    known, archs = [task.archs[place] for place in places], [task.archs[place] for place in asked]
    for device in task.split.test:
        values = task.latencies[device]
        predictor = GradientBoosting(
            task.space, encodings=["genome", "counts", "operations"], trees=200, depth=5, learning_rate=0.1
        ).fit(known, values[places])
        yield _row(task, device, ("ceiling", len(places), 0), values[asked], *predictor.predict(archs))


def flops_rows(task: Task) -> Iterator[Row]:
    """Of multiply-adds."""
    for device in task.split.test:
        rho = _rho(task.flops, task.latencies[device])
        yield Row(task.name, device, "flops", 0, 0, rho, float("nan"), float("nan"))


def held_out_rows(task: Task, draws: int, asked: Ints) -> Iterator[Row]:
    """Of every device in turn; the other sizes of batches on the same chip are left out with it."""
    for device in task.latencies:
        others = [one for one in task.latencies if chip(one) != chip(device)]
        prior = DeviceTransfer(task.space, references=_FEWER).meta_fit(task.archs, task.matrix(others))
        for row in transfer_rows(task, prior, {device: task.latencies[device]}, (10,), draws, asked):
            yield row._replace(method=f"held out: {row.method}")


def drawn(task: Task, device: str, count: int, draw: int) -> Ints:
    """Numbers of the architectures that are measured."""
    rng = generator("latency_few_shot", task.name, device, count, draw)
    return rng.choice(len(task.archs), count, replace=False)


def _rho(first: Floats, second: Floats) -> float:
    """Spearman's correlation; 0 where one side is constant, as after equal measurements."""
    return float(np.nan_to_num(spearman(first, second)))


def _row(task: Task, device: str, run: tuple[str, int, int], values: Floats, mean: Floats, deviation: Floats) -> Row:
    error = float(np.median(np.abs(mean - values) / values))
    above = float(np.mean(values > mean + norm.ppf(_BOUND) * deviation))
    return Row(task.name, device, *run, _rho(mean, values), error, above)
