"""When two cells are the same network: the key under which scores may be shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

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
    return min(_text(vertices, order) for order in _orders(_colours(vertices)))


def live_graph(codes: Sequence[int]) -> list[Vertex]:
    """Vertices in the order of execution: the input, operations on live edges but skips, the output."""
    vertices: list[Vertex] = [("input", ())]
    values: list[list[int]] = [[0]] + [[] for _ in range(OUTPUT)]
    for code, (source, target), live in zip(codes, EDGES, live_edges(codes), strict=True):
        if live and code == SKIP:
            values[target] += values[source]
        elif live:
            values[target].append(len(vertices))
            vertices.append((OPS[code], tuple(values[source])))
    return [*vertices, ("output", tuple(values[OUTPUT]))]


def _colours(vertices: Sequence[Vertex]) -> list[int]:
    """Colours vertices by depth and operation, then by those of what they read and feed, until it settles."""
    depths: list[int] = []
    for _, inputs in vertices:
        depths.append(1 + max((depths[place] for place in inputs), default=0))
    users = [
        [user for user, (_, inputs) in enumerate(vertices) for place in inputs if place == vertex]
        for vertex in range(len(vertices))
    ]
    colours = _ranks([(depth, op) for depth, (op, _) in zip(depths, vertices, strict=True)])
    while True:
        finer = _ranks(
            [
                (colours[vertex], _pick(colours, inputs), _pick(colours, users[vertex]))
                for vertex, (_, inputs) in enumerate(vertices)
            ]
        )
        if finer == colours:
            return colours
        colours = finer


def _orders(colours: Sequence[int]) -> Iterator[list[int]]:
    """All orders of the vertices by colour; those of one colour in every order."""
    groups = [
        permutations([vertex for vertex, other in enumerate(colours) if other == colour])
        for colour in sorted(set(colours))
    ]
    for choice in product(*groups):
        yield [vertex for group in choice for vertex in group]


def _text(vertices: Sequence[Vertex], order: Sequence[int]) -> str:
    places = {vertex: place for place, vertex in enumerate(order)}
    return " ".join(
        f"{op}({','.join(map(str, sorted(places[other] for other in inputs)))})"
        for op, inputs in (vertices[vertex] for vertex in order if vertices[vertex][0] != "input")
    )


def _pick(colours: Sequence[int], vertices: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(colours[vertex] for vertex in vertices))


def _ranks(signatures: Sequence[tuple[object, ...]]) -> list[int]:
    ranks = {signature: rank for rank, signature in enumerate(sorted(set(signatures)))}
    return [ranks[signature] for signature in signatures]
