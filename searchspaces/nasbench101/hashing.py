"""The benchmark's name for a model: a hash that does not depend on the order of the vertices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import md5

from zcnas.searchspaces.nasbench101.cell import Cell

_INPUT, _OUTPUT = -1, -2  # What the benchmark's authors count the two as, among the codes of operations.


def graph_hash(cell: Cell) -> str:
    """32 hexadecimal digits, equal for isomorphic cells; the cell must be pruned.

    Every vertex starts as a hash of its numbers of edges and its operation, and takes in the hashes of its
    neighbours as often as there are vertices. The authors checked that cells of this space have equal hashes
    only if they are isomorphic; ``hash_hi64`` in tables is the first 16 digits.

    >>> graph_hash(Cell(sources=((), (0,)), ops=()))
    '043721b9c7fe8c5fad811d47d83132ec'
    """
    codes = (_INPUT, *cell.ops, _OUTPUT)
    outgoing = [0] * len(codes)
    for feeding in cell.sources:
        for source in feeding:
            outgoing[source] += 1
    starts = (_start(out, len(into), code) for out, into, code in zip(outgoing, cell.sources, codes, strict=True))
    return hash_of(cell.sources, list(starts))


def hash_of(sources: Sequence[Sequence[int]], hashes: list[str]) -> str:
    """The hash of a graph whose vertices read these ``sources`` and start with these ``hashes``."""
    targets: list[list[int]] = [[] for _ in sources]
    for target, feeding in enumerate(sources):
        for source in feeding:
            targets[source].append(target)
    for _ in sources:
        hashes = [
            digest(
                f"{''.join(sorted([hashes[one] for one in into]))}|"
                f"{''.join(sorted([hashes[one] for one in out]))}|{own}"
            )
            for into, out, own in zip(sources, targets, hashes, strict=True)
        ]
    return digest(str(sorted(hashes)))


@cache
def _start(outgoing: int, incoming: int, code: int) -> str:
    return digest(str((outgoing, incoming, code)))


def digest(text: str) -> str:
    """The MD5 of a text, in hexadecimal digits."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()
