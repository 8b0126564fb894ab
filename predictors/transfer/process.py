"""What is to be expected on a device after few measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular

from zcnas.predictors.transfer.kernel import Kernel, Places

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    r"""A Gaussian process, conditioned on measurements.

    A value is :math:`\mu + s\,g(x)`, where g has the mean of :class:`Places`' trend and a :class:`Kernel`. The scale s
    is the likeliest positive one, which has a closed form.

    Attributes:
        kernel: Of g.
        known: What was measured, n architectures.
        factor: ``(n, n)``: the Cholesky factor of their covariance with noise.
        solved: ``(n,)``: the residuals divided by it.
        center: The mean of the values.
        scale: s.
    """

    kernel: Kernel
    known: Places
    factor: Floats
    solved: Floats
    center: float
    scale: float

    @classmethod
    def of(cls, kernel: Kernel, known: Places, values: Floats) -> Self:
        """Conditioned on ``values``, ``(n,)``."""
        covariance = kernel(known, known) + kernel.noise * np.eye(len(known))
        factor = np.asarray(cholesky(covariance, lower=True))
        center = float(values.mean())
        # Nothing that differs but by rounding is a difference.
        residuals = values - center if np.ptp(values) > 1e-12 * abs(center) else np.zeros(len(values))
        sides = _solved(factor, np.stack([residuals, known.trend], axis=1))
        scale = _scale(sides[:, 0], sides[:, 1])
        return cls(kernel, known, factor, sides[:, 0] - scale * sides[:, 1], center, scale)

    def __call__(self, places: Places) -> tuple[Floats, Floats]:
        """Means and standard deviations of a measurement, ``(len(places),)`` each, in the unit of the values."""
        inner = _solved(self.factor, self.kernel(self.known, places))
        mean = self.center + self.scale * places.trend + self.solved @ inner
        variance = self.kernel.variances(places) + self.kernel.noise - np.einsum("nq,nq->q", inner, inner)
        count = len(self.known)
        # The scale is known no better than from so many measurements; rounding may leave less than nothing.
        unsure = self.scale * np.sqrt((count + 1) / max(count - 1, 1))
        return mean, unsure * np.sqrt(np.maximum(variance, 0))


def _scale(residuals: Floats, trend: Floats) -> float:
    r"""The positive s that maximises :math:`-n \log s - \lVert r / s - t \rVert^2 / 2`; 0 if all residuals are."""
    size, along = float(residuals @ residuals), float(residuals @ trend)
    return 2 * size / (along + float(np.sqrt(along**2 + 4 * len(residuals) * size))) if size else 0.0


def _solved(factor: Floats, sides: Floats) -> Floats:
    return np.asarray(solve_triangular(factor, sides, lower=True, check_finite=False))
