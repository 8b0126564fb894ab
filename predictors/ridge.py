"""Ridge regression on encodings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.predictors import scale
from zcnas.predictors.encoding.scores import Scores
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.features import Features
from zcnas.predictors.learned import Learned
from zcnas.predictors.predictor import Predictor
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class Ridge(Predictor):
    r"""A linear function :math:`w^\top x` of standardised columns, with :math:`\alpha \lVert w \rVert^2` as penalty.

    Deviations are those of a Bayesian linear model with this penalty as prior:
    :math:`\sigma \sqrt{1 + x^\top (X^\top X + \alpha I)^{-1} x}`, where :math:`\sigma` is the root mean square error
    on the examples.

    Args:
        space: Whose architectures it knows.
        encodings: Of :data:`~zcnas.predictors.features.ENCODINGS`, side by side.
        alpha: Penalty.
        ranks: Learn normal quantiles of ranks instead of values; see :func:`zcnas.predictors.scale.targets`.
        vocabulary: Of operations, for spaces of one's own.
        scores: Zero-cost scores by name, as further columns.
        seed: Of nothing.

    Raises:
        InputError: A penalty that is not positive, or no encodings and no scores.
        UnknownNameError: An unknown encoding.
    """

    name = "ridge"

    def __init__(
        self,
        space: SearchSpace,
        *,
        encodings: Sequence[str] = ("counts", "adjacency"),
        alpha: float = 10.0,
        ranks: bool = True,
        vocabulary: Vocabulary | None = None,
        scores: Scores | None = None,
        seed: int = 0,
    ) -> None:
        if not alpha > 0:
            raise InputError(f"alpha: expected a positive number, got {alpha}")
        super().__init__(space, seed=seed)
        self._features = Features(space, encodings, vocabulary, scores)
        self.encodings, self.alpha, self.ranks = tuple(encodings), alpha, ranks
        self.vocabulary, self.scores = vocabulary, scores

    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        from sklearn.linear_model import Ridge as Regression

        facts = self._features.learn(archs)
        matrix = self._features(archs, facts)
        aims = scale.targets(values, ranks=self.ranks)
        weights = Regression(alpha=self.alpha, fit_intercept=False, solver="cholesky").fit(matrix, aims).coef_
        precision = matrix.T @ matrix + self.alpha * np.eye(matrix.shape[1])
        root = np.linalg.cholesky(np.linalg.inv(precision))
        facts |= scale.learn(values, matrix @ weights, ranks=self.ranks)
        return Learned({"weights": weights, "root": root}, facts)

    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        matrix = self._features(archs, learned.facts)
        mean = scale.restored(matrix @ learned.arrays["weights"], learned.facts)
        unsure = np.square(matrix @ learned.arrays["root"]).sum(axis=1)
        return mean, learned.facts["noise"] * np.sqrt(1 + unsure)
