"""The contract of a search space: five things to write, the rest comes from here."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from operator import lt
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from torch import nn

from zcnas.errors import InputError
from zcnas.graph import Graph


@dataclass(frozen=True, slots=True, order=True)
class Architecture:
    """A space's name and a tuple of small integers: hashable, printable, enough to rebuild the network."""

    space: str
    genome: tuple[int, ...]

    @property
    def key(self) -> str:
        """Names the architecture in stores, tables and seeds, e.g. ``nasbench201:3-1-0-2-4-2``."""
        return f"{self.space}:{'-'.join(map(str, self.genome))}"

    @classmethod
    def of_key(cls, key: str) -> Architecture:
        """The inverse of :attr:`key`; whether it is in its space, only that can tell.

        >>> Architecture.of_key("nasbench201:3-1-0-2-4-2")
        Architecture(space='nasbench201', genome=(3, 1, 0, 2, 4, 2))
        """
        space, _, genes = key.partition(":")
        return cls(space, tuple(map(int, genes.split("-"))))


@dataclass(frozen=True, slots=True, eq=False)
class Genomes:
    """Many architectures of one space in one array, for tables that are to load fast.

    Attributes:
        space: Name of the space.
        codes: ``(number of architectures, length of a genome)``, small whole numbers.
    """

    space: str
    codes: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.codes.ndim != 2 or self.codes.dtype != np.uint8:
            raise InputError(f"expected a matrix of uint8 genomes, got {self.codes.dtype} of shape {self.codes.shape}")

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Architecture]:
        return (Architecture(self.space, tuple(genome)) for genome in self.codes.tolist())

    def distinct(self) -> int:
        """How many different ones there are."""
        if not self.codes.size or math.prod(options := (self.codes.max(0).astype(int) + 1).tolist()) >= 2**64:
            return len(set(map(bytes, self.codes)))
        # As one number each they are compared much faster.
        numbers = np.zeros(len(self), dtype=np.uint64)
        for genes, count in zip(self.codes.T, options, strict=True):
            numbers = numbers * np.uint64(count) + genes
        numbers.sort()
        return 1 + int(np.count_nonzero(numbers[1:] != numbers[:-1]))


