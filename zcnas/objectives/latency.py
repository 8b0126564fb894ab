"""Latency as what a search lowers, and as what it must keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from zcnas.errors import InputError, InputTypeError
from zcnas.latency import Conditions
from zcnas.objectives.base import Goal
from zcnas.objectives.constraints import Bound, Verdict
from zcnas.objectives.function import FunctionObjective, Quantity
from zcnas.objectives.predictor import Predicts
from zcnas.provenance import named
from zcnas.space import Architecture


class LatencyObjective(FunctionObjective):
    """Latency in ms; lower is better.

    Args:
        latency: From an architecture to ms: what :func:`zcnas.latency.latency_model` gives, or another function, such
            as a :class:`Lookup` of a column with a ``device``.
        name: Of the device or model, in reports; by default ``latency``, with the device of a model that tells it.

    Raises:
        InputError: A model of another metric, such as energy.
        InputTypeError: No function.
    """

    def __init__(self, latency: Quantity, name: str | None = None) -> None:
        super().__init__(latency, Goal(name or _title(latency), "ms", higher_is_better=False))


class LatencyBudget(Bound):
    """A constraint on latency: an architecture that breaks it costs no training.

    One whose latency cannot be told, as a table lacks an entry, is not kept either, and the reason is recorded; so is
    one whose latency is below 0, as what learned latencies with a minus sign says of all.

    Args:
        latency: From an architecture to ms, as for :class:`LatencyObjective`; or a fitted predictor of ms
            as they are, without the minus sign that other predictors want.
        at_most: The budget in ms, itself allowed.
        deviations: How many of a prediction's standard deviations must fit beneath the budget as well.
        name: In messages and histories; by default ``latency``, with the device of a model that tells it.

    Raises:
        InputError: A budget that is not above 0, deviations below 0 or of what has none; or a model of another
            metric, such as energy.
        InputTypeError: Neither function nor predictor.

    >>> budget = LatencyBudget(lambda arch: 2.0 * sum(arch.genome), 5.0)
    >>> budget.check(Architecture("toy", (2, 2, 0))).objection
    'latency: expected at most 5 ms, got 8 ms'
    """

    def __init__(
        self, latency: Quantity | Predicts, at_most: float, *, deviations: float = 0.0, name: str | None = None
    ) -> None:
        if not (math.isfinite(at_most) and at_most > 0 and math.isfinite(deviations) and deviations >= 0):
            raise InputError(f"expected a budget above 0 ms and deviations from 0 on, got {at_most=}, {deviations=}")
        if not (callable(latency) or hasattr(latency, "predict")):
            raise InputTypeError(f"expected a function of an architecture or a predictor, got {latency!r:.100}")
        if callable(latency) and deviations:
            raise InputError("deviations: expected a predictor, which tells them, got a function; leave them out")
        quantity = latency if callable(latency) else _Cautious(latency, deviations)
        super().__init__(quantity, at_most=at_most, name=name or _title(latency))
        self.at_most = at_most

    def check(self, arch: Architecture) -> Verdict:
        found = super().check(arch)
        if found.measured is not None and found.measured < 0:
            told = f"expected ms from 0 on, got {found.measured:g}; give latencies as they are, without minus signs"
            return Verdict(f"{self.name}: {told}", found.measured)
        if not found.objection:
            return found
        return Verdict(f"{self.name}: expected at most {self.at_most:g} ms, got {found.measured:g} ms", found.measured)


@dataclass(frozen=True)
class _Cautious:
    """A predicted latency with some of its deviations on top."""

    predictor: Predicts
    deviations: float

    def __call__(self, arch: Architecture) -> float:
        mean, deviation = self.predictor.predict([arch])
        return float(mean[0] + self.deviations * deviation[0]) if self.deviations else float(mean[0])

    def __repr__(self) -> str:
        return f"{named(self.predictor)} with {self.deviations} deviations"


def _title(latency: object) -> str:
    """``latency on raspi4`` where that is known."""
    conditions = getattr(latency, "conditions", None)
    if not isinstance(conditions, Conditions):
        return "latency"
    if conditions.metric != "latency":
        raise InputError(
            f"expected a model of latency, got one of {conditions.metric}; give zcnas.objectives.Bound for a "
            "constraint on it, or FunctionObjective"
        )
    return f"latency on {conditions.device}"
