"""Gradients of one sample at a time: each goes through the network alone, as a batch of one.

A loop of small passes needs the memory of one sample, works for every model (a vectorised map does not), and
gives batch norm the statistics of that one sample, so that samples cannot see each other.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from zcnas.batch import Batch
from zcnas.passes.context import ProxyContext, Traversal
from zcnas.passes.execute import substitutes
from zcnas.passes.manners import prepared
from zcnas.passes.setting import Setting, explained, logits_of, scalar_of
from zcnas.passes.spec import Functional, Pass
from zcnas.seeding import derive_seed


class Reducer(ABC):
    """Takes in per-sample gradients and keeps only what a score needs."""

    @abstractmethod
    def add(self, index: int, gradients: Sequence[Tensor], /) -> None:
        """Gradients of sample ``index``: one tensor per weight of the group."""


@dataclass(frozen=True, slots=True)
class PerSample:
    """Which per-sample gradients: of the loss or of the summed logits, in the first ``size`` samples."""

    functional: Functional
    size: int | None = None


def groups_of(numels: Sequence[int], limit: int) -> list[list[int]]:
    """Splits positions into consecutive groups whose sizes sum to at most ``limit`` (one may exceed it).

    >>> groups_of([5, 5, 20, 1], 10)
    [[0, 1], [2], [3]]
    """
    groups: list[list[int]] = []
    total = limit + 1
    for position, numel in enumerate(numels):
        if total + numel > limit:
            groups.append([])
            total = 0
        groups[-1].append(position)
        total += numel
    return groups


def reduce_per_sample(
    context: ProxyContext, what: PerSample, reducer: Reducer, positions: Sequence[int] | None = None
) -> None:
    """Feeds ``reducer`` with every sample's gradients for the weights at ``positions`` (default: all).

    Raises:
        Undefined: No labels where the loss is asked for, integer inputs, or a model that cannot take a
            batch of one in train mode.
    """
    setting, batch = context.setting, context.setting.batches[0]
    start, seed = time.perf_counter(), derive_seed(context.setting.seed, repr(what))
    with prepared(setting.module, train=True, grad=True, seed=seed, device=setting.device):
        tensors = substitutes(setting, Pass(), setting.device)
        weights = list(tensors.weights().values())
        leaves = weights if positions is None else [weights[position] for position in positions]
        count = len(batch) if what.size is None else min(what.size, len(batch))
        with tensors.installed(setting.module):
            for index in range(count):
                reducer.add(index, _gradients(setting, what, batch, index, leaves))
    context.traversals.append(Traversal(repr(what), count, count, time.perf_counter() - start))


def _gradients(setting: Setting, what: PerSample, batch: Batch, index: int, leaves: Sequence[Tensor]) -> list[Tensor]:
    one = Batch(
        batch.inputs[index : index + 1],
        None if batch.targets is None else batch.targets[index : index + 1],
    )
    dtype = next((leaf.dtype for leaf in leaves), torch.float32)
    inputs = one.inputs.detach().to(
        setting.device, dtype if one.inputs.is_floating_point() else one.inputs.dtype, copy=True
    )
    scalar = scalar_of(setting, what.functional, _forward(setting, inputs), one)
    if not (leaves and scalar.requires_grad):
        return [torch.zeros_like(leaf) for leaf in leaves]
    try:
        found = torch.autograd.grad(scalar, list(leaves), allow_unused=True)
    except Exception as error:
        raise explained(error, "backward pass (train mode, one sample", inputs) from error
    return [
        torch.zeros_like(leaf, requires_grad=False) if gradient is None else gradient
        for leaf, gradient in zip(leaves, found, strict=True)
    ]


def _forward(setting: Setting, inputs: Tensor) -> Tensor:
    try:
        output = setting.module(inputs)
    except Exception as error:
        raise explained(error, "forward pass (train mode, one sample", inputs) from error
    return logits_of(setting, output, 1)
