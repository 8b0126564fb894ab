"""Slow and obvious: one graph at a time, one node at a time, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from zcnas.graph import Graph

Floats = npt.NDArray[np.float64]
Weights = Mapping[str, Floats]


def ways(graph: Graph, node: int = 0) -> Iterator[tuple[int, ...]]:
    """All ways from ``node`` to the output."""
    if node == len(graph.ops) - 1:
        yield (node,)
    for after in np.flatnonzero(graph.adjacency[node]):
        yield from ((node, *rest) for rest in ways(graph, int(after)))


def live_nodes(graph: Graph) -> list[int]:
    """Nodes on some way without zeros from the input to the output, and these two."""
    found = {0, len(graph.ops) - 1}
    for way in ways(graph):
        if not {"zero", "none"} & {graph.ops[node] for node in way}:
            found |= set(way)
    return sorted(found)


def forward(weights: Weights, adjacency: Floats, types: list[int], sizes: Floats, both_ways: bool) -> Floats:
    """The graph network on one graph as BRP-NAS writes it: a dense matrix with the global node in front.

    Args:
        weights: By the names of the module's parameters.
        adjacency: ``(V, V)``, of nodes that are live.
        types: Of nodes.
        sizes: ``(V, A)``, their attributes.
        both_ways: Whether there are weights for what a node reads.
    """
    count = len(types)
    a = np.eye(count + 1)
    a[1:, 1:] += adjacency
    a[0, 1:] = 1
    back = np.zeros((count + 1, count + 1))
    back[1:, 1:] = adjacency.T
    x = np.vstack([weights["every"], weights["embedding"][types] + sizes @ weights["sizes"]])
    layers = sum(name.startswith("biases") for name in weights)
    for layer in range(layers):
        if layer:
            weight = weights[f"weights.{layer - 1}"]
            # The last layer has none: the global node reads nothing backwards.
            reverse = weights.get(f"reverse.{layer - 1}", np.zeros_like(weight))
            x = a @ x @ weight + back @ x @ reverse
        else:
            x = a @ x + (back @ x if both_ways else 0)
        x = x + weights[f"biases.{layer}"]
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
        x = np.maximum(x * weights[f"norms.{layer}.weight"] + weights[f"norms.{layer}.bias"], 0)
    return weights["head.weight"] @ x[0] + weights["head.bias"]


def flow(weights: Weights, adjacency: Floats, types: list[int], sizes: Floats) -> Floats:
    """FLAN's network on one graph, node by node; arguments as for :func:`forward`."""
    ops = weights["embedding"][types] + sizes @ weights["sizes.weight"].T
    x, nodes = ops, range(len(types))
    for layer in range(1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))):
        own = {name.removeprefix(f"layers.{layer}."): array for name, array in weights.items()}
        x = np.maximum(x, 0) if layer else x
        states = []
        for node in nodes:
            gate = 1 / (1 + np.exp(-(own["gate.weight"] @ ops[node] + own["gate.bias"])))
            told = sum((own["flow.weight"] @ x[one] for one in nodes if adjacency[one, node]), np.zeros(len(gate)))
            for one in nodes:
                told = told + adjacency[node, one] * (own["reverse.weight"] @ x[one])
            keys = {one: own["attended.weight"] @ x[one] for one in nodes if adjacency[one, node] or one == node}
            scores = {one: float(own["attention"] @ (keys[node] * key)) for one, key in keys.items()}
            shares = {one: np.exp(max(score, 0.2 * score)) for one, score in scores.items()}
            seen = gate * sum(shares[one] * keys[one] for one in keys) / sum(shares.values())
            seen = (seen - seen.mean()) / np.sqrt(seen.var() + 1e-5) * own["norm.weight"] + own["norm.bias"]
            states.append((gate * told + own["flow.weight"] @ x[node] + own["bias"] + seen) / 2)
        x = np.array(states)
    gathered = np.concatenate([x.sum(axis=0) / 8, x[-1]])
    embedded = np.maximum(weights["gathered.weight"] @ gathered + weights["gathered.bias"], 0)
    found: Floats = weights["head.weight"] @ embedded + weights["head.bias"]
    return found
