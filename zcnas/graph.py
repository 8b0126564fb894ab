"""A cell or network as a labelled directed acyclic graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Typed operations and who feeds whom.

    Attributes:
        adjacency: ``(V, V)`` strictly upper triangular 0/1 matrix; ``adjacency[x, y]`` means x feeds y.
        ops: V operation names; the first is ``"input"``, the last ``"output"``.
    """

    adjacency: npt.NDArray[np.int8]
    ops: tuple[str, ...]

    def __post_init__(self) -> None:
        size = len(self.ops)
        if self.adjacency.shape != (size, size):
            raise InputError(f"graph: expected a ({size}, {size}) adjacency for {size} ops, got {self.adjacency.shape}")
        if self.adjacency[_lower(size)].any():
            raise InputError("graph: the adjacency must be strictly upper triangular (node x feeds y > x)")

    def relabelled(self, ops: tuple[str, ...]) -> Graph:
        """The same edges between other operations, of which there are as many: they are not checked again."""
        if len(ops) != len(self.ops):
            raise InputError(f"graph: expected {len(self.ops)} ops for its adjacency, got {len(ops)}")
        found = object.__new__(Graph)
        object.__setattr__(found, "adjacency", self.adjacency)
        object.__setattr__(found, "ops", ops)
        return found


@cache
def _lower(size: int) -> npt.NDArray[np.bool_]:
    """The diagonal and what is below: making it anew would cost more than all else here."""
    return np.tri(size, dtype=np.bool_)
