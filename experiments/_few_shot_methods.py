"""What predicts a task from few examples of it: priors, what learns from scratch, and what nobody could know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch

from zcnas.predictors import PREDICTORS, Prior, scale
from zcnas.predictors.encoding.dense import dense
from zcnas.predictors.encoding.graphs import WIDTH
from zcnas.predictors.encoding.vocabulary import TYPES
from zcnas.predictors.meta import Examples, FineTuning, Sampler, Task
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.networks.training import seeded
from zcnas.predictors.prior import ENCODER

Floats = npt.NDArray[np.float64]
Method = Callable[[npt.NDArray[np.int64], int], Floats | None]
"""From places of examples and a seed, predictions of all architectures of a task; ``None`` where it has none."""

SCRATCH = ("gradient_boosting", "gcn", "pairwise_gcn")
_FEATURES = 64
_STEPS, _RATE = 20, 0.05
_PENALTY = 1.0


def methods(
    task: Task, others: Sequence[Task], prior: Prior, joint: FineTuning | None, scratch: Sequence[str]
) -> Mapping[str, Method]:
    """By name.

    Args:
        task: To be predicted.
        others: Those that were learned from.
        prior: Learned from ``others``.
        joint: Likewise.
        scratch: Names of predictors that know nothing.
    """
    found: dict[str, Method] = {"prior": _prior(task, prior)}
    if joint is not None:
        found["pre-training and fine-tuning"] = _fine_tuned(task, joint)
    found |= {name: _scratch(task, name) for name in scratch}
    return {**found, "oracle: ridge on true values of other tasks": _oracle(task, others)}


def joint_training(tasks: Sequence[Task], steps: int, seed: int) -> FineTuning:
    """All tasks learned as one by a network of the prior's size."""
    with seeded(seed):
        network = FlowNetwork(len(TYPES), WIDTH, 0, _FEATURES, hidden=64, layers=3)
    learner = FineTuning(network, _FEATURES, steps=_STEPS, learning_rate=_RATE, seed=seed)
    return learner.meta_fit(Sampler(tasks, encoder=ENCODER, seed=seed), steps=steps, learning_rate=2e-3)


def _prior(task: Task, prior: Prior) -> Method:
    start = prior.on(task.space)

    def predict(places: npt.NDArray[np.int64], _seed: int) -> Floats:
        known = start.adapt([task.archs[place] for place in places], task.values[places]) if len(places) else start
        return known.predict(task.archs)[0]

    return predict


def _scratch(task: Task, name: str) -> Method:
    def predict(places: npt.NDArray[np.int64], seed: int) -> Floats | None:
        if not len(places):
            return None
        predictor = PREDICTORS.create(name, task.space, seed=seed)
        return predictor.fit([task.archs[place] for place in places], task.values[places]).predict(task.archs)[0]

    return predict


def _fine_tuned(task: Task, joint: FineTuning) -> Method:
    graphs = dense(ENCODER([task.space.graph(arch) for arch in task.archs]))

    def predict(places: npt.NDArray[np.int64], _seed: int) -> Floats:
        learner = joint.clone()
        if len(places):
            targets = torch.from_numpy(scale.targets(task.values[places], ranks=True)).float()
            learner.adapt(Examples(graphs.select(torch.from_numpy(places)), targets, torch.ones(len(places))))
        with torch.no_grad():
            parts = [learner(graphs.select(part)) for part in torch.arange(len(task.archs)).split(1024)]
        return torch.cat(parts).double().numpy()

    return predict


def _oracle(task: Task, others: Sequence[Task]) -> Method:
    alike = [other for other in others if other.archs is task.archs]
    columns = [scale.targets(other.values, ranks=True) for other in alike]

    def predict(places: npt.NDArray[np.int64], _seed: int) -> Floats | None:
        if not columns:
            return None
        mean, matrix = np.mean(columns, axis=0), np.stack(columns, axis=1)
        if not len(places):
            return mean
        rows, aims = matrix[places], scale.targets(task.values[places], ranks=True) - mean[places]
        inverse = np.linalg.inv(rows.T @ rows + _PENALTY * np.eye(len(columns)))
        return mean + matrix @ inverse @ rows.T @ aims

    return predict