class SearchSpace(ABC):
    """A finite product of choices.

    A subclass sets ``name`` and ``choices`` (the number of options at each position of the genome)
    and writes :meth:`parse`, :meth:`format` and :meth:`build`. Spaces in which not every product of
    choices is valid also override :meth:`__contains__`, and :meth:`__len__` to agree with it.

    One whose constructor takes arguments says them in its ``repr``, most easily as a frozen dataclass: that is how
    stores tell the scores of its instances apart.
    """

    name: str
    choices: tuple[int, ...]

    @abstractmethod
    def parse(self, text: str) -> Architecture:
        """Reads the benchmark's own spelling. Raises :class:`~zcnas.errors.InputError`."""

    @abstractmethod
    def format(self, arch: Architecture) -> str:
        """Writes the benchmark's own spelling: the inverse of :meth:`parse`."""

    @abstractmethod
    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        """The network of ``arch``, mapping images ``(N, 3, H, W)`` to logits ``(N, num_classes)``.

        With ``seed``, initial weights depend on it and on ``arch.key`` alone, and the global random
        state is left as it was; without, they are drawn from the global random state as usual.
        """

    @abstractmethod
    def graph(self, arch: Architecture) -> Graph:
        """The architecture as a graph of typed operations."""

    def architecture(self, genome: tuple[int, ...]) -> Architecture:
        """Checks a genome. Raises :class:`~zcnas.errors.InputError` if it is not in this space."""
        arch = Architecture(self.name, tuple(int(gene) for gene in genome))
        if arch not in self:
            raise InputError(f"{self.name}: expected {len(self.choices)} genes below {self.choices}, got {arch.genome}")
        return arch

    def __contains__(self, arch: object) -> bool:
        return (
            isinstance(arch, Architecture)
            and arch.space == self.name
            and len(arch.genome) == len(self.choices)
            # Without a loop of Python's: whole spaces are asked about.
            and min(arch.genome, default=0) >= 0
            and all(map(lt, arch.genome, self.choices))
        )

    def __len__(self) -> int:
        return math.prod(self.choices)

    @property
    def size(self) -> int:
        """Number of architectures, also where ``len`` would overflow."""
        return self.__len__()

    def __bool__(self) -> bool:
        """True: without this, Python would ask for the length."""
        return True

    def __iter__(self) -> Iterator[Architecture]:
        """All architectures, the last gene running fastest."""
        for genome in product(*map(range, self.choices)):
            arch = Architecture(self.name, genome)
            if arch in self:
                yield arch

    def _require(self, arch: Architecture) -> None:
        if arch not in self:
            raise InputError(f"{self.name}: expected one of its architectures, got {arch}; parse it with this space")

    def sample(self, rng: np.random.Generator) -> Architecture:
        """One architecture, uniformly (by rejection where not every genome is valid)."""
        while True:
            genome = tuple(int(rng.integers(options)) for options in self.choices)
            arch = Architecture(self.name, genome)
            if arch in self:
                return arch

    def neighbours(self, arch: Architecture) -> list[Architecture]:
        """All valid architectures at one edit from ``arch``."""
        self._require(arch)
        found = []
        for position, options in enumerate(self.choices):
            for gene in range(options):
                if gene != arch.genome[position]:
                    genome = (*arch.genome[:position], gene, *arch.genome[position + 1 :])
                    found.append(Architecture(self.name, genome))
        return [candidate for candidate in found if candidate in self]

    def mutate(self, arch: Architecture, rng: np.random.Generator) -> Architecture:
        """A neighbour of ``arch``, uniformly."""
        options = self.neighbours(arch)
        if not options:
            raise InputError(f"{self.name}: {arch.key} has no neighbours, so it cannot be mutated")
        return options[int(rng.integers(len(options)))]

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """Takes each gene from one of the parents (by rejection where not every genome is valid)."""
        self._require(first)
        self._require(second)
        while True:
            pick = rng.integers(2, size=len(self.choices))
            genes = zip(first.genome, second.genome, pick, strict=True)
            arch = Architecture(self.name, tuple(b if from_second else a for a, b, from_second in genes))
            if arch in self:
                return arch


@runtime_checkable
class Isomorphic(Protocol):
    """Spaces that can tell when two genomes mean the same network."""

    def canonical(self, arch: Architecture) -> str:
        """The benchmark's own canonical form: equal for genomes that it holds for isomorphic."""


@runtime_checkable
class Deduplicated(Protocol):
    """Spaces that can tell when two genomes build equal networks, whose scores may be shared."""

    def representative(self, arch: Architecture) -> Architecture:
        """The first architecture of the space that is the same network, but for what cannot reach the output."""


@runtime_checkable
class Layered(Protocol):
    """Spaces whose networks run one layer after the other, for tables of latencies by layer."""

    def layers(self, arch: Architecture, *, resolution: int | None = None) -> tuple[str, ...]:
        """Keys of all layers in such a table, in the order in which they run; one occurs as often as it runs.

        Args:
            arch: Of this space.
            resolution: Height and width of the images; by default :meth:`resolution`.
        """

    def resolution(self, arch: Architecture) -> int:
        """Height and width of the images, as the architecture or its benchmark says."""


class Layer(NamedTuple):
    """A layer by itself.

    Attributes:
        module: What computes it.
        shapes: Of its inputs, without the batch, such as ``(C, H, W)``.
        alone: Whether nothing else runs beside it, so that it takes what it takes alone.
    """

    module: nn.Module
    shapes: tuple[tuple[int, ...], ...]
    alone: bool = False


@runtime_checkable
class LayerBuilder(Protocol):
    """Layered spaces that make single layers, so that these can be measured."""

    def layer(self, key: str, *, seed: int | None = None) -> Layer:
        """The layer that :meth:`Layered.layers` calls so.

        Args:
            key: Of a layer.
            seed: Of its weights, which do not depend on anything else then.

        Raises:
            InputError: No layer of this space.
        """


@runtime_checkable
class Benchmarked(Protocol):
    """Spaces with a table of trained architectures."""

    def query(self, arch: Architecture, dataset: str, *, split: str = "test", metric: str = "accuracy") -> float:
        """One recorded value. Raises :class:`~zcnas.errors.UnknownNameError` naming what there is."""
