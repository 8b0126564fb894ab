"""What is learned across: values of architectures of one space on one data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Architectures and their values, of which higher is better: give errors and losses with a minus sign.

    An architecture that occurs several times was measured several times.

    Attributes:
        space: Whose architectures they are.
        dataset: What was learned.
        archs: At least 2.
        values: ``(len(archs),)``, finite and not all equal.
        metric: What was measured.
        features: ``(F,)``, what is known of the data set beside that, such as
            :func:`~zcnas.predictors.encoding.task_features`; what is not finite is unknown.

    Raises:
        InputError: Another number of values, too few, one that is not finite, or all are equal; features that are no
            vector.
    """

    space: SearchSpace
    dataset: str
    archs: Sequence[Architecture] = field(repr=False)
    values: Floats = field(repr=False)
    metric: str = "accuracy"
    features: Floats | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.archs),) or len(self.archs) < 2:
            raise InputError(f"{self.name}: expected a value for each of 2 or more archs, got {self.values.shape}")
        if not np.isfinite(self.values).all() or np.ptp(self.values) == 0:
            raise InputError(f"{self.name}: expected finite values that differ; leave out what failed")
        if self.features is not None and np.ndim(self.features) != 1:
            raise InputError(f"{self.name}: expected a vector of features, got shape {np.shape(self.features)}")

    @property
    def name(self) -> str:
        """What it is known by, such as ``nasbench201/cifar10/accuracy``."""
        return f"{self.space.name}/{self.dataset}/{self.metric}"
