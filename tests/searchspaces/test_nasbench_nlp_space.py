"""NAS-Bench-NLP's recipes and language models."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import zcnas
from tests.searchspaces.nasbench_nlp_naive import Naive
from zcnas.batch import Batch
from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.nasbench_nlp import NASBenchNLP
from zcnas.searchspaces.nasbench_nlp.drawing import draw
from zcnas.searchspaces.nasbench_nlp.recipe import BLEND, FIRST_NODE, LINEAR, X
from zcnas.space import Architecture

SPACE = NASBenchNLP()

RNN = {
    "f": {"op": "linear", "input": ["x", "h_prev_0"]},
    "h_new_0": {"op": "activation_tanh", "input": ["f"]},
}
LSTM = {
    "i": {"op": "linear", "input": ["x", "h_prev_0"]},
    "i_act": {"op": "activation_tanh", "input": ["i"]},
    "j": {"op": "linear", "input": ["x", "h_prev_0"]},
    "j_act": {"op": "activation_sigm", "input": ["j"]},
    "f": {"op": "linear", "input": ["x", "h_prev_0"]},
    "f_act": {"op": "activation_sigm", "input": ["f"]},
    "o": {"op": "linear", "input": ["x", "h_prev_0"]},
    "o_act": {"op": "activation_tanh", "input": ["o"]},
    "h_new_1_part1": {"op": "elementwise_prod", "input": ["f_act", "h_prev_1"]},
    "h_new_1_part2": {"op": "elementwise_prod", "input": ["i_act", "j_act"]},
    "h_new_1": {"op": "elementwise_sum", "input": ["h_new_1_part1", "h_new_1_part2"]},
    "h_new_1_act": {"op": "activation_tanh", "input": ["h_new_1"]},
    "h_new_0": {"op": "elementwise_prod", "input": ["h_new_1_act", "o_act"]},
}
GRU = {
    "r": {"op": "linear", "input": ["x", "h_prev_0"]},
    "r_act": {"op": "activation_sigm", "input": ["r"]},
    "z": {"op": "linear", "input": ["x", "h_prev_0"]},
    "z_act": {"op": "activation_sigm", "input": ["z"]},
    "rh": {"op": "elementwise_prod", "input": ["r_act", "h_prev_0"]},
    "h_tilde": {"op": "linear", "input": ["x", "rh"]},
    "h_tilde_act": {"op": "activation_tanh", "input": ["h_tilde"]},
    "h_new_0": {"op": "blend", "input": ["z_act", "h_prev_0", "h_tilde_act"]},
}
KNOWN = {"rnn": RNN, "lstm": LSTM, "gru": GRU}


def sample(count: int) -> list[Architecture]:
    rng = np.random.default_rng(0)
    return [SPACE.sample(rng) for _ in range(count)]


@pytest.mark.parametrize("arch", [*(SPACE.parse(json.dumps(one)) for one in KNOWN.values()), *sample(6)])
def test_networks_compute_what_recipes_say(arch: Architecture) -> None:
    network = SPACE.build(arch, num_classes=6, seed=0, embedding=4, hidden=5, layers=2, every=True).double().eval()
    tokens = torch.tensor([[0, 1, 2], [3, 4, 5]])
    with torch.no_grad():
        expected = Naive(json.loads(SPACE.format(arch)), network).logits(tokens)
        torch.testing.assert_close(network(tokens), expected, rtol=1e-12, atol=1e-12)  # float64 has 16 digits


def test_a_plain_cell_is_torchs() -> None:
    network = SPACE.build(SPACE.parse(json.dumps(RNN)), num_classes=6, seed=0, embedding=4, hidden=5, layers=1).double()
    theirs = torch.nn.RNN(4, 4, batch_first=True).double()
    maps = network.layers[0].ops[0].maps
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(maps[0].weight)
        theirs.weight_hh_l0.copy_(maps[1].weight)
        theirs.bias_ih_l0.copy_(maps[0].bias)
        theirs.bias_hh_l0.zero_()
        x = torch.randn(3, 7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(network(x), network.decoder(theirs(x)[0][:, -1]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", KNOWN)
def test_sizes_are_those_of_the_authors_layers(name: str) -> None:
    arch = SPACE.parse(json.dumps(KNOWN[name]))
    with torch.device("meta"):
        network = SPACE.build(arch, num_classes=10_000)
    maps = [node for node in KNOWN[name].values() if node["op"] == "linear"]
    total = 10_000 * 401
    for width, hidden in ((400, 600), (600, 600), (600, 400)):
        total += sum(hidden + sum(hidden * (width if one == "x" else hidden) for one in node["input"]) for node in maps)
    assert sum(value.numel() for value in network.parameters()) == total
    assert network.decoder.weight is network.encoder.weight


def test_recipes_go_both_ways() -> None:
    for arch in sample(100):
        text = SPACE.format(arch)
        assert SPACE.parse(text) == arch
        nodes = json.loads(text)
        assert SPACE.parse(json.dumps(dict(reversed(nodes.items())))) in SPACE


def test_names_of_nodes_mean_nothing() -> None:
    text = json.dumps(LSTM)
    assert SPACE.parse(text.replace('"i"', '"node_7"').replace('"f_act"', '"é"')) == SPACE.parse(text)


def test_drawn_cells_are_as_the_paper_says() -> None:
    rng = np.random.default_rng(0)
    linear = total = 0
    for _ in range(150):
        recipe = draw(rng, 2, 14)
        assert recipe.problem() is None
        assert len(recipe.hidden) == 2
        assert len(recipe.nodes) <= 17
        activations = {FIRST_NODE + place for place, node in enumerate(recipe.nodes) if node.op > 3}
        for node in recipe.nodes:
            if node.op == LINEAR:
                assert {one for one in node.inputs if one >= FIRST_NODE} <= activations
            elif len(node.inputs) == 1:
                assert recipe.nodes[node.inputs[0] - FIRST_NODE].op == LINEAR
            else:
                assert X not in node.inputs
        linear += sum(node.op == LINEAR for node in recipe.nodes)
        total += sum(node.op == LINEAR or node.op <= 3 for node in recipe.nodes)
    # Odds of 3 to 3 are for what is put in the row; what idle nodes do to them is not known.
    assert 0.3 < linear / total < 0.8


@pytest.mark.parametrize("arch", [*(SPACE.parse(json.dumps(one)) for one in KNOWN.values()), *sample(3)])
def test_neighbours_are_all_valid_edits(arch: Architecture) -> None:
    found = SPACE.neighbours(arch)
    every = [
        Architecture(arch.space, (*arch.genome[:place], gene, *arch.genome[place + 1 :]))
        for place, options in enumerate(SPACE.choices)
        for gene in range(options)
        if gene != arch.genome[place]
    ]
    assert found == [one for one in every if one in SPACE]


def node(op: str, *inputs: object) -> dict[str, Any]:
    return {"op": op, "input": list(inputs)}


WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([RNN], "expected JSON of the form"),
    "empty": ({}, "0 nodes, and not 1 to 25"),
    "no new state": ({"f": RNN["f"]}, "new hidden states at nodes"),
    "the second alone": ({"f": RNN["f"], "h_new_1": RNN["h_new_0"]}, "new hidden states h_new_1"),
    "a circle": ({"f": node("linear", "x", "h_new_0"), "h_new_0": node("activation_tanh", "f")}, "nodes that wait"),
    "no such node": ({"h_new_0": node("activation_tanh", "g")}, "nodes that wait for what there is not: h_new_0"),
    "a node called x": ({**RNN, "x": node("activation_tanh", "f")}, "a node of the name x"),
    "idle": ({**RNN, "g": node("activation_tanh", "f")}, "what nothing needs: .*node_2"),
    "x unused": ({"h_new_0": node("activation_tanh", "h_prev_0")}, r"what nothing needs: \['x'\]"),
    "x in a sum": ({"h_new_0": node("elementwise_sum", "x", "h_prev_0")}, "of x, which only linear may read"),
    "twice the same": ({"h_new_0": node("linear", "x", "x")}, "reads the same twice"),
    "too few": ({"h_new_0": node("linear", "x")}, "linear of 1 inputs"),
    "too many": ({**RNN, "h_new_0": node("activation_tanh", "f", "h_prev_0")}, "activation_tanh of 2 inputs"),
    "another state": ({"h_new_0": node("linear", "x", "h_prev_1")}, "comes later or is not there"),
    "no list": ({"h_new_0": {"op": "linear", "input": "x"}}, "expected JSON of the form"),
    "a number": ({"h_new_0": {"op": "linear", "input": [1]}}, "expected JSON of the form"),
    "no op": ({"h_new_0": {"input": ["x", "h_prev_0"]}}, "expected JSON of the form"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_other_recipes_are_refused(kind: str) -> None:
    content, message = WRONG[kind]
    with pytest.raises(InputError, match=message):
        SPACE.parse(json.dumps(content))


def test_long_and_deep_texts_are_refused() -> None:
    chain = {f"n{place}": node("activation_tanh", f"n{place - 1}" if place else "h_prev_0") for place in range(30)}
    with pytest.raises(InputError, match="nodes, and not 1 to 25"):
        SPACE.parse(json.dumps({**chain, "h_new_0": node("linear", "x", "n29")}))
    for text in ("[" * 19_000, " " * 30_000):
        with pytest.raises(InputError, match="expected JSON"):
            SPACE.parse(text)


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'linear'"):
        SPACE.parse(json.dumps({"h_new_0": node("liner", "x", "h_prev_0")}))


def test_graphs_have_states_at_both_ends() -> None:
    graph = SPACE.graph(SPACE.parse(json.dumps(GRU)))
    assert graph.ops[:3] == ("input", "x", "h_prev_0")
    assert graph.ops[-3:] == ("blend", "h_new_0", "output")
    blend = graph.ops.index("blend")
    assert [graph.ops[one] for one in np.flatnonzero(graph.adjacency[:, blend])] == [
        "h_prev_0",
        "activation_sigm",
        "activation_tanh",
    ]
    assert SPACE.recipe(SPACE.parse(json.dumps(GRU))).nodes[-1].op == BLEND


def test_proxies_score_tokens_and_embeddings_or_say_why_not() -> None:
    network = SPACE.build(SPACE.parse(json.dumps(GRU)), num_classes=30, seed=0, embedding=8, hidden=12, layers=2)
    generator = torch.Generator().manual_seed(0)
    tokens = [Batch(torch.randint(30, (16, 4), generator=generator), torch.arange(16) % 4) for _ in range(2)]
    vectors = [Batch(torch.randn(16, 4, 8, generator=generator), torch.arange(16) % 4) for _ in range(2)]
    ok = {}
    for name, batches in (("tokens", tokens), ("vectors", vectors)):
        details = zcnas.score(network, batch=batches).details
        assert {key for key, score in details.items() if score.status == "failed"} == set()
        assert all(score.reason for score in details.values() if score.status == "undefined")
        ok[name] = {key for key, score in details.items() if score.status == "ok"}
    assert {"params", "flops", "grad_norm", "snip", "grasp", "zico"} <= ok["tokens"]
    assert {"synflow", "jacob_cov"} <= ok["vectors"] - ok["tokens"]


@pytest.mark.parametrize("wrong", [torch.zeros(2, 3), torch.zeros(2, 3, 5), torch.zeros(2, 3, 4, dtype=torch.long)])
def test_other_inputs_are_refused(wrong: Tensor) -> None:
    network = SPACE.build(SPACE.parse(json.dumps(RNN)), embedding=4, hidden=5)
    with pytest.raises(InputError, match=r"expected tokens \(N, T\) or embeddings \(N, T, 4\)"):
        network(wrong)
    with pytest.raises(InputError, match="layers: expected at least 1"):
        SPACE.build(SPACE.parse(json.dumps(RNN)), layers=0)
