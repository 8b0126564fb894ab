"""What predictors do with operations, spaces and numbers that they have not met."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from zcnas.errors import InputError, UnknownNameError
from zcnas.predictors import GCN, Ensemble, Operation, PairwiseGCN, Predictor, Ridge, Vocabulary
from zcnas.searchspaces import NASBench201
from zcnas.testing import ToyCells, ToySpace

CELLS, TOY = ToyCells(), ToySpace()
SMALL = {"epochs": 1, "least": 10, "hidden": 8, "layers": 2}


def test_own_operations_are_taught() -> None:
    archs = list(TOY)
    values = np.arange(18.0)
    with pytest.raises(UnknownNameError, match="teach it by"):
        GCN(TOY, **SMALL).fit(archs, values)
    taught = Vocabulary({f"conv_{name}": Operation(f"conv_{name}", 3) for name in ("relu", "gelu", "tanh")})
    assert np.isfinite(GCN(TOY, vocabulary=taught, **SMALL).fit(archs, values).predict(archs)[0]).all()
    assert np.isfinite(Ridge(TOY, encodings=["genome"]).fit(archs, values).predict(archs)[0]).all()


def test_operations_that_a_network_has_no_weights_for_are_refused(tmp_path: Path) -> None:
    archs = list(CELLS)
    GCN(CELLS, **SMALL).fit(archs, np.arange(32.0)).save(tmp_path / "file")
    taught = Vocabulary({"conv3x3": Operation("mine")})
    with pytest.raises(InputError, match=r"got Operation\(kind='mine'"):
        GCN.load(tmp_path / "file", CELLS, vocabulary=taught).predict(archs)


def test_scores_are_given_again_to_what_was_saved(tmp_path: Path) -> None:
    archs = list(CELLS)
    scores = {"first": {arch: float(arch.genome[0]) for arch in archs}}
    predictor = Ridge(CELLS, scores=scores).fit(archs, np.arange(32.0))
    predictor.save(tmp_path / "file")
    with pytest.raises(InputError, match=r"scores=\.\.\. again"):
        Ridge.load(tmp_path / "file", CELLS).predict(archs)
    again = Ridge.load(tmp_path / "file", CELLS, scores=scores)
    assert np.array_equal(again.predict(archs)[0], predictor.predict(archs)[0])
    with pytest.raises(UnknownNameError, match="first score of"):
        Ridge(CELLS, scores={"first": {}}).fit(archs, np.arange(32.0))
    with pytest.raises(InputError, match="a score for each of 32"):
        Ridge(CELLS, scores={"first": lambda archs: [1.0]}).fit(archs, np.arange(32.0))


def test_scores_that_are_not_numbers_are_as_the_mean() -> None:
    archs = list(CELLS)
    scores = {"first": lambda archs: [np.nan if arch.genome[0] else 10.0**40 for arch in archs]}
    assert np.isfinite(Ridge(CELLS, encodings=[], scores=scores).fit(archs, np.arange(32.0)).predict(archs)[0]).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PairwiseGCN(CELLS, read_out="copland"), "did you mean 'copeland'"),
        (lambda: PairwiseGCN(CELLS, temperature=0.0), "a positive number or None"),
        (lambda: Ridge(CELLS, alpha=0.0), "alpha"),
        (lambda: Ridge(CELLS, encodings=["path"]), "did you mean 'paths'"),
        (lambda: Ridge(CELLS, encodings=[]), "encodings of genome"),
        (lambda: Ensemble(CELLS, members=0), "at least 1 member"),
        (lambda: Ensemble(CELLS, member=Ridge(TOY)), "of toy"),
        (lambda: Ensemble(CELLS, member=Ridge(CELLS)).adapt([], []), "that have adapt"),
    ],
)
def test_arguments_are_checked(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises((InputError, UnknownNameError), match=words):
        make()


def test_a_file_of_another_predictor_names_both(tmp_path: Path) -> None:
    Ridge(CELLS).fit(list(CELLS), np.arange(32.0)).save(tmp_path / "file")
    with pytest.raises(InputError, match="expected gcn on toy_cells, got ridge on toy_cells"):
        GCN.load(tmp_path / "file", CELLS)


def test_whole_spaces_are_encoded_once() -> None:
    space = NASBench201()
    archs = [space.from_official_index(index) for index in range(1000)]
    predictor: Predictor = GCN(space, **SMALL).fit(archs[:10], np.arange(10.0))
    first = predictor.predict(archs)[0]
    assert predictor.clone(seed=1)._graphs(archs) is predictor._graphs(list(archs))  # type: ignore[attr-defined]
    # Sums in float32 in another order.
    assert np.allclose(first[:500], predictor.predict(archs[:500])[0], rtol=1e-3)
