"""Some architectures of a space as a space of their own, such as those that a small table has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components
from torch import nn

from zcnas.errors import InputError
from zcnas.graph import Graph
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace

_MOST_PAIRED = 3000
"""Members of which all pairs are compared."""


class Subspace(SearchSpace):
    """Members of another space, with its name, spelling and networks.

    Members may be too sparse for edits of one gene, by which other spaces are explored: neighbours are all members that
    differ in up to :attr:`radius` genes.

    Args:
        space: The whole.
        archs: The members, of which all genomes are equally long.
        radius: How many genes neighbours may differ in. By default the smallest number by which every member can be
            reached from every other; for more than 3000 members, 1.

    Raises:
        InputError: Fewer than two different members, strangers, or a radius below 1.

    >>> from zcnas.searchspaces import get
    >>> whole = get("nasbench201")
    >>> few = Subspace(whole, [whole.architecture(genome) for genome in [(0,) * 6, (0, 0, 0, 0, 1, 1), (4,) * 6]])
    >>> len(few), few.radius, len(few.neighbours(few.architecture((0,) * 6)))
    (3, 6, 2)
    """

    def __init__(self, space: SearchSpace, archs: Iterable[Architecture], radius: int | None = None) -> None:
        self._space, self._members = space, tuple(dict.fromkeys(archs))
        self.name, self.choices = space.name, space.choices
        self._places = {arch: place for place, arch in enumerate(self._members)}
        strangers = [arch for arch in self._members if arch not in space]
        if len(self._members) < 2 or strangers:
            told = f"{strangers[0]}" if strangers else f"{len(self._members)}"
            raise InputError(f"expected at least 2 different architectures of {space.name}, got {told}")
        if radius is not None and radius < 1:
            raise InputError(f"radius: expected at least 1, got {radius}")
        self._radius = radius

    def __repr__(self) -> str:
        """Tells the members from others, in short."""
        members = derive_seed(*(arch.key for arch in self._members))
        whole = repr(self._space) if type(self._space).__repr__ is not object.__repr__ else self.name
        return f"Subspace({whole}, {len(self)} members {members:016x}, radius={self._radius})"

    @cached_property
    def radius(self) -> int:
        """How many genes neighbours may differ in."""
        if self._radius is not None or len(self) > _MOST_PAIRED:
            return self._radius or 1
        apart = np.stack([self._apart(arch) for arch in self._members])
        return next(reach for reach in range(1, apart.max() + 1) if connected_components(apart <= reach)[0] == 1)

    @cached_property
    def _genomes(self) -> npt.NDArray[np.int64]:
        return np.array([arch.genome for arch in self._members])

    def _apart(self, arch: Architecture) -> npt.NDArray[np.int64]:
        """``(len(self),)``: in how many genes the members differ from ``arch``."""
        return np.asarray((self._genomes != np.array(arch.genome)).sum(axis=1))

    def parse(self, text: str) -> Architecture:
        arch = self._space.parse(text)
        self._require(arch)
        return arch

    def format(self, arch: Architecture) -> str:
        self._require(arch)
        return self._space.format(arch)

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None, **options: Any) -> nn.Module:
        self._require(arch)
        return self._space.build(arch, num_classes=num_classes, seed=seed, **options)

    def graph(self, arch: Architecture) -> Graph:
        self._require(arch)
        return self._space.graph(arch)

    def __contains__(self, arch: object) -> bool:
        return isinstance(arch, Architecture) and arch in self._places

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Architecture]:
        return iter(self._members)

    def sample(self, rng: np.random.Generator) -> Architecture:
        return self._members[int(rng.integers(len(self)))]

    def neighbours(self, arch: Architecture) -> list[Architecture]:
        """All members that differ in up to :attr:`radius` genes."""
        self._require(arch)
        apart = self._apart(arch)
        return [self._members[place] for place in np.flatnonzero((apart > 0) & (apart <= self.radius))]
