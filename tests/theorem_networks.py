"""Small networks in float64, and short ways to score them, for the theorems."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

import zcnas

N, CLASSES = 16, 5
IMAGE = (2, 6, 6)


def images(seed: int = 0, size: int = N) -> zcnas.Batch:
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(size, *IMAGE, generator=generator, dtype=torch.float64)
    return zcnas.Batch(inputs, torch.arange(size) % CLASSES)


def seeded(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return build().double()


def chain(bias: bool = False, norm: bool = False) -> nn.Module:
    """Convolutions and linear maps in a row, with rectifiers, pooling and perhaps batch norms between them."""

    def norms(channels: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(channels)] if norm else []

    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=bias),
            *norms(4),
            nn.ReLU(),
            nn.Conv2d(4, 6, 3, stride=2, groups=2, bias=bias),
            *norms(6),
            nn.ReLU(),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(6, 7, bias=bias),
            nn.ReLU(),
            nn.Linear(7, CLASSES, bias=bias),
        )
    )


def scaled(network: nn.Module, factor: float, tensors: slice = slice(None)) -> nn.Module:
    """A copy, with (some of) its weights times a factor."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        for weight in [value for value in network.parameters() if value.ndim >= 2][tensors]:
            weight *= factor
    return network


def value(network: nn.Module, name: str, **settings: object) -> float:
    batch = settings.pop("batch", [images(0), images(1)])
    return zcnas.score(network, name, batch=batch, **settings)[name]  # type: ignore[arg-type]


def layers(network: nn.Module, name: str, **settings: object) -> dict[str, float]:
    settings.setdefault("batch", [images(0), images(1)])
    found = zcnas.score(network, name, per_layer=True, **settings).details[name].layers  # type: ignore[arg-type]
    assert found
    return dict(found)


def close(expected: float, rel: float = 1e-10) -> object:
    return pytest.approx(expected, rel=rel, abs=1e-14)


def linear() -> nn.Module:
    """One linear map."""
    return seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(72, CLASSES)))
