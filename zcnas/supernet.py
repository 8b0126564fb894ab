"""Supernets: networks in which several operations lie on one edge, and views in which some of them are masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args, runtime_checkable

import numpy as np
from torch import Tensor, nn

from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.mixture import Masking, Mixing, Mixture, strided_zeros, total, view
from zcnas.space import Architecture

Decisions = tuple[int | None, ...]
"""By edge: the place of the operation that was chosen; ``None`` where the edge was dropped."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A choice to be made: one of several operations.

    Attributes:
        name: Unique in its supernet, such as ``normal.0-2``.
        operations: Their names, in the order of their weights.
        barred: Places of operations that are part of the mixture, but never chosen, such as DARTS's ``none``.
    """

    name: str
    operations: tuple[str, ...]
    barred: tuple[int, ...] = ()

    @property
    def group(self) -> str:
        """What comes before the last dot of the name: the kind of cell, where there are several."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class Node:
    """A place where several edges end, of which some are kept once every edge has its operation.

    Attributes:
        name: For messages.
        edges: Places of the edges that end here.
        keep: How many of them stay.
        one_by_one: Drop one edge after the other, each time the one that is missed least, as DARTS-PT does;
            otherwise all at once by one round of scores, as in NAS-Bench-1Shot1.
    """

    name: str
    edges: tuple[int, ...]
    keep: int
    one_by_one: bool = True


