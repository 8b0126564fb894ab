"""Several predictors that differ in their seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.predictors.learned import Learned, joined, part
from zcnas.predictors.pairwise import PairwiseGCN
from zcnas.predictors.predictor import Adaptable, Predictor
from zcnas.predictors.registry import PREDICTORS
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class Ensemble(Predictor):
    r"""The mean of several predictors that learn from the same examples.

    Deviations join those of the members and what they disagree about:
    :math:`\sqrt{\operatorname{mean} \sigma_k^2 + \operatorname{var} \mu_k}`.

    Reference: Lakshminarayanan et al. 2017, Deep Ensembles, arXiv:1612.01474, without adversarial examples.

    Args:
        space: Whose architectures it knows.
        member: What the members are like, but for the seed; by default :class:`PairwiseGCN`.
        members: How many.
        seed: What the seeds of the members come from.

    Raises:
        InputError: Fewer than 1 member, or one of another space.
    """

    name = "ensemble"

    def __init__(self, space: SearchSpace, *, member: Predictor | None = None, members: int = 5, seed: int = 0) -> None:
        super().__init__(space, seed=seed)
        self.member, self.members = member or PairwiseGCN(space), members
        if members < 1 or self.member.space.name != space.name:
            raise InputError(
                f"ensemble: expected at least 1 member, of {space.name}; got {members} of {self.member.space.name}"
            )

    def adapt(self, archs: Sequence[Architecture], values: Sequence[float] | Floats) -> Self:
        """A new ensemble whose members are those of this one, adapted; this one stays as it is.

        Raises:
            InputError: As for :meth:`fit`, this one was not fitted, or its members cannot go on from what they know.
        """
        if not isinstance(self.member, Adaptable):
            raise InputError(f"ensemble: expected members that have adapt(), got {self.member.name}")
        archs, found = self._examples(archs, values)
        return self.recalling(_together([one.adapt(archs, found) for one in self._revived(self.learned)]))

    def settings(self) -> dict[str, Any]:
        """Arguments of the constructor as plain JSON; the member as its name and settings."""
        return {**super().settings(), "member": {"name": self.member.name, "settings": self.member.settings()}}

    @classmethod
    def _made(cls, space: SearchSpace, settings: Mapping[str, Any], arguments: Mapping[str, Any]) -> Self:
        told = settings["member"]
        member = PREDICTORS.create(told["name"], space, **{**told["settings"], **arguments})
        return cls(space, **{**settings, "member": member})

    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        return _together([one.fit(archs, values) for one in self._new()])

    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        pairs = [one.predict(archs) for one in self._revived(learned)]
        means, deviations = np.array([mean for mean, _ in pairs]), np.array([own for _, own in pairs])
        return means.mean(axis=0), np.sqrt((deviations**2).mean(axis=0) + means.var(axis=0))

    def _new(self) -> list[Predictor]:
        return [self.member.clone(seed=derive_seed(self.name, self.seed, number)) for number in range(self.members)]

    def _revived(self, learned: Learned) -> list[Any]:
        return [one.recalling(part(learned, str(number))) for number, one in enumerate(self._new())]


def _together(members: Sequence[Predictor]) -> Learned:
    return joined({str(number): one.learned for number, one in enumerate(members)})
