"""A graph network that compares pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from scipy.stats import rankdata
from torch import Tensor

from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors.comparisons import comparator_sort, copeland, mean_logit
from zcnas.predictors.graph_predictor import GraphPredictor
from zcnas.space import SearchSpace

Floats = npt.NDArray[np.float64]

READ_OUTS = {"mean_logit": mean_logit, "copeland": copeland, "sort": comparator_sort}
"""How an order of all comes from comparisons of two."""


class PairwiseGCN(GraphPredictor):
    r"""The binary relation predictor of BRP-NAS: which of two is better?

    From both embeddings a linear map gives the logit of "the first is better", which is a sum :math:`f_i + s_j`. The
    loss is the cross-entropy of all ordered pairs of a batch. From the logits comes an order of all:

    * ``"mean_logit"``, the default: half the mean of logit(i, j) - logit(j, i). It is transitive and depends on
      nothing but the architecture.
    * ``"copeland"``: comparisons won minus lost, against all others that are asked about. It is transitive.
    * ``"sort"``: Python's sort by the comparator, as released. The comparator is not transitive, so it depends on the
      order in which architectures are given.

    Predictions of the latter two depend on what else is asked about.

    Reference: Dudziak et al. 2020, BRP-NAS, arXiv:2007.08668. Released code: hidden 600, one way, 250 epochs of
    batches of 64 pairs with a learning rate of 3.5e-4, early stopping, double precision, ``temperature=1``.

    Deviations: Nodes are also told what they read, which is worth more than all else here; smaller and faster; a batch
    is all pairs of some architectures. Values are compared by their order alone, as accuracies in percent and as
    fractions would otherwise be learned differently.

    Args:
        space: Whose architectures it knows.
        read_out: See above.
        temperature: With one, the target is the logistic function of the values' difference, divided by it, rather
            than 0, 1, or 1/2 for equal values.
        options: As for :class:`~zcnas.predictors.graph_predictor.GraphPredictor`.

    Raises:
        UnknownNameError: Another read-out.
        InputError: A temperature that is not positive.
    """

    name = "pairwise_gcn"
    outputs = 2

    def __init__(
        self,
        space: SearchSpace,
        *,
        read_out: str = "mean_logit",
        temperature: float | None = None,
        **options: Any,
    ) -> None:
        if read_out not in READ_OUTS:
            raise UnknownNameError("read-out", read_out, READ_OUTS)
        if temperature is not None and not temperature > 0:
            raise InputError(f"temperature: expected a positive number or None, got {temperature}")
        super().__init__(space, **options)
        self.read_out, self.temperature = read_out, temperature

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        logits = outputs[:, None, 0] + outputs[None, :, 1]
        differences = targets[:, None] - targets[None, :]
        wanted = differences.sign() / 2 + 0.5 if self.temperature is None else differences.sigmoid()
        others = 1 - torch.eye(len(targets))
        losses = F.binary_cross_entropy_with_logits(logits, wanted, weight=others, reduction="sum")
        return losses / others.sum()

    def _targets(self, values: Floats) -> Floats:
        ranks: Floats = rankdata(values)
        return ranks if self.temperature is None else (values - values.mean()) / self.temperature

    def _read(self, outputs: Floats) -> Floats:
        return READ_OUTS[self.read_out](outputs[:, 0], outputs[:, 1])
