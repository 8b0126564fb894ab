"""Learns priors from tasks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.learned import Learned
from zcnas.predictors.meta.checkpoint import Checkpoint
from zcnas.predictors.meta.conditions import Conditions
from zcnas.predictors.meta.deep_kernel import DeepKernel
from zcnas.predictors.meta.sampling import Sampler
from zcnas.predictors.meta.tasks import Task
from zcnas.predictors.prior import Prior
from zcnas.predictors.prior_network import Sizes, encoder, learner
from zcnas.provenance import digest, versions


def meta_train(
    tasks: Sequence[Task],
    *,
    sizes: Sizes | None = None,
    steps: int = 2000,
    learning_rate: float = 2e-3,
    weight_decay: float = 0.01,
    seed: int = 0,
    vocabulary: Vocabulary | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = False,
    **sampling: Any,
) -> Prior:
    """Learns a prior from tasks of any spaces.

    Where tasks have features, the prior's mean and kernel come to depend on them.

    Args:
        tasks: Of spaces whose operations the vocabulary knows; those without features count as like all others.
        sizes: Of the network.
        steps: Of meta-training.
        learning_rate: As for :meth:`~zcnas.predictors.meta.learner.MetaLearner.meta_fit`.
        weight_decay: Likewise.
        seed: Of weights and episodes.
        vocabulary: What names of one's own spaces mean, all of them operations that this library knows.
        checkpoint: A file from which an interrupted call goes on, to the same prior; it is left where it is.
        progress: Whether to show a bar.
        sampling: Arguments of :class:`~zcnas.predictors.meta.sampling.Sampler`.

    Raises:
        InputError: As for the sampler; or the checkpoint is of another training, or tasks have different numbers of
            features.
        UnknownNameError: An operation that is not known.
        DataError: The checkpoint is garbled.
    """
    chosen = sizes or Sizes()
    conditions = Conditions.of(tasks)
    made = learner(chosen, seed, conditions=len(conditions))
    draw = Sampler(tasks, encoder=encoder(vocabulary), conditions=conditions, seed=seed, **sampling)
    arguments: dict[str, Any] = {"steps": steps, "learning_rate": learning_rate, "weight_decay": weight_decay}
    plain = {name: np.asarray(value).tolist() for name, value in sampling.items()}
    training = {"seed": seed, **arguments, **plain, "versions": versions()}
    content = {**vars(chosen), "data": _content(tasks), **({"vocabulary": repr(vocabulary)} if vocabulary else {})}
    kept = None if checkpoint is None else Checkpoint(checkpoint, {**training, **content})
    made.meta_fit(draw, **arguments, checkpoint=kept, progress=progress)
    facts = {"training": training, **({"conditions": conditions.scale} if len(conditions) else {})}
    return prior_of(made, chosen, [task.name for task in tasks], facts)


def prior_of(made: DeepKernel, sizes: Sizes, tasks: Sequence[str], facts: Mapping[str, Any] | None = None) -> Prior:
    """The prior that a learner over tasks has come to, with further facts."""
    arrays = {name: value.detach().numpy().copy() for name, value in made.meta.items()}
    return Prior(Learned(arrays, {"tasks": list(tasks), "sizes": vars(sizes), "training": {}, **(facts or {})}))


def _content(tasks: Sequence[Task]) -> str:
    told = (part for task in tasks for part in (task.name, task.values, list(task.archs)))
    # Where there are any only, as in files of old.
    own = (part for task in tasks if task.features is not None for part in (task.name, task.features))
    return digest(chain(told, own))
