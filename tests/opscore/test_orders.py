"""Edge orders against their definitions, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
import torch
from torch import nn

from tests.opscore.naive import NAIVE, Naive
from tests.opscore.worth import Fake, Present, additive, chaos, data, decided, present, run_of, supernet
from zcnas.batch import Batch
from zcnas.opscore import ORDERS, Discretisation, Perturbation, Run, Step, operation_scorer, orders, propose
from zcnas.proxies.params import Params
from zcnas.searchspaces import NASBench201
from zcnas.supernet import Supernet

FORMS = {"zc_pt": Perturbation, "disc_zc": Discretisation}
SEEDS = range(5)


def told(made: Supernet, steps: Iterable[Step]) -> list[tuple[int, int, dict[int, float]]]:
    """Steps in numbers."""
    places = {edge.name: place for place, edge in enumerate(made.edges)}
    ops = {name: op for op, name in enumerate(max((edge.operations for edge in made.edges), key=len))}
    return [
        (places[step.edge], ops[step.chosen], {ops[name]: value for name, value in step.strengths.items()})
        for step in steps
    ]


def replayed(run: Run, form: str, together: int = 1) -> list[tuple[int, int, dict[int, float]]]:
    """What a run that decided its edges in some order, ``together`` at a time on one batch, ought to have done."""
    naive = Naive.of(run.state.start, chaos, form)
    for number, (edge, *_) in enumerate(told(run.supernet, run.steps)):
        naive.decide(edge, naive.row(edge, number // together))
    return naive.steps


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", NAIVE)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_step_is_as_defined(order: str, form: str, seed: int) -> None:
    run = run_of(supernet(), FORMS[form](Fake(chaos)), seed)
    naive = Naive.of(run.state.start, chaos, form)
    NAIVE[order](naive)
    arch = propose(run, ORDERS[order])
    assert told(run.supernet, run.steps) == naive.steps
    assert arch.genome == tuple(row.index(1.0) for row in naive.weights)


@pytest.mark.parametrize("form", FORMS)
def test_random_takes_one_edge_after_the_other(form: str) -> None:
    seen = set()
    for seed in SEEDS:
        run = run_of(supernet(), FORMS[form](Fake(chaos)), seed)
        propose(run, ORDERS["random"])
        assert told(run.supernet, run.steps) == replayed(run, form)
        assert sorted(decided(run.steps)) == ["e0", "e1", "e2", "e3"]
        seen.add(tuple(decided(run.steps)))
    assert len(seen) > 1


def test_random_orders_are_equally_frequent() -> None:
    made = supernet((2, 2, 2))
    counts: Counter[tuple[str, ...]] = Counter()
    for seed in range(300):
        run = run_of(made, Perturbation(Fake(lambda *_: 0.0)), seed)
        ORDERS["random"](run)
        counts[tuple(decided(run.steps))] += 1
    # 50 are expected of each of the six; six deviations of sqrt(300 * 1/6 * 5/6) = 6.5 are never met by chance.
    assert len(counts) == 6
    assert all(abs(count - 50) < 39 for count in counts.values())


@pytest.mark.parametrize("form", FORMS)
def test_cells_take_turns_on_one_batch(form: str) -> None:
    names = [f"{cell}.{edge}" for cell in ("normal", "reduce") for edge in range(3)]
    for seed in SEEDS:
        fake = Fake(chaos)
        run = run_of(supernet((3, 2, 3, 2, 3, 2), names), FORMS[form](fake), seed)
        propose(run, ORDERS["random"])
        assert [step.edge.split(".")[0] for step in run.steps] == ["normal", "reduce"] * 3
        assert told(run.supernet, run.steps) == replayed(run, form, together=2)
        assert list(dict.fromkeys(names for _, names, _ in fake.calls)) == [("0",), ("1",), ("2",)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", SEEDS)
def test_shrink_is_greedy_among_what_20_proposals_chose(form: str, seed: int) -> None:
    made, scorer = supernet((5, 4, 6, 3)), FORMS[form](Fake(chaos))
    chosen: list[set[int]] = [set() for _ in made.edges]
    scores = 0
    for number in range(20):
        other = run_of(made, scorer, seed).another(number)
        ORDERS["random"](other)
        scores += other.scores
        for edge, op in enumerate(other.state.decisions):
            assert op is not None
            chosen[edge].add(op)
    run = run_of(made, scorer, seed)
    naive = Naive.of(run.state.start, chaos, form, chosen)
    NAIVE["global_op_iter"](naive)
    arch = propose(run, ORDERS["shrink"])
    assert told(made, run.steps) == naive.steps
    assert arch.genome == tuple(row.index(1.0) for row in naive.weights)
    assert run.scores > scores


def test_what_all_proposals_agree_on_needs_no_step() -> None:
    worths = np.eye(3)[[0, 2, 1]].tolist()
    run = run_of(supernet((3, 3, 3)), Perturbation(Fake(additive(worths))))
    assert propose(run, ORDERS["shrink"]).genome == (0, 2, 1)
    assert run.steps == []


def test_other_proposals_have_draws_and_batches_of_their_own() -> None:
    asked: list[tuple[int, int]] = []
    fake = Fake(chaos)
    run = Run(supernet(), Perturbation(fake), lambda *one: asked.append(one) or data(*one), seed=3)
    others = [run.another(number) for number in range(4)]
    for other in (run, *others):
        other.advance()
    assert len({seed for seed, _ in asked}) == 5
    assert {number for _, number in asked} == {0}
    assert len({other.state.start for other in (run, *others)}) == 5


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ORDERS)
def test_where_nothing_interacts_the_order_does_not_matter(order: str, form: str) -> None:
    rng = np.random.default_rng(0)
    for seed in range(3):
        sizes = (3, 4, 2, 5)
        worths = [rng.permutation(size).tolist() for size in sizes]
        run = run_of(supernet(sizes), FORMS[form](Fake(additive(worths))), seed)
        assert propose(run, ORDERS[order]).genome == tuple(row.index(max(row)) for row in worths)


class Count(Fake):
    """The number of parameters, as ``params`` has it, counted quickly."""

    def columns(self, network: nn.Module, *_: object) -> dict[str, float]:
        return {"fake": float(sum(value.numel() for value in network.parameters()))}


@pytest.fixture(scope="module")
def cells() -> Supernet:
    return NASBench201().supernet(seed=0, C=2, N=1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ORDERS)
def test_by_the_number_of_parameters_all_are_3x3(
    order: str, form: str, cells: Supernet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "SHRINKING_PROPOSALS", 3)
    run = run_of(cells, FORMS[form](Count(chaos)))
    assert NASBench201().format(propose(run, ORDERS[order])).count("nor_conv_3x3") == 6


@pytest.mark.parametrize("form", FORMS)
def test_by_the_proxy_params_all_are_3x3(form: str, cells: Supernet) -> None:
    scorer = operation_scorer(form, Params())
    run = Run(cells, scorer, lambda *_: Batch(torch.zeros(1, 3, 8, 8)))
    assert NASBench201().format(propose(run, ORDERS["random"])).count("nor_conv_3x3") == 6


def test_what_is_missed_most_and_what_is_best_alone_are_different_rules() -> None:
    # Without op0 the supernet is worst; alone, op1 is best.
    def value(held: Present, _: object) -> float:
        there = frozenset(op for op, _ in held[0])
        return {frozenset({1, 2}): 0.0, frozenset({0, 2}): 1.0, frozenset({0, 1}): 2.0}.get(there, _alone(there))

    for form, expected in (("zc_pt", "op0"), ("disc_zc", "op1")):
        run = run_of(supernet((3,)), FORMS[form](Fake(value)))
        propose(run, ORDERS["fixed"])
        assert decided(run.steps) == {"e0": expected}


def _alone(there: frozenset[int]) -> float:
    return {0: 4.0, 1: 5.0, 2: 3.0}[min(there)] if len(there) == 1 else 9.0


@pytest.mark.parametrize("order", ORDERS)
def test_equal_strengths_go_to_the_first(order: str) -> None:
    for scorer in FORMS.values():
        assert propose(run_of(supernet(), scorer(Fake(lambda *_: 1.0))), ORDERS[order]).genome == (0, 0, 0, 0)


@pytest.mark.parametrize("order", sorted({*ORDERS} - {"random", "shrink"}))
def test_equally_strong_edges_are_decided_in_their_order(order: str) -> None:
    run = run_of(supernet(), Perturbation(Fake(lambda *_: 1.0)))
    propose(run, ORDERS[order])
    found = list(decided(run.steps))
    assert found == (["e3", "e2", "e1", "e0"] if order == "reverse" else ["e0", "e1", "e2", "e3"])


COSTS = {
    "random": (20, 4),
    "fixed": (20, 4),
    "reverse": (20, 4),
    "global_op_iter": (17 + 13 + 9 + 5, 4),
    "global_op_once": (17, 1),
    "global_edge_iter": (17 + 13 + 9 + 5, 4),
    "global_edge_once": (17 + 20, 5),
}
"""Networks and batches for four edges of four operations and one, ``op0``, that carries nothing: masking that one gives
the supernet as it is, which is measured once in every step."""


@pytest.mark.parametrize("order", COSTS)
def test_equal_networks_are_measured_once(order: str) -> None:
    fake = Fake(chaos)
    run = run_of(supernet((5,) * 4, empty=[(edge, 0) for edge in range(4)]), Perturbation(fake))
    ORDERS[order](run)
    scores, batches = COSTS[order]
    assert run.scores == len(fake.calls) == scores
    assert len(set(fake.calls)) == scores
    assert len({names for _, names, _ in fake.calls}) == batches


def test_a_proposal_on_nas_bench_201_scores_30_networks(cells: Supernet) -> None:
    fake = Fake(chaos)
    run = run_of(cells, Perturbation(fake))
    propose(run, ORDERS["random"])
    assert run.scores == len(fake.calls) == 30
    run = run_of(cells, Perturbation(fake))
    propose(run, ORDERS["global_op_once"])
    assert run.scores == 6 * 4 + 1


def test_nothing_masked_is_in_what_is_scored(cells: Supernet) -> None:
    ran: list[tuple[int, int]] = []
    hooks = [
        op.register_forward_hook(lambda *_, place=(mixture.edge, int(code)): ran.append(place))
        for mixture in cells.mixtures()
        for code, op in mixture.operations.items()
    ]

    class Running(Fake):
        def columns(self, network: nn.Module, *arguments: object) -> dict[str, float]:
            ran.clear()
            with torch.no_grad():
                network(torch.zeros(1, 3, 8, 8))
            assert {*ran} == {(edge, op) for edge, row in enumerate(present(network)) for op, _ in row}
            return {"fake": chaos(present(network), ())}

    run = run_of(cells, Perturbation(Running(chaos)))
    propose(run, ORDERS["random"])
    for hook in hooks:
        hook.remove()


def test_batches_follow_each_other_in_twos() -> None:
    fake = Fake(chaos, batches=2)
    run = run_of(supernet(), Perturbation(fake))
    propose(run, ORDERS["fixed"])
    expected: Sequence[tuple[str, ...]] = [("0", "1"), ("2", "3"), ("4", "5"), ("6", "7")]
    assert list(dict.fromkeys(names for _, names, _ in fake.calls)) == expected
    assert len({seed for *_, seed in fake.calls}) == 1


def test_weights_are_not_renormalised() -> None:
    fake = Fake(chaos)
    mixing = ((0.5, 0.3, 0.2), (0.9, 0.1))
    run = run_of(supernet((3, 2)), Perturbation(fake), mixing=mixing)
    ORDERS["fixed"](run)
    assert [held for held, *_ in fake.calls[:3]] == [
        (((1, 0.3), (2, 0.2)), ((0, 0.9), (1, 0.1))),
        (((0, 0.5), (2, 0.2)), ((0, 0.9), (1, 0.1))),
        (((0, 0.5), (1, 0.3)), ((0, 0.9), (1, 0.1))),
    ]
    assert all(held[0] == ((run.state.decisions[0], 1.0),) for held, *_ in fake.calls[3:])
