"""The smallest supernet in which every proxy has a meaning: two edges with a norm, a unit and a shortcut each."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from zcnas.graph import Graph
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace
from zcnas.supernet import Decisions, Edge, Mixture, Supernet

OPS = ("conv1x1", "conv3x3")


class Chains(SearchSpace):
    """Two layers of either kernel: four networks."""

    name = "chains"
    choices = (2, 2)

    def parse(self, text: str) -> Architecture:
        return Architecture(self.name, tuple(map(OPS.index, text.split())))

    def format(self, arch: Architecture) -> str:
        return " ".join(OPS[gene] for gene in arch.genome)

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        return _drawn(lambda edge: _operation(arch.genome[edge]), num_classes, arch.key, seed)

    def supernet(self, *, num_classes: int = 10, seed: int | None = None) -> Supernet:
        network = _drawn(lambda edge: Mixture(edge, [_operation(op) for op in range(2)]), num_classes, self.name, seed)
        return Supernet(network, [Edge(f"layer{edge}", OPS) for edge in range(2)], self._decided)

    def graph(self, arch: Architecture) -> Graph:
        raise NotImplementedError

    def _decided(self, decisions: Decisions) -> Architecture:
        return Architecture(self.name, tuple(op or 0 for op in decisions))


def _drawn(make: Any, num_classes: int, name: str, seed: int | None) -> nn.Module:
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.default_generator.manual_seed(derive_seed(seed, name))
        layers = [nn.Conv2d(3, 4, 3, padding=1), make(0), make(1), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        return nn.Sequential(*layers, nn.Linear(4, num_classes))


def _operation(op: int) -> nn.Module:
    return nn.Sequential(nn.ReLU(), nn.Conv2d(4, 4, 1 + 2 * op, padding=op, bias=False), nn.BatchNorm2d(4))
