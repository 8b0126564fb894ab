"""Weighted sums of normalised proxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError

Array = npt.NDArray[np.float64]


def normalised(scores: Mapping[str, Sequence[float] | Array], candidates: int) -> Array:
    """``(candidates, proxies)``: every proxy from 0 to 1; what is not finite is 0, as is a proxy of equal scores.

    Raises:
        InputError: No proxies, or columns of other lengths.

    >>> normalised({"a": [1.0, 3.0, 2.0]}, 3).ravel()
    array([0. , 1. , 0.5])
    """
    lengths = {name: len(column) for name, column in scores.items()}
    if not scores or set(lengths.values()) != {candidates}:
        raise InputError(f"expected scores of {candidates} candidates by at least one proxy, got {lengths}")
    return np.stack([_from_0_to_1(np.asarray(column, dtype=np.float64)) for column in scores.values()], axis=1)


def _from_0_to_1(column: Array) -> Array:
    finite = column[np.isfinite(column)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    # Halves first: the range of extreme scores overflows.
    scaled = (column / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
    return np.where(np.isfinite(column), scaled, 0.0)


def ranking(columns: Array, weights: Sequence[float]) -> list[int]:
    """Indices of candidates, best first; of equal ones the later comes first, as in the released code of RoBoT."""
    order: list[int] = np.argsort(columns @ np.array(weights), kind="stable")[::-1].tolist()
    return order
