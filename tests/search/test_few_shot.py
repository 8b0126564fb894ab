"""Search by a predictor that knows other tasks."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import zcnas
from tests.search.landscapes import additive, run
from zcnas.algorithm import Trial
from zcnas.benchmarks import digits
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.objectives import TableObjective
from zcnas.predictors import Prior, Ridge, Vocabulary
from zcnas.predictors.learned import Learned
from zcnas.search import FewShotSearch
from zcnas.searchspaces import DARTS, NASBench201, Subspace
from zcnas.space import Architecture
from zcnas.testing import ToySpace

SPACE = NASBench201()
TABLE = digits()
CELLS = Subspace(SPACE, TABLE.archs)
VALUES = dict(zip(TABLE.archs, TABLE.values("digits", split="val", seed="0").tolist(), strict=True))


def value(arch: Architecture) -> float:
    return VALUES[arch]


def test_it_trains_what_its_predictor_picks() -> None:
    prior = zcnas.load_predictor("general")
    found = run(FewShotSearch(CELLS, prior=prior, batch=4, share=0.05, seed=3), value, 12)
    order = np.argsort(-prior.on(CELLS).predict(list(CELLS))[0], kind="stable")
    best = [list(CELLS)[place] for place in order[: int(0.05 * len(CELLS))]]
    assert set(found[:4]) <= set(best)
    for number in (4, 8):
        known = sorted(found[:number], key=lambda arch: -VALUES[arch])
        adapted = prior.on(CELLS).adapt(known, [VALUES[arch] for arch in known])
        left = [arch for arch in CELLS if arch not in known]
        assert found[number : number + 4] == adapted.select(left, 4, boldness=0.5)


def test_it_trains_better_ones_than_chance() -> None:
    trained = [value(arch) for seed in range(2) for arch in run(FewShotSearch(CELLS, seed=seed), value, 15)]
    # Of random ones a median of 15 is this high in one of 20 searches.
    assert np.median(trained) >= np.quantile(list(VALUES.values()), 0.7)


def test_by_name_with_a_name_or_a_file(tmp_path: Path) -> None:
    zcnas.load_predictor("general").save(tmp_path / "mine")
    objective = TableObjective(TABLE, "digits")
    found = [
        zcnas.run_search(CELLS, "few_shot", objective, 8, options={"prior": prior}, seed=1, progress=False).trained
        for prior in ("general", tmp_path / "mine", str(tmp_path / "mine"))
    ]
    assert [one.arch for one in found[0]] == [one.arch for one in found[1]] == [one.arch for one in found[2]]


def test_a_search_on_what_the_prior_knows_is_told(tmp_path: Path) -> None:
    learned = zcnas.load_predictor("general").learned
    Prior(Learned(learned.arrays, {**learned.facts, "tasks": ["nasbench201/digits/accuracy"]})).save(tmp_path / "it")
    with pytest.warns(UserWarning, match="learned from nasbench201/digits/accuracy: what is found does not say"):
        knowing = FewShotSearch(CELLS, prior=tmp_path / "it", task="digits")
    assert knowing.settings() == FewShotSearch(CELLS, prior=tmp_path / "it").settings()
    objective, options = TableObjective(TABLE, "digits"), {"prior": tmp_path / "it"}
    with pytest.warns(UserWarning, match="learned from nasbench201/digits/accuracy"):
        zcnas.run_search(CELLS, "few_shot", objective, 2, options=options, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        zcnas.run_search(CELLS, "few_shot", objective, 2, progress=False)


def test_seeds_differ_and_all_is_proposed_in_the_end() -> None:
    some = Subspace(SPACE, TABLE.archs[:23])
    first, second = (run(FewShotSearch(some, batch=5, share=1.0, seed=seed), value, 30) for seed in (0, 1))
    assert set(first) == set(second) == set(some)
    assert first[:5] != second[:5]
    assert len(FewShotSearch(some, batch=5).ask(50)) == 23


def test_of_large_spaces_neighbours_of_the_best_are_candidates() -> None:
    space = DARTS()
    search = FewShotSearch(space, batch=2, candidates=10)
    (best, other) = search.ask(2)
    search.tell([Trial(best, (9.0,)), Trial(other, (1.0,))])
    near = {*space.neighbours(best), *space.neighbours(other)}
    assert len(near.intersection(search.ask(200))) > 100


def test_what_failed_is_not_learned_from() -> None:
    search = FewShotSearch(CELLS, batch=3)
    first = search.ask(3)
    search.tell([Trial(arch, (), feasible=False) for arch in first[:2]] + [Trial(first[2], (50.0,))])
    assert len(set(search.ask(3)) | set(first)) == 6


@pytest.mark.parametrize("options", [{"batch": 0}, {"candidates": 0}, {"boldness": -1.0}, {"share": 0.0}])
def test_arguments_are_checked(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match="few_shot: expected a batch"):
        FewShotSearch(CELLS, **options)  # type: ignore[arg-type]


def test_priors_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'general'"):
        FewShotSearch(CELLS, prior="genral")
    Ridge(CELLS).fit(TABLE.archs[:5], range(5)).save(tmp_path / "ridge")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="expected a prior, got ridge"):
        FewShotSearch(CELLS, prior=tmp_path / "ridge")


def test_spaces_of_ones_own_are_searched_with_a_vocabulary() -> None:
    space = ToySpace()
    names = {op for arch in space for op in space.graph(arch).ops} - {"input", "output"}
    with pytest.raises(UnknownNameError, match="teach it"):
        FewShotSearch(space)
    found = [FewShotSearch(space, vocabulary=Vocabulary(dict.fromkeys(names, op))) for op in ("conv3x3", "conv5x5")]
    assert set(run(found[0], additive((9,) * len(next(iter(space)).genome)), 6)) <= set(space)
    assert found[0].settings() != found[1].settings()
    assert "vocabulary" not in FewShotSearch(CELLS).settings()
