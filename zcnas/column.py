"""What a column of a table holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Column:
    """What one recorded number per architecture means.

    Attributes:
        dataset: What was learned, as the benchmark spells it.
        split: Where it was measured: ``"val"``, ``"test"`` or ``"train"``.
        metric: What was measured, e.g. ``"accuracy"`` or ``"seconds"``.
        epochs: Length of training, if there was one.
        seed: The seed, or over which ones the mean was taken.
        unit: Of the values, e.g. ``"%"``.
        higher_is_better: The direction.
        complete: Whether every architecture has a value. Where not, it is NaN in :meth:`Table.values`, and
            :meth:`Table.query` raises.
    """

    dataset: str
    split: str = "test"
    metric: str = "accuracy"
    epochs: int | None = None
    seed: str = "mean"
    unit: str = "%"
    higher_is_better: bool = True
    complete: bool = True

    def __str__(self) -> str:
        return (
            f"{self.dataset} (split={self.split!r}, metric={self.metric!r}, epochs={self.epochs}, seed={self.seed!r})"
        )


class Choice(TypedDict, total=False):
    """Keywords that choose a column of a data set; :meth:`Table.find` has the defaults.

    Attributes:
        split: As in :class:`Column`; left out, ``"test"``.
        metric: As in :class:`Column`; left out, ``"accuracy"``.
        epochs: As in :class:`Column`; left out or ``None``, the first of :attr:`Table.columns` that fits.
        seed: As in :class:`Column` or as a number; left out or ``None``, likewise the first that fits.
    """

    split: str
    metric: str
    epochs: int | None
    seed: str | int | None
