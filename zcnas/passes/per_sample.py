"""Gradients of one sample at a time: each goes through the network alone, as a batch of one.

A loop of small passes needs the memory of one sample, works for every model (a vectorised map does not), and
gives batch norm the statistics of that one sample, so that samples cannot see each other.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from zcnas.batch import Batch
from zcnas.errors import ModelError, Undefined, ZcnasError
from zcnas.passes.context import ProxyContext, Traversal
from zcnas.passes.execute import Setting, check_logits, scalar_of
from zcnas.passes.manners import forked_rng, mode
from zcnas.passes.spec import Functional, Pass
from zcnas.passes.substitute import Substitutes
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
    start = time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(forked_rng(derive_seed(setting.seed, repr(what)), setting.device))
        stack.enter_context(mode(setting.module, train=True))
        stack.enter_context(torch.enable_grad())
        tensors = Substitutes(setting.module, Pass(), setting.device, False, setting.base)
        weights = list(tensors.weights().values())
        leaves = weights if positions is None else [weights[position] for position in positions]
        count = min(what.size or len(batch), len(batch))
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
    inputs = one.inputs.to(setting.device, dtype if one.inputs.is_floating_point() else one.inputs.dtype)
    scalar = scalar_of(setting, what.functional, _forward(setting, inputs), one)
    if not (leaves and scalar.requires_grad):
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(scalar, list(leaves), allow_unused=True)
    return [
        torch.zeros_like(leaf, requires_grad=False) if gradient is None else gradient
        for leaf, gradient in zip(leaves, found, strict=True)
    ]


def _forward(setting: Setting, inputs: Tensor) -> Tensor:
    try:
        output = setting.module(inputs)
    except ZcnasError:
        raise
    except ValueError as error:
        if "more than 1 value per channel" in str(error):
            raise Undefined("a batch norm of this model cannot normalise a single sample") from error
        raise ModelError(f"the model raised ValueError on a batch of one: {error}") from error
    except Exception as error:
        raise ModelError(f"the model raised {type(error).__name__} on a batch of one: {error}") from error
    return check_logits(setting.output(output) if setting.output else output, 1)
