"""Gradient boosting of regression trees on encodings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.predictors import scale
from zcnas.predictors.encoding.scores import Scores
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.features import Features
from zcnas.predictors.learned import Array, Learned
from zcnas.predictors.predictor import Predictor
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class GradientBoosting(Predictor):
    """scikit-learn's gradient boosting, whose trees are kept as arrays, so that they can be saved without pickle.

    Deviations are all equal: the root mean square error on the examples, which is smaller than that on others.

    Args:
        space: Whose architectures it knows.
        encodings: Of :data:`~zcnas.predictors.features.ENCODINGS`, side by side.
        trees: How many.
        learning_rate: What a tree counts.
        depth: Of the trees, at most.
        subsample: Fraction of examples that a tree sees.
        columns: Fraction of columns that a split chooses from.
        ranks: Learn normal quantiles of ranks instead of values; see :func:`zcnas.predictors.scale.targets`.
        vocabulary: Of operations, for spaces of one's own.
        scores: Zero-cost scores by name, as further columns.
        seed: Of samples and columns.

    Raises:
        InputError: No encodings and no scores.
        UnknownNameError: An unknown encoding.
    """

    name = "gradient_boosting"

    def __init__(
        self,
        space: SearchSpace,
        *,
        encodings: Sequence[str] = ("counts", "genome"),
        trees: int = 200,
        learning_rate: float = 0.05,
        depth: int = 3,
        subsample: float = 0.7,
        columns: float = 0.5,
        ranks: bool = True,
        vocabulary: Vocabulary | None = None,
        scores: Scores | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed=seed)
        self._features = Features(space, encodings, vocabulary, scores)
        self.encodings, self.trees, self.learning_rate, self.depth = tuple(encodings), trees, learning_rate, depth
        self.subsample, self.columns, self.ranks = subsample, columns, ranks
        self.vocabulary, self.scores = vocabulary, scores

    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        facts = self._features.learn(archs)
        matrix = self._features(archs, facts)
        model = self._model().fit(matrix, scale.targets(values, ranks=self.ranks))
        arrays = _arrays([tree.tree_ for tree in model.estimators_[:, 0]], self.learning_rate)
        return Learned(arrays, {**facts, **scale.learn(values, _total(arrays, matrix), ranks=self.ranks)})

    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        total = _total(learned.arrays, self._features(archs, learned.facts))
        return scale.restored(total, learned.facts), np.full(len(archs), learned.facts["noise"])

    def _model(self) -> Any:
        from sklearn.ensemble import GradientBoostingRegressor

        return GradientBoostingRegressor(
            n_estimators=self.trees,
            learning_rate=self.learning_rate,
            max_depth=self.depth,
            subsample=self.subsample,
            max_features=self.columns,
            init="zero",  # Targets have mean 0.
            random_state=derive_seed("predictor", self.name, self.seed) % 2**32,
        )


def _arrays(trees: Sequence[Any], learning_rate: float) -> dict[str, Array]:
    """Nodes of all trees one behind the other; a leaf's children are itself."""
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
    arrays: dict[str, Array] = {"roots": starts}
    for side in ("left", "right"):
        children = [getattr(tree, f"children_{side}") for tree in trees]
        parts = zip(children, starts, strict=True)
        arrays[side] = np.concatenate([np.where(c < 0, np.arange(len(c)), c) + start for c, start in parts])
    arrays["feature"] = np.maximum(np.concatenate([tree.feature for tree in trees]), 0)
    arrays["threshold"] = np.concatenate([tree.threshold for tree in trees])
    arrays["value"] = learning_rate * np.concatenate([tree.value[:, 0, 0] for tree in trees])
    return arrays


def _total(arrays: Any, matrix: Floats) -> Floats:
    """``(N,)``: the sum of all trees; a step down in all of them at a time."""
    matrix = matrix.astype(np.float32).astype(np.float64)  # As scikit-learn compares them.
    rows = np.arange(len(matrix))[:, None]
    places = np.broadcast_to(arrays["roots"], (len(matrix), len(arrays["roots"])))
    while True:
        left = matrix[rows, arrays["feature"][places]] <= arrays["threshold"][places]
        following = np.where(left, arrays["left"][places], arrays["right"][places])
        if np.array_equal(following, places):
            total: Floats = arrays["value"][places].sum(axis=1)
            return total
        places = following
