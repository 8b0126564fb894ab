"""Search algorithms that are asked for architectures and told what they are worth: one file each.

They know spaces and numbers. Where one needs scores, the caller gives a function or a mapping.
"""

from __future__ import annotations

from zcnas.algorithm import SearchAlgorithm
from zcnas.registry import Registry
from zcnas.search.branching import BranchingSearch
from zcnas.search.exhaustive import ExhaustiveSearch
from zcnas.search.few_shot import FewShotSearch
from zcnas.search.gaussian_front import GaussianFrontSearch
from zcnas.search.gaussian_process import GaussianProcessSearch
from zcnas.search.history import HistorySearch
from zcnas.search.local_search import LocalSearch
from zcnas.search.move import Move
from zcnas.search.nsga2 import NSGA2
from zcnas.search.nsga3 import NSGA3
from zcnas.search.predictor_guided import PredictorGuided
from zcnas.search.random import RandomSearch
from zcnas.search.regularized_evolution import RegularizedEvolution
from zcnas.search.reinforce import Reinforce
from zcnas.search.robot import RoBoT
from zcnas.search.sampler import OptunaSearch
from zcnas.search.scored import Score
from zcnas.search.warm_up import WarmUp

ALGORITHMS: Registry[SearchAlgorithm] = Registry("search algorithm", group="algorithms")
"""By name; a factory's first argument is the space, and most take a ``seed``."""
for _algorithm in (
    *(RandomSearch, ExhaustiveSearch, LocalSearch, RegularizedEvolution, Reinforce),
    *(NSGA2, NSGA3, OptunaSearch, RoBoT, PredictorGuided, FewShotSearch),
    *(GaussianProcessSearch, GaussianFrontSearch),
):
    ALGORITHMS.register(_algorithm.name, _algorithm)

__all__ = [
    "ALGORITHMS",
    "NSGA2",
    "NSGA3",
    "BranchingSearch",
    "ExhaustiveSearch",
    "FewShotSearch",
    "GaussianFrontSearch",
    "GaussianProcessSearch",
    "HistorySearch",
    "LocalSearch",
    "Move",
    "OptunaSearch",
    "PredictorGuided",
    "RandomSearch",
    "RegularizedEvolution",
    "Reinforce",
    "RoBoT",
    "Score",
    "WarmUp",
]
