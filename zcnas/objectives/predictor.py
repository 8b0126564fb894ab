"""A predictor's opinion as an objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.objectives.base import Evaluation, Goal, Objective
from zcnas.provenance import named
from zcnas.space import Architecture

Floats = npt.NDArray[np.float64]


class Predicts(Protocol):
    """What has been fitted, and says what architectures are worth."""

    def predict(self, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        """Means and standard deviations, ``(len(archs),)`` each; higher is better."""


class PredictorObjective(Objective):
    r"""An optimistic prediction, :math:`\mu + \beta \sigma`.

    Args:
        predictor: A fitted one, which is not changed.
        optimism: :math:`\beta`: how many standard deviations count for an architecture; 0 for the mean.
        name: In reports; histories tell predictors apart by this and their ``repr``.
    """

    def __init__(self, predictor: Predicts, *, optimism: float = 0.0, name: str = "prediction") -> None:
        self._predictor, self._optimism = predictor, optimism
        self.goals = (Goal(name),)

    def evaluate(self, arch: Architecture) -> Evaluation:
        mean, deviation = self._predictor.predict([arch])
        if len(mean) != 1 or len(deviation) != 1:
            raise InputError(f"predict: expected one mean and one deviation, got {len(mean)} and {len(deviation)}")
        return Evaluation((float(mean[0] + self._optimism * deviation[0]) if self._optimism else float(mean[0]),))

    def settings(self) -> dict[str, Any]:
        told = {"predictor": named(self._predictor), "optimism": self._optimism}
        return {"objective": "predictor", "name": self.goals[0].name, **told}
