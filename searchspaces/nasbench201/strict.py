"""When two cells are the same network: the key under which scores may be shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, permutations, product

from zcnas.searchspaces.nasbench201.cell import EDGES, OPS, OUTPUT, SKIP, live_edges

Vertex = tuple[str, tuple[int, ...]]
"""An operation and the vertices whose outputs it sums, with repetitions."""


def strict_key(codes: Sequence[int]) -> str:
    """Names a cell's live graph up to the order of its vertices; equal keys mean equal networks.

    A vertex is an operation on an edge that computes something (see :func:`live_edges`); skips are wires.
    What a vertex reads is a sum with repetitions, so ``x + x`` is not ``x``. Vertices have identity: one
    convolution that is read twice is not two convolutions, and one pool read twice is not two pools, which
    cost twice as much. Nothing is moved through a pool, as rounding would change.

    Networks with equal keys have equal live parameters and operations, and their convolutions correspond one
    to one; with equal weights in these, their outputs are equal up to the order of additions.

    >>> strict_key((3, 1, 0, 1, 1, 1)), strict_key((3, 3, 0, 1, 1, 1))
    ('nor_conv_3x3(0) output(0,0,1)', 'nor_conv_3x3(0) nor_conv_3x3(0) output(0,1,2)')
    """
    vertices = live_graph(codes)
    return min(_text(vertices, order) for order in _orders(vertices))


def live_graph(codes: Sequence[int]) -> list[Vertex]:
    """Vertices in the order of execution: the input, operations on live edges but skips, the output."""
    vertices: list[Vertex] = [("input", ())]
    values: list[list[int]] = [[0]] + [[] for _ in range(OUTPUT)]
    for code, (source, target), live in zip(codes, EDGES, live_edges(codes), strict=True):
        if code == SKIP:
            values[target] += values[source]
        elif live:
            values[target].append(len(vertices))
            vertices.append((OPS[code], tuple(values[source])))
    return [*vertices, ("output", tuple(values[OUTPUT]))]


def _orders(vertices: Sequence[Vertex]) -> Iterator[tuple[int, ...]]:
    """All orders of the vertices by depth and operation; those alike in both come in every order."""
    kinds: list[tuple[int, str]] = []
    for op, inputs in vertices:
        kinds.append((1 + max((kinds[place][0] for place in inputs), default=0), op))
    groups = [
        permutations([vertex for vertex, other in enumerate(kinds) if other == kind]) for kind in sorted(set(kinds))
    ]
    for choice in product(*groups):
        yield tuple(chain.from_iterable(choice))


def _text(vertices: Sequence[Vertex], order: Sequence[int]) -> str:
    places = {vertex: place for place, vertex in enumerate(order)}
    return " ".join(
        f"{op}({','.join(map(str, sorted(places[other] for other in inputs)))})"
        for op, inputs in (vertices[vertex] for vertex in order if vertices[vertex][0] != "input")
    )
