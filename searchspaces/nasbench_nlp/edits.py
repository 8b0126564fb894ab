"""What one number of a genome can become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zcnas.searchspaces.nasbench_nlp.recipe import ARITIES, FIRST_NODE, H_PREV, MOST_HIDDEN, OPS, Node, Recipe
from zcnas.searchspaces.nasbench_nlp.spelling import WIDTH

Edit = tuple[int, int]
"""A position of the genome and what is there instead."""


def edits(recipe: Recipe) -> Iterator[Edit]:
    """All edits that give another cell, in the order of positions and numbers.

    The numbers of nodes and of hidden states stay: one that were new would be read by nothing.
    """
    for position, gene, other in (*_of_states(recipe), *_of_nodes(recipe)):
        if other.problem() is None:
            yield position, gene


def _of_states(recipe: Recipe) -> Iterator[tuple[int, int, Recipe]]:
    for place, now in enumerate(recipe.hidden):
        for node in range(len(recipe.nodes)):
            if node != now:
                hidden = (*recipe.hidden[:place], node, *recipe.hidden[place + 1 :])
                yield place, node + 1, replace(recipe, hidden=hidden)


def _of_nodes(recipe: Recipe) -> Iterator[tuple[int, int, Recipe]]:
    for place, node in enumerate(recipe.nodes):
        start = MOST_HIDDEN + WIDTH * place
        sources = [*range(H_PREV + len(recipe.hidden)), *range(FIRST_NODE, FIRST_NODE + place)]
        for offset, gene, other in (*_other_ops(node), *_other_inputs(node, sources)):
            yield (
                start + offset,
                gene,
                replace(recipe, nodes=(*recipe.nodes[:place], other, *recipe.nodes[place + 1 :])),
            )


def _other_ops(node: Node) -> Iterator[tuple[int, int, Node]]:
    for op in range(len(OPS)):
        if op != node.op and len(node.inputs) in ARITIES[op]:
            yield 0, op + 1, Node(op, node.inputs)


def _other_inputs(node: Node, sources: list[int]) -> Iterator[tuple[int, int, Node]]:
    most = max(ARITIES[node.op])
    for slot in range(most):
        if slot == len(node.inputs) - 1 and slot in ARITIES[node.op]:
            yield 1 + slot, 0, Node(node.op, node.inputs[:slot])
        for source in sources:
            if source not in node.inputs:
                yield 1 + slot, source + 1, Node(node.op, (*node.inputs[:slot], source, *node.inputs[slot + 1 :]))
