"""Who may feed whom: every vertex has a fixed number of parents among those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations, pairwise, product
from math import comb
from types import MappingProxyType

PARENTS = {1: (1, 2, 2, 2, 2), 2: (1, 1, 2, 2, 3), 3: (1, 1, 1, 2, 2, 2)}
"""Space -> how many parents vertices 1, 2, ... have; the last one is the output."""

SIZES = {1: 2_487, 2: 3_609, 3: 24_066}
"""Space -> how many architectures the authors count without loose ends."""

Sources = tuple[tuple[int, ...], ...]
"""For every vertex, from the input to the output, its parents in ascending order; none where it is unused."""


def options(number: int) -> tuple[int, ...]:
    """How many sets of parents vertices 2, 3, ... of a space can have; vertex 1 has the input."""
    return tuple(comb(vertex, count) for vertex, count in enumerate(PARENTS[number], start=1) if vertex > 1)


def parent_sets(number: int, vertex: int) -> list[tuple[int, ...]]:
    """All sets of parents of one vertex, in the order of their genes: late parents first.

    Gene 0, which unused vertices have, is thus fed by the vertex before. In the other order space 2 falls into parts
    between which no single change of a gene leads.
    """
    return list(combinations(range(vertex), PARENTS[number][vertex - 1]))[::-1]


def sources_of(number: int, genes: Sequence[int]) -> Sources:
    """The cell that a choice of parents means, without vertices that do not lead to the output.

    >>> sources_of(2, (0, 0, 5, 7))
    ((), (0,), (), (), (0, 1), (0, 1, 4))
    """
    parents = [(), *(parent_sets(number, vertex)[gene] for vertex, gene in enumerate((0, *genes), start=1))]
    live = {len(parents) - 1}
    for vertex in reversed(range(len(parents))):
        if vertex in live:
            live.update(parents[vertex])
    return tuple(found if vertex in live else () for vertex, found in enumerate(parents))


def used(sources: Sources) -> list[int]:
    """The input and all vertices that have parents, in ascending order."""
    return [0, *(vertex for vertex, parents in enumerate(sources) if parents)]


def is_chained(sources: Sources) -> bool:
    """Whether every used vertex is fed by the used one before it.

    The authors' list of cells without loose ends holds just these. It was made from the output backwards, and
    went on from a vertex's last parent only; 17 wirings of space 1 are missing therefore, 125 of space 2 and 642
    of space 3, with 3,702, 12,474 and 135,900 architectures in all.
    """
    return all(before in sources[vertex] for before, vertex in pairwise(used(sources)))


@cache
def wirings(number: int) -> Mapping[tuple[int, ...], Sources]:
    """The choices of parents in the authors' list, with genes 0 at unused vertices, and what they mean."""
    found = {}
    for genes in product(*map(range, options(number))):
        sources = sources_of(number, genes)
        idle = (gene for gene, parents in zip(genes, sources[2:], strict=True) if not parents)
        if is_chained(sources) and not any(idle):
            found[genes] = sources
    return MappingProxyType(found)
