"""What passes draw: the documented order is weights, inputs, perturbation, then signs, from a seed by description."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from tests.oracles.networks import Tiny
from tests.oracles.problems import NoMeaning, Problem
from zcnas.passes import Pass
from zcnas.seeding import derive_seed


@contextmanager
def seeded(problem: Problem, **description: Any) -> Iterator[None]:
    """Torch's generator as it is at the start of the pass so described."""
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed(problem.seed, Pass(**description).seed_parts()))
        yield


def drawn_weights(problem: Problem) -> Tiny:
    """A copy with weights from N(0, 1), biases 0 and scales of norms 1."""
    network = problem.copy()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim >= 2 and "bias" not in name.split(".")[-1]:
                parameter.copy_(torch.randn(parameter.shape))
            else:
                parameter.fill_(float(name.endswith("weight")))
    return network


def noise(problem: Problem, size: int | None = None) -> Tensor:
    """Gaussian inputs, drawn in float32 and so the same for every network."""
    if not problem.inputs.is_floating_point():
        raise NoMeaning
    return torch.randn(size or len(problem.inputs), *problem.inputs.shape[1:]).double()


def line(problem: Problem, size: int) -> Tensor:
    """Equally spaced points from one Gaussian input to another."""
    start, end = noise(problem, 2)
    return torch.stack([start + step / (size - 1) * (end - start) for step in range(size)])
