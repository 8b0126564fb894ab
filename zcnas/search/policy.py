"""A policy of independent softmaxes, and its gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
OPTIMISERS = ("adam", "sgd")
_BETAS, _EPSILON = (0.9, 0.999), 1e-8  # Adam's own, Kingma and Ba 2015, arXiv:1412.6980


class Policy:
    """Draws genomes, and makes those likelier that are better than the baseline.

    Args:
        choices: Number of options of every gene.
        learning_rate: Of the ascent.
        momentum: Of the baseline.
        optimiser: One of :data:`OPTIMISERS`.
    """

    def __init__(self, choices: Sequence[int], learning_rate: float, momentum: float, optimiser: str) -> None:
        # Options that a gene does not have get logits of minus infinity: one array for all genes.
        self._logits: Array = np.where(np.arange(max(choices)) < np.array(choices)[:, None], 0.0, -np.inf)
        self._take_chances()
        self._choices = tuple(choices)
        self._learning_rate, self._momentum, self._optimiser = learning_rate, momentum, optimiser
        self.settle()

    def settle(self) -> None:
        """Forgets baseline and step sizes, not what it learned: rewards of another scale are to come."""
        self._reward_sum = self._weight_sum = 0.0
        self._steps = 0
        self._mean, self._square = np.zeros_like(self._logits), np.zeros_like(self._logits)

    def probabilities(self) -> list[Array]:
        """For every gene those of its options."""
        return [row[:options].copy() for row, options in zip(self._chances, self._choices, strict=True)]

    def draw(self, rng: np.random.Generator) -> tuple[int, ...]:
        """A genome, which need not be valid in its space."""
        # Scaled to the last bound, which rounding may leave below 1; impossible options have no room.
        points = rng.random((len(self._bounds), 1)) * self._bounds[:, -1:]
        return tuple((self._bounds <= points).sum(axis=1).tolist())

    def step(self, genome: tuple[int, ...], reward: float) -> None:
        """One step of ascent. The baseline takes the reward in first, as in the code of the NAS-Bench papers."""
        self._reward_sum = self._momentum * self._reward_sum + (1 - self._momentum) * reward
        self._weight_sum = self._momentum * self._weight_sum + (1 - self._momentum)
        gradient = (reward - self._reward_sum / self._weight_sum) * self.score_function(genome)
        self._logits += self._learning_rate * (self._adapted(gradient) if self._optimiser == "adam" else gradient)
        self._take_chances()

    def _take_chances(self) -> None:
        """From logits; once for many draws."""
        self._chances = _softmax(self._logits)
        self._bounds: Array = self._chances.cumsum(axis=1)

    def score_function(self, genome: tuple[int, ...]) -> Array:
        """``(genes, most options)``: the gradient of the log-probability of ``genome`` by the logits."""
        gradient = -self._chances
        gradient[np.arange(len(genome)), genome] += 1
        return gradient

    def _adapted(self, gradient: Array) -> Array:
        first, second = _BETAS
        self._steps += 1
        self._mean += (1 - first) * (gradient - self._mean)
        self._square += (1 - second) * (gradient**2 - self._square)
        size = np.sqrt(self._square / (1 - second**self._steps)) + _EPSILON
        return np.asarray(self._mean / (1 - first**self._steps) / size)


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
