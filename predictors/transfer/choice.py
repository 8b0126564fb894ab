"""Which architectures to measure on a device that is not known yet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zcnas.predictors.transfer.kernel import Kernel, Places

Floats = npt.NDArray[np.float64]


def chosen(kernel: Kernel, places: Places, count: int, known: Places | None = None) -> list[int]:
    """Numbers of ``count`` places; each lowers the summed variance of all of them the most, given those before it.

    What is to be measured does not depend on any result, so that a list can be handed over.

    Reference: Seo et al. 2000, Gaussian process regression: active data selection and test point rejection.

    Args:
        kernel: Of the values.
        places: To choose from, and to know about.
        count: How many.
        known: What has been measured already.
    """
    covariance = kernel(places, places)
    if known is not None and len(known):
        cross = kernel(known, places)
        own = kernel(known, known) + kernel.noise * np.eye(len(known))
        covariance -= cross.T @ np.linalg.solve(own, cross)
    found: list[int] = []
    for _ in range(count):
        gain = (covariance**2).sum(axis=0) / (np.diagonal(covariance) + kernel.noise)
        gain[found] = -np.inf  # The same again would be a second measurement.
        place = int(np.argmax(gain))
        found.append(place)
        row = covariance[place] / np.sqrt(covariance[place, place] + kernel.noise)
        covariance = covariance - np.outer(row, row)
    return found
