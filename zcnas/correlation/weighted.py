"""Spearman's and Kendall's coefficients of observations that count several times, as in a bootstrap resample.

Counts are whole numbers held as floats: sums stay exact up to 2**53.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Merge = tuple[Places, npt.NDArray[np.bool_]]

BLOCK = 64
"""Pairs that are compared one by one, as a matrix product; between blocks, merge sort takes fewer steps."""


def spearman(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Spearman's rank correlation, ties at their mean rank; NaN if one side is constant.

    >>> spearman([1.0, 2.0, 3.0], [10.0, 30.0, 20.0])
    0.5
    """
    return float(_once(first, second)[0])


def kendall(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Kendall's tau-b: concordant minus discordant pairs over the geometric mean of the untied; NaN if constant.

    >>> round(kendall([1.0, 2.0, 3.0], [10.0, 30.0, 20.0]), 3)
    0.333
    """
    return float(_once(first, second)[1])


def _once(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[float, float]:
    pairs = Pairs.of(np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64))
    rho, tau = pairs.coefficients(np.ones((len(pairs.order), 1)))
    return rho[0], tau[0]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """``n`` pairs, sorted once; after that a resample is a column of counts and needs no sorting.

    Attributes:
        order: ``(n,)``: places of the pairs, by first value and then by second.
        first: ``(n,)``: dense ranks from 0 of the first values, in that order: ascending.
        second: ``(n,)``: dense ranks from 0 of the second values, in that order.
        inverted: Inversions of ``second`` within blocks; see :func:`_inverted`.
        merges: Merge sort of ``second`` between blocks; see :func:`_merges`.
    """

    order: Places
    first: Places
    second: Places
    inverted: Array
    merges: list[Merge]

    @classmethod
    def of(cls, first: Array, second: Array) -> Pairs:
        """Sorts pairs without NaN."""
        one, other = (np.unique(values, return_inverse=True)[1].reshape(-1) for values in (first, second))
        order = np.lexsort((other, one))
        filled = _filled(other[order])
        return cls(order, one[order], other[order], _inverted(filled), _merges(filled))

    def coefficients(self, counts: Array) -> tuple[Array, Array]:
        """Spearman's rho and Kendall's tau-b ``(R,)`` of ``R`` resamples, given as ``counts`` ``(n, R)``."""
        moved = counts[self.order]
        groups = _grouped(self.first, moved), _grouped(self.second, moved)
        return self._spearman(moved, *groups), self._kendall(moved, *groups)

    def _spearman(self, counts: Array, one: Array, other: Array) -> Array:
        ranks_one, ranks_other = _centred_ranks(one), _centred_ranks(other)
        shared = np.einsum("nr,nr,nr->r", counts, ranks_one[self.first], ranks_other[self.second])
        spread = (np.einsum("gr,gr->r", group, ranks**2) for group, ranks in ((one, ranks_one), (other, ranks_other)))
        return _ratio(shared, next(spread) * next(spread))

    def _kendall(self, counts: Array, one: Array, other: Array) -> Array:
        joint = np.concatenate([[0], np.cumsum((np.diff(self.first) != 0) | (np.diff(self.second) != 0))])
        tied_one, tied_other, tied_both = _tied(one), _tied(other), _tied(_grouped(joint[: len(counts)], counts))
        total = _tied(counts.sum(axis=0, keepdims=True))
        # Every pair is concordant, discordant or tied on a side.
        balance = total - tied_one - tied_other + tied_both - 2 * self._discordant(counts)
        return _ratio(balance, (total - tied_one) * (total - tied_other))

    def _discordant(self, counts: Array) -> Array:
        """Weighted inversions ``(R,)`` of ``second``: within equal first values there are none."""
        filled = np.pad(counts, ((0, self.inverted.shape[0] * BLOCK - len(counts)), (0, 0)))
        blocks = filled.reshape(-1, BLOCK, filled.shape[1])
        found = np.einsum("bwr,bwr->r", blocks, self.inverted @ blocks)
        for order, right in self.merges:
            block = filled[order]
            below = np.where(right[..., None], block, 0).cumsum(axis=1)
            found += np.einsum("bwr,bwr->r", np.where(right[..., None], 0, block), below)
        return np.asarray(found)


def _filled(values: Places) -> Places:
    """A power of two of blocks; what is filled up counts nothing."""
    size = BLOCK << max(-(-len(values) // BLOCK) - 1, 0).bit_length()
    return np.concatenate([values, np.full(size - len(values), len(values))])


def _inverted(filled: Places) -> Array:
    """``(B, BLOCK, BLOCK)``: 1 where the row's value stands before the column's, though it is larger."""
    blocks = filled.reshape(-1, BLOCK)
    return np.triu(blocks[:, :, None] > blocks[:, None, :], 1).astype(np.float64)


def _merges(filled: Places) -> list[Merge]:
    """Steps of a bottom-up merge sort from blocks on: the places in order, and who comes from the right half."""
    steps = []
    width = 2 * BLOCK
    while width <= len(filled):
        # Stable, so that of equal values the left one comes first and is no inversion.
        within = np.argsort(filled.reshape(-1, width), axis=1, kind="stable")
        steps.append((within + np.arange(0, len(filled), width)[:, None], within >= width // 2))
        width *= 2
    return steps


def _grouped(codes: Places, counts: Array) -> Array:
    """``(G, R)``: how often each of the dense ``codes`` occurs."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max(initial=-1) + 1))
    return np.asarray(np.add.reduceat(counts[order], starts, axis=0)) if len(starts) else counts


def _centred_ranks(groups: Array) -> Array:
    """Mean rank of each group, minus the mean of all ranks."""
    return np.asarray(groups.cumsum(axis=0) - (groups - 1) / 2 - (groups.sum(axis=0) + 1) / 2)


def _tied(groups: Array) -> Array:
    """Pairs within groups."""
    return np.asarray((groups * (groups - 1) / 2).sum(axis=0))


def _ratio(above: Array, squared: Array) -> Array:
    undefined = np.full(len(above), np.nan)
    return np.asarray(np.divide(above, np.sqrt(squared), out=undefined, where=squared > 0))
