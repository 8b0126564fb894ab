"""A search space as small as can be: an example, and a playground for tests of search."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace

_DEPTHS, _WIDTHS, _ACTIVATIONS = (1, 2, 3), (4, 8), ("relu", "gelu", "tanh")


class ToySpace(SearchSpace):
    """18 convolutional networks: three depths, two widths, three activations.

    >>> space = ToySpace()
    >>> space.parse("depth 3, width 8, gelu").key
    'toy:2-1-1'
    """

    name = "toy"
    choices = (len(_DEPTHS), len(_WIDTHS), len(_ACTIVATIONS))

    def parse(self, text: str) -> Architecture:
        spellings = {self.format(arch): arch for arch in self}
        if text not in spellings:
            raise InputError(f"{self.name}: expected the form 'depth 1, width 4, relu', got {text!r}")
        return spellings[text]

    def format(self, arch: Architecture) -> str:
        depth, width, activation = self._parts(arch)
        return f"depth {depth}, width {width}, {activation}"

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        depth, width, activation = self._parts(arch)
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            if seed is not None:
                torch.default_generator.manual_seed(derive_seed(seed, arch.key))
            return _network(depth, width, activation, num_classes)

    def graph(self, arch: Architecture) -> Graph:
        depth, _, activation = self._parts(arch)
        ops = ("input", *(f"conv_{activation}" for _ in range(depth)), "output")
        return Graph(np.eye(len(ops), k=1, dtype=np.int8), ops)

    def _parts(self, arch: Architecture) -> tuple[int, int, str]:
        if arch not in self:
            raise InputError(f"{self.name}: {arch} is not in this space: make one with parse() or architecture()")
        depth, width, activation = arch.genome
        return _DEPTHS[depth], _WIDTHS[width], _ACTIVATIONS[activation]


def _network(depth: int, width: int, activation: str, num_classes: int) -> nn.Module:
    kinds = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}
    layers: list[nn.Module] = []
    for level in range(depth):
        layers += [nn.Conv2d(width if level else 3, width, 3, padding=1), kinds[activation]()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes))
