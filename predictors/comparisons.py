"""Orders from comparisons of pairs whose logits are sums of a part for each place."""

from __future__ import annotations

from functools import cmp_to_key

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def mean_logit(first: Floats, second: Floats) -> Floats:
    r"""``(N,)``: half the mean of logit(i over j) - logit(j over i) over all j, up to a constant.

    With :math:`\operatorname{logit}(i, j) = f_i + s_j` that is :math:`(f_i - s_i) / 2`, whatever the others are.
    """
    return (first - second) / 2


def copeland(first: Floats, second: Floats) -> Floats:
    """``(N,)``: comparisons won minus comparisons lost, in both places, against all others; by their number.

    As logits are sums, what i beats are all j up to a place in the order of their parts: no pair is looked at. What
    comes of i against itself, once in each place, cancels out.
    """
    won = _below(-second, first) - _above(-second, first)
    lost = _below(-first, second) - _above(-first, second)
    return (won - lost) / max(2 * (len(first) - 1), 1)


def comparator_sort(first: Floats, second: Floats) -> Floats:
    """``(N,)``: places after sorting by the comparator "is logit(i, j) positive?", as BRP-NAS does; the best has 1.

    The comparator is neither antisymmetric nor transitive, so places depend on the order in which architectures come
    and on Python's sort.
    """
    f, s = first.tolist(), second.tolist()
    order = sorted(range(len(f)), key=cmp_to_key(lambda i, j: (f[i] + s[j] > 0) - (f[i] + s[j] < 0)))
    places = np.empty(len(f))
    places[order] = np.arange(len(f))
    return places / max(len(f) - 1, 1)


def _below(values: Floats, limits: Floats) -> npt.NDArray[np.int64]:
    return np.asarray(np.searchsorted(np.sort(values), limits, side="left"))


def _above(values: Floats, limits: Floats) -> npt.NDArray[np.int64]:
    return len(values) - np.asarray(np.searchsorted(np.sort(values), limits, side="right"))
