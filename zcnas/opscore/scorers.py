"""How much an operation is worth: measured without it, with nothing beside it, or read off trained weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from zcnas.errors import UnknownNameError
from zcnas.opscore.measures import Measure, Values, measure
from zcnas.opscore.state import Candidate, State
from zcnas.proxies import Proxy
from zcnas.supernet import Mixing, Node

Meter = Callable[[Measure, Sequence[Mixing]], Values]
"""Measures views of one supernet on the batches of the moment: ``(M,)``."""


class OperationScorer(Protocol):
    """Strengths of operations: the strongest one is chosen.

    Attributes:
        batches: How many batches a decision takes.
    """

    @property
    def batches(self) -> int:
        """See above."""

    def operations(self, state: State, candidates: Sequence[Candidate], meter: Meter, /) -> Values:
        """``(M,)`` strengths of M candidates; NaN for one that has none."""

    def edges(self, state: State, node: Node, meter: Meter, /) -> Values:
        """Strengths of the edges that a node still has, in their order; the weakest is dropped."""


@dataclass(frozen=True, slots=True)
class Perturbation:
    r"""Minus the measure of the supernet without the operation: what is missed most is kept.

    .. math:: s(e, o) = -S(A \setminus (e, o))

    Reference: Xiang et al., Zero-Cost Operation Scoring in Differentiable Architecture Search, AAAI 2023,
    arXiv:2106.06799 (``zc_pt``); with the accuracy of a trained supernet Wang et al., Rethinking Architecture
    Selection in Differentiable NAS, ICLR 2021, arXiv:2108.04392 (``darts_pt``).
    """

    what: Measure

    @property
    def batches(self) -> int:
        return self.what.batches

    def operations(self, state: State, candidates: Sequence[Candidate], meter: Meter, /) -> Values:
        """``(M,)``: minus the measure of the supernet without each operation."""
        return -meter(self.what, [state.without(edge, op) for edge, op in candidates])

    def edges(self, state: State, node: Node, meter: Meter, /) -> Values:
        """Minus the measure of the supernet without each edge."""
        return -meter(self.what, [state.dropped([edge]) for edge in state.kept(node)])


@dataclass(frozen=True, slots=True)
class Discretisation:
    r"""The measure of the supernet whose edge has this operation only.

    .. math:: s(e, o) = S(A \mid e = o)

    An edge that ends at a node is worth what the supernet is where the node has no other, and this one weighs 1.

    Reference: as for :class:`Perturbation` (``disc_zc``); with the accuracy of a trained supernet ``disc_acc``.
    """

    what: Measure

    @property
    def batches(self) -> int:
        return self.what.batches

    def operations(self, state: State, candidates: Sequence[Candidate], meter: Meter, /) -> Values:
        """``(M,)``: the measure of the supernet whose edge is each operation."""
        return meter(self.what, [state.fixed(edge, op) for edge, op in candidates])

    def edges(self, state: State, node: Node, meter: Meter, /) -> Values:
        """The measure of the supernet whose node has each edge only."""
        return meter(self.what, [state.alone(edge, node) for edge in state.kept(node)])


@dataclass(frozen=True, slots=True)
class Magnitude:
    """The operation's own weight: DARTS's rule (Liu et al. 2019, arXiv:1806.09055), for a trained supernet."""

    batches: int = 0

    def operations(self, state: State, candidates: Sequence[Candidate], _: Meter, /) -> Values:
        """``(M,)``: the weights that the supernet was trained to."""
        return state.initial(candidates)

    def edges(self, state: State, node: Node, _: Meter, /) -> Values:
        """The weights of the operations that were chosen."""
        return state.initial([(edge, state.decisions[edge] or 0) for edge in state.kept(node)])


_SCORERS: Mapping[str, Callable[[Proxy | Measure | str], OperationScorer]] = {
    "zc_pt": lambda proxy: Perturbation(measure(proxy)),
    "disc_zc": lambda proxy: Discretisation(measure(proxy)),
    "tenas": lambda _: Perturbation(measure("tenas")),
    "darts": lambda _: Magnitude(),
    "darts_pt": lambda _: Perturbation(measure("accuracy")),
    "disc_acc": lambda _: Discretisation(measure("accuracy")),
}
SCORERS = tuple(_SCORERS)
"""Names for :func:`operation_scorer`. The last three want a trained supernet and its weights."""

DEFAULT = "nwot_eval"
"""NASWOT in eval mode: norms of an untrained supernet then pass their input through, as in Zero-Cost-PT."""


def operation_scorer(name: str | OperationScorer = "zc_pt", proxy: str | Proxy | Measure = DEFAULT) -> OperationScorer:
    """The scorer of this name; one of your own is returned as it is.

    Args:
        name: One of :data:`SCORERS`. ``tenas`` is ``zc_pt`` with TE-NAS's measure.
        proxy: What ``zc_pt`` and ``disc_zc`` measure: a proxy, its name, or an aggregate's; see
            :func:`~zcnas.opscore.measures.measure`. The others do not need it.

    Raises:
        UnknownNameError: No such scorer, proxy or aggregate.
    """
    if not isinstance(name, str):
        return name
    if name not in _SCORERS:
        raise UnknownNameError("operation scorer", name, _SCORERS)
    return _SCORERS[name](proxy)


__all__ = ["DEFAULT", "SCORERS", "Discretisation", "Magnitude", "OperationScorer", "Perturbation"]
