"""A small sweep."""

from __future__ import annotations

from typing import Any

import torch

import zcnas
from zcnas.sweep import SpaceScores
from zcnas.testing import ToySpace

TOY = ToySpace()
NAMES = ["params", "snip", "synflow", "zen", "jacob_cov"]


def batch() -> zcnas.Batch:
    generator = torch.Generator().manual_seed(0)
    return zcnas.Batch(torch.randn(6, 3, 8, 8, generator=generator), torch.arange(6))


def score(archs: Any = TOY, proxies: Any = NAMES, **options: Any) -> SpaceScores:
    options = {"batch": batch(), "space": TOY, "progress": False, **options}
    return zcnas.score_space(archs, proxies, **options)


def told(scores: SpaceScores) -> dict[tuple[str, str], str]:
    """Everything but the time taken; as text, since NaN is not itself."""
    return {key: repr((one.value, one.status, one.reason, one.proxy)) for key, one in sorted(scores.records.items())}
