"""Spelling, membership and neighbourhood of DARTS's cells, and its subspaces."""

from __future__ import annotations

import ast
import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import zcnas
from tests.searchspaces.darts_genotypes import DARTS_V1, DARTS_V2, FOUND_IN_S1
from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces import SPACES
from zcnas.searchspaces.darts import DARTS, DARTSS1, DARTSS2, DARTSS3, DARTSS4, EDGES, OPS, DARTSWithNone
from zcnas.space import Architecture, Deduplicated, Isomorphic

SPACE = DARTS()
V2 = SPACE.parse(DARTS_V2)


def test_genotypes_are_written_as_darts_prints_them() -> None:
    for text in (DARTS_V1, DARTS_V2):
        assert SPACE.format(SPACE.parse(text)) == text
        assert (
            SPACE.parse(text.replace("[2, 3, 4, 5]", "range(2, 6)")) == SPACE.parse(f"  {text}\n") == SPACE.parse(text)
        )


def test_the_genome_is_the_compact_code() -> None:
    assert V2.key == "darts:0-3-1-3-0-3-1-3-1-3-0-2-0-2-2-5-0-0-1-0-2-2-1-0-0-0-2-2-2-2-1-0"
    code = SPACE.compact(V2)
    assert code[0][-2:] == ((0, 2), (2, 5))
    assert tuple(np.ravel(code)) == V2.genome
    assert SPACE.from_compact(code) == SPACE.parse(str(code)) == SPACE.parse(json.dumps(code)) == V2


def test_the_compact_codes_of_nasbench301_go_both_ways(data_dir: Path) -> None:
    codes = list(json.loads((data_dir / "nasbench301/zc_nasbench301.json").read_text())["cifar10"])
    archs = [SPACE.parse(code) for code in codes]
    assert len(set(archs)) == len(codes) == 725
    assert [str([list(cell) for cell in SPACE.compact(arch)]) for arch in archs] == codes
    assert [SPACE.parse(SPACE.format(arch)) for arch in archs] == archs
    assert {type(ast.literal_eval(code)) for code in codes} == {list}


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("", "got ''"),
        ("Genotype", "got 'Genotype'"),
        ("__import__('os').getcwd()", "nothing by name"),
        (DARTS_V2.replace("Genotype", "print"), "a call with normal"),
        (DARTS_V2.replace("('skip_connect', 0), ", "", 1), "where 8 pairs"),
        (DARTS_V2.replace("[2, 3, 4, 5]", "[3, 4, 5]"), "normal_concat=.*which only other spaces have"),
        (DARTS_V2.replace("[2, 3, 4, 5]", "range(10**9)"), "got"),
        (
            DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)"),
            "a node 5 that reads 5, and not one of 0 to 4",
        ),
        (DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', True)"), "reads True"),
        (DARTS_V2.replace("('dil_conv_3x3', 2)", "('dil_conv_3x3', 0)"), "a node 5 that reads 0 twice"),
        (DARTS_V2.replace("('dil_conv_3x3', 2)", "'di'"), "got"),
        (str(SPACE.compact(V2)).replace("(2, 5)", "(2, 7)"), r"\(2, 7\) where a node and a code from 0 to 6"),
        (str(SPACE.compact(V2)[:1]), "got"),
        ("(" * 1000, "got"),
        ("[" * 3000, "3000 characters"),
        (5, "got"),
        (None, "got"),
    ],
)
def test_another_form_is_an_input_error(text: Any, came: str) -> None:
    with pytest.raises(InputError, match=r"expected Genotype\(normal=.*or NAS-Bench-301's code; ") as caught:
        SPACE.parse(text)
    caught.match(came)


def test_a_range_is_not_listed_to_its_end() -> None:
    text = "Genotype(normal=[], normal_concat=range(2, {}), reduce=[], reduce_concat=range(2, 6))"
    for end in (7, 10**12, 10**30):
        with pytest.raises(InputError, match="which only other spaces have"):
            SPACE.parse(text.format(end))


def test_an_unknown_operation_brings_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'sep_conv_3x3'"):
        SPACE.parse(DARTS_V2.replace("sep_conv_3x3", "sepconv_3x3", 1))
    with pytest.raises(UnknownNameError, match="on the edge from 0 to 2 of its normal cell: 'none'"):
        SPACE.parse(DARTS_V2.replace("sep_conv_3x3", "none", 1))


def test_the_number_of_architectures_is_the_published_one() -> None:
    # Pairs of inputs of the four nodes: 1, 3, 6, 10; each in two orders.
    assert SPACE.size == (180 * 7**8 * 2**4) ** 2
    assert SPACE.size / 2**8 == pytest.approx(1.08e18, rel=0.01)
    small = {DARTSS1: 2, DARTSS2: 2, DARTSS3: 3, DARTSS4: 2, DARTSWithNone: 8}
    assert {kind: kind().size for kind in small} == {kind: (180 * ops**8 * 2**4) ** 2 for kind, ops in small.items()}


