"""Architectures as vectors of one length: what the encodings have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.graph import Graph
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class Encoding(ABC):
    """Maps architectures to the rows of a matrix. What it takes from examples is plain JSON."""

    def learn(self, space: SearchSpace, archs: Sequence[Architecture]) -> Any:
        """What it has to know of examples, such as the paths that occur in them; ``None`` for most."""

    @abstractmethod
    def __call__(self, space: SearchSpace, archs: Sequence[Architecture], known: Any, /) -> Floats:
        """The matrix ``(len(archs), D)``, with ``known`` from :meth:`learn`."""


class Genome(Encoding):
    """A one for every gene's option: the operations of all edges, in spaces such as NAS-Bench-201.

    It is what is called the adjacency encoding where a space's genome has a gene for every possible edge, as in
    NAS-Bench-101 (White et al. 2020, arXiv:2007.04965).
    """

    def __call__(self, space: SearchSpace, archs: Sequence[Architecture], _known: Any, /) -> Floats:
        genomes = np.array([arch.genome for arch in archs], dtype=np.int64).reshape(len(archs), len(space.choices))
        options = np.concatenate([np.arange(count) for count in space.choices])
        genes = np.repeat(np.arange(len(space.choices)), space.choices)
        found: Floats = (genomes[:, genes] == options).astype(np.float64)
        return found


def graphs_of(space: SearchSpace, archs: Sequence[Architecture]) -> list[Graph]:
    """The graphs of architectures."""
    return [space.graph(arch) for arch in archs]
