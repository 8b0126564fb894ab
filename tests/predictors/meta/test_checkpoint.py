"""Trainings over tasks that are interrupted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.predictors.meta.problems import WIDTH, episodes, features
from zcnas.errors import DataError, InputError
from zcnas.predictors import Prior, Vocabulary, meta_train
from zcnas.predictors.learned import Learned
from zcnas.predictors.meta import MAML, Episode, Task
from zcnas.predictors.meta.checkpoint import Checkpoint
from zcnas.predictors.prior_network import Sizes
from zcnas.searchspaces import get


def draw(step: int) -> Iterable[Episode]:
    return [episodes(2, step)]


def interrupted(step: int) -> Iterable[Episode]:
    if step == 7:
        raise KeyboardInterrupt
    return draw(step)


def learner() -> MAML:
    return MAML(features(), WIDTH, steps=1)


def test_what_goes_on_ends_as_what_was_never_interrupted(tmp_path: Path) -> None:
    whole = learner().meta_fit(draw, steps=12, weight_decay=0.1)
    checkpoint, begun = Checkpoint(tmp_path / "kept", {"seed": 0}, every=3), learner()
    with pytest.raises(KeyboardInterrupt):
        begun.meta_fit(interrupted, steps=12, weight_decay=0.1, checkpoint=checkpoint)
    steps = list[int]()
    again = learner().meta_fit(
        lambda step: steps.append(step) or draw(step), steps=12, weight_decay=0.1, checkpoint=checkpoint
    )
    assert steps == list(range(6, 12))
    assert all(torch.equal(again.meta[name], value) for name, value in whole.meta.items())


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    learner().meta_fit(draw, steps=2, checkpoint=Checkpoint(path, {"seed": 0, "steps": 2}, every=1))
    before = path.read_bytes()
    with pytest.raises(InputError, match="another training, which differs in seed"):
        learner().meta_fit(draw, steps=2, checkpoint=Checkpoint(path, {"seed": 1, "steps": 2}, every=1))
    assert path.read_bytes() == before
    path.write_bytes(before[:-9])
    with pytest.raises(DataError, match="kept"):
        learner().meta_fit(draw, steps=2, checkpoint=Checkpoint(path, {"seed": 0}))
    Prior(Learned({}, {"tasks": []})).save(path)
    with pytest.raises(DataError, match="expected a checkpoint, got prior"):
        learner().meta_fit(draw, steps=2, checkpoint=Checkpoint(path, {"seed": 0}))


def test_names_of_ones_own_and_features_are_part_of_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space, rng = get("nasbench_macro"), np.random.default_rng(0)
    task = Task(space, "mine", [space.sample(rng) for _ in range(12)], np.arange(12.0))
    monkeypatch.setattr("zcnas.predictors.meta_training.Checkpoint", partial(Checkpoint, every=1))

    def train(vocabulary: Vocabulary | None, features: list[float] | None = None) -> Prior:
        few: dict[str, Any] = {"sizes": Sizes(4, 1, 4), "steps": 1, "support": (0, 4), "query": 4}
        told = replace(task, features=None if features is None else np.array(features))
        return meta_train([told], vocabulary=vocabulary, checkpoint=tmp_path / "kept", **few)

    train(Vocabulary({"mine": "conv3x3"}))
    train(Vocabulary({"mine": "conv3x3"}))
    for other in (None, Vocabulary({"mine": "conv5x5"})):
        with pytest.raises(InputError, match="another training, which differs in vocabulary"):
            train(other)
    with pytest.raises(InputError, match="another training, which differs in data;"):
        train(Vocabulary({"mine": "conv3x3"}), [1.0])
