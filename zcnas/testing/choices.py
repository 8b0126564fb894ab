"""Random masks and decisions of a supernet, and weights that move from it to an architecture's own network."""

from __future__ import annotations

import numpy as np
from torch import nn

from zcnas.supernet import Decisions, Mixing, Supernet


def some_decisions(supernet: Supernet, rng: np.random.Generator) -> Decisions:
    """An operation for every edge, but for those that their node drops."""
    dropped = {edge for node in supernet.nodes for edge in _lost(node.edges, len(node.edges) - node.keep, rng)}
    ops = [int(rng.integers(len(edge.operations))) for edge in supernet.edges]
    return tuple(None if edge in dropped else op for edge, op in enumerate(ops))


def some_masks(supernet: Supernet, rng: np.random.Generator) -> Mixing:
    """Random weights, of which some are 0: every edge keeps an operation, and every node as many edges as it must."""
    spared = {
        edge
        for node in supernet.nodes
        for edge in _lost(node.edges, int(rng.integers(len(node.edges) - node.keep + 1)), rng)
    }
    return tuple(
        (0.0,) * len(edge.operations) if place in spared else _weights(len(edge.operations), rng)
        for place, edge in enumerate(supernet.edges)
    )


def only(supernet: Supernet, decisions: Decisions) -> Mixing:
    """Weight 1 for what was chosen, and 0 for all else."""
    return tuple(
        tuple(float(op == chosen) for op in range(len(edge.operations)))
        for edge, chosen in zip(supernet.edges, decisions, strict=True)
    )


def copied_weights(source: nn.Module, target: nn.Module) -> nn.Module:
    """``target`` with the tensors of ``source``: both have the same layers in the same order of definition.

    What the source's layers lack, such as scales of norms, stays as it was.

    Raises:
        RuntimeError: Shapes differ.
        ValueError: One has more layers.
    """
    for theirs, ours in zip(_layers(source), _layers(target), strict=True):
        lacking, unknown = ours.load_state_dict(theirs.state_dict(), strict=False)
        if unknown or not set(lacking) <= {"weight", "bias"}:
            raise ValueError(f"expected layers of one kind, got {theirs} and {ours}")
    return target


def _layers(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if not list(module.children()) and module.state_dict()]


def _lost(edges: tuple[int, ...], count: int, rng: np.random.Generator) -> list[int]:
    found: list[int] = rng.choice(edges, count, replace=False).tolist()
    return found


def _weights(count: int, rng: np.random.Generator) -> tuple[float, ...]:
    kept = rng.random(count) < 0.5
    kept[rng.integers(count)] = True
    return tuple(np.where(kept, rng.uniform(0.2, 1, count), 0).tolist())
