"""Supernets and measures whose right answers are known: measures read off a view what it holds, and run nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from zcnas.batch import Batch
from zcnas.opscore import Found, OperationScorer, Run, Step
from zcnas.seeding import generator
from zcnas.space import Architecture
from zcnas.supernet import Decisions, Edge, Mixing, Mixture, Node, Supernet

Present = tuple[tuple[tuple[int, float], ...], ...]
"""By edge: the operations that a view holds, each with its weight."""

Value = Callable[[Present, tuple[str, ...]], float]


def present(view: nn.Module) -> Present:
    """What the view holds, the same wherever an edge occurs."""
    found: dict[int, tuple[tuple[int, float], ...]] = {}
    for mixture in view.modules():
        if isinstance(mixture, Mixture):
            held = tuple(sorted((int(place), float(mixture.weights[int(place)])) for place in mixture.operations))
            assert found.setdefault(mixture.edge, held) == held
    return tuple(found[edge] for edge in sorted(found))


def kept(mixing: Iterable[Iterable[float]]) -> Present:
    """What a view with these weights holds, where every operation is a module."""
    return tuple(tuple((op, weight) for op, weight in enumerate(row) if weight) for row in mixing)


@dataclass(slots=True)
class Fake:
    """A measure of one's choice of what a view holds and of the names of the batches; it remembers its calls."""

    value: Value
    batches: int = 1
    calls: list[tuple[Present, tuple[str, ...], int]] = field(default_factory=list)

    def columns(self, network: nn.Module, batches: Sequence[Batch], seed: int) -> dict[str, float]:
        names = tuple(batch.name for batch in batches)
        self.calls.append((present(network), names, seed))
        return {"fake": self.value(*self.calls[-1][:2])}

    def join(self, columns: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
        return columns["fake"]


def chaos(held: Present, names: tuple[str, ...]) -> float:
    """Any change of a weight or of a batch gives another value: operations interact in every way there is."""
    return float(generator("chaos", held, names).standard_normal())


def additive(worths: Sequence[Sequence[float]]) -> Value:
    """The sum of what the operations are worth that are there."""
    return lambda held, _: sum(worths[edge][op] for edge, row in enumerate(held) for op, _ in row)


def by_present(values: Mapping[tuple[int, int], float], other: float = 0.0) -> Value:
    """``values[edge, op]`` for a view that lacks this operation of an undecided edge, ``other`` for all others."""

    def value(held: Present, _: tuple[str, ...]) -> float:
        undecided = {edge: dict(row) for edge, row in enumerate(held) if 1.0 not in dict(row).values()}
        lost = ((edge, op) for edge, op in values if op not in undecided.get(edge, {op: 1.0}))
        return values.get(next(lost, (-1, -1)), other)

    return value


def supernet(
    sizes: Sequence[int] = (3, 4, 2, 3),
    names: Sequence[str] | None = None,
    nodes: Iterable[Node] = (),
    empty: Collection[tuple[int, int]] = (),
) -> Supernet:
    """A chain of edges with so many operations; those in ``empty`` carry nothing."""
    layers = [
        Mixture(edge, [None if (edge, op) in empty else nn.Identity() for op in range(size)])
        for edge, size in enumerate(sizes)
    ]
    edges = [
        Edge(f"e{edge}" if names is None else names[edge], tuple(f"op{op}" for op in range(size)))
        for edge, size in enumerate(sizes)
    ]
    return Supernet(nn.Sequential(*layers), edges, decoded, nodes)


def decoded(decisions: Decisions) -> Architecture:
    return Architecture("worth", tuple(-1 if op is None else op for op in decisions))


def data(_: int, number: int) -> Batch:
    """Batches that are told by their numbers."""
    return Batch(torch.zeros(1, 1), None, str(number))


def run_of(made: Supernet, scorer: OperationScorer, seed: int = 0, mixing: Mixing | None = None, **more: Any) -> Run:
    return Run(made, scorer, data, seed=seed, mixing=mixing, **more)


def decided(steps: Iterable[Step]) -> dict[str, str]:
    return {step.edge: step.chosen for step in steps}


def told(found: Found) -> Any:
    """Everything but the time taken; as text, since NaN is not itself."""
    proposals = [dataclasses.replace(proposal, seconds=0.0) for proposal in found.proposals]
    return repr((found.best, found.ranking, proposals, found.validation_scores, found.provenance))
