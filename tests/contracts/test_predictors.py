"""Every predictor keeps the contract that third parties test theirs with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pytest

from zcnas.errors import UnknownNameError
from zcnas.objectives import PredictorObjective
from zcnas.predictors import (
    FLAN,
    GCN,
    MLP,
    PREDICTORS,
    DeviceTransfer,
    Ensemble,
    FewShot,
    GradientBoosting,
    PairwiseGCN,
    Predictor,
    Ridge,
    load,
)
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.testing import PredictorContract, ToyCells

Floats = npt.NDArray[np.float64]

CELLS = ToyCells()
SPACE = NASBench201()
SMALL = {"epochs": 1, "least": 30, "hidden": 16, "layers": 2, "learning_rate": 0.02}


class TestRidge(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return Ridge(CELLS, seed=seed)


class TestGradientBoosting(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return GradientBoosting(CELLS, trees=30, seed=seed)


class TestMLP(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return MLP(CELLS, seed=seed, **SMALL)


class TestGCN(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return GCN(SPACE, seed=seed, **SMALL)


class TestGCNAsPublished(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return GCN(CELLS, seed=seed, both_ways=False, fold_skips=False, **SMALL)


class TestPairwiseGCN(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return PairwiseGCN(SPACE, seed=seed, **SMALL)


class TestPairwiseGCNAsPublished(PredictorContract):
    alone = False

    def make(self, seed: int) -> Predictor:
        return PairwiseGCN(CELLS, seed=seed, read_out="sort", temperature=1.0, both_ways=False, **SMALL)


class TestPairwiseGCNByCopeland(PredictorContract):
    alone = False

    def make(self, seed: int) -> Predictor:
        return PairwiseGCN(CELLS, seed=seed, read_out="copeland", **SMALL)


class TestFLAN(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return FLAN(SPACE, seed=seed, **SMALL)


class TestFewShot(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return FewShot(SPACE, hidden=8, layers=1, width=8, steps=10, seed=seed)


class TestEnsemble(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return Ensemble(CELLS, member=PairwiseGCN(CELLS, **SMALL), members=2, seed=seed)


class TestDeviceTransfer(PredictorContract):
    def make(self, seed: int) -> Predictor:
        return DeviceTransfer(CELLS, seed=seed)


class TestDeviceTransferWithReferences(PredictorContract):
    """What holds after :meth:`fit` holds after references were learned from and adapted to as well."""

    def make(self, seed: int) -> Predictor:
        return WithReferences(CELLS, seed=seed)


class WithReferences(DeviceTransfer):
    def fit(self, archs: Sequence[Architecture], values: Sequence[float] | Floats) -> Self:
        archs, found = self._examples(archs, values)
        devices = np.array([[sum(arch.genome), arch.genome[0]] for arch in CELLS], dtype=float)
        self._learned = self.clone().meta_fit(list(CELLS), devices).adapt(archs, found).learned
        return self


@pytest.mark.parametrize("name", PREDICTORS)
def test_names_of_the_registry_are_those_of_files(name: str) -> None:
    predictor = PREDICTORS.create(name, CELLS)
    assert predictor.name == name
    assert repr(predictor) == repr(PREDICTORS.create(name, CELLS))


def test_any_file_can_be_loaded_by_one_function(tmp_path: Path) -> None:
    archs = list(CELLS)[:10]
    predictor = Ridge(CELLS, alpha=3.0).fit(archs, np.arange(10.0))
    predictor.save(tmp_path / "any")
    again = load(tmp_path / "any", CELLS)
    assert repr(again) == repr(predictor)
    assert np.array_equal(again.predict(archs)[0], predictor.predict(archs)[0])


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'ridge'"):
        PREDICTORS.create("rigde", CELLS)


def test_a_predictor_is_an_objective() -> None:
    archs = list(CELLS)[:10]
    predictor = Ridge(CELLS).fit(archs, np.arange(10.0))
    objective = PredictorObjective(predictor)
    assert objective.evaluate(archs[3]).values == (float(predictor.predict([archs[3]])[0][0]),)
