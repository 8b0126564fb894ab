"""Scorers for trained supernets: by their weights, and by accuracy."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from tests.opscore.chains import Chains
from tests.opscore.worth import Fake, chaos, run_of, supernet
from zcnas.batch import Batch
from zcnas.data import load
from zcnas.data.stream import Stream
from zcnas.opscore import ORDERS, Accuracy, Magnitude, Run, operation_scorer, propose, search
from zcnas.searchspaces import SPACES
from zcnas.supernet import Node

MIXING = ((0.2, 0.5, 0.3), (0.6, 0.4), (0.1, 0.1, 0.8))


@pytest.mark.parametrize("order", ORDERS)
def test_darts_takes_the_largest_weight(order: str) -> None:
    run = run_of(supernet((3, 2, 3)), operation_scorer("darts"), mixing=MIXING)
    assert propose(run, ORDERS[order]).genome == (1, 0, 2)
    assert run.scores == 0


def test_darts_keeps_the_edges_with_the_largest_weights() -> None:
    nodes = [Node("a", (0, 1, 2), keep=2)]
    run = run_of(supernet((3, 2, 3), nodes=nodes), Magnitude(), mixing=MIXING)
    assert propose(run, ORDERS["random"]).genome == (-1, 0, 2)
    assert run.steps[-1].strengths == {"e0": 0.5, "e1": 0.6, "e2": 0.8}


def test_darts_takes_parents_by_weight() -> None:
    made = SPACES.create("nasbench1shot1_2").supernet(seed=0, C=2, N=1)
    run = run_of(made, Magnitude())
    start = run.state.start
    propose(run, ORDERS["fixed"])
    for node in made.nodes:
        best = sorted(node.edges, key=lambda edge: start[edge][0], reverse=True)[: node.keep]
        assert {edge for edge in node.edges if run.state.decisions[edge] is not None} == {*best}


def accuracy(network: nn.Module, batches: list[Batch]) -> float:
    """Image by image."""
    network = copy.deepcopy(network).eval()
    right = [
        int(network(image[None]).argmax()) == int(label)
        for batch in batches
        if batch.targets is not None
        for image, label in zip(batch.inputs, batch.targets, strict=True)
    ]
    return sum(right) / len(right)


@pytest.fixture(scope="module")
def trained() -> tuple[Any, Stream]:
    """A supernet with running statistics of its own, so that modes differ."""
    made = Chains().supernet(seed=0)
    stream = Stream(load("digits", channels=3), 32)
    optimiser = torch.optim.SGD(made.network.parameters(), 0.1)
    for number in range(20):
        batch = stream.batch(0, number)
        optimiser.zero_grad()
        nn.functional.cross_entropy(made.network(batch.inputs), batch.targets).backward()
        optimiser.step()
    return made, stream


@pytest.mark.parametrize("batches", [1, 3])
def test_accuracy_is_that_in_eval_mode(trained: tuple[Any, Stream], batches: int) -> None:
    made, stream = trained
    made.network.train()
    given = [stream.batch(5, number) for number in range(batches)]
    found = Accuracy(batches).columns(made.network, given, 0)
    assert found == {"accuracy": accuracy(made.network, given)}
    assert made.network.training
    assert 0 < found["accuracy"] < 1


@pytest.mark.parametrize("name", ["darts_pt", "disc_acc"])
def test_strengths_are_accuracies(trained: tuple[Any, Stream], name: str) -> None:
    made, stream = trained
    asked: list[Batch] = []

    def data(seed: int, number: int) -> Batch:
        asked.append(stream.batch(seed, number))
        return asked[-1]

    run = Run(made, operation_scorer(name), data, mixing=made.uniform())
    run.advance()
    found = run.strengths([0, 1])
    for edge, row in found.items():
        for op, strength in enumerate(row):
            mixing = run.state.without(edge, op) if name == "darts_pt" else run.state.fixed(edge, op)
            value = accuracy(made.view(mixing), asked)
            assert strength == (-value if name == "darts_pt" else value)


@pytest.mark.parametrize("name", ["darts", "darts_pt", "disc_acc"])
def test_a_search_takes_a_trained_supernet(trained: tuple[Any, Stream], name: str) -> None:
    made, stream = trained
    mixing = ((0.4, 0.6), (0.7, 0.3))
    settings: dict[str, Any] = {"supernet": made, "mixing": mixing, "proposals": 2, "validations": 1, "progress": False}
    found = search(Chains(), stream.source, scorer=name, batch_size=32, **settings)
    assert found.provenance["mixing"] == [[0.4, 0.6], [0.7, 0.3]]
    if name == "darts":
        assert found.best.genome == (1, 0)
        assert found.scores == 0


def test_the_search_measures_the_given_supernet() -> None:
    made, fake = Chains().supernet(seed=7), Fake(chaos)
    search(Chains(), load("digits", channels=3), supernet=made, mixing=((0.3, 0.2), (0.1, 0.9)), proxy=fake,
           scorer="disc_zc", order="fixed", proposals=1, progress=False)  # fmt: skip
    assert fake.calls[0][0] == (((0, 1.0),), ((0, 0.1), (1, 0.9)))
