"""Score functions of proxies, stores and objectives: against single computations, lazily, each once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from zcnas import ProxyScores, score_space
from zcnas.benchmarks import digits
from zcnas.data import batches
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.objectives import (
    AggregateObjective,
    FunctionObjective,
    Goal,
    Lookup,
    PredictorObjective,
    ProxyObjective,
    TableObjective,
    Together,
)
from zcnas.rank import AGGREGATES
from zcnas.search import RandomSearch
from zcnas.space import Architecture
from zcnas.store import Record, ScoreStore
from zcnas.study import ObjectiveScores, proxy_scores, stored_scores
from zcnas.study.scores import as_score
from zcnas.testing import ToyCells

SPACE = ToyCells()
ARCHS = list(SPACE)[::3]
BATCH = batches("noise", batch_size=4, size=8, num_classes=10)
MEMBERS = ("synflow", "jacob_cov", "snip")


@pytest.mark.parametrize("proxy", ["snip", "ntk_condition"])  # of ntk_condition less is better
def test_a_proxy_gives_what_its_objective_gives(proxy: str) -> None:
    objective = ProxyObjective(SPACE, proxy, BATCH, seed=2, build={"width": 3})
    expected = ObjectiveScores(objective)(ARCHS)
    scores = ProxyScores(SPACE, proxy, BATCH, seed=2, build={"width": 3})
    np.testing.assert_array_equal(scores(ARCHS), expected)
    assert scores(ARCHS[3:4] + ARCHS[:2])[1:] == scores(ARCHS[:2])


def test_an_aggregate_gives_what_its_objective_gives() -> None:
    sample = RandomSearch(SPACE, seed=1).ask(9)
    reference = score_space(sample, MEMBERS, batch=BATCH, space=SPACE, seed=1, progress=False)
    objective = AggregateObjective("vote", reference, SPACE, BATCH, seed=1)
    scores = ProxyScores(SPACE, "vote", BATCH, reference=9, seed=1)
    usable = [arch for arch in ARCHS if np.isfinite(ObjectiveScores(objective)([arch])[0])]
    assert len(usable) > 5
    assert scores(usable) == ObjectiveScores(objective)(usable)


def test_nothing_is_scored_before_it_is_asked_for_and_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Sequence[Architecture], int, bool]] = []

    def counted(archs: Sequence[Architecture], *given: Any, **options: Any) -> Any:
        asked.append((tuple(archs), options["workers"], options["progress"]))
        return score_space(archs, *given, **{**options, "workers": 1})

    scores = ProxyScores("nasbench201", "params", torch.zeros(1, 3, 8, 8), build={"C": 1, "N": 1}, workers=3)
    monkeypatch.setattr(proxy_scores, "score_space", counted)
    assert asked == []
    many = RandomSearch(scores._space).ask(60)
    scores(many[:4] * 2)
    scores(many)
    scores(many[::-1])
    # Few are not worth processes of their own.
    assert asked == [(tuple(many[:4]), 1, False), (tuple(many[4:]), 3, True)]


def test_a_store_is_gone_on_from(tmp_path: Path) -> None:
    path = tmp_path / "scores.sqlite"
    expected = ProxyScores(SPACE, "snip", BATCH, store=path)(ARCHS)
    with ScoreStore(path) as store:
        assert len(list(store.records())) == len(ARCHS)
    assert score_space(ARCHS, "snip", batch=BATCH, space=SPACE, store=path, progress=False).scored == 0
    np.testing.assert_array_equal(ProxyScores(SPACE, "snip", BATCH, store=path)(ARCHS), expected)


def test_settings_tell_what_values_depend_on() -> None:
    given: dict[str, Any] = {"space": SPACE, "proxy": "snip", "batch": BATCH}
    told = ProxyScores(**given).settings()
    assert ProxyScores(**given, workers=4, store="x.sqlite", progress=True).settings() == told
    changed = ({"proxy": "vote"}, {"seed": 1}, {"build": {"width": 3}}, {"batch": torch.zeros(1, 3, 8, 8)})
    assert all(ProxyScores(**{**given, **one}).settings() != told for one in changed)
    votes = [ProxyScores(SPACE, "vote", BATCH, reference=number).settings() for number in (9, 10)]
    assert votes[0] != votes[1]


def test_mistakes_are_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown search space 'nasbench202': did you mean 'nasbench201'"):
        ProxyScores("nasbench202", "snip", BATCH)
    with pytest.raises(UnknownNameError, match="unknown proxy or aggregate 'synflo': did you mean 'synflow'"):
        ProxyScores(SPACE, "synflo", BATCH)
    with pytest.raises(UnknownNameError, match="unknown option of ProxyScores 'biuld': did you mean 'build'"):
        ProxyScores(SPACE, "snip", BATCH, biuld={})
    with pytest.raises(InputError, match="at least 1 architecture, got 0"):
        ProxyScores(SPACE, "vote", BATCH, reference=0)
    with pytest.raises(InputError, match=r"expected networks that can be scored, got 11 that cannot: .*breadth"):
        ProxyScores(SPACE, "snip", BATCH, build={"breadth": 3})(ARCHS)


def stored(path: Path, **columns: list[float]) -> Path:
    """Scores of the first architectures, by proxy."""
    with ScoreStore(path) as store:
        for name, values in columns.items():
            pairs = zip(ARCHS, values, strict=False)
            store.add({}, [Record(one.key, name, name, value, "ok", "", 0.0) for one, value in pairs])
    return path


def test_stored_scores_are_turned(tmp_path: Path) -> None:
    path = stored(tmp_path / "a.sqlite", snip=[3.0, 1.0], ntk_condition=[9.0, 4.0])
    assert stored_scores(path, "snip") == {ARCHS[0]: 3.0, ARCHS[1]: 1.0}
    assert stored_scores(str(path), "ntk_condition") == {ARCHS[0]: -9.0, ARCHS[1]: -4.0}


def test_stored_aggregates_are_of_what_has_all_members(tmp_path: Path) -> None:
    columns = {"synflow": [1.0, 2.0, 3.0], "jacob_cov": [2.0, 1.0, 4.0, 5.0], "snip": [1.0, 2.0, 9.0]}
    path = stored(tmp_path / "a.sqlite", **columns)
    expected = AGGREGATES["vote"]({name: column[:3] for name, column in columns.items()})
    assert stored_scores(path, "vote") == dict(zip(ARCHS[:3], expected, strict=True))
    with pytest.raises(UnknownNameError, match="unknown score, which az_nas joins, 'az_expressivity'"):
        stored_scores(path, "az_nas")
    with pytest.raises(UnknownNameError, match="unknown score 'snap': did you mean 'snip'"):
        stored_scores(path, "snap")


def test_an_objective_is_asked_once_and_may_fail() -> None:
    asked = []

    def worth(arch: Architecture) -> float:
        asked.append(arch)
        return 1 / arch.genome[0]

    scores = ObjectiveScores(FunctionObjective(worth, Goal("cost", higher_is_better=False)))
    first, second = SPACE.architecture((0, 0, 0)), SPACE.architecture((2, 0, 0))
    for _ in range(2):
        failed, fine = scores([first, second])
        assert math.isnan(failed)
        assert fine == -0.5
    assert asked == [first, second]


def test_what_searches_take_as_a_score() -> None:
    column = TableObjective(digits(), "digits", split="train", metric="params")
    archs = digits().archs[:5]
    params = Lookup(digits(), "digits", split="train", metric="params")
    assert list(as_score(column)(archs)) == [-params(arch) for arch in archs]  # type: ignore[operator]
    with pytest.raises(InputTypeError, match="mapping of architectures, got one of str: 'a'"):
        as_score({"a": 1.0})  # type: ignore[dict-item]
    with pytest.raises(InputTypeError, match=r"expected a ProxyScores.*got str: 'synflow'"):
        as_score("synflow")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="an objective with one goal, got 2"):
        as_score(Together([column, PredictorObjective(None)]))  # type: ignore[arg-type]
