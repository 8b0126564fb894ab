"""One batch of inputs and labels, as every proxy sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from zcnas.errors import InputError, InputTypeError


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Inputs ``(N, ...)`` and, where a proxy needs them, integer labels ``(N,)``.

    Attributes:
        inputs: Tensor of shape ``(N, ...)``; images are ``(N, C, H, W)``.
        targets: Labels of shape ``(N,)`` or ``None``.
        name: Where the batch comes from; goes into the provenance of scores.

    Raises:
        InputTypeError: Inputs or targets are no tensors.
        InputError: Empty batch, lengths that differ, or NaN or infinite inputs.
    """

    inputs: Tensor
    targets: Tensor | None = None
    name: str = "batch"

    def __post_init__(self) -> None:
        for what, tensor in (("inputs", self.inputs), ("targets", self.targets)):
            if not isinstance(tensor, Tensor) and not (what == "targets" and tensor is None):
                raise InputTypeError(
                    f"batch {what}: expected a torch.Tensor, got {type(tensor).__name__}; "
                    "wrap arrays with torch.as_tensor"
                )
        if self.inputs.ndim < 1 or len(self.inputs) == 0:
            raise InputError(f"batch inputs: expected shape (N, ...) with N >= 1, got {tuple(self.inputs.shape)}")
        if self.targets is not None:
            _check_targets(self.targets, len(self.inputs))
        if self.inputs.is_floating_point() and not bool(torch.isfinite(self.inputs).all()):
            raise InputError("batch inputs hold NaN or infinite values: clean the data first")

    def __len__(self) -> int:
        return len(self.inputs)


@runtime_checkable
class Transductive(Protocol):
    """A network whose inputs are the nodes of one graph, so that its one sample is all of them.

    Attributes:
        graph_nodes: Their number; ``None`` where any will do.
    """

    graph_nodes: int | None


def one_sample(module: nn.Module) -> int:
    """How many inputs make one sample: one, but for a :class:`Transductive` network."""
    return (module.graph_nodes or 1) if isinstance(module, Transductive) else 1


def _check_targets(targets: Tensor, size: int) -> None:
    if targets.shape != (size,):
        raise InputError(f"batch targets: expected shape ({size},) to match the inputs, got {tuple(targets.shape)}")
    if targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool:
        raise InputError(f"batch targets: expected integer class labels, got {targets.dtype}; use targets.long()")
