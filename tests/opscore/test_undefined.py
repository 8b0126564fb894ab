"""What cannot be measured is never chosen while something else can be, and never passes for a number."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.opscore.worth import Fake, Present, by_present, chaos, decided, run_of, supernet
from zcnas.batch import Batch
from zcnas.errors import InputError, InputTypeError, Undefined, UnknownNameError
from zcnas.opscore import (
    ORDERS,
    Accuracy,
    Discretisation,
    Measure,
    Perturbation,
    ProxyMeasure,
    measure,
    measures,
    propose,
)
from zcnas.opscore.measures import Values
from zcnas.proxies.nwot import NWOT
from zcnas.proxies.snip import SNIP
from zcnas.proxies.zico import ZiCo
from zcnas.rank import AGGREGATES
from zcnas.scoring import score

GREEDY = ("fixed", "reverse", "random", "global_op_iter", "global_op_once", "global_edge_iter", "global_edge_once")


@pytest.mark.parametrize("order", GREEDY)
def test_nan_is_not_chosen(order: str) -> None:
    values = {(0, 0): math.nan, (0, 1): 9.0, (0, 2): 8.0, (1, 0): 5.0, (1, 1): math.nan}
    run = run_of(supernet((3, 2)), Perturbation(Fake(by_present(values))))
    assert propose(run, ORDERS[order]).genome == (2, 0)


def test_nan_is_weaker_than_minus_infinity() -> None:
    values = {(0, 0): math.nan, (0, 1): math.inf}
    run = run_of(supernet((2,)), Perturbation(Fake(by_present(values))))
    assert propose(run, ORDERS["fixed"]).genome == (1,)
    assert run.steps[0].strengths["op1"] == -math.inf
    assert math.isnan(run.steps[0].strengths["op0"])


@pytest.mark.parametrize("order", GREEDY)
def test_an_edge_all_of_whose_operations_are_undefined_is_named(order: str) -> None:
    values = {(1, op): math.nan for op in range(2)}
    run = run_of(supernet((3, 2, 2)), Perturbation(Fake(by_present(values, 1.0))))
    with pytest.raises(Undefined, match="edge e1: no operation could be scored; the log says why"):
        propose(run, ORDERS[order])


@pytest.mark.parametrize("order", ["global_op_iter", "global_op_once", "global_edge_iter", "global_edge_once"])
def test_such_an_edge_comes_last(order: str) -> None:
    def value(held: Present, _: object) -> float:
        # The first edge can be measured only once the others are decided, and then all have infinite strengths.
        return -math.inf if all(len(row) == 1 for row in held[1:]) else math.nan if len(held[0]) < 3 else 2.0

    run = run_of(supernet((3, 2, 2)), Perturbation(Fake(value)))
    if order == "global_op_once":  # its one round is all that it knows
        with pytest.raises(Undefined, match="edge e0"):
            propose(run, ORDERS[order])
    else:
        propose(run, ORDERS[order])
    assert list(decided(run.steps))[:2] == ["e1", "e2"]


def test_without_it_nothing_is_told_apart_so_it_stays() -> None:
    values = {(0, 0): -5.0, (0, 1): -math.inf, (0, 2): -math.inf}
    run = run_of(supernet((3,)), Perturbation(Fake(by_present(values))))
    assert propose(run, ORDERS["fixed"]).genome == (1,)


def test_alone_it_tells_nothing_apart_so_it_goes() -> None:
    def value(held: Present, _: object) -> float:
        return {0: -math.inf, 1: -7.0}[held[0][0][0]]

    run = run_of(supernet((2,)), Discretisation(Fake(value)))
    assert propose(run, ORDERS["fixed"]).genome == (1,)


def test_infinite_strengths_of_both_signs_have_no_mean() -> None:
    values = {(0, 0): math.inf, (0, 1): -math.inf, (1, 0): 4.0, (1, 1): 5.0}
    run = run_of(supernet((2, 2)), Perturbation(Fake(by_present(values))))
    propose(run, ORDERS["global_edge_iter"])
    assert list(decided(run.steps)) == ["e1", "e0"]
    assert decided(run.steps)["e0"] == "op1"


@pytest.mark.parametrize("name", ["az_nas", "vote", "quorum", "tenas"])
def test_aggregates_leave_undefined_networks_out(name: str) -> None:
    joined = measure(name)
    assert isinstance(joined, ProxyMeasure)
    assert joined.aggregate is not None
    rng = np.random.default_rng(0)
    columns = {proxy: rng.standard_normal(6) for proxy in joined.aggregate.members or ()}
    first, *_, last = columns
    columns[first][2] = columns[last][4] = math.nan
    found = joined.join(columns)
    others = [0, 1, 3, 5]
    assert np.isnan(found).tolist() == [False, False, True, False, True, False]
    np.testing.assert_array_equal(found[others], joined.aggregate({key: row[others] for key, row in columns.items()}))
    assert np.isnan(joined.join(dict.fromkeys(columns, np.full(3, math.nan)))).all()


def test_tenas_sums_two_ranks_fewer_conditions_and_more_regions() -> None:
    joined = measure("tenas")
    found = joined.join({"ntk_condition": -np.array([10.0, 20.0, 30.0]), "linear_regions": np.array([5.0, 9.0, 1.0])})
    assert (found * 6).round(9).tolist() == [3 + 2, 2 + 3, 1 + 1]


def test_signs_make_more_better() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)  # some draws have a singular kernel
        network = nn.Sequential(nn.Flatten(), nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 3))
    batch = Batch(torch.randn(6, 3, 2, 2, generator=torch.Generator().manual_seed(0)), torch.arange(6) % 3)
    for name in ("ntk_condition", "snip"):
        (value,) = measure(name).columns(network, [batch], 0).values()
        plain = score(network, name, batch=batch).details[name]
        assert plain.status == "ok"
        assert value == (plain.value if plain.higher_is_better else -plain.value)


def test_the_log_says_why_once(caplog: pytest.LogCaptureFixture) -> None:
    measures._tell.cache_clear()
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Tanh())
    with caplog.at_level(logging.WARNING, logger="zcnas.opscore"):
        for _ in range(3):
            found = measure("nwot_eval").columns(network, [Batch(torch.randn(2, 4))], 0)
            assert [*map(math.isnan, found.values())] == [True]
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["nwot_eval: undefined: the network has no piecewise-linear units (ReLU and its relatives)"]


class Pair:
    """A scorer by two measures of the same networks."""

    batches = 1

    def __init__(self, first: Measure, second: Measure) -> None:
        self.parts = (first, second)

    def operations(self, state: Any, candidates: Any, meter: Any) -> Values:
        mixings = [state.without(edge, op) for edge, op in candidates]
        return np.sum([meter(part, mixings) for part in self.parts], axis=0)

    edges: Any = None


def test_measures_of_one_network_are_kept_apart() -> None:
    first, second = Fake(lambda *_: 1.0), Fake(lambda *_: 10.0)
    run = run_of(supernet((3,)), Pair(first, second))
    propose(run, ORDERS["fixed"])
    assert set(run.steps[0].strengths.values()) == {11.0}
    assert run.scores == len(first.calls) + len(second.calls) == 6


def test_how_many_batches_a_measure_takes() -> None:
    assert measure("nwot").batches == 1
    assert measure(ZiCo(batches=3)).batches == 3
    assert ProxyMeasure((NWOT(), ZiCo()), AGGREGATES["rank_sum"]).batches == 2
    assert Perturbation(measure("zico")).batches == 2
    assert Accuracy(batches=4).batches == 4


def test_names_and_objects_are_measures() -> None:
    assert measure("nwot_eval") == ProxyMeasure((NWOT(train=False),)) == measure(NWOT(train=False))
    assert measure("accuracy") == Accuracy()
    fake = Fake(chaos)
    assert measure(fake) is fake


@pytest.mark.parametrize(
    ("name", "hint"),
    [("nwott", "nwot"), ("az_nass", "az_nas"), ("acuracy", "accuracy"), ("tenass", "tenas")],
)
def test_a_misspelt_measure_is_corrected(name: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"unknown proxy or aggregate '{name}': did you mean '{hint}'\?"):
        measure(name)


@pytest.mark.parametrize("name", ["all", "az_*", "rank_sum", ""])
def test_what_names_several_proxies_that_nothing_joins_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown proxy or aggregate"):
        measure(name)


@pytest.mark.parametrize("what", [["nwot", "snip"], None, NWOT, Accuracy, 3])
def test_what_is_no_measure_is_refused(what: Any) -> None:
    with pytest.raises(InputTypeError, match="expected a proxy or aggregate, its name, or a Measure; got"):
        measure(what)


@pytest.mark.parametrize("proxies", [(), (NWOT(), SNIP())])
def test_several_proxies_want_an_aggregate(proxies: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match="expected one proxy, or several and an aggregate"):
        ProxyMeasure(proxies)


def test_accuracy_wants_batches_and_labels() -> None:
    with pytest.raises(InputError, match="accuracy: expected at least 1 batch, got 0"):
        Accuracy(batches=0)
    with pytest.raises(Undefined, match="accuracy needs labels"):
        Accuracy().columns(nn.Flatten(), [Batch(torch.zeros(2, 3))], 0)


def test_measures_say_in_every_process_the_same() -> None:
    told: Mapping[str, str] = {name: repr(measure(name)) for name in ("az_nas", "tenas", "nwot", "accuracy")}
    assert len(set(told.values())) == 4
    assert not any(" at 0x" in text for text in told.values())
