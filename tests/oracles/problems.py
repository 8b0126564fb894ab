"""Problems: a tiny network with weights, two batches and a seed, in float64."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from tests.oracles import networks
from tests.oracles.networks import Tiny
from zcnas import Batch

SAMPLES, CLASSES = 16, 4


class NoMeaning(Exception):
    """An oracle finds that its proxy is undefined here."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What both sides score. Oracles work on :meth:`copy`, since train mode changes buffers."""

    name: str
    network: Tiny
    batches: tuple[Batch, ...]
    seed: int = 5

    @property
    def inputs(self) -> Tensor:
        return self.batches[0].inputs

    @property
    def targets(self) -> Tensor:
        targets = self.batches[0].targets
        assert targets is not None
        return targets

    def copy(self, train: bool = True) -> Tiny:
        network = copy.deepcopy(self.network).train(train)
        if isinstance(network, networks.Tied):
            network.written_out = True
        return network


MAKERS: dict[str, tuple[type[Tiny], tuple[int, ...]]] = {
    "residual": (networks.Residual, (2, 6, 6)),
    "mlp": (networks.MLP, (10,)),
    "tied": (networks.Tied, (8,)),
    "reused": (networks.Reused, (2, 8, 6)),
    "depthwise": (networks.Depthwise, (2, 7, 6)),
    "wrapped": (networks.Wrapped, (2, 6, 6)),
    "tokens": (networks.Tokens, (5, 4)),
    "words": (networks.Words, (6,)),
    "signal": (networks.Signal, (2, 9)),
}


@cache
def problem(name: str) -> Problem:
    maker, shape = MAKERS[name]
    with torch.random.fork_rng():
        torch.manual_seed(sum(map(ord, name)))
        network = maker().double()
        _unsettle(network)
        draw: Callable[[], Tensor] = lambda: torch.randn(SAMPLES, *shape, dtype=torch.float64)  # noqa: E731
        if name == "words":
            draw = lambda: torch.randint(9, (SAMPLES, *shape))  # noqa: E731
        batches = tuple(Batch(draw(), torch.arange(SAMPLES) * 7 % CLASSES) for _ in range(2))
    return Problem(name, network, batches)


def _unsettle(network: nn.Module) -> None:
    """Nothing stays at 1 or 0, where a mistake might not show."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim == 1:
                parameter += 0.3 * torch.randn_like(parameter)
            assert parameter.dtype == torch.float64, name
        for buffer in network.buffers():
            if buffer.is_floating_point():
                buffer += 0.3 * torch.rand_like(buffer)
