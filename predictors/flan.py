"""A graph network with flow and attention that learns the order of values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zcnas.predictors import scale
from zcnas.predictors.graph_predictor import GraphPredictor
from zcnas.predictors.losses import pairwise_hinge
from zcnas.predictors.networks.flan import FlowNetwork

Floats = npt.NDArray[np.float64]


class FLAN(GraphPredictor):
    """Learns by a hinge on all pairs of a batch; see :class:`~zcnas.predictors.networks.flan.FlowNetwork`.

    Reference: Akhauri & Abdelfattah 2024, Encodings for Prediction-based Neural Architecture Search, arXiv:2403.02484.

    Deviations: Learns normal quantiles of ranks, which does not change the order of pairs; smaller and faster; no
    learned encodings such as Arch2Vec and CATE, but any ``scores``.
    """

    name = "flan"
    network = FlowNetwork

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return pairwise_hinge(outputs[:, 0], targets, torch.ones_like(targets))

    def _targets(self, values: Floats) -> Floats:
        return scale.targets(values, ranks=True)

    def _read(self, outputs: Floats) -> Floats:
        return outputs[:, 0]
