"""One proposal: a supernet is decided edge by edge, on fresh batches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zcnas.batch import Batch
from zcnas.errors import Undefined
from zcnas.opscore.measures import Measure, ProxyMeasure, Values, defined_first, strongest
from zcnas.opscore.scorers import OperationScorer
from zcnas.opscore.state import State
from zcnas.passes import Memo
from zcnas.seeding import derive_seed, generator
from zcnas.space import Architecture
from zcnas.supernet import Masking, Mixing, Node, Supernet

Data = Callable[[int, int], Batch]
"""From a stream's seed and a number to a batch: the same one every time."""


@dataclass(frozen=True, slots=True)
class Step:
    """One decision.

    Attributes:
        edge: Name of the edge.
        chosen: Name of the operation that it got, or ``dropped``.
        strengths: By operation (of all that were compared on this edge), or by edge of the node.
    """

    edge: str
    chosen: str
    strengths: dict[str, float]


class Run:
    """A supernet while it is decided. Equal arguments give equal decisions.

    An order calls :meth:`advance` before every step, and then has edges scored or decided.

    Args:
        supernet: Its weights stay as they are.
        scorer: Says how strong operations are.
        data: Where batches come from.
        seed: Fixes mixture weights, batches and random choices.
        masking: What masked operations do; see :meth:`Supernet.view`.
        mixing: The weights to begin with; drawn as DARTS draws them by default.

    Attributes:
        steps: What has been decided.
        scores: How many networks have been scored.
    """

    def __init__(
        self,
        supernet: Supernet,
        scorer: OperationScorer,
        data: Data,
        *,
        seed: int = 0,
        masking: Masking = "skip",
        mixing: Mixing | None = None,
    ) -> None:
        self.supernet, self.scorer, self.seed = supernet, scorer, seed
        self._data, self._masking, self._mixing = data, masking, mixing
        self.rng = generator("opscore", seed)
        drawn = supernet.drawn(self.rng)
        self.state = State(supernet, drawn if mixing is None else mixing)
        self.steps: list[Step] = []
        self.scores = 0
        self._batches: list[Batch] = []
        self._taken = 0
        self._known: list[tuple[Measure, dict[Mixing, dict[str, float]]]] = []
        self._views: dict[Any, Any] = {}
        self._memo = Memo()

    def advance(self) -> None:
        """Goes on to fresh batches."""
        numbers = range(self._taken, self._taken + self.scorer.batches)
        self._batches = [self._data(derive_seed("opscore-batches", self.seed), number) for number in numbers]
        self._taken += self.scorer.batches
        self._known.clear()
        self._views.clear()
        self._memo.clear()

    def strengths(self, edges: Iterable[int]) -> dict[int, Values]:
        """By edge the strengths of all its operations; NaN for those that have none, or that it may not get."""
        candidates = self.state.candidates(edges)
        found = self.scorer.operations(self.state, candidates, self.meter)
        rows = {edge: np.full(len(self.state.rows[edge]), np.nan) for edge, _ in candidates}
        for (edge, op), value in zip(candidates, found, strict=True):
            rows[edge][op] = value
        return rows

    def decide_best(self, edges: Collection[int]) -> None:
        """Gives the edge that has the strongest operation of all that operation; the first of such edges.

        Raises:
            Undefined: No operation of these edges has a strength.
        """
        found = self.strengths(edges)
        edge = max(found, key=lambda edge: strongest(found[edge]))
        self.decide(edge, found[edge])

    def decide(self, edge: int, strengths: Values) -> None:
        """Gives the edge its strongest operation, the first of equally strong ones.

        Raises:
            Undefined: No operation has a strength.
        """
        name, ops = self.supernet.edges[edge].name, self.supernet.edges[edge].operations
        allowed = self.state.allowed[edge]
        _require_some(strengths[list(allowed)], f"edge {name}: no operation")
        op = max(allowed, key=lambda op: defined_first(float(strengths[op])))
        self.state.decide(edge, op)
        self.steps.append(Step(name, ops[op], {ops[place]: float(strengths[place]) for place in allowed}))

    def settle_nodes(self) -> None:
        """Drops the edges that nodes do not keep, nodes in random order where they drop one by one.

        Of equally weak edges the first is dropped, as in the authors' code.

        Raises:
            Undefined: No edge of a node has a strength.
        """
        waiting = [node for node in self.state.pending if node.one_by_one]
        shuffled = [waiting[place] for place in self.rng.permutation(len(waiting))]
        for node in [*shuffled, *(node for node in self.state.pending if not node.one_by_one)]:
            self._settle(node)

    def _settle(self, node: Node) -> None:
        while len(kept := self.state.kept(node)) > node.keep:
            self.advance()
            strengths = self.scorer.edges(self.state, node, self.meter)
            _require_some(strengths, f"node {node.name}: no edge")
            found = dict(zip(kept, strengths.tolist(), strict=True))
            names = {self.supernet.edges[edge].name: value for edge, value in found.items()}
            excess = 1 if node.one_by_one else len(kept) - node.keep
            for edge in sorted(kept, key=lambda edge: defined_first(found[edge]))[:excess]:
                self.state.drop(edge)
                self.steps.append(Step(self.supernet.edges[edge].name, "dropped", names))
        self.state.settle(node)

    def another(self, number: int) -> Run:
        """A run on the same supernet with draws and batches of its own."""
        seed = derive_seed("opscore-another", self.seed, number)
        return Run(self.supernet, self.scorer, self._data, seed=seed, masking=self._masking, mixing=self._mixing)

    def restrict(self, allowed: Sequence[Collection[int]]) -> None:
        """Begins anew with these operations only."""
        self.state = State(self.supernet, self.state.start, [sorted(ops) for ops in allowed])

    def meter(self, measure: Measure, mixings: Sequence[Mixing]) -> Values:
        """``(M,)`` measures of views on the batches of the moment; equal networks are measured once."""
        reduced = [self.supernet.reduced(mixing) for mixing in mixings]
        known = self._known_to(measure)
        for mixing in dict.fromkeys(reduced):
            if mixing not in known:
                view = self.supernet.view(mixing, self._masking, self._views)
                memo = {"memo": self._memo} if isinstance(measure, ProxyMeasure) else {}
                known[mixing] = measure.columns(view, self._batches, self.seed, **memo)
                self.scores += 1
        columns = [known[mixing] for mixing in reduced]
        return measure.join({name: np.array([column[name] for column in columns]) for name in columns[0]})

    def _known_to(self, measure: Measure) -> dict[Mixing, dict[str, float]]:
        """What has been measured so on these batches; measures need not be hashable."""
        for other, known in self._known:
            if other is measure:
                return known
        self._known.append((measure, {}))
        return self._known[-1][1]


def propose(run: Run, order: Callable[[Run], None]) -> Architecture:
    """Decides everything, and says which architecture that is."""
    order(run)
    run.settle_nodes()
    return run.state.architecture()


def _require_some(strengths: Values, what: str) -> None:
    if np.isnan(strengths).all():
        raise Undefined(f"{what} could be scored; the log says why, or use another proxy")
