"""A graph network that predicts values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch.nn.functional as F
from torch import Tensor

from zcnas.predictors import scale
from zcnas.predictors.graph_predictor import GraphPredictor

Floats = npt.NDArray[np.float64]


class GCN(GraphPredictor):
    """Regression of one number from the graph's embedding, with the mean absolute error as loss.

    Reference: Dudziak et al. 2020, BRP-NAS, arXiv:2007.08668, of which this is the unary predictor.

    Deviations: Learns normal quantiles of ranks instead of accuracies, which have a long tail; smaller, faster, and in
    float32. See :class:`~zcnas.predictors.networks.gcn.GraphNetwork`.
    """

    name = "gcn"

    def _loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return F.l1_loss(outputs[:, 0], targets)

    def _targets(self, values: Floats) -> Floats:
        return scale.targets(values, ranks=True)

    def _read(self, outputs: Floats) -> Floats:
        return outputs[:, 0]