def test_a_space_too_large_to_list_says_so() -> None:
    assert SPACE
    first, second = islice(SPACE, 2)
    assert first < second
    assert {first, second} <= set(SPACE.neighbours(first)) | {first}
    with pytest.raises(InputError, match=r"archs: expected a space of at most 10000000 .*darts with some 10\^20; give"):
        zcnas.score_space(SPACE, batch=zcnas.Batch(torch.zeros(2, 3, 8, 8)))


@pytest.mark.parametrize("kind", [DARTS, DARTSS1, DARTSS3])
def test_sampling_reaches_everything(kind: type[DARTS]) -> None:
    space, rng = kind(), np.random.default_rng(0)
    genomes = np.array([space.sample(rng).genome for _ in range(400)])
    assert [set(column) for column in genomes.T] == [set(range(options)) for options in space.choices]


def test_no_node_reads_the_same_twice() -> None:
    assert Architecture("darts", (1, *V2.genome[1:])) not in SPACE
    with pytest.raises(InputError, match="darts: expected 32 genes"):
        SPACE.architecture((1, *V2.genome[1:]))


def test_the_order_of_inputs_means_nothing() -> None:
    swapped = SPACE.parse(
        DARTS_V2.replace("('skip_connect', 0), ('dil_conv_3x3', 2)", "('dil_conv_3x3', 2), ('skip_connect', 0)")
    )
    assert swapped != V2
    assert SPACE.canonical(swapped) == SPACE.canonical(V2)
    assert SPACE.representative(swapped) == SPACE.representative(V2) == min(SPACE.representative(V2), V2, swapped)
    assert isinstance(SPACE, Isomorphic)
    assert isinstance(SPACE, Deduplicated)
    first = SPACE.parse(SPACE.canonical(V2))
    assert SPACE.representative(first) == first
    assert all(SPACE.canonical(other) != SPACE.canonical(V2) for other in SPACE.neighbours(V2)[:20])


@pytest.mark.parametrize("text", FOUND_IN_S1)
def test_what_was_found_in_s1_is_in_it(text: str) -> None:
    space = DARTSS1()
    arch = space.parse(text)
    assert space.format(arch) == text.replace("range(2, 6)", "[2, 3, 4, 5]")
    # Other pairs on an edge would give another code.
    assert space.compact(arch) == SPACE.compact(SPACE.parse(text))


def test_s1_offers_two_operations_an_edge() -> None:
    for cell in DARTSS1.candidates:
        assert len(cell) == len(EDGES) == 14
        assert all(len(set(ops)) == 2 and set(ops) <= set(OPS) for ops in cell)
    with pytest.raises(UnknownNameError, match="darts_s1 on the edge from 0 to 2 of its normal cell: 'sep_conv_3x3'"):
        DARTSS1().parse(DARTS_V2)


def test_other_subspaces_offer_the_same_everywhere() -> None:
    offered = {kind: {ops for cell in kind.candidates for ops in cell} for kind in (DARTSS2, DARTSS3, DARTSS4)}
    assert offered == {
        DARTSS2: {("skip_connect", "sep_conv_3x3")},
        DARTSS3: {("none", "skip_connect", "sep_conv_3x3")},
        DARTSS4: {("noise", "sep_conv_3x3")},
    }


def test_operations_without_a_code_have_no_compact_code() -> None:
    space = DARTSS4()
    with pytest.raises(InputError, match=r"compact code: .*got noise"):
        space.compact(space.sample(np.random.default_rng(0)))


def test_the_graph_has_both_cells() -> None:
    graph = SPACE.graph(V2)
    cell = ["input_0", "input_1", *(op for op, _ in SPACE.genotype(V2).normal), "concat"]
    assert list(graph.ops[:12]) == ["input", *cell]
    assert graph.ops.count("concat") == 2
    feeds = {(int(x), int(y)) for x, y in np.argwhere(graph.adjacency)}
    # The last operation of the normal cell reads node 2, where the first two operations end.
    assert {x for x, y in feeds if y == 10} == {3, 4}
    assert {x for x, y in feeds if y == 11} == set(range(3, 11))
    assert {(0, 1), (0, 2), (11, 12), (11, 13), (22, 23)} <= feeds


def test_the_graph_leaves_none_out() -> None:
    space = DARTSS3()
    arch = space.parse(
        DARTS_V2.replace("max_pool", "sep_conv").replace("dil_conv", "sep_conv").replace("skip_connect", "none")
    )
    assert set(space.graph(arch).ops) == {"input", "input_0", "input_1", "sep_conv_3x3", "concat", "output"}
    assert len(space.graph(arch).ops) == 24 - 5


def test_all_are_registered() -> None:
    assert SPACES.names("darts*") == ["darts", "darts_with_none", "darts_s1", "darts_s2", "darts_s3", "darts_s4"]
