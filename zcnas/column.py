"""What a column of a table holds, and how its values are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError

Stored = npt.NDArray[np.floating[Any]]
"""In float32 or float64."""

Array = TypeVar("Array", bound=npt.NDArray[Any])


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
        device: On which hardware it was measured, as the benchmark spells it; empty for what does not depend on it.
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
    device: str = ""

    @property
    def title(self) -> str:
        """What a reader has to know of the values, as in ``test accuracy on cifar10 in %, 200 epochs, seed 1``."""
        device = f" by {self.device}" if self.device else ""
        parts = [f"{self.split} {self.metric} on {self.dataset}{device} in {self.unit}"]
        parts += [] if self.epochs is None else [f"{self.epochs} epochs"]
        return ", ".join([*parts, f"seed {self.seed}"])

    @property
    def choice(self) -> Choice:
        """Keywords by which :meth:`Table.find` finds this column of its data set."""
        return {
            "split": self.split,
            "metric": self.metric,
            "epochs": self.epochs,
            "seed": self.seed,
            "device": self.device,
        }

    def __str__(self) -> str:
        device = f", device={self.device!r}" if self.device else ""
        return (
            f"{self.dataset} (split={self.split!r}, metric={self.metric!r}, epochs={self.epochs}, "
            f"seed={self.seed!r}{device})"
        )


class Choice(TypedDict, total=False):
    """Keywords that choose a column of a data set; :meth:`Table.find` has the defaults.

    Attributes:
        split: As in :class:`Column`; left out, ``"test"``.
        metric: As in :class:`Column`; left out, ``"accuracy"``.
        epochs: As in :class:`Column`; left out or ``None``, the first of :attr:`Table.columns` that fits.
        seed: As in :class:`Column` or as a number; left out or ``None``, likewise the first that fits.
        device: As in :class:`Column`; left out or ``None``, likewise the first that fits.
    """

    split: str
    metric: str
    epochs: int | None
    seed: str | int | None
    device: str | None


def kept(column: Column, values: npt.ArrayLike, order: npt.NDArray[np.intp]) -> Stored:
    """Values in this order, read-only, float32 as they are and everything else in float64.

    They are copied, as the caller could change them, unless they are read-only and in this order already.

    Raises:
        InputError: More or fewer than there are places, or not finite where the column is complete.
    """
    array: Stored = np.asarray(values)
    if array.dtype != np.float32:
        array = array.astype(np.float64, copy=False)
    if array.shape != order.shape:
        raise InputError(f"column {column}: expected {len(order)} values, got shape {array.shape}")
    wrong = ~np.isfinite(array) if column.complete else np.isinf(array)
    if wrong.any():
        raise InputError(f"column {column}: {wrong.sum()} values are NaN or infinite")
    if _is_fixed(array) and np.array_equal(order, np.arange(len(order))):
        return array
    return fixed(array[order])


def fixed(array: Array) -> Array:
    """The array, read-only, and so what it is a view of."""
    one: Any = array
    while isinstance(one, np.ndarray):
        one.flags.writeable = False
        one = one.base
    return array


def stored(values: Stored) -> Stored:
    """In float32, but where that would change counts."""
    small = values.astype(np.float32, copy=False)
    finite = np.isfinite(values)
    changed_counts = not (values[finite] % 1).any() and (small[finite] != values[finite]).any()
    return values if changed_counts else small


def _is_fixed(array: npt.NDArray[Any]) -> bool:
    """Whether nobody can change it."""
    if array.flags.writeable:
        return False
    return array.base is None or (isinstance(array.base, np.ndarray) and _is_fixed(array.base))
