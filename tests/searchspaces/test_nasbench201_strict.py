"""Equal strict keys mean equal networks: equal live operations and, with tied weights, equal outputs."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import permutations, product

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from zcnas.searchspaces.nasbench201 import NASBench201
from zcnas.searchspaces.nasbench201.cell import CONV1, CONV3, NONE, POOL, SKIP, live_edges
from zcnas.searchspaces.nasbench201.network import Cell
from zcnas.searchspaces.nasbench201.strict import live_graph, strict_key

SPACE = NASBench201()
Codes = tuple[int, ...]


@pytest.fixture(scope="module")
def classes() -> dict[str, list[Codes]]:
    """Strict key -> genomes, over the whole space."""
    found: dict[str, list[Codes]] = defaultdict(list)
    for arch in SPACE:
        found[SPACE.strict_key(arch)].append(arch.genome)
    return dict(found)


def bijections(first: Codes, second: Codes) -> Iterator[dict[int, int]]:
    """All ways to tie the live convolutions of two cells, kernel by kernel."""
    options = []
    for code in (CONV1, CONV3):
        edges = [
            [edge for edge, live in enumerate(live_edges(codes)) if live and codes[edge] == code]
            for codes in (first, second)
        ]
        if len(edges[0]) != len(edges[1]):
            return
        options.append([list(zip(edges[0], order, strict=True)) for order in permutations(edges[1])])
    for ones, threes in product(*options):
        yield dict(ones + threes)


def tied_outputs(first: Codes, second: Codes, x: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Outputs of both cells for every way to tie their weights."""
    source, target = (Cell(codes, x.shape[1]).double() for codes in (first, second))
    for norm in source.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.weight.data.uniform_(0.5, 1.5)
            norm.bias.data.uniform_(0.5, 1.5)
    expected = source(x)
    for ties in bijections(first, second):
        for mine, theirs in ties.items():
            target.layers[str(theirs)].load_state_dict(source.layers[str(mine)].state_dict())
        yield expected, target(x)


def same_with_some_ties(first: Codes, second: Codes, x: Tensor) -> bool:
    return any(torch.allclose(a, b, rtol=1e-10, atol=1e-10) for a, b in tied_outputs(first, second, x))


@pytest.fixture
def images() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(3, 4, 6, 6, dtype=torch.float64)


def test_the_whole_space_takes_seconds(classes: dict[str, list[Codes]]) -> None:
    begin = time.process_time()
    keys = {strict_key(arch.genome) for arch in SPACE}
    assert time.process_time() - begin < 20
    assert keys == set(classes)
    assert len(keys) == 6_040


def test_one_class_has_equal_live_operations(classes: dict[str, list[Codes]]) -> None:
    for members in classes.values():
        live = {
            tuple(sorted(code for code, on in zip(codes, live_edges(codes), strict=True) if on and code != SKIP))
            for codes in members
        }
        assert len(live) == 1


def test_equal_keys_give_equal_outputs_with_tied_weights(classes: dict[str, list[Codes]], images: Tensor) -> None:
    rng = np.random.default_rng(0)
    large = [members for members in classes.values() if len(members) > 1]
    pairs = [
        [members[place] for place in rng.choice(len(members), 2, replace=False)]
        for members in (large[place] for place in rng.choice(len(large), 250, replace=False))
    ]
    with torch.no_grad():
        assert [pair for pair in pairs if not same_with_some_ties(*pair, images)] == []


def test_different_keys_give_different_outputs(classes: dict[str, list[Codes]], images: Tensor) -> None:
    # Among cells with equally many convolutions of each kind; equal pools may be one or two, and a 1x1
    # convolution of a constant is a constant whatever the constant, so cells with either are left out.
    groups: dict[tuple[int, int], list[Codes]] = defaultdict(list)
    for members in classes.values():
        counts = Counter(op for op, _ in live_graph(members[0]))
        fed = all(inputs or op == "input" for op, inputs in live_graph(members[0]))
        if fed and "avg_pool_3x3" not in counts:
            groups[counts["nor_conv_1x1"], counts["nor_conv_3x3"]].append(members[0])
    rng = np.random.default_rng(0)
    large = [group for group in groups.values() if len(group) > 1]
    with torch.no_grad():
        for _ in range(150):
            group = large[rng.integers(len(large))]
            first, second = (group[place] for place in rng.choice(len(group), 2, replace=False))
            assert not same_with_some_ties(first, second, images), (first, second)


def test_networks_of_one_class_cost_the_same(classes: dict[str, list[Codes]]) -> None:
    rng = np.random.default_rng(0)
    large = [members for members in classes.values() if len(members) > 3]
    for place in rng.choice(len(large), 25, replace=False):
        costs = set()
        for codes in large[place][:4]:
            net = SPACE.build(SPACE.architecture(codes), seed=0, C=4, N=1)
            with FlopCounterMode(display=False) as counter:
                net(torch.randn(2, 3, 8, 8)).sum().backward()
            live = sum(parameter.numel() for parameter in net.parameters() if parameter.grad is not None)
            costs.add((live, counter.get_total_flops()))
        assert len(costs) == 1


@pytest.mark.parametrize(
    ("codes", "key"),
    [
        ((NONE,) * 6, "output()"),
        ((SKIP, NONE, SKIP, NONE, NONE, SKIP), "output(0)"),
        ((NONE, SKIP, NONE, SKIP, NONE, SKIP), "output(0,0)"),
        ((CONV3, NONE, NONE, NONE, NONE, NONE), "output()"),
        ((NONE, NONE, POOL, CONV1, SKIP, POOL), "nor_conv_1x1(0) output(1)"),
        ((NONE, NONE, CONV1, NONE, NONE, POOL), "nor_conv_1x1() avg_pool_3x3(1) output(2)"),
        ((CONV3, SKIP, SKIP, NONE, SKIP, SKIP), "nor_conv_3x3(0) output(0,1,1)"),
        ((CONV3, CONV3, NONE, SKIP, SKIP, SKIP), "nor_conv_3x3(0) nor_conv_3x3(0) output(0,1,2)"),
        ((POOL, NONE, NONE, POOL, SKIP, NONE), "avg_pool_3x3(0) avg_pool_3x3(0) output(1,2)"),
        ((POOL, NONE, SKIP, NONE, SKIP, SKIP), "avg_pool_3x3(0) output(1,1)"),
    ],
)
def test_what_the_key_says(codes: Codes, key: str) -> None:
    assert strict_key(codes) == key


def test_it_tells_one_convolution_read_twice_from_two() -> None:
    once = SPACE.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|")
    twice = SPACE.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|")
    assert SPACE.strict_key(once) != SPACE.strict_key(twice)


def test_renamed_nodes_have_one_key() -> None:
    # Without an edge between them the two inner nodes can change places.
    for a, b, c, d, e in product(range(5), repeat=5):
        assert strict_key((a, b, NONE, c, d, e)) == strict_key((b, a, NONE, c, e, d))


def test_the_benchmarks_classes_neither_contain_nor_refine_these(classes: dict[str, list[Codes]]) -> None:
    pairs = {(key, SPACE.canonical(SPACE.architecture(codes))) for key, members in classes.items() for codes in members}
    assert max(Counter(canonical for _, canonical in pairs).values()) > 1
    assert max(Counter(key for key, _ in pairs).values()) > 1
