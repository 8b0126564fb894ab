"""Every search algorithm runs in the loop by its name: with warm-up and move, in batches, and resumed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from zcnas.data import load
from zcnas.objectives import FunctionObjective, Goal
from zcnas.search import ALGORITHMS, RandomSearch
from zcnas.space import Architecture
from zcnas.study import Result, run_search
from zcnas.testing import ToyCells

SPACE = ToyCells()
GUIDES: dict[str, dict[str, Any]] = {
    "alone": {},
    "warm-up": {"warm_up": 12},
    "move": {"move": 3},
    "warm-up and move": {"warm_up": 12, "move": 3},
}
SCORED: dict[str, Any] = {"candidates": list(SPACE), "scores": {"sum": [sum(arch.genome) for arch in SPACE]}}
OPTIONS: dict[str, dict[str, Any]] = {
    "local_search": {"initial": 2},
    "regularized_evolution": {"population": 4, "tournament": 2},
    "nsga2": {"population": 4},
    "nsga3": {"population": 4},
    "optuna": {"initial": 2},
    "robot": {**SCORED, "queries": 2},
    "gaussian_process": SCORED,
    "gaussian_front": {**SCORED, "costs": [sum(arch.genome) + 1 for arch in SPACE]},
    "zero_cost_pt": {
        "images": load("noise", channels=3, size=8),
        "proxy": "params",
        "progress": False,
        "proposals": 12,
        "validations": 1,
        "batch_size": 2,
    },
}


def worth(arch: Architecture) -> float:
    return float(sum(gene * (place + 1) % 5 for place, gene in enumerate(arch.genome)))


def size(arch: Architecture) -> float:
    return float(sum(arch.genome))


def score(archs: Sequence[Architecture]) -> list[float]:
    return [worth(arch) + size(arch) for arch in archs]


def search(name: str, guide: str, history: Path | None = None, *, trainings: int = 8, **given: Any) -> Result:
    goals = [FunctionObjective(worth, Goal("worth"))]
    if name in ("nsga3", "gaussian_front"):  # which are for several
        goals.append(FunctionObjective(size, Goal("size", higher_is_better=False)))
    guides = {"score": score, **GUIDES[guide]} if GUIDES[guide] else {}
    return run_search(
        SPACE,
        name,
        goals,
        trainings,
        options=OPTIONS.get(name),
        **{"seed": 3, "batch": 2, **guides, **given},
        history=history,
        progress=False,
    )


def told(result: Result) -> list[tuple[object, ...]]:
    return [(one.arch, one.values, one.feasible, one.repeated, one.round) for one in result.attempts]


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("name", [*ALGORITHMS, "zero_cost_pt"])
def test_it_runs_and_goes_on(name: str, guide: str, tmp_path: Path) -> None:
    expected = search(name, guide)
    assert 1 <= len(expected.trained) <= 8
    assert len({one.arch for one in expected.trained}) == len(expected.trained)
    path = tmp_path / "history.jsonl"
    search(name, guide, path, trainings=3)
    content = path.read_bytes()
    path.write_bytes(content[: -len(content.splitlines()[-1]) // 2])
    again = search(name, guide, path)
    assert told(again) == told(expected)
    assert again.stopped == expected.stopped
    # Settings are those of the first line, and other arguments are told from them.
    assert json.loads(path.read_bytes().splitlines()[0]) == json.loads(json.dumps(again.provenance))
    assert search(name, guide, seed=4).provenance != again.provenance


def test_a_warm_up_trains_the_best_first() -> None:
    drawn = RandomSearch(SPACE).ask(SPACE.size)
    found = run_search(
        SPACE,
        "random",
        FunctionObjective(worth, Goal("worth")),
        3,
        score=dict(zip(drawn, score(drawn), strict=True)),
        warm_up=SPACE.size,
        progress=False,
    )
    best = sorted(score(drawn), reverse=True)[:3]
    assert score([one.arch for one in found.trained]) == best


def test_a_move_trains_the_best_of_its_candidates() -> None:
    found = search("random", "move", batch=1, move=SPACE.size, trainings=1)
    assert score([found.best]) == [max(score(list(SPACE)))]
