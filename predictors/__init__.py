"""Predictors of what architectures are worth, learned from trained ones: one file each.

They know a space's graphs and genomes, and numbers. Where one takes scores, the caller gives a function or a mapping.
"""

from __future__ import annotations

import os
from typing import Any

from zcnas.predictors.boosting import GradientBoosting
from zcnas.predictors.device_transfer import DeviceTransfer
from zcnas.predictors.encoding.operations import Operation
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.ensemble import Ensemble
from zcnas.predictors.few_shot import FewShot
from zcnas.predictors.flan import FLAN
from zcnas.predictors.gcn import GCN
from zcnas.predictors.learned import read
from zcnas.predictors.meta_training import meta_train
from zcnas.predictors.mlp import MLP
from zcnas.predictors.pairwise import PairwiseGCN
from zcnas.predictors.predictor import Adaptable, Predictor
from zcnas.predictors.prior import Prior
from zcnas.predictors.registry import PREDICTORS
from zcnas.predictors.ridge import Ridge
from zcnas.space import SearchSpace

for _predictor in (Ridge, GradientBoosting, MLP, GCN, PairwiseGCN, FLAN, FewShot, Ensemble, DeviceTransfer):
    PREDICTORS.register(_predictor.name, _predictor)

__all__ = [
    "FLAN",
    "GCN",
    "MLP",
    "PREDICTORS",
    "Adaptable",
    "DeviceTransfer",
    "Ensemble",
    "FewShot",
    "GradientBoosting",
    "Operation",
    "PairwiseGCN",
    "Predictor",
    "Prior",
    "Ridge",
    "Vocabulary",
    "load",
    "meta_train",
]


def load(path: str | os.PathLike[str], space: SearchSpace, **arguments: Any) -> Predictor:
    """Reads any predictor that :meth:`Predictor.save` wrote; see :meth:`Predictor.load`.

    Raises:
        DataError: Truncated, garbled, or of another kind.
        InputError: Of another space.
        UnknownNameError: Of a predictor that is not registered.
        OSError: The file cannot be read.
    """
    _, about = read(path)
    predictor = PREDICTORS[about["name"]]
    return predictor.load(path, space, **arguments)  # type: ignore[attr-defined, no-any-return]
