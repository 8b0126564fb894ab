"""The kernel that would have served best on the reference devices, each left out in turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import numpy.typing as npt

from zcnas.predictors.transfer.kernel import Kernel, Places
from zcnas.predictors.transfer.process import Process
from zcnas.predictors.transfer.references import References

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GRID = tuple(
    Kernel(devices=devices, columns=columns, length=length, noise=noise)
    for devices, columns, length, noise in product((0.5, 2.0), (0.03, 0.1, 0.3, 1.0, 2.0), (0.7, 1.5), (0.03, 0.1, 0.3))
)
_MEASURED, _ASKED, _DRAWS = 10, 200, 3
"""How many architectures are learned from and asked about, and how often."""
_WORST = 5.0
"""Deviations beyond which an error counts no more: an outlier must not decide."""


def selected(references: References, values: Floats, rng: np.random.Generator) -> Kernel:
    """The kernel of :data:`GRID` with the highest mean log density of what was not measured.

    Args:
        references: Models of T devices.
        values: ``(n, T)``, of the architectures that these learned from.
        rng: Draws what is measured.

    Returns:
        The default where there are fewer than two devices, none tells architectures apart, or these are too few.
    """
    if values.shape[1] < 2 or len(values) < 2 * _MEASURED:
        return Kernel()
    total = np.zeros(len(GRID))
    for known, measured, asked, answers in _episodes(references, values, rng):
        total += [_density(kernel, known, measured, asked, answers) for kernel in GRID]
    return GRID[int(np.argmax(total))] if total.any() else Kernel()


def _episodes(
    references: References, values: Floats, rng: np.random.Generator
) -> Iterator[tuple[Places, Floats, Places, Floats]]:
    """What is known of what was measured, its values, and the same of others."""
    standard = references(references.columns)
    for device in range(values.shape[1]):
        others = np.delete(standard, device, axis=1)
        places = Places.of(others, references.columns, float(others.mean(axis=1).std()) or 1.0)
        for _ in range(_DRAWS):
            drawn = rng.permutation(len(values))[: _MEASURED + _ASKED]
            few, rest = drawn[:_MEASURED], drawn[_MEASURED:]
            if np.ptp(values[few, device]) > 0:
                yield places.select(few), values[few, device], places.select(rest), values[rest, device]


def _density(kernel: Kernel, known: Places, measured: Floats, asked: Places, answers: Floats) -> float:
    mean, deviation = Process.of(kernel, known, measured)(asked)
    errors = np.minimum(np.abs(answers - mean) / deviation, _WORST)
    return float(-(errors**2 / 2 + np.log(deviation)).mean())