class Supernet:
    """A network with mixtures on its edges, and what its choices mean.

    One of your own: put a :class:`Mixture` wherever a choice is to be made, name the edges, and say which
    architecture a decision for every edge is.

    >>> from zcnas.space import Architecture
    >>> layers = [Mixture(edge, [nn.Conv2d(3, 3, 1), nn.Identity()]) for edge in range(2)]
    >>> network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(48, 10))
    >>> edges = [Edge(f"layer{place}", ("conv1x1", "skip")) for place in range(2)]
    >>> supernet = Supernet(network, edges, lambda ops: Architecture("mine", ops))
    >>> masked = supernet.view(((1.0, 0.0), (0.5, 0.0)))
    >>> sum(weight.numel() for weight in masked.parameters()), supernet.decode((0, 1)).key
    (514, 'mine:0-1')

    Args:
        network: Maps inputs to logits. All submodules must be registered, as ``nn.Module`` does by itself.
        edges: All choices.
        decode: From :data:`Decisions` to the architecture.
        nodes: Where edges are dropped in the end.

    Raises:
        InputError: Edges without mixtures, mixtures without edges, or numbers of operations that differ.
        InputTypeError: ``network`` is no module.
    """

    def __init__(
        self,
        network: nn.Module,
        edges: Iterable[Edge],
        decode: Callable[[Decisions], Architecture],
        nodes: Iterable[Node] = (),
    ) -> None:
        if not isinstance(network, nn.Module):
            raise InputTypeError(f"supernet: expected a torch.nn.Module, got {type(network).__name__}")
        self.network = network
        self.edges = tuple(edges)
        self.decode = decode
        self.nodes = tuple(nodes)
        self._check()
        working = [set[int]() for _ in self.edges]
        for mixture in self.mixtures():
            working[mixture.edge].update(map(int, mixture.operations))
        self._working = working

    def mixtures(self) -> Iterator[Mixture]:
        """All mixtures of the network."""
        return (module for module in self.network.modules() if isinstance(module, Mixture))

    def uniform(self) -> Mixing:
        """Equal weights: what a softmax gives for equal strengths."""
        return self._softmax([np.zeros(len(edge.operations)) for edge in self.edges])

    def drawn(self, rng: np.random.Generator, scale: float = 1e-3) -> Mixing:
        """Weights as DARTS begins with: the softmax of ``scale`` times standard normal strengths."""
        return self._softmax([scale * rng.standard_normal(len(edge.operations)) for edge in self.edges])

    def mix(self, weights: Sequence[Sequence[float] | Tensor]) -> None:
        """Sets the weights of the network's own mixtures, by edge; tensors are differentiated."""
        for mixture in self.mixtures():
            mixture.weights = weights[mixture.edge]

    def view(self, mixing: Mixing, masking: Masking = "skip", known: dict[Any, nn.Module] | None = None) -> nn.Module:
        """The network with these weights. It shares all parameters with the supernet, which is not changed.

        Args:
            mixing: By edge the weight of every operation; one of weight 0 is masked.
            masking: ``skip``: the view has no masked operations, so that none is computed, counted or differentiated.
                ``zeros``: they compute on ``0 * x``, and their activations count, as released code of Zero-Cost-PT
                has it on NAS-Bench-201.
            known: Parts of earlier views, taken and added to: views then share all parts that are equal.

        Raises:
            InputError: Not one weight for every operation, or one that is no finite number.
            UnknownNameError: No such masking.
        """
        self.check(mixing)
        if masking not in get_args(Masking):
            raise UnknownNameError("masking", masking, get_args(Masking))
        return view(self.network, mixing, masking, {} if known is None else known)

    def reduced(self, mixing: Mixing) -> Mixing:
        """The weights with 0 for operations that carry nothing: equal for equal networks."""
        rows = zip(mixing, self._working, strict=True)
        return tuple(tuple(weight if op in working else 0.0 for op, weight in enumerate(row)) for row, working in rows)

    def check(self, mixing: Mixing) -> None:
        """Raises :class:`InputError` unless there is one finite weight for every operation."""
        sizes, expected = [len(row) for row in mixing], [len(edge.operations) for edge in self.edges]
        if sizes != expected:
            raise InputError(f"mixing: expected {expected} weights by edge, got {sizes}")
        for edge, row in zip(self.edges, mixing, strict=True):
            if not all(np.isfinite(row)):
                raise InputError(f"mixing: expected finite weights on edge {edge.name}, got {tuple(row)}")

    def _softmax(self, strengths: Sequence[np.ndarray[Any, Any]]) -> Mixing:
        rows = [np.exp(row - row.max()) for row in strengths]
        rows = [row / row.sum() for row in rows]
        for node in self.nodes:
            # An edge with one operation says how much its node listens to it: edges share the node among them.
            lone = [edge for edge in node.edges if len(self.edges[edge].operations) == 1]
            parts = np.exp([strengths[edge][0] for edge in lone])
            for edge, part in zip(lone, parts / parts.sum(), strict=True):
                rows[edge] = np.array([part])
        return tuple(tuple(map(float, row)) for row in rows)

    def _check(self) -> None:
        names = [edge.name for edge in self.edges]
        if len(set(names)) != len(names) or not names:
            raise InputError(f"supernet: expected edges of different names, got {names}")
        known = {edge: set[int]() for edge in range(len(names))}
        for mixture in self.mixtures():
            if mixture.edge not in known:
                raise InputError(f"supernet: expected mixtures of edges 0 to {len(names) - 1}, got {mixture.edge}")
            known[mixture.edge].add(len(mixture.weights))
        for place, found in known.items():
            expected = len(self.edges[place].operations)
            if found != {expected}:
                raise InputError(
                    f"supernet: expected mixtures of {expected} operations for edge {names[place]!r}, got "
                    f"{sorted(found) or 'no mixture'}"
                )
        for node in self.nodes:
            if not set(node.edges) <= known.keys() or not 1 <= node.keep <= len(node.edges):
                raise InputError(f"supernet: node {node.name!r} keeps {node.keep} of the edges {node.edges}")


@runtime_checkable
class HasSupernet(Protocol):
    """Spaces all of whose architectures are parts of one network."""

    def supernet(self, *, num_classes: int = 10, seed: int | None = None, **options: Any) -> Supernet:
        """A fresh supernet.

        Args:
            num_classes: Classes K.
            seed: Fixes the weights; without, they are drawn from the global random state.
            options: The space's own, such as the width.
        """


__all__ = [
    "Decisions",
    "Edge",
    "HasSupernet",
    "Masking",
    "Mixing",
    "Mixture",
    "Node",
    "Supernet",
    "strided_zeros",
    "total",
]
