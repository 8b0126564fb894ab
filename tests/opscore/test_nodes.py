"""Nodes that keep some of their edges: which are dropped, in which order, and what the others weigh meanwhile."""

from __future__ import annotations

import math
from collections import Counter
from itertools import groupby

import pytest

from tests.opscore.worth import Fake, Present, chaos, kept, run_of, supernet
from zcnas.errors import InputError, Undefined
from zcnas.opscore import ORDERS, Discretisation, Magnitude, OperationScorer, Perturbation, Run, Step, propose
from zcnas.searchspaces import SPACES
from zcnas.supernet import Node, Supernet

FORMS = {"zc_pt": Perturbation, "disc_zc": Discretisation}
NODES = (Node("a", (0, 1, 2), keep=1), Node("b", (3, 4, 5, 6), keep=2))


@pytest.fixture(scope="module")
def darts() -> Supernet:
    return SPACES.create("darts").supernet(seed=0, C=4, layers=3)


def drops(run: Run) -> list[Step]:
    return [step for step in run.steps if step.chosen == "dropped"]


def node_of(made: Supernet, step: Step) -> Node:
    return next(node for node in made.nodes if step.edge in {made.edges[edge].name for edge in node.edges})


def check_drops(run: Run, form: str, batch: int) -> None:
    """Replays all drops one by one, slowly, on the weights that the edges had before them."""
    made, place = run.supernet, {edge.name: number for number, edge in enumerate(run.supernet.edges)}
    chosen = {place[step.edge]: made.edges[place[step.edge]].operations.index(step.chosen) for step in _ops(run)}
    weights = [[float(op == chosen[edge]) for op in range(len(row))] for edge, row in enumerate(run.state.start)]
    for number, step in enumerate(drops(run), start=batch):
        edges = [edge for edge in node_of(made, step).edges if any(weights[edge])]
        expected = {made.edges[edge].name: _worth(weights, edges, edge, form, number) for edge in edges}
        assert step.strengths == expected
        assert step.edge == min(expected, key=lambda name: expected[name])
        weights[place[step.edge]] = [0.0] * len(weights[place[step.edge]])
    assert run.state.mixing == tuple(map(tuple, weights))


def _ops(run: Run) -> list[Step]:
    return [step for step in run.steps if step.chosen != "dropped"]


def _worth(weights: list[list[float]], edges: list[int], edge: int, form: str, batch: int) -> float:
    gone = {edge} if form == "zc_pt" else {*edges} - {edge}
    rows = [[0.0] * len(row) if number in gone else row for number, row in enumerate(weights)]
    return (-1 if form == "zc_pt" else 1) * chaos(kept(rows), (str(batch),))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(4))
def test_edges_are_dropped_one_by_one_from_what_is_left(form: str, seed: int) -> None:
    run = run_of(supernet((2, 3, 2, 2, 3, 2, 2), nodes=NODES), FORMS[form](Fake(chaos)), seed)
    genome = propose(run, ORDERS["random"]).genome
    check_drops(run, form, batch=7)
    assert [sum(op == -1 for op in genome[begin:end]) for begin, end in ((0, 3), (3, 7))] == [2, 2]


def test_darts_keeps_two_inputs_of_every_node(darts: Supernet) -> None:
    fake = Fake(chaos)
    run = run_of(darts, Perturbation(fake))
    arch = propose(run, ORDERS["random"])
    assert arch in SPACES.create("darts")
    assert [step.edge.split(".")[0] for step in _ops(run)] == ["normal", "reduce"] * 14
    check_drops(run, "zc_pt", batch=14)
    assert Counter(node_of(darts, step).name for step in drops(run)) == {
        f"{cell}.{node}": count for cell in ("normal", "reduce") for node, count in ((3, 1), (4, 2), (5, 3))
    }
    # 28 edges of 7 operations; then 3 + (4 + 3) + (5 + 4 + 3) edges of each cell.
    assert run.scores == len(fake.calls) == 28 * 7 + 2 * 22


