"""A predictor that knows other tasks, and learns a new one from few trained networks."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.learned import Learned, joined, part
from zcnas.predictors.meta.examined import chosen, examined, predicted
from zcnas.predictors.meta.tasks import Task
from zcnas.predictors.meta.views import Views
from zcnas.predictors.meta_training import meta_train, prior_of
from zcnas.predictors.predictor import Predictor
from zcnas.predictors.prior import Prior
from zcnas.predictors.prior_network import Sizes, encoder, learner
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]

_MOST = 1_000_000
"""Architectures of the largest space that is predicted as a whole."""


class FewShot(Predictor):
    r"""A Gaussian process around what a prior knows: ``prior.on(space).adapt(archs, accuracies).predict(space)``.

    Its covariance has these parts beside the prior's mean: how far that mean is to be trusted at all, the prior's
    kernel on features of graphs, and kernels with which it learns spaces that are like none before: on genes, counts
    and weights of operations, which of them feeds which, and states of the prior's network. What all of these count is
    not known; settings of it are weighed by how likely they make the examples. Targets are normal quantiles of the
    examples' ranks.

    Without examples :meth:`predict` gives the prior's mean, in deviations of the space's values. Deviations are those
    of the process, noise of training included.

    :meth:`fit` learns a prior from the examples alone, for which a graph network is trained; :meth:`adapt` keeps the
    prior, and learns from the examples that it is given and from no earlier ones.

    Reference: Our own; after Patacchiola et al. 2020, arXiv:1910.05199. The task is that of Loya et al. 2023, Few-shot
    adaptation of a NAS predictor, arXiv:2311.18451.

    Args:
        space: Whose architectures it knows.
        hidden: Of the network that :meth:`fit` trains.
        layers: Likewise.
        width: Likewise, how many features.
        steps: Likewise, of training.
        vocabulary: What names of one's own space mean, all of them operations that this library knows.
        seed: Of weights and of what is drawn.
    """

    name = "few_shot"

    def __init__(
        self,
        space: SearchSpace,
        *,
        hidden: int = 64,
        layers: int = 3,
        width: int = 64,
        steps: int = 150,
        vocabulary: Vocabulary | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed=seed)
        self.hidden, self.layers, self.width, self.steps = hidden, layers, width, steps
        self._known: tuple[Learned, Prior] | None = None
        self.vocabulary = vocabulary
        self._views = Views(space, encoder(vocabulary))

    @property
    def prior(self) -> Prior:
        """What it knew before its examples. Raises :class:`~zcnas.errors.InputError` where that is nothing."""
        if self._known is None or self._known[0] is not self.learned:
            self._known = self.learned, Prior(part(self.learned, "prior"))
        return self._known[1]

    def knowing(self, prior: Prior, features: Floats | None = None) -> Self:
        """One with equal arguments that knows ``prior``, what it is told of the task, and no examples.

        Raises:
            InputError: Another number of the task's features than the prior was learned with.
        """
        columns = self._views.learn(prior, features)
        return self._told(prior, examined(prior, self._views(prior, [], columns), np.empty(0), columns))

    def predict(self, archs: Sequence[Architecture] | SearchSpace) -> tuple[Floats, Floats]:
        """See :class:`~zcnas.predictors.Predictor`; given a space, of all its architectures in their order."""
        if isinstance(archs, SearchSpace):
            if archs.name != self.space.name:
                raise InputError(f"{self.name}: expected {self.space.name}, got {archs.name}")
            if archs.size > _MOST:
                raise InputError(
                    f"{self.name}: expected a space of at most {_MOST:,} architectures, got {archs.size:,} of "
                    f"{archs.name}; give a list of some, such as random ones"
                )
            return self._predicted(self.learned, list(archs))
        return super().predict(archs)

    def adapt(
        self, archs: Sequence[Architecture], values: Sequence[float] | Floats, *, task: str | None = None
    ) -> Self:
        """A new predictor with the same prior and these examples; this one stays as it is.

        Args:
            archs: At least 2; see :meth:`fit`.
            values: One for each, higher is better.
            task: What they are of, such as ``nasbench201/cifar10/accuracy`` or ``cifar10``. With one that the prior
                was learned from there is a warning: what is measured then does not say what a new task would give.

        Raises:
            InputError: As for :meth:`fit`, or it knows no prior.
        """
        archs, found = self._examples(archs, values)
        if task and (met := self.prior.met(task, self.space)):
            warnings.warn(f"the prior was learned from {', '.join(met)}: this is no new task", stacklevel=2)
        columns = self._task().facts["columns"]
        return self._told(self.prior, examined(self.prior, self._views(self.prior, archs, columns), found, columns))

    def select(
        self,
        archs: Sequence[Architecture],
        number: int,
        *,
        boldness: float = 1.0,
        without: Collection[Architecture] = frozenset(),
    ) -> list[Architecture]:
        """Which to train next: one after the other what is best with ``boldness`` deviations added to its mean.

        Deviations are those after all that was picked, whose values need not be known for it: what is like a picked
        one is not picked again soon. With a large boldness it is what tells most; with 0 what is best.

        Reference: Desautels et al. 2014, GP-BUCB, arXiv:1206.6402.

        Args:
            archs: Candidates; one that is there several times is picked once at most.
            number: How many, at most.
            boldness: See above.
            without: Those of the candidates that are not to be trained, such as what was trained before.

        Raises:
            InputError: As for :meth:`predict`; or a negative number, or a boldness that is none.
        """
        self._require(archs)
        if number < 0 or np.isnan(boldness):
            raise InputError(f"{self.name}: expected 0 or more to select, and a boldness, got {number} and {boldness}")
        task = self._task()
        view = self._views(self.prior, archs, task.facts["columns"])
        known = set(without)
        fresh = {arch: place for place, arch in enumerate(archs) if arch not in known}
        free = np.array([fresh.get(arch) == place for place, arch in enumerate(archs)], dtype=np.bool_)
        return [archs[place] for place in chosen(self.prior, task, view, number, boldness, free)]

    def _told(self, prior: Prior, task: Learned) -> Self:
        copy = self.recalling(joined({"prior": prior.learned, "task": task}))
        copy._known, copy._views = (copy.learned, prior), self._views
        return copy

    def _task(self) -> Learned:
        return part(self.learned, "task")

    def _fitted(self, archs: Sequence[Architecture], values: Floats) -> Learned:
        prior = self._own(archs, values)
        columns = self._views.learn(prior)
        task = examined(prior, self._views(prior, archs, columns), values, columns)
        return joined({"prior": prior.learned, "task": task})

    def _predicted(self, learned: Learned, archs: Sequence[Architecture]) -> tuple[Floats, Floats]:
        task = part(learned, "task")
        return predicted(self.prior, task, self._views(self.prior, archs, task.facts["columns"]))

    def _own(self, archs: Sequence[Architecture], values: Floats) -> Prior:
        """A prior from these examples alone."""
        sizes = Sizes(self.hidden, self.layers, self.width)
        if np.ptp(values) == 0:
            return prior_of(learner(sizes, self.seed), sizes, [])
        task, half = Task(self.space, "fit", archs, values), len(archs) // 2
        sampling: dict[str, Any] = {"episodes": 4, "support": (0, min(half, 50)), "query": min(len(archs) - half, 64)}
        arguments: dict[str, Any] = {"steps": self.steps, "seed": self.seed, "vocabulary": self.vocabulary}
        return meta_train([task], sizes=sizes, **arguments, **sampling)
