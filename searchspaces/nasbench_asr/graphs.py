"""Cells as graphs whose nodes are operations, and the benchmark's hash of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.nasbench101.hashing import digest, hash_of
from zcnas.searchspaces.nasbench_asr.cell import NODES, OPS, ZERO, nodes_of

_INPUT, _OUTPUT = -1, -2  # What the benchmark's authors count the two as, among the codes of operations.

Sources = list[list[int]]


def sources_of(genome: Sequence[int]) -> Sources:
    """What the input, the three operations and the output read, in the benchmark's view.

    A skip of a node leads to whatever reads the node. It starts at an operation, although in the network it brings
    that operation's output and the skips that were added to it.

    >>> sources_of((1, 1, 2, 0, 0, 3, 0, 0, 1))
    [[], [0], [1, 0], [2], [3, 2]]
    """
    found: Sources = [[], [0]]
    for place, (_, *skips) in enumerate(nodes_of(genome), start=1):
        found.append([place, *(source for source, skip in enumerate(skips) if skip)])
    return found


def operation_graph(genome: Sequence[int]) -> Graph:
    """Input, the three operations, output; ``zero`` is there as well."""
    sources = sources_of(genome)
    adjacency = np.zeros((len(sources), len(sources)), dtype=np.int8)
    for target, feeding in enumerate(sources):
        adjacency[feeding, target] = 1
    return Graph(adjacency, ("input", *(OPS[op] for op, *_ in nodes_of(genome)), "output"))


@cache
def model_hash(genome: tuple[int, ...]) -> str:
    """32 hexadecimal digits, by which the benchmark's files name architectures.

    ``zero`` is taken out first, and then what does not lie between input and output.

    >>> model_hash((1, 0, 1, 0, 0, 1, 0, 0, 0))
    '36855332a5778e0df5114305bc3ce238'
    """
    codes = [_INPUT, *(op for op, *_ in nodes_of(genome)), _OUTPUT]
    sources = _pruned(sources_of(genome), {place for place in NODES if codes[place + 1] == ZERO})
    places = [place for place, feeding in enumerate(sources) if feeding is not None]
    kept = [[places.index(source) for source in sources[place] or ()] for place in places]
    outgoing = [sum(feeding.count(place) for feeding in kept) for place in range(len(kept))]
    # The authors count edges in floating point, and hash what Python writes for them.
    starts = [
        digest(str((float(out), float(len(into)), codes[place])))
        for out, into, place in zip(outgoing, kept, places, strict=True)
    ]
    return hash_of(kept, starts)


def _pruned(sources: Sources, zeros: set[int]) -> list[list[int] | None]:
    """What each reads of what is left; ``None`` for what is not left."""
    dead = {place + 1 for place in zeros}
    fed = {0}
    for target, feeding in enumerate(sources):
        if target not in dead and fed & (set(feeding) - dead):
            fed.add(target)
    used = {len(sources) - 1}
    for target in reversed(range(len(sources))):
        if target in used:
            used |= set(sources[target]) - dead
    left = fed & used if len(sources) - 1 in fed else set()
    return [
        [source for source in feeding if source in left] if target in left else None
        for target, feeding in enumerate(sources)
    ]
