"""Which cells are the same network: the 26,206 classes of the benchmark, and how each is spelt."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

from zcnas.searchspaces.nasbench_graph.cell import LINKS, OPS, SKIP, Codes, Links

Tree = tuple[int, tuple["Tree", ...]]
"""An operation with all that read it."""

Genome = tuple[int, ...]
"""The place of the links in :data:`LINKS`, and four codes: also the digits of the benchmark's hash."""


def canonical(links: Links, codes: Codes) -> Genome:
    """How the benchmark spells the network with these links and codes of operations.

    The name of a node does not matter. A skip that somebody reads, or that alone reads something, changes
    nothing, and neither does one of the input's own features, which the benchmark never concatenates: such skips
    are moved between the input and everything else. Of the orders of nodes whose links are in :data:`LINKS`, the
    one with the smallest codes is taken.

    >>> canonical((0, 1, 2, 1), (1, 2, 7, 3))
    (6, 1, 2, 3, 7)
    """
    if SKIP in codes:
        links, codes = _listed(_skips_first(_without_skips(_readers(links, codes, 0), of_input=True)))
    return min((shape, *(codes[node] for node in order)) for shape, order in _orders(links))


_NODES = len(LINKS[0])


@cache
def members() -> frozenset[Genome]:
    """The genome of every class but that of four skips, which is no network."""
    every = product(range(len(LINKS)), *[range(len(OPS))] * _NODES)
    found = frozenset(genome for genome in every if canonical(LINKS[genome[0]], genome[1:]) == genome)
    return found - {canonical(LINKS[-1], (SKIP,) * _NODES)}


def _readers(links: Links, codes: Codes, node: int) -> tuple[Tree, ...]:
    return tuple((codes[place], _readers(links, codes, place + 1)) for place, link in enumerate(links) if link == node)


def _without_skips(readers: tuple[Tree, ...], *, of_input: bool = False) -> tuple[Tree, ...]:
    left = list(readers)
    idle = [place for place, reader in enumerate(left) if _is_idle(reader, of_input or len(left) == 1)]
    while idle:
        left[idle[0] : idle[0] + 1] = left[idle[0]][1]
        idle = [place for place, reader in enumerate(left) if _is_idle(reader, of_input or len(left) == 1)]
    return tuple((code, _without_skips(below)) for code, below in left)


def _is_idle(tree: Tree, alone: bool) -> bool:
    code, below = tree
    return code == SKIP and (alone or bool(below))


def _skips_first(forest: tuple[Tree, ...]) -> tuple[Tree, ...]:
    for _ in range(_NODES - _size(forest)):
        forest = ((SKIP, forest),)
    return forest


def _size(forest: tuple[Tree, ...]) -> int:
    return sum(1 + _size(below) for _, below in forest)


def _listed(forest: tuple[Tree, ...]) -> tuple[Links, Codes]:
    """The nodes in the order of a walk, every node before those that read it."""
    links, codes = list[int](), list[int]()

    def visit(readers: tuple[Tree, ...], node: int) -> None:
        for code, below in readers:
            links.append(node)
            codes.append(code)
            visit(below, len(links))

    visit(forest, 0)
    return tuple(links), tuple(codes)


@cache
def _orders(links: Links) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """All orders of nodes that give links of :data:`LINKS`, with their place there."""
    found = []
    for order in permutations(range(len(links))):
        names = [0, *(order.index(node) + 1 for node in range(len(links)))]
        renamed = tuple(names[links[node]] for node in order)
        if renamed in LINKS:
            found.append((LINKS.index(renamed), order))
    return tuple(found)
