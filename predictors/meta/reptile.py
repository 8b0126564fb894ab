"""Moves to where adaptation leads."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import vmap

from zcnas.predictors.meta.episodes import Episode, Examples, united
from zcnas.predictors.meta.learner import Parameters
from zcnas.predictors.meta.maml import MAML


class Reptile(MAML):
    """Adapts to all examples of an episode, support and query; falls in the direction of what that changed.

    Reference: Nichol et al. 2018, On First-Order Meta-Learning Algorithms, arXiv:1803.02999.

    Deviations: Every step of adaptation is on all examples; :meth:`meta_fit` follows the direction by AdamW.
    """

    def meta_gradient(self, episodes: Episode) -> tuple[Parameters, Tensor]:
        begun = {name: value.detach() for name, value in self.meta.items()}

        def ended(episode: Episode) -> tuple[Parameters, Tensor]:
            examples: Examples = united(episode)
            parameters = self.adapted(begun, examples)
            return parameters, self.judged(parameters, examples)

        with torch.no_grad():
            parameters, losses = vmap(ended)(episodes)
        return {name: begun[name] - parameters[name].mean(dim=0) for name in begun}, losses.mean()