def test_nodes_come_in_random_order_by_seed() -> None:
    seen = {}
    for seed in [*range(8), *range(8)]:
        run = run_of(supernet((2,) * 7, nodes=NODES), Perturbation(Fake(chaos)), seed)
        propose(run, ORDERS["fixed"])
        order = [name for name, _ in groupby(node_of(run.supernet, step).name for step in drops(run))]
        assert sorted(order) == ["a", "b"]
        assert seen.setdefault(seed, order) == order
    assert len({tuple(order) for order in seen.values()}) == 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_nasbench1shot1_drops_parents_at_once_the_output_last(number: int, form: str) -> None:
    made = SPACES.create(f"nasbench1shot1_{number}").supernet(seed=0, C=2, N=1)
    fake = Fake(chaos)
    run = run_of(made, FORMS[form](fake))
    assert propose(run, ORDERS["random"]) in SPACES.create("nasbench101")
    inner = len([edge for edge in made.edges if len(edge.operations) > 1])
    weights = [list(row) for row in run.state.start]
    for edge in range(inner):
        weights[edge] = [float(op == run.state.decisions[edge]) for op in range(len(weights[edge]))]
    steps, batch = drops(run), inner
    for node in made.nodes:
        excess = len(node.edges) - node.keep
        if not excess:
            continue
        mine, steps = steps[:excess], steps[excess:]
        expected = {}
        for edge in node.edges:
            rows = [[0.0] if other in node.edges and (other == edge) == (form == "zc_pt") else row
                    for other, row in enumerate(weights)]  # fmt: skip
            if form == "disc_zc":
                rows[edge] = [1.0]
            expected[made.edges[edge].name] = (-1 if form == "zc_pt" else 1) * chaos(kept(rows), (str(batch),))
        assert [step.strengths for step in mine] == [expected] * excess
        assert [step.edge for step in mine] == sorted(expected, key=lambda name: expected[name])[:excess]
        for edge in node.edges:
            weights[edge] = [0.0 if made.edges[edge].name in {step.edge for step in mine} else 1.0]
        batch += 1
    assert steps == []
    assert run.state.mixing == tuple(map(tuple, weights))


def test_parents_weigh_a_share_until_they_are_decided_and_then_1() -> None:
    made = SPACES.create("nasbench1shot1_1").supernet(seed=0, C=2, N=1)
    run = run_of(made, Perturbation(Fake(chaos)))
    ORDERS["random"](run)
    for node in made.nodes:
        assert math.isclose(sum(run.state.mixing[edge][0] for edge in node.edges), 1)
    run.settle_nodes()
    for node in made.nodes:
        assert sorted(run.state.mixing[edge][0] for edge in node.edges)[-node.keep :] == [1.0] * node.keep


def test_of_equally_weak_edges_the_first_is_dropped() -> None:
    run = run_of(supernet((2,) * 7, nodes=NODES), Perturbation(Fake(lambda *_: 0.0)))
    assert propose(run, ORDERS["fixed"]).genome == (-1, -1, 0, -1, -1, 0, 0)


def without(values: dict[int, float], other: float = 0.0) -> Fake:
    """What the supernet is worth without each edge, once all have operations."""

    def value(held: Present, _: object) -> float:
        missing = [edge for edge, row in enumerate(held) if not row]
        return values.get(missing[-1], other) if missing else other

    return Fake(value)


def test_an_edge_that_cannot_be_scored_is_dropped_before_all_others() -> None:
    nodes = [Node("a", (0, 1, 2), keep=1, one_by_one=False)]
    run = run_of(supernet((2,) * 3, nodes=nodes), Perturbation(without({0: math.inf, 1: math.nan, 2: 5.0})))
    assert propose(run, ORDERS["fixed"]).genome == (-1, -1, 0)
    assert [step.edge for step in drops(run)] == ["e1", "e0"]
    found = drops(run)[0].strengths
    assert math.isnan(found.pop("e1"))
    assert found == {"e0": -math.inf, "e2": -5.0}


def test_an_edge_without_which_nothing_works_stays() -> None:
    nodes = [Node("a", (0, 1, 2), keep=1, one_by_one=False)]
    run = run_of(supernet((2,) * 3, nodes=nodes), Perturbation(without({0: 1.0, 1: -math.inf, 2: math.nan})))
    assert propose(run, ORDERS["fixed"]).genome == (-1, 0, -1)


def test_a_node_none_of_whose_edges_can_be_scored_is_named() -> None:
    nodes = [Node("cell.3", (0, 1, 2), keep=1)]
    run = run_of(supernet((2,) * 3, nodes=nodes), Perturbation(without(dict.fromkeys(range(3), math.nan))))
    with pytest.raises(Undefined, match=r"node cell\.3: no edge could be scored"):
        propose(run, ORDERS["fixed"])


@pytest.mark.parametrize("scorer", [Magnitude(), Perturbation(Fake(chaos))], ids=["darts", "zc_pt"])
def test_a_node_that_keeps_all_drops_none(scorer: OperationScorer) -> None:
    run = run_of(supernet((2, 2), nodes=[Node("a", (0, 1), keep=2)]), scorer)
    assert -1 not in propose(run, ORDERS["fixed"]).genome
    assert len(run.steps) == 2


def test_what_is_undecided_is_named() -> None:
    run = run_of(supernet((2, 2), nodes=[Node("a", (0, 1), keep=1)]), Perturbation(Fake(chaos)))
    with pytest.raises(InputError, match="expected all edges and nodes decided, got e0, e1, a undecided"):
        run.state.architecture()
    ORDERS["fixed"](run)
    with pytest.raises(InputError, match="got a undecided"):
        run.state.architecture()
    with pytest.raises(InputError, match=r"expected one of \[\], got \(0, 1\)"):
        run.state.decide(0, 1)
