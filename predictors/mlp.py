"""A multi-layer perceptron on encodings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.predictors import scale
from zcnas.predictors.encoding.scores import Scores
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.features import Features
from zcnas.predictors.network import NetworkPredictor
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Architectures as the rows of a matrix ``(N, D)``."""

    matrix: Tensor

    def __len__(self) -> int:
        return len(self.matrix)

    def select(self, places: Tensor) -> Rows:
        """The rows at ``places``."""
        return Rows(self.matrix[places])

    def split(self, size: int) -> list[Rows]:
        """All, ``size`` at a time."""
        return [Rows(part) for part in self.matrix.split(size)]


class _Perceptron(nn.Module):
    def __init__(self, sizes: Sequence[int], dropout: float) -> None:
        super().__init__()
        hidden = [[nn.Linear(*pair), nn.ReLU(), nn.Dropout(dropout)] for pair in pairwise(sizes)]
        self.layers = nn.Sequential(*(layer for layers in hidden for layer in layers), nn.Linear(sizes[-1], 1))

    def forward(self, rows: Rows) -> Tensor:
        """``(N, 1)``."""
        out: Tensor = self.layers(rows.matrix)
        return out


class MLP(NetworkPredictor[Rows]):
    """Fully connected layers with ReLU and dropout, and the mean absolute error of normal quantiles of ranks as loss.

    Args:
        space: Whose architectures it knows.
        encodings: Of :data:`~zcnas.predictors.features.ENCODINGS`, side by side.
        hidden: Width of the layers.
        layers: How many hidden ones; at least 1.
        dropout: Probability.
        epochs: Rounds over all examples.
        least: Steps that are taken at least.
        batch: Examples a step.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW.
        vocabulary: Of operations, for spaces of one's own.
        scores: Zero-cost scores by name, as further columns.
        seed: Of weights, batches and dropout.

    Raises:
        InputError: No encodings and no scores.
        UnknownNameError: An unknown encoding.
    """

    name = "mlp"

    def __init__(
        self,
        space: SearchSpace,
        *,
        encodings: Sequence[str] = ("counts", "adjacency"),
        hidden: int = 128,
        layers: int = 2,
        dropout: float = 0.2,
        epochs: int = 100,
        least: int = 300,
        batch: int = 16,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.01,
        vocabulary: Vocabulary | None = None,
        scores: Scores | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed=seed)
        self._features = Features(space, encodings, vocabulary, scores)
        self.encodings, self.hidden, self.layers, self.dropout = tuple(encodings), hidden, layers, dropout
        self.epochs, self.least, self.batch = epochs, least, batch
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.vocabulary, self.scores = vocabulary, scores

    def encode(self, archs: Sequence[Architecture], facts: Mapping[str, Any]) -> Rows:
        return Rows(torch.from_numpy(self._features(archs, facts)).float())

    def _prepared(self, archs: Sequence[Architecture]) -> dict[str, Any]:
        return self._features.learn(archs)

    def _network(self, facts: Mapping[str, Any]) -> nn.Module:
        width = len(facts["columns"]["mean"])
        return _Perceptron([width, *[self.hidden] * self.layers], self.dropout)

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.l1_loss(outputs[:, 0], targets)

    def _targets(self, values: Floats) -> Floats:
        return scale.targets(values, ranks=True)

    def _read(self, outputs: Floats) -> Floats:
        return outputs[:, 0]
