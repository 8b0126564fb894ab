"""What is known of tasks beside architectures, as a network is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.predictors.encoding.scores import learn_scale, scaled
from zcnas.predictors.meta.tasks import Task

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Conditions:
    """Features of tasks with mean 0 and deviation 1 over those learned from; what is not known is 0.

    So a task without features is one like all, and a feature that is the same for all of them tells nothing.

    Attributes:
        scale: Of each feature; plain JSON, empty where no task has any.
    """

    scale: dict[str, Any]

    @classmethod
    def of(cls, tasks: Sequence[Task]) -> Self:
        """Of those to learn from. Raises :class:`~zcnas.errors.InputError` where they have different numbers."""
        rows = {task.name: _finite(task.features) for task in tasks if task.features is not None}
        if len({len(row) for row in rows.values()}) > 1:
            told = ", ".join(f"{len(row)} of {name}" for name, row in rows.items())
            raise InputError(f"expected equally many features of all tasks that have any, got {told}")
        return cls(learn_scale(np.stack([*rows.values()])) if rows else {})

    def __len__(self) -> int:
        return len(self.scale.get("mean", ()))

    def __call__(self, features: Floats | None) -> Floats:
        """``(len(self),)``. Raises :class:`~zcnas.errors.InputError` for another number of features."""
        if features is None:
            return np.zeros(len(self))
        row = _finite(features)
        if not len(self):
            raise InputError("features: expected none, as the prior was learned without any; leave them out")
        if row.shape != (len(self),):
            raise InputError(f"features: expected the {len(self)} that the prior was learned with, got {row.shape}")
        found: Floats = scaled(row[None], self.scale)[0]
        return found


def _finite(features: Floats) -> Floats:
    """With NaN for what is not."""
    row = np.asarray(features, dtype=np.float64)
    return np.where(np.isfinite(row), row, np.nan)
