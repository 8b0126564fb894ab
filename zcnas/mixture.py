"""Mixtures of operations on the edges of a network, and views of the network in which some are masked."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)

Mixing = tuple[tuple[float, ...], ...]
"""By edge: the weight of every operation. 0 masks an operation; an edge that has only zeros does not exist."""

Masking = Literal["skip", "zeros"]
"""What masked operations do: nothing at all, or, as released code has it, compute on zeros."""


class Mixture(nn.Module):
    """What lies on an edge: the weighted sum of its operations.

    A network has one for every place where the edge occurs, such as one in every cell.

    Args:
        edge: Place of the edge in :attr:`Supernet.edges`.
        operations: In the order of :attr:`Edge.operations`; ``None`` for one that carries nothing.

    Attributes:
        weights: One for every operation: numbers, or a tensor ``(O,)`` while weights are trained.
    """

    def __init__(self, edge: int, operations: Sequence[nn.Module | None]) -> None:
        super().__init__()
        self.edge = edge
        self.operations = nn.ModuleDict({str(place): op for place, op in enumerate(operations) if op is not None})
        self.weights: Sequence[float] | Tensor = (1 / len(operations),) * len(operations)

    def forward(self, x: Tensor) -> Tensor | None:
        """The weighted sum of what the operations make of ``x``; ``None`` where nothing is left to sum."""
        return total(_scaled(op(x), self.weights[int(place)]) for place, op in self.operations.items())

    def masked(self, weights: Sequence[float], masking: Masking = "skip") -> Mixture:
        """One with other weights, which shares the operations and does not hold those of weight 0."""
        other = _shallow(self)
        kept = {
            place: op if weights[int(place)] else _on_zeros(op)
            for place, op in self.operations.items()
            if weights[int(place)] or masking == "zeros"
        }
        other._modules["operations"] = nn.ModuleDict(kept)
        other.weights = weights
        return other


def total(terms: Iterable[Tensor | None]) -> Tensor | None:
    """The sum of what there is, in order; ``None`` for nothing."""
    found: Tensor | None = None
    for term in terms:
        found = term if found is None else found if term is None else found + term
    return found


class _TimesZero(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 0


def _on_zeros(op: nn.Module) -> nn.Module:
    """``op`` on zeros. One that wraps a sequence gets its input as it is, and zeros what the sequence reads."""
    inside = [(name, child) for name, child in op.named_children() if type(child) is nn.Sequential]
    if type(op) is nn.Sequential or len(inside) != 1:
        return nn.Sequential(_TimesZero(), op)
    other, (name, child) = _shallow(op), inside[0]
    other._modules[name] = nn.Sequential(_TimesZero(), *child)
    return other


def view(module: nn.Module, mixing: Mixing, masking: Masking, known: dict[Any, nn.Module]) -> nn.Module:
    """``module`` with these weights, sharing its parameters; parts that are equal to ``known`` ones are those."""
    if isinstance(module, Mixture):
        row = mixing[module.edge]
        if (key := (id(module), masking, row)) not in known:
            known[key] = module.masked(row, masking)
        return known[key]
    children = {
        name: child if child is None else view(child, mixing, masking, known) for name, child in _children(module)
    }
    if all(child is module._modules[name] for name, child in children.items()):
        return module
    # Views of equal children are one object, so that equal parents are as well.
    if (place := (id(module), *map(id, children.values()))) not in known:
        other = _shallow(module)
        other._modules.update(children)
        known[place] = other
    return known[place]


def _children(module: nn.Module) -> list[tuple[str, nn.Module | None]]:
    return list(module._modules.items())


def _shallow(module: M) -> M:
    """Another module with the same tensors and children, in tables of its own."""
    other = copy.copy(module)
    for table in ("_parameters", "_buffers", "_modules"):
        vars(other)[table] = dict(vars(module)[table])
    return other


def _scaled(value: Tensor, weight: float | Tensor) -> Tensor:
    return value if isinstance(weight, float) and weight == 1 else value * weight


def strided_zeros(x: Tensor, stride: int) -> Tensor:
    """What a node without inputs is: zeros, in the shape that operations of this stride give."""
    return torch.zeros_like(x[:, :, ::stride, ::stride])
