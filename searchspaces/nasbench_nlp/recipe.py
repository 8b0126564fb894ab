"""A recipe: the nodes of a recurrent cell, each an operation on the input, old hidden states or earlier nodes."""

from __future__ import annotations

from dataclasses import dataclass

from zcnas.errors import InputError

OPS = (
    "linear",
    "blend",
    "elementwise_prod",
    "elementwise_sum",
    "activation_tanh",
    "activation_sigm",
    "activation_leaky_relu",
)
"""Operations by code, here and in genomes, where 0 is no node and 1 ``linear``."""

LINEAR, BLEND, PROD, SUM, TANH, SIGM, LEAKY = range(len(OPS))

ARITIES = {LINEAR: (2, 3), BLEND: (3,), PROD: (2,), SUM: (2,), TANH: (1,), SIGM: (1,), LEAKY: (1,)}
"""How many inputs an operation may have. ``blend`` weighs its second and third by its first."""

MOST_NODES = 25
"""The largest cells that the paper draws: 21 nodes, three hidden states, and an activation."""

MOST_HIDDEN = 3

X, H_PREV, FIRST_NODE = 0, 1, 1 + MOST_HIDDEN
"""Sources: the input, the first old hidden state, the first node."""


@dataclass(frozen=True, slots=True)
class Node:
    """An operation and what it reads: :data:`X`, ``H_PREV + k``, or ``FIRST_NODE + k``, in order."""

    op: int
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A cell.

    Attributes:
        nodes: In an order in which every node comes after those that it reads.
        hidden: Which nodes are the new hidden states; the first is what the cell gives.
    """

    nodes: tuple[Node, ...]
    hidden: tuple[int, ...]

    def problem(self) -> str | None:
        """What is wrong with it, if anything."""
        if not 0 < len(self.nodes) <= MOST_NODES:
            return f"{len(self.nodes)} nodes, and not 1 to {MOST_NODES}"
        if not 0 < len(self.hidden) <= MOST_HIDDEN or len(set(self.hidden)) != len(self.hidden):
            return f"new hidden states at nodes {self.hidden}, and not 1 to {MOST_HIDDEN} different ones"
        if not all(0 <= place < len(self.nodes) for place in self.hidden):
            return f"new hidden states at nodes {self.hidden} of {len(self.nodes)}"
        known = {X, *range(H_PREV, H_PREV + len(self.hidden))}
        for place, node in enumerate(self.nodes):
            if told := _problem(node, known):
                return f"node {place}: {told}"
            known.add(FIRST_NODE + place)
        idle = known - self.used()
        return f"what nothing needs: {sorted(map(source_name, idle))}" if idle else None

    def used(self) -> set[int]:
        """All that the new hidden states depend on, and they themselves."""
        found = {FIRST_NODE + place for place in self.hidden}
        for place in reversed(range(len(self.nodes))):
            if FIRST_NODE + place in found:
                found.update(self.nodes[place].inputs)
        return found

    def checked(self) -> Recipe:
        """Itself. Raises :class:`~zcnas.errors.InputError` where something is wrong."""
        told = self.problem()
        if told:
            raise InputError(f"NAS-Bench-NLP recipe: expected a cell whose parts are all needed, got {told}")
        return self


def source_name(source: int) -> str:
    """What a recipe calls a source that is no new hidden state.

    >>> source_name(0), source_name(2), source_name(4)
    ('x', 'h_prev_1', 'node_0')
    """
    if source == X:
        return "x"
    return f"h_prev_{source - H_PREV}" if source < FIRST_NODE else f"node_{source - FIRST_NODE}"


def _problem(node: Node, known: set[int]) -> str | None:
    name = OPS[node.op]
    if len(node.inputs) not in ARITIES[node.op]:
        return f"{name} of {len(node.inputs)} inputs"
    if len(set(node.inputs)) != len(node.inputs):
        return f"{name} that reads the same twice"
    if not known.issuperset(node.inputs):
        return f"{name} of what comes later or is not there"
    return f"{name} of x, which only linear may read" if X in node.inputs and node.op != LINEAR else None
