"""Recipes as the benchmark writes them, in JSON, and as genomes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.nasbench_nlp.recipe import (
    FIRST_NODE,
    H_PREV,
    MOST_HIDDEN,
    MOST_NODES,
    OPS,
    Node,
    Recipe,
    X,
    source_name,
)

_SLOTS = 3
CHOICES = (MOST_NODES + 1,) * MOST_HIDDEN + tuple(
    options for place in range(MOST_NODES) for options in (len(OPS) + 1, *[FIRST_NODE + place + 1] * _SLOTS)
)
"""Three places of new hidden states, and for each node an operation and three sources; 0 is nothing."""

WIDTH = 1 + _SLOTS
"""Genes of a node."""

_LONGEST = 20_000
_FORM = """{"node_0": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": {"op": "activation_tanh", ...}}"""


def parse_recipe(text: str) -> Recipe:
    """Reads a JSON object: name of a node -> ``op`` and ``input``.

    Nodes called ``h_new_0``, ``h_new_1``, ... are the new hidden states; names of others mean nothing. Nodes keep
    their order but where one reads a later one.

    Raises:
        InputError: Another form, or no cell.
        UnknownNameError: An unknown operation.
    """
    try:
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise ValueError("no text, or too long a one")
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(f"{text!r:.200} ({error})") from error
    return recipe_of(found)


def recipe_of(nodes: Any) -> Recipe:
    """The recipe that a dictionary of this form says; see :func:`parse_recipe`."""
    if not isinstance(nodes, dict) or not all(isinstance(name, str) and _is_node(node) for name, node in nodes.items()):
        raise _wrong(f"{nodes!r:.200}")
    known = {"x": X, **{f"h_prev_{place}": H_PREV + place for place in range(MOST_HIDDEN)}}
    if known.keys() & nodes:
        raise _wrong(f"a node of the name {min(known.keys() & nodes)}")
    waiting, listed = dict(nodes), list[Node]()
    while waiting:
        ready = next((name for name, node in waiting.items() if known.keys() >= set(node["input"])), None)
        if ready is None:
            raise _wrong(f"nodes that wait for what there is not: {', '.join(waiting):.200}")
        node = waiting.pop(ready)
        if node["op"] not in OPS:
            raise UnknownNameError("NAS-Bench-NLP operation", node["op"], OPS)
        known[ready] = FIRST_NODE + len(listed)
        listed.append(Node(OPS.index(node["op"]), tuple(known[name] for name in node["input"])))
    hidden = sorted((int(name[6:]), known[name]) for name in nodes if re.fullmatch(r"h_new_\d{1,3}", name))
    if [place for place, _ in hidden] != list(range(len(hidden))):
        raise _wrong(f"new hidden states {', '.join(f'h_new_{place}' for place, _ in hidden)}")
    return Recipe(tuple(listed), tuple(node - FIRST_NODE for _, node in hidden)).checked()


def format_recipe(recipe: Recipe) -> str:
    """Writes a JSON object; nodes that are no new hidden states are called by their places."""
    new = {FIRST_NODE + node: f"h_new_{place}" for place, node in enumerate(recipe.hidden)}

    def name(source: int) -> str:
        return new.get(source) or source_name(source)

    return json.dumps(
        {
            name(FIRST_NODE + place): {"op": OPS[node.op], "input": [name(source) for source in node.inputs]}
            for place, node in enumerate(recipe.nodes)
        }
    )


def genome_of(recipe: Recipe) -> tuple[int, ...]:
    """The recipe as numbers below :data:`CHOICES`."""
    genes = [*(place + 1 for place in recipe.hidden), *[0] * (MOST_HIDDEN - len(recipe.hidden))]
    for node in recipe.nodes:
        genes += [node.op + 1, *(source + 1 for source in node.inputs), *[0] * (_SLOTS - len(node.inputs))]
    return (*genes, *[0] * (len(CHOICES) - len(genes)))


def recipe_from(genome: Sequence[int]) -> Recipe | None:
    """The recipe that a genome says, right or wrong; ``None`` where gaps are between its numbers."""
    hidden = _filled(genome[:MOST_HIDDEN])
    rows = [genome[start : start + WIDTH] for start in range(MOST_HIDDEN, len(genome), WIDTH)]
    nodes = [(row[0], _filled(row[1:])) for row in rows if any(row)]
    gap = hidden is None or any(map(any, rows[len(nodes) :])) or any(not op or inputs is None for op, inputs in nodes)
    if gap or hidden is None:
        return None
    return Recipe(tuple(Node(op - 1, inputs) for op, inputs in nodes if inputs is not None), hidden)


def _filled(genes: Sequence[int]) -> tuple[int, ...] | None:
    """Places and sources, if what is nothing comes last."""
    given = tuple(gene - 1 for gene in genes if gene)
    return given if all(genes[: len(given)]) else None


def _is_node(node: object) -> bool:
    if not isinstance(node, dict) or node.keys() != {"op", "input"} or not isinstance(node["input"], list):
        return False
    return isinstance(node["op"], str) and all(isinstance(name, str) for name in node["input"])


def _wrong(came: str) -> InputError:
    return InputError(f"NAS-Bench-NLP recipe: expected JSON of the form {_FORM}; got {came}")
