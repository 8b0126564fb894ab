"""A small classifier, its batch, and how a fault is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import zcnas
from zcnas import Batch, Scores
from zcnas.testing.snapshot import changes, snapshot

CLASSES = 3


def images(size: int = 6) -> Tensor:
    return torch.randn(size, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def labels(size: int = 6) -> Tensor:
    return torch.arange(size) % CLASSES


def batch(size: int = 6) -> Batch:
    return Batch(images(size), labels(size))


def two_batches(size: int = 6) -> list[Batch]:
    return [batch(size), Batch(images(size).flip(0), labels(size))]


def network() -> nn.Module:
    """Two convolutions, one with a norm, and a classifier; always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        body = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.ReLU()]
        return nn.Sequential(*body, nn.Flatten(), nn.Linear(64, CLASSES))


class Wrapped(nn.Module):
    """The usual network with something done to its logits."""

    def __init__(self, change: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.body, self._change = network(), change

    def forward(self, x: Tensor) -> Any:
        return self._change(self.body(x))


def score(model: Any, proxies: Any = "snip", **settings: Any) -> Scores:
    """Scores ``model``, which must come out of it unchanged however it ends."""
    settings = settings if "batch" in settings else {**settings, "batch": batch()}
    if not isinstance(model, nn.Module):
        return zcnas.score(model, proxies, **settings)
    before = snapshot(model)
    try:
        return zcnas.score(model, proxies, **settings)
    finally:
        changed = changes(before, snapshot(model))
        assert not changed, f"no longer as it was: {changed}"


def refused(error: type[BaseException], *parts: str, model: Any = None, proxies: Any = "snip", **settings: Any) -> None:
    """Scoring raises ``error``, whose message holds all ``parts``."""
    with pytest.raises(error) as caught:
        score(network() if model is None else model, proxies, **settings)
    missing = [part for part in parts if part not in str(caught.value)]
    assert not missing, f"the message lacks {missing}: {caught.value}"


def explained(scores: Scores, name: str, status: str, *parts: str) -> None:
    """The value called ``name`` is NaN with a reason that holds all ``parts``."""
    found = scores.details[name]
    assert found.status == status, found
    missing = [part for part in parts if part not in found.reason]
    assert not missing, f"the reason lacks {missing}: {found.reason}"
