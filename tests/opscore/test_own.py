"""Scorers and orders of one's own, and operations that are weighed but never chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from zcnas.data import Stream, load
from zcnas.errors import InputError
from zcnas.opscore import ORDERS, Perturbation, Run, measure, operation_scorer, propose, search
from zcnas.opscore.measures import Values
from zcnas.opscore.scorers import Meter
from zcnas.opscore.state import Candidate, State
from zcnas.searchspaces import SPACES
from zcnas.supernet import Node
from zcnas.testing import ToyCells

NOISE = load("noise", channels=3, size=8)


@dataclass(frozen=True)
class Last:
    """The last operation is the strongest, and the first edge."""

    batches: int = 0

    def operations(self, state: State, candidates: list[Candidate], _: Meter, /) -> Values:
        return np.array([float(op) for _, op in candidates])

    def edges(self, state: State, node: Node, _: Meter, /) -> Values:
        return -np.array(state.kept(node), dtype=float)


def backwards(run: Run) -> None:
    for edge in run.state.undecided[::-1]:
        run.advance()
        run.decide_best([edge])


def test_a_scorer_of_ones_own() -> None:
    found = search(ToyCells(), NOISE, scorer=Last(), proposals=1, validations=1, batch_size=4, progress=False)
    assert ToyCells().format(found.best) == "conv3x3, conv3x3 from 0"
    assert "Last" in found.provenance["scorer"]


def test_an_order_of_ones_own(tmp_path: Path) -> None:
    given = {"proposals": 2, "validations": 1, "batch_size": 4, "progress": False}
    own = search(ToyCells(), NOISE, order=backwards, journal=tmp_path / "own", **given)  # type: ignore[arg-type]
    known = search(ToyCells(), NOISE, order="reverse", **given)  # type: ignore[arg-type]
    assert [one.arch for one in own.proposals] == [one.arch for one in known.proposals]
    assert [one.steps for one in own.proposals] == [one.steps for one in known.proposals]
    assert own.provenance["order"] == "tests.opscore.test_own.backwards"
    assert known.provenance["order"] == "reverse"
    with pytest.raises(InputError, match="order"):
        search(ToyCells(), NOISE, order="fixed", journal=tmp_path / "own", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("space", ["darts_with_none", "darts_s3"])
def test_none_is_in_the_mixture_and_never_chosen(space: str) -> None:
    supernet = SPACES.create(space).supernet(seed=0, C=4, layers=3)
    nones = [edge.operations.index("none") for edge in supernet.edges]
    # With fewer parameters the better, every operation that has any is missed least.
    scorer = Perturbation(measure("params"))
    run = Run(supernet, scorer, Stream(NOISE, 4).batch, seed=0)
    assert all(run.state.rows[edge][op] > 0 for edge, op in enumerate(nones))
    arch = propose(run, ORDERS["global_op_once"])
    decided = [step for step in run.steps if step.chosen != "dropped"]
    assert len(decided) == len(supernet.edges)
    assert all("none" not in step.strengths for step in decided)
    assert "none" not in SPACES.create(space).format(arch)
    pairs = zip(nones, run.state.start, strict=True)
    rows = [tuple(1.0 if op == none else 0.1 for op in range(len(row))) for none, row in pairs]
    trained = Run(supernet, operation_scorer("darts"), Stream(NOISE, 4).batch, mixing=tuple(rows))
    assert "none" not in SPACES.create(space).format(propose(trained, ORDERS["fixed"]))


def test_devices_take_turns() -> None:
    from zcnas.opscore.work import Job, Plan, prepare

    seen: list[Plan] = []
    given = {"proposals": 1, "validations": 1, "batch_size": 4, "progress": False}
    found = search(ToyCells(), NOISE, devices=["cpu:0", "cpu"], **given)  # type: ignore[arg-type]
    assert found.provenance["device"] == "cpu"
    plan = Plan(ToyCells(), NOISE, operation_scorer(), measure("params"), ORDERS["random"], 1, 4, 0, "skip")
    plan = replace(plan, devices=("cpu", "meta"))
    for number in range(3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("zcnas.opscore.work._this", seen)
            prepare(plan, number)
    assert [one.device for one in seen] == ["cpu", "meta", "cpu"]
    assert {weight.device.type for weight in seen[1].supernet.network.parameters()} == {"meta"}
    assert seen[2].do(Job(0))["space"] == "toy_cells"
