"""Examples of a task to learn from, and others to be judged on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils import _pytree as pytree


class Examples(NamedTuple):
    """Encoded architectures and what is to be learned of them.

    Attributes:
        inputs: A tensor or a tree of tensors, ``(N, ...)`` each.
        targets: ``(N,)``.
        weights: ``(N,)``: 1, or 0 for padding.
    """

    inputs: Any
    targets: Tensor
    weights: Tensor


class Episode(NamedTuple):
    """A task in small. Stacked episodes have T tasks in front of all shapes."""

    support: Examples
    query: Examples


def stacked(episodes: Sequence[Episode]) -> Episode:
    """Episodes of equal shapes as one."""
    together: Episode = pytree.tree_map(lambda *parts: torch.stack(parts), *episodes)
    return together


def united(episode: Episode) -> Examples:
    """Support and query of one task as one set of examples."""
    both: Examples = pytree.tree_map(lambda first, second: torch.cat([first, second]), *episode)
    return both
