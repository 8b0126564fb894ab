"""What predicts a task from few examples of it: priors, what learns from scratch, and what nobody could know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zcnas.predictors import PREDICTORS, Prior, meta_train, scale
from zcnas.predictors.encoding.dense import DenseGraphs, dense
from zcnas.predictors.learned import Array, Learned, read, write
from zcnas.predictors.meta import (
    MAML,
    ClosedForm,
    Examples,
    FineTuning,
    MetaCurvature,
    MetaLearner,
    MetaSGD,
    Sampler,
    Task,
)
from zcnas.predictors.meta.learner import FEATURES, HEAD
from zcnas.predictors.networks.training import Schedule, seeded, train
from zcnas.predictors.prior_network import ENCODER, Sizes, network

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Method = Callable[[Places, int], Floats | None]
"""From places of examples and a seed, predictions of all architectures of a task; ``None`` where it has none."""

_SIZES = Sizes()
_FINE = Schedule(epochs=100, least=100, batch=100, learning_rate=3e-4, weight_decay=5e-4)
"""Of fine-tuning: plain gradient descent diverges on large graphs."""
_PENALTY = 1.0
_STEPS: Mapping[str, Any] = {"steps": 3, "learning_rate": 0.1, "first_order": True, "clip": 1.0}
"""Of adaptation: second derivatives would make meta-training three times as long."""


class Given(NamedTuple):
    """What a method may know.

    Attributes:
        task: To be predicted; its values at the places of examples only, but for the oracle.
        others: Tasks that were learned from.
        learned: Files of what was learned from them, by method.
    """

    task: Task
    others: Sequence[Task]
    learned: Mapping[str, Path]


def _prior(given: Given) -> Method:
    start = Prior.load(given.learned[PRIOR]).on(given.task.space)

    def predict(places: Places, _seed: int) -> Floats:
        archs, values = given.task.archs, given.task.values
        known = start.adapt([archs[place] for place in places], values[places]) if len(places) else start
        return known.predict(archs)[0]

    return predict


def _fine_tuned(given: Given) -> Method:
    found, _ = read(given.learned[JOINT])
    graphs = _graphs(given.task)

    def predict(places: Places, seed: int) -> Floats:
        with seeded(seed):
            module = _module(found.arrays)
            if len(places):
                known = _examples(given.task, graphs, places)
                train(
                    module,
                    lambda some: F.mse_loss(module(known.inputs.select(some))[:, 0], known.targets[some]),
                    len(places),
                    _FINE,
                )
        return _predicted(graphs, lambda some: module(some)[:, 0])

    return predict


def _meta_learned(given: Given, name: str) -> Method:
    """By the steps of a learner over tasks."""
    learner, graphs = LEARNERS[name](network(_SIZES), _SIZES.width), _graphs(given.task)
    found, _ = read(given.learned[name])
    learner.meta = {key: torch.from_numpy(np.array(array)) for key, array in found.arrays.items()}

    def predict(places: Places, _seed: int) -> Floats:
        mine = learner.clone()
        if len(places):
            mine.adapt(_examples(given.task, graphs, places))
        return _predicted(graphs, mine)

    return predict


def _graphs(task: Task) -> DenseGraphs:
    return dense(ENCODER([task.space.graph(arch) for arch in task.archs]))


def _examples(task: Task, graphs: DenseGraphs, places: Places) -> Examples:
    targets = torch.from_numpy(scale.targets(task.values[places], ranks=True)).float()
    return Examples(graphs.select(torch.from_numpy(places)), targets, torch.ones(len(places)))


def _predicted(graphs: DenseGraphs, function: Callable[[DenseGraphs], Tensor]) -> Floats:
    with torch.no_grad():
        parts = [function(graphs.select(part)) for part in torch.arange(len(graphs.types)).split(1024)]
    return torch.cat(parts).double().numpy()


def _module(arrays: Mapping[str, Array]) -> nn.Module:
    """What was learned jointly: a network, and a linear function of its features."""
    features = network(_SIZES)
    known = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
    own = {name.removeprefix(FEATURES): value for name, value in known.items() if name.startswith(FEATURES)}
    features.load_state_dict(own)
    head = nn.Linear(_SIZES.width, 1)
    head.load_state_dict({"weight": known[f"{HEAD}weight"][None], "bias": known[f"{HEAD}bias"][None]})
    return nn.Sequential(features, head).eval()


def _scratch(given: Given, name: str) -> Method:
    task = given.task

    def predict(places: Places, seed: int) -> Floats | None:
        if not len(places):
            return None
        predictor = PREDICTORS.create(name, task.space, seed=seed)
        return predictor.fit([task.archs[place] for place in places], task.values[places]).predict(task.archs)[0]

    return predict


def _oracle(given: Given) -> Method:
    task = given.task
    columns = [scale.targets(other.values, ranks=True) for other in given.others if other.archs == task.archs]

    def predict(places: Places, _seed: int) -> Floats | None:
        if not columns:
            return None
        mean, matrix = np.mean(columns, axis=0), np.stack(columns, axis=1)
        if not len(places):
            return mean
        rows, aims = matrix[places], scale.targets(task.values[places], ranks=True) - mean[places]
        inverse = np.linalg.inv(rows.T @ rows + _PENALTY * np.eye(len(columns)))
        return mean + matrix @ inverse @ rows.T @ aims

    return predict


PRIOR, JOINT, ORACLE = "prior", "pre-training and fine-tuning", "oracle: ridge on true values of other tasks"
SCRATCH: Mapping[str, Callable[[Given], Method]] = {
    "gradient boosting": partial(_scratch, name="gradient_boosting"),
    "gcn": partial(_scratch, name="gcn"),
    "pairwise gcn": partial(_scratch, name="pairwise_gcn"),
}
"""What knows nothing but the examples."""
LEARNERS: Mapping[str, Callable[..., MetaLearner]] = {
    "maml": partial(MAML, **_STEPS),
    "meta-sgd": partial(MetaSGD, **_STEPS),
    "meta-curvature": partial(MetaCurvature, **_STEPS),
    "closed form": partial(ClosedForm, residual=True),
}
"""Other ways to learn over tasks, with the prior's network."""
USUAL: Mapping[str, Callable[[Given], Method]] = {PRIOR: _prior, JOINT: _fine_tuned, **SCRATCH, ORACLE: _oracle}
METHODS: Mapping[str, Callable[[Given], Method]] = {
    **USUAL,
    **{name: partial(_meta_learned, name=name) for name in LEARNERS},
}
"""By name."""


def _learn_prior(others: Sequence[Task], steps: int, seed: int, path: Path) -> None:
    meta_train(others, steps=steps, seed=seed).save(path)


def _learn(others: Sequence[Task], steps: int, seed: int, path: Path, make: Callable[..., MetaLearner]) -> None:
    with seeded(seed):
        features = network(_SIZES)
    learner = make(features, _SIZES.width, seed=seed)
    learner.meta_fit(Sampler(others, encoder=ENCODER, seed=seed), steps=steps, learning_rate=2e-3)
    arrays = {name: value.detach().numpy().copy() for name, value in learner.meta.items()}
    write(path, Learned(arrays), {"name": "learner over tasks"})


LEARNED: Mapping[str, Callable[[Sequence[Task], int, int, Path], None]] = {
    PRIOR: _learn_prior,
    JOINT: partial(_learn, make=FineTuning),
    **{name: partial(_learn, make=make) for name, make in LEARNERS.items()},
}
"""What learns from other tasks first: from these, steps and a seed it writes a file."""
