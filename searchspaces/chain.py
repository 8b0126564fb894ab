"""Supernets of networks that are layers in a row, each chosen by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Decisions, Edge, Mixture, Supernet


class Layer(Mixture):
    """A mixture without which the chain would be cut."""

    def forward(self, x: Tensor) -> Tensor:
        """The weighted sum of what the operations make of ``x``; there must be one."""
        value = super().forward(x)
        if value is None:
            raise InputError(f"layer {self.edge}: expected an operation that is not masked, got none; leave one")
        return value


def chain(space: SearchSpace, network: nn.Module, operations: Iterable[Sequence[str]]) -> Supernet:
    """The supernet whose edges are layers, ``layer0`` and on.

    Args:
        space: Its genomes have a gene for every layer.
        network: With a mixture for each.
        operations: By layer, in the order of the genes' values.
    """
    edges = [Edge(f"layer{place}", tuple(ops)) for place, ops in enumerate(operations)]
    return Supernet(network, edges, partial(_decided, space))


def working(name: str, layers: Iterable[nn.Module]) -> Iterator[str]:
    """Names of the layers that have an output of their own: identities, chosen or given, give what they read."""
    return (f"{name}.{place}" for place, layer in enumerate(layers) if not _idle(layer))


def _idle(layer: nn.Module) -> bool:
    ops = layer.operations.values() if isinstance(layer, Mixture) else [layer]
    return all(isinstance(op, nn.Identity) for op in ops)


def _decided(space: SearchSpace, decisions: Decisions) -> Architecture:
    if None in decisions:
        place = decisions.index(None)
        raise InputError(f"{space.name}: expected an operation for every layer, got None for layer {place}")
    return space.architecture(tuple(op for op in decisions if op is not None))
