"""Graphs of all spaces in one vocabulary, without padding; vectors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.predictors.slow import live_nodes, ways
from zcnas.errors import UnknownNameError
from zcnas.graph import Graph
from zcnas.predictors.encoding.adjacency import Adjacency
from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.counts import Counts, Operations
from zcnas.predictors.encoding.graphs import WIDTH, GraphEncoder
from zcnas.predictors.encoding.operations import ATTRIBUTES, KINDS, Operation
from zcnas.predictors.encoding.paths import Paths
from zcnas.predictors.encoding.vectors import Genome
from zcnas.predictors.encoding.vocabulary import TYPES, Vocabulary
from zcnas.predictors.encoding.weights import weighed
from zcnas.predictors.encoding.wiring import paired, pairs, wired
from zcnas.searchspaces import DARTS, SPACES, NASBench101, NASBench201, TransNASBench101Micro, get

RNG = np.random.default_rng
VOCABULARY = Vocabulary()


def graphs(name: str, count: int = 12) -> list[Graph]:
    space, rng = get(name), RNG(0)
    return [space.graph(space.sample(rng)) for _ in range(count)]


def test_an_operation_has_one_index_in_all_spaces() -> None:
    spellings = {
        NASBench101: "conv3x3-bn-relu",
        NASBench201: "nor_conv_3x3",
        TransNASBench101Micro: "nor_conv_3x3",
    }
    for space, spelling in spellings.items():
        assert any(spelling in graph.ops for graph in graphs(space.name, 40))
    assert len({VOCABULARY.index(spelling) for spelling in spellings.values()}) == 1
    assert VOCABULARY.index("avg_pool_3x3") == VOCABULARY.types.index(Operation("avg_pool", 3))
    assert any("avg_pool_3x3" in graph.ops for graph in graphs(DARTS.name, 40))
    assert VOCABULARY.index("mb3_k3") == VOCABULARY.index("k3_e3_s2") == VOCABULARY.index("k3_e3_s1")
    assert VOCABULARY.index("fc") == VOCABULARY.index("linear")


def test_no_two_types_are_equal_and_all_kinds_are_there() -> None:
    assert len(set(TYPES)) == len(TYPES) == len(VOCABULARY)
    assert {op.kind for op in TYPES} == set(KINDS)


def test_saved_predictors_hold_these_places() -> None:
    """An index that moved would give every saved network other weights."""
    expected = {"input": 0, "output": 1, "skip": 3, "conv3x3": 24, "avg_pool_3x3": 34, "basic": len(TYPES) - 1}
    assert {name: VOCABULARY.index(name) for name in expected} == expected


@pytest.mark.parametrize("name", SPACES)
def test_every_space_is_encoded(name: str) -> None:
    found = graphs(name)
    batch = GraphEncoder()(found)
    assert batch.attributes.shape == (len(batch.types), WIDTH)
    assert len(batch) == len(found)
    for place, graph in enumerate(found):
        nodes = live_nodes(graph)
        mine = (batch.graphs == place).nonzero()[:, 0]
        assert batch.types[mine].tolist() == [VOCABULARY.index(graph.ops[node]) for node in nodes]
        edges = zip(batch.sources.tolist(), batch.targets.tolist(), strict=True)
        first = int(mine[0])
        own = {(source - first, target - first) for source, target in edges if batch.graphs[source] == place}
        wanted = np.argwhere(graph.adjacency[np.ix_(nodes, nodes)])
        assert own == set(map(tuple, wanted.tolist()))


def test_places_along_a_chain() -> None:
    ops = ("input", "basic_wider", "basic_wider_smaller", "basic", "output")
    batch = GraphEncoder()([Graph(np.eye(5, k=1, dtype=np.int8), ops)])
    before, behind, smaller, wider = batch.attributes[:, len(ATTRIBUTES) :].T.tolist()
    assert before == [1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8] == behind[::-1]
    assert (smaller, wider) == ([0, 0, 1, 1, 1], [0, 1, 2, 2, 2])


def test_folded_skips_are_edges() -> None:
    space = NASBench201()
    arch = space.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|nor_conv_1x1~2|")
    batch = GraphEncoder(fold_skips=True)([space.graph(arch)])
    names = [VOCABULARY.types[index].kind for index in batch.types.tolist()]
    assert names == ["input", "conv", "conv", "output"]
    assert sorted(zip(batch.sources.tolist(), batch.targets.tolist(), strict=True)) == [(0, 1), (0, 3), (1, 2), (2, 3)]


def test_batches_are_what_their_graphs_are_alone() -> None:
    encoder, found = GraphEncoder(), [*graphs("nasbench101"), *graphs("darts"), *graphs("nasbench_macro")]
    batch, places = encoder(found), [30, 2, 2, 17]
    assert same(batch.select(torch.tensor(places)), encoder([found[place] for place in places]))
    assert same(batch.split(20)[1], encoder(found[20:]))


def test_equal_graphs_are_found() -> None:
    encoder, found = (
        GraphEncoder(fold_skips=True),
        [*graphs("nasbench201"), *graphs("nasbench101"), *graphs("nasbench201")],
    )
    batch = encoder(found)
    first, numbers = batch.distinct()
    assert same(batch.select(first[numbers]), batch)
    ones = [batch.select(torch.tensor([place])) for place in range(len(found))]
    for place, number in enumerate(numbers.tolist()):
        assert first[number] == min(other for other in range(len(found)) if same(ones[other], ones[place]))


def test_many_graphs_at_a_time_are_what_they_are_alone() -> None:
    encoder = GraphEncoder(fold_skips=True)
    for name in ("nasbench201", "nasbench101", "darts", "nasbench_nlp"):
        found = graphs(name, 30)
        batch = encoder(found)
        for place, one in enumerate(found):
            # Without a matrix in common.
            alone = encoder([Graph(one.adjacency.copy(), one.ops)])
            assert same(batch.select(torch.tensor([place])), alone)
            assert same(batch.split(1)[place], alone)


def same(first: GraphBatch, second: GraphBatch) -> bool:
    names = ("types", "attributes", "graphs", "extras")
    pairs = [set(zip(one.sources.tolist(), one.targets.tolist(), strict=True)) for one in (first, second)]
    return pairs[0] == pairs[1] and all(torch.equal(getattr(first, name), getattr(second, name)) for name in names)


def test_unknown_operations_say_how_to_teach_them() -> None:
    graph = Graph(np.eye(3, k=1, dtype=np.int8), ("input", "nor_conv_9x9", "output"))
    with pytest.raises(UnknownNameError, match=r"teach it by Vocabulary\(\{'mine': ...\}\)"):
        GraphEncoder()([Graph(graph.adjacency, ("input", "mine", "output"))])
    taught = Vocabulary({"mine": "nor_conv_3x3", "other": Operation("fourier")})
    batch = GraphEncoder(taught)([Graph(np.eye(4, k=1, dtype=np.int8), ("input", "mine", "other", "output"))])
    assert batch.types.tolist()[1:3] == [VOCABULARY.index("conv3x3"), len(VOCABULARY)]
    with pytest.raises(UnknownNameError, match="fourier"):
        Vocabulary({"mine": "fourier"})


def test_paths_are_the_ways_through_the_graph() -> None:
    space, encoding = NASBench201(), Paths()
    archs = [space.sample(RNG(seed)) for seed in range(6)]
    known = encoding.learn(space, archs)
    expected = [
        {tuple(VOCABULARY.index(graph.ops[node]) for node in way[1:-1]) for way in ways(graph)}
        for graph in map(space.graph, archs)
    ]
    found = [{tuple(known[place]) for place in np.flatnonzero(row)} for row in encoding(space, archs, known)]
    assert found == expected
    assert encoding(space, archs, known[:1]).shape == (6, 1)


def test_counts_are_of_live_operations() -> None:
    space, encoding = NASBench201(), Counts()
    archs = [space.sample(RNG(seed)) for seed in range(6)]
    for arch, row in zip(archs, encoding(space, archs, None), strict=True):
        graph = space.graph(arch)
        live = [graph.ops[node] for node in live_nodes(graph)]
        assert row[VOCABULARY.index("conv3x3")] == live.count("nor_conv_3x3")
        assert row[len(VOCABULARY)] == len(live)
        assert row[len(VOCABULARY) + 3] * 8 == max(map(len, ways(graph)), default=1)


def test_operations_are_counted_dead_or_alive() -> None:
    space = NASBench201()
    archs = [space.sample(RNG(seed)) for seed in range(6)]
    for arch, row in zip(archs, Operations()(space, archs, None), strict=True):
        ops = [VOCABULARY.index(op) for op in space.graph(arch).ops]
        assert row.tolist() == np.bincount(ops, minlength=len(VOCABULARY)).tolist()


@pytest.mark.parametrize("name", ["nasbench101", "nasbench201", "darts", "nasbench_macro"])
def test_wiring_is_that_of_live_operations(name: str) -> None:
    found = graphs(name)
    batch = GraphEncoder()(found)
    codes = pairs(batch, len(TYPES))
    known = np.unique(codes)[1:]
    for graph, row, counts in zip(found, wired(batch), paired(batch, len(TYPES), known), strict=True):
        nodes = live_nodes(graph)
        through = [way for way in ways(graph) if set(way) <= {*nodes}]
        shortest = min(map(len, through), default=1) - 1
        assert row == pytest.approx([shortest, np.log1p(len(through)), graph.adjacency[0, nodes].sum()])
        types = [VOCABULARY.index(op) for op in graph.ops]
        edges = np.argwhere(graph.adjacency[np.ix_(nodes, nodes)])
        own = [types[nodes[first]] * len(TYPES) + types[nodes[second]] for first, second in edges]
        assert counts.tolist() == [own.count(code) for code in known]


WEIGHTS = {
    "conv3x3-bn-relu": 9,
    "conv1x1-bn-relu": 1,
    "nor_conv_3x3": 9,
    "nor_conv_1x1": 1,
    "sep_conv_3x3": 2 + 9 / 8,
    "sep_conv_5x5": 2 + 25 / 8,
    "dil_conv_3x3": 1 + 9 / 16,
    "dil_conv_5x5": 1 + 25 / 16,
    "gat": 1,
    "fc": 1,
    "mb3_k3": 3 * (2 + 9 / 16),
    "mb6_k5": 6 * (2 + 25 / 16),
}


@pytest.mark.parametrize("name", ["nasbench101", "nasbench201", "darts", "nasbench_macro"])
def test_operations_are_weighed_one_by_one(name: str) -> None:
    found = graphs(name)
    for graph, row in zip(found, weighed(GraphEncoder()(found)), strict=True):
        nodes = live_nodes(graph)
        ops = {node: graph.ops[node] for node in nodes}
        total = sum(WEIGHTS.get(op, 0) for op in ops.values())
        heavy = [node for node, op in ops.items() if op in WEIGHTS]
        longest = max((len({*way} & {*heavy}) for way in ways(graph) if set(way) <= {*nodes}), default=0)
        kernels = sum(VOCABULARY.operation(ops[node]).kernel - 1 for node in heavy)
        pools = sum("pool" in op for op in ops.values())
        assert row == pytest.approx([total, np.log1p(total), len(heavy), longest, kernels, pools])


def test_adjacency_puts_the_output_first() -> None:
    space, encoding = NASBench101(), Adjacency()
    archs = [space.sample(RNG(seed)) for seed in range(6)]
    known = encoding.learn(space, archs)
    matrix = encoding(space, archs, known)
    for arch, row in zip(archs, matrix, strict=True):
        graph = space.graph(arch)
        nodes = live_nodes(graph)
        order = [nodes[-1], *nodes[:-1]]
        square = row[: known["nodes"] ** 2].reshape(known["nodes"], -1)[: len(order), : len(order)]
        assert np.array_equal(square, graph.adjacency[np.ix_(order, order)])
        assert row.sum() == graph.adjacency[np.ix_(nodes, nodes)].sum() + len(nodes)
    small = {"nodes": 3, "types": known["types"][:2]}
    assert encoding(space, archs, small).shape == (6, 3 * 3 + 3 * 2)


def test_genomes_have_a_one_for_every_gene() -> None:
    space = NASBench201()
    archs = [space.sample(RNG(seed)) for seed in range(5)]
    found = Genome()(space, archs, None)
    assert [tuple(np.flatnonzero(row) - 5 * np.arange(6)) for row in found] == [arch.genome for arch in archs]
