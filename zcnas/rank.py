"""Rank statistics and rank-level aggregates of proxies. Higher is better for every column given here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from zcnas.errors import InputError, UnknownNameError

Array = npt.NDArray[np.float64]
Columns = Mapping[str, Sequence[float] | Array]
Rule = Callable[[Columns], Array]


def _matrix(scores: Columns) -> Array:
    """``(P, M)``: a row per proxy; NaN becomes minus infinity, so that what is undefined ranks last."""
    if not scores:
        raise InputError("expected at least one proxy's scores, got none")
    lengths = {name: len(column) for name, column in scores.items()}
    if len(set(lengths.values())) != 1:
        raise InputError(f"expected columns of one length, got {lengths}")
    matrix = np.array([np.asarray(column, dtype=np.float64) for column in scores.values()])
    return np.where(np.isnan(matrix), -np.inf, matrix)


def _ranks(scores: Columns) -> Array:
    return np.asarray(stats.rankdata(_matrix(scores), axis=1), dtype=np.float64)


def rank_sum(scores: Columns) -> Array:
    """``(M,)``: mean over proxies of the average rank, divided by M. Depends on the whole set of candidates.

    >>> rank_sum({"a": [1.0, 2.0], "b": [5.0, 9.0]})
    array([0.5, 1. ])
    """
    ranks = _ranks(scores)
    return np.asarray(ranks.mean(axis=0) / ranks.shape[1])


def az_nas(scores: Columns) -> Array:
    r"""``(M,)``: AZ-NAS's aggregate, :math:`S_i = \sum_p \log(\operatorname{rank}_p(i) / M)`.

    A low rank in one proxy weighs more than in :func:`rank_sum`. The published set is expressivity,
    progressivity, trainability and FLOPs. Depends on the whole set: adding candidates changes all values.

    Reference: Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232.
    """
    ranks = _ranks(scores)
    return np.asarray(np.log(ranks / ranks.shape[1]).sum(axis=0))


def vote(scores: Columns) -> Array:
    """``(M,)``: Copeland score of the majority vote: pairs won minus pairs lost, divided by M - 1.

    A pair is won where more proxies prefer one than the other. The zero-cost paper's vote is this rule for
    synflow, jacob_cov and snip; it ranks pairs, not candidates, and need not be transitive: the Copeland
    score is the usual way to turn it into a ranking.

    Reference: Abdelfattah et al. 2021, arXiv:2101.08134; Copeland 1951.
    """
    matrix = _matrix(scores)
    size = matrix.shape[1]
    won = np.zeros(size)
    for index in range(size):
        balance = _signs(matrix[:, [index]], matrix).sum(axis=0)
        won[index] = np.sign(balance).sum()
    return np.asarray(won / max(size - 1, 1))


def pairwise_concordance(scores: Columns, truth: Sequence[float] | Array) -> float:
    """Fraction of pairs with unequal truth whose order the majority of proxies gets right.

    This is what the zero-cost paper prints for ``vote`` beside Spearman correlations (.82); it is no correlation:
    2c - 1 is comparable with Kendall's tau. A pair without majority counts half.

    Raises:
        InputError: Lengths differ, a truth is NaN, or all are equal.
    """
    matrix, target = _matrix(scores), np.asarray(truth, dtype=np.float64)
    if target.shape != (matrix.shape[1],):
        raise InputError(f"expected {matrix.shape[1]} true values, got shape {target.shape}")
    if np.isnan(target).any():
        raise InputError(f"expected true values, got {int(np.isnan(target).sum())} NaN: leave those candidates out")
    right = pairs = 0.0
    for index in range(len(target)):
        order = _signs(target[index], target)
        majority = np.sign(_signs(matrix[:, [index]], matrix).sum(axis=0))
        unequal = order != 0
        right += ((order * majority)[unequal] + 1).sum() / 2
        pairs += unequal.sum()
    if not pairs:
        raise InputError("expected true values that differ, got equal ones only")
    return float(right / pairs)


def _signs(one: Array | np.float64, others: Array) -> Array:
    # Comparisons, not differences: minus infinity against itself is a tie.
    return np.asarray((one > others).astype(np.float64) - (one < others))


RULES: Mapping[str, Rule] = {"rank_sum": rank_sum, "az_nas": az_nas, "vote": vote}
"""Ways to join ranks, for any columns."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A rule, and the proxies that it joins.

    Attributes:
        rule: One of :data:`RULES`.
        members: Names of the proxies; ``None`` for all that were scored.
        paper: Where the two were put together.
    """

    rule: Rule
    members: tuple[str, ...] | None
    paper: str

    def __repr__(self) -> str:
        """Equal in every process, where a function's own ``repr`` has an address."""
        return f"Aggregate({getattr(self.rule, '__name__', self.rule)}, {self.members})"

    def __call__(self, scores: Columns) -> Array:
        """``(M,)`` from columns by proxy name, higher is better.

        Raises:
            UnknownNameError: A member was not scored.
        """
        for name in self.members or ():
            if name not in scores:
                raise UnknownNameError("score", name, scores)
        return self.rule({name: scores[name] for name in self.members or scores})

    def beside(self, others: Columns, own: Mapping[str, float]) -> float:
        """The value of one candidate that is added to others, which depends on it and on these alone.

        Args:
            others: Columns by proxy name, higher is better.
            own: The candidate's scores by proxy name, likewise.
        """
        return float(self({name: np.append(column, own[name]) for name, column in others.items()})[-1])


AGGREGATES: Mapping[str, Aggregate] = {
    "az_nas": Aggregate(
        az_nas,
        ("az_expressivity", "az_progressivity", "az_trainability", "flops"),
        "Lee et al., AZ-NAS, CVPR 2024, arXiv:2403.19232",
    ),
    "vote": Aggregate(
        vote,
        ("synflow", "jacob_cov", "snip"),
        "Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv:2101.08134",
    ),
    "quorum": Aggregate(
        az_nas,
        ("az_progressivity", "az_trainability", "jacob_cov", "swap_regularised", "synflow"),
        "none: the best of all sets of up to five on 250 random architectures of NAS-Bench-201",
    ),
    "rank_sum": Aggregate(rank_sum, None, "baseline"),
}
"""Rankings by several proxies at once.

``quorum`` is our own. Its members look at a network from five sides: whether every block adds to the features, whether
gradients keep their size from block to block, whether inputs are told apart, how many ReLU patterns there are for the
size of the network, and how much flows from end to end. Each alone is fooled by some networks, and by different ones;
logarithms of ranks let a single low rank veto, so that what is left is good in every respect. It was chosen by
``experiments/combine_proxies.py``, which tests it on architectures that nothing was chosen on.
"""


def aggregates(scores: Columns) -> dict[str, Array]:
    """All of :data:`AGGREGATES` whose members were all scored; columns by proxy name, higher is better."""
    return {name: one(scores) for name, one in AGGREGATES.items() if set(one.members or ()) <= scores.keys()}
