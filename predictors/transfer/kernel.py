"""How alike two architectures are on a device that is not known yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = 4.0
"""Variance of the level, which all share, in that of the reference devices: of it nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What is known of architectures.

    Attributes:
        trend: ``(N,)``: the mean over reference devices, with deviation 1 over the architectures learned from.
        devices: ``(N, T)``: standardised values on reference devices, over the root of T.
        columns: ``(N, D)``: standardised features, the mean square of rows being 1.
    """

    trend: Floats
    devices: Floats
    columns: Floats

    @classmethod
    def of(cls, values: Floats, columns: Floats, scale: float = 1.0) -> Self:
        """From standardised values ``(N, T)``; T may be 0.

        Args:
            values: On reference devices.
            columns: ``(N, D)``.
            scale: What the mean over devices is divided by.
        """
        count = values.shape[1]
        trend = values.mean(axis=1) / scale if count else np.zeros(len(values))
        return cls(trend, values / np.sqrt(max(count, 1)), columns)

    def __len__(self) -> int:
        return len(self.trend)

    def select(self, places: npt.NDArray[np.int64]) -> Places:
        """Those at ``places``."""
        return Places(self.trend[places], self.devices[places], self.columns[places])


@dataclass(frozen=True, slots=True)
class Kernel:
    r"""Covariance of the values of x and x' on a new device, in the unit of what references vary by.

    .. math::
        4 + b\,m m' + a\,z^\top z' + \tfrac{c}{2}(f^\top f' + e^{-\lVert f - f' \rVert^2 / 2 l^2})

    with m the trend, z the values on reference devices and f the columns of :class:`Places`; and the noise where they
    are the same measurement.

    Attributes:
        trend: b: how unsure the slope is along the mean of the reference devices, which is 1 on average.
        devices: a: how much the new device may take after some of them rather than others.
        columns: c: how much it may depend on structure in a way of its own.
        length: l.
        noise: Variance of a measurement, and of all that is not explained.
    """

    trend: float = 0.3
    devices: float = 2.0
    columns: float = 1.0
    length: float = 1.5
    noise: float = 0.1

    def __call__(self, first: Places, second: Places) -> Floats:
        """``(len(first), len(second))``, without noise."""
        dots = first.columns @ second.columns.T
        squares = _squares(first.columns)[:, None] + _squares(second.columns) - 2 * dots
        own = dots + np.exp(-np.maximum(squares, 0) / (2 * self.length**2))
        shared = self.trend * np.outer(first.trend, second.trend) + self.devices * first.devices @ second.devices.T
        return np.asarray(LEVEL + shared + self.columns / 2 * own)

    def variances(self, places: Places) -> Floats:
        """``(len(places),)``: the diagonal, without noise."""
        own = self.columns / 2 * (_squares(places.columns) + 1)
        return np.asarray(LEVEL + self.trend * places.trend**2 + self.devices * _squares(places.devices) + own)


def _squares(rows: Floats) -> Floats:
    return np.asarray(np.einsum("nd,nd->n", rows, rows))
