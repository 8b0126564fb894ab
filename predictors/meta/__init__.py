"""Learning over tasks: one interface, with learn2learn's verbs, on ``torch.func``."""

from __future__ import annotations

from zcnas.predictors.meta.closed_form import ClosedForm
from zcnas.predictors.meta.deep_kernel import DeepKernel
from zcnas.predictors.meta.episodes import Episode, Examples, stacked
from zcnas.predictors.meta.learner import Learner, MetaLearner
from zcnas.predictors.meta.maml import ANIL, MAML, FineTuning, MetaCurvature, MetaSGD, ProtoMAML
from zcnas.predictors.meta.reptile import Reptile
from zcnas.predictors.meta.sampling import Sampler
from zcnas.predictors.meta.shift import balanced, near, rank_correlations
from zcnas.predictors.meta.tasks import Task

__all__ = [
    "ANIL",
    "MAML",
    "ClosedForm",
    "DeepKernel",
    "Episode",
    "Examples",
    "FineTuning",
    "Learner",
    "MetaCurvature",
    "MetaLearner",
    "MetaSGD",
    "ProtoMAML",
    "Reptile",
    "Sampler",
    "Task",
    "balanced",
    "near",
    "rank_correlations",
    "stacked",
]
