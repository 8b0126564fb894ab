"""Every predictor against a slow, obvious computation of the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cmp_to_key, partial

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.stats import kendalltau, rankdata
from torch import nn
from torch.func import functional_call, grad, vmap

from tests.predictors.slow import flow, forward, live_nodes
from zcnas.errors import InputError
from zcnas.predictors import GCN, MLP, Ensemble, GradientBoosting, PairwiseGCN, Ridge, scale
from zcnas.predictors.comparisons import comparator_sort, copeland, mean_logit
from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.dense import dense
from zcnas.predictors.encoding.graphs import WIDTH, GraphEncoder
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.networks.gcn import GraphNetwork
from zcnas.predictors.networks.training import seeded
from zcnas.searchspaces import NASBench101, NASBench201
from zcnas.space import Architecture

SPACE = NASBench201()
SMALL = {"epochs": 1, "least": 20, "hidden": 8, "layers": 2}
Floats = npt.NDArray[np.float64]


def examples(count: int = 20) -> tuple[list[Architecture], Floats]:
    rng = np.random.default_rng(1)
    archs = [SPACE.sample(rng) for _ in range(count)]
    return archs, np.array([arch.genome.count(3) + 0.1 * rng.random() for arch in archs])


@pytest.mark.parametrize("both_ways", [False, True])
def test_the_graph_network_is_dense_matrices(both_ways: bool) -> None:
    with seeded(0):
        module = GraphNetwork(60, WIDTH, 0, 2, hidden=8, layers=3, dropout=0.5, both_ways=both_ways)
    _compare(module, partial(forward, both_ways=both_ways))


def test_flow_and_attention_go_from_node_to_node() -> None:
    with seeded(0):
        module = FlowNetwork(60, WIDTH, 0, 2, hidden=8, layers=3, dropout=0.5)
    _compare(module, flow)


def _compare(module: nn.Module, slow: Callable[..., Floats]) -> None:
    """A module on a batch of different graphs against one graph after the other."""
    space, rng = NASBench101(), np.random.default_rng(0)
    graphs = [space.graph(space.sample(rng)) for _ in range(5)]
    batch = GraphEncoder()(graphs)
    module = module.double().eval()
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    found = functional_call(module, dict(module.named_parameters()), (_double(batch),)).detach().numpy()
    for place, graph in enumerate(graphs):
        nodes = live_nodes(graph)
        mine = batch.graphs == place
        adjacency = graph.adjacency[np.ix_(nodes, nodes)].astype(np.float64)
        sizes = batch.attributes[mine].double().numpy()
        expected = slow(weights, adjacency, batch.types[mine].tolist(), sizes)
        assert np.allclose(found[place], expected, rtol=1e-10)  # float64, sums in another order


def test_flow_maps_over_graphs() -> None:
    archs, _ = examples()
    batch = GraphEncoder()([SPACE.graph(arch) for arch in archs])
    with seeded(0):
        module = FlowNetwork(60, WIDTH, 0, 1, hidden=8, layers=2).eval()
    together = module(batch)
    # What is padded does not count, and each graph is seen alone; float32, sums in another order.
    assert torch.allclose(module(dense(batch, 11)), together, atol=1e-5)
    assert torch.allclose(vmap(module)(dense(batch, 11)), together, atol=1e-5)
    with pytest.raises(InputError, match="at most 3 nodes"):
        dense(batch, 3)


def _double(batch: GraphBatch) -> GraphBatch:
    return replace(batch, attributes=batch.attributes.double(), extras=batch.extras.double())


def test_modules_can_be_differentiated_by_torch_func() -> None:
    archs, values = examples()
    predictor = GCN(SPACE, **SMALL).fit(archs, values)
    module, batch = predictor.module(), predictor.encode(archs, predictor.learned.facts)
    parameters = {name: value.detach() for name, value in module.named_parameters()}
    slopes = grad(lambda given: functional_call(module, given, (batch,)).sum())(parameters)
    module(batch).sum().backward()
    assert all(torch.equal(slopes[name], value.grad) for name, value in module.named_parameters())


def test_ridge_is_its_closed_form() -> None:
    archs, values = examples()
    found, deviation = Ridge(SPACE, encodings=["genome"], alpha=2.0, ranks=False).fit(archs, values).predict(archs[:7])
    ones = np.array([[gene == option for gene in arch.genome for option in range(5)] for arch in archs], dtype=float)
    spread = np.where(ones.std(axis=0) > 0, ones.std(axis=0), 1)
    x = (ones - ones.mean(axis=0)) / spread
    y = values - values.mean()
    inverse = np.linalg.inv(x.T @ x + 2.0 * np.eye(30))
    assert np.allclose(found, values.mean() + x[:7] @ inverse @ x.T @ y)
    noise = np.sqrt(np.mean((x @ inverse @ x.T @ y - y) ** 2))
    assert np.allclose(deviation, [noise * np.sqrt(1 + row @ inverse @ row) for row in x[:7]])


def test_boosting_is_scikit_learns_own_prediction() -> None:
    archs, values = examples()
    predictor = GradientBoosting(SPACE, trees=20, ranks=False).fit(archs, values)
    matrix = predictor._features(archs, predictor.learned.facts)
    model = predictor._model().fit(matrix, scale.targets(values, ranks=False))
    expected = values.mean() + values.std() * model.predict(matrix)
    assert np.allclose(predictor.predict(archs)[0], expected)


def test_a_perceptron_is_matrices() -> None:
    archs, values = examples()
    predictor = MLP(SPACE, encodings=["genome"], **SMALL).fit(archs, values)
    weights = {name: array.astype(np.float64) for name, array in predictor.learned.arrays.items()}
    x = predictor._features(archs, predictor.learned.facts)
    for layer in (0, 3):
        x = np.maximum(x @ weights[f"layers.{layer}.weight"].T + weights[f"layers.{layer}.bias"], 0)
    out = (x @ weights["layers.6.weight"].T + weights["layers.6.bias"])[:, 0]
    expected = scale.restored(out, predictor.learned.facts)
    # Those of the predictor are float32.
    assert np.allclose(predictor.predict(archs)[0], expected, atol=1e-4 * float(values.std()))


def test_read_outs_look_at_all_pairs() -> None:
    rng = np.random.default_rng(0)
    f, s = rng.standard_normal(30), rng.standard_normal(30)
    logits = f[:, None] + s[None, :]
    others = ~np.eye(30, dtype=bool)
    mean = np.array([((logits - logits.T) / 2)[i].mean() for i in range(30)])
    assert np.ptp(mean_logit(f, s) - mean) < 1e-12
    won = (np.sign(logits) * others).sum(axis=1) - (np.sign(logits) * others).sum(axis=0)
    assert np.allclose(copeland(f, s) * 58, won)

    def comparator(i: int, j: int) -> int:
        return 1 if logits[i, j] > 0 else -1

    order = sorted(range(30), key=cmp_to_key(comparator))
    assert np.array_equal(np.argsort(comparator_sort(f, s)), order)


def test_the_pairwise_loss_is_a_sum_over_pairs() -> None:
    _, values = examples(6)
    outputs = torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for temperature in (None, 0.7):
        predictor = PairwiseGCN(SPACE, temperature=temperature)
        aims = torch.from_numpy(predictor._targets(values))
        losses = []
        for i in range(6):
            for j in range(6):
                if i != j:
                    better = torch.sigmoid(outputs[i, 0] + outputs[j, 1])
                    soft = 1 / (1 + np.exp(-(values[i] - values[j]) / temperature)) if temperature else 0.0
                    wanted = soft if temperature else (values[i] > values[j]) + (values[i] == values[j]) / 2
                    losses.append(-(wanted * better.log() + (1 - wanted) * (1 - better).log()))
        assert torch.allclose(predictor._loss(outputs, aims), torch.stack(losses).mean())


def test_an_ensemble_is_its_members() -> None:
    archs, values = examples()
    ensemble = Ensemble(SPACE, member=GCN(SPACE, **SMALL), members=3).fit(archs, values)
    alone = [one.fit(archs, values).predict(archs) for one in ensemble._new()]
    means, own = np.array([mean for mean, _ in alone]), np.array([deviation for _, deviation in alone])
    mean, deviation = ensemble.predict(archs)
    assert np.allclose(mean, means.sum(axis=0) / 3)
    assert np.allclose(deviation**2, (own**2).sum(axis=0) / 3 + ((means - means.mean(axis=0)) ** 2).sum(axis=0) / 3)
    assert len(np.unique(means, axis=0)) == 3


def test_values_come_back_in_order() -> None:
    rng = np.random.default_rng(0)
    values, predicted = np.exp(rng.standard_normal(50)), rng.standard_normal(50)
    learned = scale.learn(values, np.sort(predicted), ranks=True)
    new = np.linspace(-6, 6, 200)
    restored = scale.restored(new, learned)
    assert (np.diff(restored) > 0).all()
    # But for the slight slope, a thousandth of the deviation.
    middle = scale.restored(np.array([np.median(predicted)]), learned)[0]
    assert np.isclose(middle, np.median(values), atol=1e-3 * float(values.std()))
    assert np.array_equal(rankdata(scale.targets(values, ranks=True)), rankdata(values))


def test_scores_are_features() -> None:
    archs, values = examples()
    known = {arch: float(value) for arch, value in zip(archs, 10**values, strict=True)}
    for make in (Ridge, GradientBoosting):
        mean, _ = make(SPACE, encodings=[], scores={"hint": known}).fit(archs, values).predict(archs)
        assert kendalltau(mean, values).statistic > 0.9
    mean, _ = GCN(SPACE, scores={"hint": known}, **SMALL).fit(archs, values).predict(archs)
    assert np.isfinite(mean).all()
