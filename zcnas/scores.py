"""What scoring returns: numbers by proxy name, each with its status, cost and provenance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from zcnas.errors import UnknownNameError
from zcnas.passes import Traversal

Status = Literal["ok", "undefined", "failed"]


@dataclass(frozen=True, slots=True)
class Score:
    """One proxy's value.

    Attributes:
        value: The score, or the mean over initialisation seeds; NaN unless ``status`` is ``ok``.
        status: ``ok``; ``undefined``: the proxy has no meaning here; ``failed``: something went wrong.
        reason: Why it is undefined or failed, else empty.
        seconds: What the proxy would have cost alone: its passes, shared or not, and its own arithmetic.
        higher_is_better: The paper's direction.
        proxy: ``repr`` of the proxy: its settings.
        values: One value per initialisation seed; a single one without ``seeds``.
        passes: Descriptions of the passes that the value was made from, shared or not.
        layers: The parts by layer, where ``per_layer`` was asked for and the proxy is a sum over layers.
    """

    value: float
    status: Status
    reason: str
    seconds: float
    higher_is_better: bool
    proxy: str
    values: tuple[float, ...] = ()
    passes: tuple[str, ...] = ()
    layers: Mapping[str, float] | None = None

    @property
    def count(self) -> int:
        """Number of seeds with a finite value."""
        return sum(map(math.isfinite, self.values))

    @property
    def deviation(self) -> float:
        """Standard deviation (n - 1) over seeds; NaN for fewer than two finite values."""
        finite = [value for value in self.values if math.isfinite(value)]
        if len(finite) < 2:
            return math.nan
        mean = math.fsum(finite) / len(finite)
        return math.sqrt(math.fsum((value - mean) ** 2 for value in finite) / (len(finite) - 1))


@dataclass(frozen=True, slots=True)
class Scores(Mapping[str, float]):
    """Maps proxy names to values; ``scores.details[name]`` says more, ``print(scores)`` shows a table.

    Attributes:
        details: One :class:`Score` per proxy, in the order asked for.
        traversals: Every pass through the network that was made.
        provenance: Seed, settings and versions.
    """

    details: Mapping[str, Score]
    traversals: Sequence[Traversal] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        try:
            return self.details[name].value
        except KeyError:
            raise UnknownNameError("score", name, self.details) from None

    def __contains__(self, name: object) -> bool:
        return name in self.details

    def __iter__(self) -> Iterator[str]:
        return iter(self.details)

    def __len__(self) -> int:
        return len(self.details)

    def status(self, name: str) -> Status:
        """Whether the value is ok, undefined or failed."""
        self[name]
        return self.details[name].status

    def __repr__(self) -> str:
        width = max(map(len, self.details), default=0)
        rows = [f"{name:<{width}} {score.seconds:>8.3f} s  {_number(score)}" for name, score in self.details.items()]
        forwards = sum(traversal.forwards for traversal in self.traversals)
        backwards = sum(traversal.backwards for traversal in self.traversals)
        seconds = math.fsum(traversal.seconds for traversal in self.traversals)
        return "\n".join([*rows, f"{forwards} forward and {backwards} backward passes, {seconds:.2f} s"])


def _number(score: Score) -> str:
    if score.status != "ok":
        return f"{score.status}: {score.reason}"
    arrow = "" if score.higher_is_better else "  (lower is better)"
    spread = f" +- {score.deviation:.2g} ({score.count} seeds)" if len(score.values) > 1 else ""
    return f"{score.value:<13.6g}{spread}{arrow}".rstrip()
