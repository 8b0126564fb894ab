"""A space of one's own with a supernet, as small as can be: an example, and a playground for tests of search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Decisions, Edge, Mixture, Node, Supernet, strided_zeros, total

_OPS = ("none", "skip", "conv1x1", "conv3x3")
_ENDS = ((0, 1), (0, 2), (1, 2))


class ToyCells(SearchSpace):
    """32 networks of two equal cells: node 1 reads the input, and node 2, the output, the input or node 1.

    A genome is the operation that leads to node 1, the one that leads to node 2, and what that one reads.

    >>> space = ToyCells()
    >>> space.parse("conv1x1, skip from 1").key
    'toy_cells:2-1-1'
    >>> supernet = space.supernet(seed=0)
    >>> [edge.name for edge in supernet.edges], supernet.nodes[0].keep
    (['0-1', '0-2', '1-2'], 1)
    >>> space.format(supernet.decode((2, None, 1)))
    'conv1x1, skip from 1'
    """

    name = "toy_cells"
    choices = (len(_OPS), len(_OPS), 2)

    def parse(self, text: str) -> Architecture:
        match = re.fullmatch(r"(\w+), (\w+) from ([01])", text)
        if not match or not {match[1], match[2]} <= set(_OPS):
            raise InputError(f"{self.name}: expected the form 'conv1x1, skip from 1', got {text!r}")
        return Architecture(self.name, (_OPS.index(match[1]), _OPS.index(match[2]), int(match[3])))

    def format(self, arch: Architecture) -> str:
        self._require(arch)
        first, second, source = arch.genome
        return f"{_OPS[first]}, {_OPS[second]} from {source}"

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> nn.Module:
        self._require(arch)
        first, second, source = arch.genome
        ops = {0: first, 1 + source: second}
        with _drawn(arch.key, seed):
            return _network(lambda edge: _operation(ops.get(edge, 0), width), width, num_classes)

    def supernet(self, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> Supernet:
        """All operations on all three edges; node 2 keeps one of its two."""
        with _drawn(self.name, seed):
            network = _network(
                lambda edge: Mixture(edge, [_operation(op, width) for op in range(len(_OPS))]), width, num_classes
            )
        edges = [Edge(f"{source}-{target}", _OPS) for source, target in _ENDS]
        return Supernet(network, edges, self._decided, [Node("2", (1, 2), keep=1)])

    def graph(self, arch: Architecture) -> Graph:
        self._require(arch)
        first, second, source = arch.genome
        adjacency = np.zeros((4, 4), dtype=np.int8)
        adjacency[0, 1] = adjacency[source, 2] = adjacency[2, 3] = 1
        return Graph(adjacency, ("input", _OPS[first], _OPS[second], "output"))

    def _decided(self, decisions: Decisions) -> Architecture:
        found = dict(zip(_ENDS, decisions, strict=False))
        if len(decisions) != len(_ENDS) or [found[0, 2], found[1, 2]].count(None) != 1:
            raise InputError(f"{self.name}: expected three decisions, one of the last two being None; got {decisions}")
        (source, op) = next((source, op) for source in (0, 1) if (op := found[source, 2]) is not None)
        return self.architecture((0 if found[0, 1] is None else found[0, 1], op, source))


class _Cell(nn.Module):
    def __init__(self, edges: dict[int, nn.Module]) -> None:
        super().__init__()
        self.edges = nn.ModuleDict({str(edge): module for edge, module in edges.items()})

    def forward(self, x: Tensor) -> Tensor:
        nodes = [x]
        for target in (1, 2):
            into = [(str(edge), source) for edge, (source, end) in enumerate(_ENDS) if end == target]
            value = total(self.edges[edge](nodes[source]) for edge, source in into if edge in self.edges)
            nodes.append(strided_zeros(x, 1) if value is None else value)
        return nodes[-1]


def _network(make: Callable[[int], nn.Module | None], width: int, num_classes: int) -> nn.Module:
    cells = [{edge: made for edge in range(len(_ENDS)) if (made := make(edge)) is not None} for _ in range(2)]
    stem = nn.Conv2d(3, width, 3, padding=1)
    return nn.Sequential(stem, *map(_Cell, cells), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes))


def _operation(code: int, width: int) -> nn.Module | None:
    if not code:
        return None
    kernel = {2: 1, 3: 3}.get(code)
    if kernel is None:
        return nn.Identity()
    return nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, kernel, padding=kernel // 2))


@contextmanager
def _drawn(name: str, seed: int | None) -> Iterator[None]:
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.default_generator.manual_seed(derive_seed(seed, name))
        yield
