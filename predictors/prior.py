"""What was learned over tasks, for predictors that are to learn from few examples of a new one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zcnas.errors import DataError, InputError
from zcnas.predictors.direction import warn_if_turned
from zcnas.predictors.learned import Learned, read, write
from zcnas.predictors.meta.conditions import Conditions
from zcnas.predictors.meta.deep_kernel import DeepKernel
from zcnas.predictors.meta.learner import FEATURES
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.prior_network import Sizes, learner, seeded_network
from zcnas.space import Architecture, SearchSpace

if TYPE_CHECKING:
    from zcnas.predictors.few_shot import FewShot

Floats = npt.NDArray[np.float64]
Spaces = Mapping[str, Callable[[], SearchSpace]]
"""Makers of spaces by name."""


class Prior:
    """A mean and a kernel of architectures' values over all spaces, and the tasks that they were learned from.

    ``prior.adapt(archs, accuracies).predict(space)`` is for few examples of a new task, ``prior.predict(space)`` for
    none. Values are such that higher is better; see :class:`~zcnas.predictors.Predictor`.

    Args:
        learned: Parameters of a :class:`~zcnas.predictors.meta.deep_kernel.DeepKernel`; its sizes and tasks.
        spaces: Those that it knows by name, so that architectures alone tell theirs.
    """

    name: ClassVar[str] = "prior"

    def __init__(self, learned: Learned, *, spaces: Spaces | None = None) -> None:
        self.learned, self._spaces = learned, spaces or {}

    def __repr__(self) -> str:
        return f"Prior({len(self.tasks)} tasks)"

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks that it was learned from, such as ``nasbench201/cifar10/accuracy``."""
        return tuple(self.learned.facts["tasks"])

    @property
    def training(self) -> Mapping[str, Any]:
        """How it was learned: arguments of :func:`~zcnas.predictors.meta_train`, and versions."""
        found: Mapping[str, Any] = self.learned.facts.get("training", {})
        return found

    def met(self, task: str, space: SearchSpace) -> list[str]:
        """Those of :attr:`tasks` that ``task`` means, which may leave out the space or the metric; case is ignored."""
        known = [name for name in self.tasks if name.split("/")[0] == space.name]
        return [name for name in known if set(task.lower().split("/")) <= set(name.lower().split("/"))]

    @property
    def conditions(self) -> Conditions:
        """What turns features of tasks into what the network is told; empty where it was learned without any."""
        return Conditions(self.learned.facts.get("conditions", {}))

    def on(self, space: SearchSpace, *, features: Floats | None = None, **arguments: Any) -> FewShot:
        """A predictor for ``space`` that knows this prior and no examples.

        Args:
            space: Whose architectures it is to know.
            features: As for :meth:`adapt`.
            arguments: Those of :class:`~zcnas.predictors.FewShot`.

        Raises:
            InputError: Another number of features than the prior was learned with.
        """
        from zcnas.predictors.few_shot import FewShot

        return FewShot(space, **arguments).knowing(self, features)

    def adapt(
        self,
        archs: Sequence[Architecture],
        values: Sequence[float] | Floats,
        *,
        space: SearchSpace | None = None,
        task: str | None = None,
        features: Floats | None = None,
    ) -> FewShot:
        """What it becomes by examples of a task; it stays as it is.

        There is a warning where 10 or more values are nearly in the reverse order of what it expects, as errors are.

        Args:
            archs: As for :meth:`~zcnas.predictors.FewShot.adapt`; likewise ``values`` and ``task``.
            values: One for each, higher is better.
            space: Theirs; by default the one that is known by its name.
            task: What they are of, such as ``nasbench201/cifar10/accuracy``.
            features: ``(F,)``, of the task, where the prior was learned with such; see
                :func:`~zcnas.predictors.encoding.task_features`. Without, it is taken for one like all.

        Raises:
            InputError: As for :meth:`~zcnas.predictors.FewShot.adapt`, or their space is not known by name, or the
                prior was learned with another number of features.
        """
        start = self.on(space or self._space_of(archs), features=features)
        found = start.adapt(archs, values, task=task)
        remedy = "the prior expects: if lower is better, give them with a minus sign"
        warn_if_turned(start.predict(archs)[0], values, remedy)
        return found

    def predict(
        self,
        archs: Sequence[Architecture] | SearchSpace,
        *,
        space: SearchSpace | None = None,
        features: Floats | None = None,
    ) -> tuple[Floats, Floats]:
        """Means and standard deviations without examples, in deviations of the space's values.

        Args:
            archs: Architectures, or a space for all of it in its order.
            space: Theirs; by default the one that is known by its name.
            features: As for :meth:`adapt`.

        Raises:
            InputError: An architecture of another space, or theirs is not known by name; or features as for
                :meth:`adapt`.
        """
        return self.on(space or self._space_of(archs), features=features).predict(archs)

    def _space_of(self, archs: Sequence[Architecture] | SearchSpace) -> SearchSpace:
        if isinstance(archs, SearchSpace):
            return archs
        names = {arch.space if isinstance(arch, Architecture) else repr(arch) for arch in archs}
        if len(names) == 1 and names <= self._spaces.keys():
            return self._spaces[names.pop()]()
        told = ", ".join(sorted(names)) or "none"
        raise InputError(
            f"{self.name}: expected architectures of one space that is known by name, got {told}; give space="
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes one file, as :meth:`zcnas.predictors.Predictor.save` does."""
        write(path, self.learned, {"name": self.name})

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, spaces: Spaces | None = None) -> Self:
        """Reads what :meth:`save` wrote. No code in the file is run.

        Args:
            path: The file.
            spaces: See :class:`Prior`.

        Raises:
            DataError: Truncated, garbled, or not of a prior.
            OSError: The file cannot be read.
        """
        learned, about = read(path)
        if about["name"] != cls.name:
            raise DataError(f"{os.fspath(path)}: expected a prior, got {about['name']}; give its space")
        return cls(learned, spaces=spaces)

    @cached_property
    def learner(self) -> DeepKernel:
        """The learner over tasks with its parameters."""
        made = learner(Sizes(**self.learned.facts["sizes"]), conditions=len(self.conditions))
        known = {name: torch.from_numpy(np.array(array)) for name, array in self.learned.arrays.items()}
        made.meta = {name: known[name].requires_grad_() for name in made.meta}
        return made

    @cached_property
    def parameters(self) -> Mapping[str, Tensor]:
        """Those of :attr:`learner`, without gradients."""
        return {name: value.detach() for name, value in self.learner.meta.items()}

    @cached_property
    def network(self) -> FlowNetwork:
        """What gives features, with its parameters and in eval mode: calling it costs less than ``learner.embed``."""
        made = seeded_network(Sizes(**self.learned.facts["sizes"]), conditions=len(self.conditions))
        own = {name: value for name, value in self.parameters.items() if name.startswith(FEATURES)}
        made.load_state_dict({name.removeprefix(FEATURES): value for name, value in own.items()})
        return made.eval().requires_grad_(False)
