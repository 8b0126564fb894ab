"""How the paper draws recipes."""

from __future__ import annotations

import numpy as np

from zcnas.searchspaces.nasbench_nlp.recipe import (
    BLEND,
    FIRST_NODE,
    H_PREV,
    LEAKY,
    LINEAR,
    PROD,
    SUM,
    TANH,
    Node,
    Recipe,
    X,
)

HIDDEN, NODES = (1, 2, 3), (7, 14, 21)
"""Numbers of hidden states and of further nodes, each as likely as the others of the authors' example."""

_OPS, _ODDS = (LINEAR, BLEND, PROD, SUM), (3 / 6, 1 / 6, 1 / 6, 1 / 6)
_INPUTS = {BLEND: 3, PROD: 2, SUM: 2}
_THREE = 1 / 5  # How often linear has three inputs and not two.


def draw(rng: np.random.Generator, hidden: int, nodes: int) -> Recipe:
    """A recipe as the authors' generator draws them, which tries until one is a cell.

    Nodes are put in a row: with odds 3 : 1 : 1 : 1 a linear map, an activation after it, of the input, old hidden
    states and activations; or a blend, a product or a sum of old hidden states and any nodes. New hidden states are
    nodes at random; what they do not need is taken out. It is a cell if they need the input and all old hidden
    states, and read none of these directly.
    """
    while True:
        row = _row(rng, hidden, nodes)
        new = rng.choice(len(row), hidden, replace=False)
        recipe = _without_idle(row, tuple(map(int, new)))
        direct = {source for place in recipe.hidden for source in recipe.nodes[place].inputs}
        if recipe.problem() is None and not direct & set(range(H_PREV, H_PREV + hidden)):
            return recipe


def _row(rng: np.random.Generator, hidden: int, nodes: int) -> list[Node]:
    row, activations = list[Node](), list[int]()
    states = list(range(H_PREV, H_PREV + hidden))
    while len(row) < hidden + nodes:
        op = int(rng.choice(_OPS, p=_ODDS))
        if op == LINEAR:
            count = 3 if rng.random() < _THREE else 2
            row.append(Node(op, _some(rng, [X, *states, *activations], count)))
            row.append(Node(int(rng.integers(TANH, LEAKY + 1)), (FIRST_NODE + len(row) - 1,)))
            activations.append(FIRST_NODE + len(row) - 1)
        elif _INPUTS[op] <= len(states) + len(row):
            every = [*states, *range(FIRST_NODE, FIRST_NODE + len(row))]
            row.append(Node(op, _some(rng, every, _INPUTS[op])))
    return row


def _some(rng: np.random.Generator, sources: list[int], count: int) -> tuple[int, ...]:
    picked = rng.choice(sources, min(count, len(sources)), replace=False)
    return tuple(map(int, picked))


def _without_idle(row: list[Node], hidden: tuple[int, ...]) -> Recipe:
    used = Recipe(tuple(row), hidden).used()
    kept = [place for place in range(len(row)) if FIRST_NODE + place in used]
    names = {source: source for source in range(FIRST_NODE)}
    names |= {FIRST_NODE + place: FIRST_NODE + new for new, place in enumerate(kept)}
    nodes = (Node(row[place].op, tuple(names[source] for source in row[place].inputs)) for place in kept)
    return Recipe(tuple(nodes), tuple(kept.index(place) for place in hidden))
