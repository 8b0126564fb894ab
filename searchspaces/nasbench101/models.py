"""All 423,624 models: cells up to isomorphism, counted without hashes."""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from zcnas.searchspaces.nasbench101.cell import EDGES, MAX_EDGES, OPS, VERTICES, genomes_of

MODELS_BY_VERTICES = {2: 1, 3: 6, 4: 84, 5: 2_441, 6: 62_010, 7: 359_082}
"""How many models there are of each size, as the authors published in sum; :func:`models` finds them."""


@cache
def all_models() -> npt.NDArray[np.uint8]:
    """Genomes of all models, ``(423624, 26)``, read-only: smaller cells first, then as in :func:`models`."""
    return _locked(np.concatenate([models(size) for size in MODELS_BY_VERTICES]))


@cache
def models(vertices: int) -> npt.NDArray[np.uint8]:
    """Genomes of the models of so many vertices, ``(n, 26)``, read-only, one for each class of isomorphic cells.

    As in the authors' list, the first one of its class: by the bits of its edges, then by its operations.

    A graph is the first of its class if no order of the inner vertices has smaller bits. Orders that leave it
    unchanged make some choices of operations equal; of these the first is kept.
    """
    inner = vertices - 2
    graphs = _full_graphs(vertices)
    weights = np.array(
        [[1 << (x + y * (y - 1) // 2) if x < y else 0 for y in range(vertices)] for x in range(vertices)]
    )
    own = (graphs * weights).sum((1, 2))
    ops = np.array(list(product(range(len(OPS)), repeat=inner)), dtype=np.uint8).reshape(len(OPS) ** inner, inner)
    powers = len(OPS) ** np.arange(inner)[::-1]
    first = np.ones(len(graphs), dtype=bool)
    repeats = np.zeros((len(graphs), len(ops)), dtype=bool)
    for order in permutations(range(inner)):
        places = [0, *(one + 1 for one in order), vertices - 1]
        moved = graphs[:, places][:, :, places]
        forward = ~np.tril(moved).any((1, 2))
        bits = (moved * weights).sum((1, 2))
        first &= ~forward | (bits >= own)
        earlier = ops[:, list(order)] @ powers < np.arange(len(ops))
        repeats |= (forward & (bits == own))[:, None] & earlier
    graph, choice = np.nonzero(first[:, None] & ~repeats)
    padded = np.pad(ops[choice], ((0, 0), (0, VERTICES - 2 - inner)))
    sizes = np.full(len(graph), vertices, dtype=np.uint8)
    return _locked(genomes_of(sizes, own[graph].astype(np.uint32), padded))


def _locked(genomes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    genomes.flags.writeable = False  # it is kept for the next caller
    return genomes


def _full_graphs(vertices: int) -> npt.NDArray[np.int64]:
    """``(n, vertices, vertices)``: all with at most nine edges and no dead vertex, in the order of their bits."""
    edges = EDGES[: vertices * (vertices - 1) // 2]
    bits = np.arange(1 << len(edges), dtype=np.uint32)
    count = sum((bits >> np.uint32(place) & np.uint32(1)).astype(np.uint8) for place in range(len(edges)))
    bits = bits[count <= MAX_EDGES]
    graphs = np.zeros((len(bits), vertices, vertices), dtype=np.uint8)
    for place, (source, target) in enumerate(edges):
        graphs[:, source, target] = bits >> np.uint32(place) & np.uint32(1)
    feeds, fed = graphs[:, :-1].any(axis=2), graphs[:, :, 1:].any(axis=1)
    return graphs[np.all(feeds & fed, axis=1)].astype(np.int64)
