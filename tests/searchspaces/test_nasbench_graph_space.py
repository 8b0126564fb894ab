"""NAS-Bench-Graph's architectures: spellings, hashes, classes and graphs."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from zcnas.errors import InputError, UnknownNameError
from zcnas.searchspaces.nasbench_graph import LINKS, OPS, NASBenchGraph
from zcnas.space import Architecture, Isomorphic

SPACE = NASBenchGraph()


def spelling(links: tuple[int, ...], ops: tuple[str, ...]) -> str:
    """The network as text, in which neither names nor the order of nodes nor idle skips show."""

    def readers(node: int, raw: bool) -> list[str]:
        found = []
        for place in (place for place, link in enumerate(links, start=1) if link == node):
            skip = ops[place - 1] == "skip"
            if skip and (raw or place in links):
                found += readers(place, raw)
            else:
                below = readers(place, raw=False)
                # A skip that is left alone changes nothing; one that others stand beside is concatenated once more.
                found.append(f"{ops[place - 1]}({'' if below == ['skip()'] else '+'.join(sorted(below))})")
        return found

    return "+".join(sorted(readers(0, raw=True)))


def every_spelling() -> list[tuple[tuple[int, ...], tuple[str, ...]]]:
    links = product(*(range(place + 1) for place in range(4)))
    return list(product(links, product(OPS, repeat=4)))


def test_there_are_26206() -> None:
    assert len(SPACE) == len(list(SPACE)) == 26_206
    assert isinstance(SPACE, Isomorphic)
    assert len({SPACE.canonical(arch) for arch in SPACE}) == 26_206


def test_every_spelling_means_a_member_and_equal_ones_the_same() -> None:
    every = every_spelling()
    picked = np.random.default_rng(0).choice(len(every), 4_000, replace=False)
    by_text: dict[str, set[Architecture]] = {}
    for index in picked:
        links, ops = every[index]
        if set(ops) != {"skip"}:
            by_text.setdefault(spelling(links, ops), set()).add(SPACE.from_links(links, ops))
    assert all(len(archs) == 1 for archs in by_text.values())
    assert len(by_text) == len(set.union(*by_text.values()))


def test_names_of_nodes_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        arch = SPACE.sample(rng)
        links, ops = LINKS[arch.genome[0]], [OPS[code] for code in arch.genome[1:]]
        for order in permutations(range(4)):
            names = [0, *(order.index(node) + 1 for node in range(4))]
            renamed = [names[links[node]] for node in order]
            if all(link <= place for place, link in enumerate(renamed)):
                assert SPACE.from_links(renamed, [ops[node] for node in order]) == arch


def test_an_example_of_the_authors() -> None:
    arch = SPACE.parse("Arch([0, 1, 2, 1], ['gcn', 'gin', 'fc', 'cheb'])")
    assert SPACE.parse("Arch([0, 1, 1, 2], ['gcn', 'gin', 'cheb', 'fc'])") == arch
    assert SPACE.hash(arch) == 61237
    # Their README calls this the same, in which fc reads another node; their code does not.
    assert SPACE.hash(SPACE.parse("Arch([0, 1, 1, 2], ['gcn', 'cheb', 'gin', 'fc'])")) == 61327


def test_skips_move_to_the_front() -> None:
    expected = SPACE.parse("Arch([0, 1, 2, 3], ['skip', 'skip', 'gcn', 'gat'])")
    for text in (
        "Arch([0, 1, 2, 3], ['gcn', 'skip', 'gat', 'skip'])",
        "Arch([0, 1, 2, 0], ['skip', 'gcn', 'gat', 'skip'])",
    ):
        assert SPACE.parse(text) == expected
    beside = SPACE.parse("Arch([0, 1, 1, 1], ['gcn', 'skip', 'gat', 'skip'])")
    assert SPACE.format(beside) == "Arch([0, 1, 1, 1], ['gcn', 'gat', 'skip', 'skip'])"


def test_hashes_go_both_ways() -> None:
    for arch in list(SPACE)[::200]:
        assert SPACE.parse(f"{SPACE.hash(arch)}") == SPACE.parse(SPACE.canonical(arch)) == arch


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("90000", "expected Arch"),
        ("00009", "expected Arch"),
        ("123456", "expected Arch"),
        ("88888", "other than skip"),
        ("Arch([0, 0, 0, 0], ['skip', 'skip', 'skip', 'skip'])", "other than skip"),
        ("Arch([0, 0, 0, 4], ['gcn', 'gcn', 'gcn', 'gcn'])", "of an earlier node"),
        ("Arch([0, 0, 0, -1], ['gcn', 'gcn', 'gcn', 'gcn'])", "of an earlier node"),
        ("Arch([0, 0, 0, True], ['gcn', 'gcn', 'gcn', 'gcn'])", "of an earlier node"),
        ("Arch([0, 0, 0], ['gcn', 'gcn', 'gcn', 'gcn'])", "of an earlier node"),
        ("Arch([0, 0, 0, 0], ['gcn', 'gcn', 'gcn'])", "expected 4 names"),
        ("Arch([0, 0, 0, 0], 'gcn')", "expected 4 names"),
        ("Arch(exit())", "expected Arch"),
        ("1" * 5000, "expected Arch"),
        ("[" * 150, "expected Arch"),
    ],
)
def test_other_texts_are_refused(text: str, error: str) -> None:
    with pytest.raises(InputError, match=error):
        SPACE.parse(text)


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown NAS-Bench-Graph operation 'sages': did you mean 'sage'"):
        SPACE.parse("Arch([0, 0, 0, 0], ['gcn', 'gcn', 'gcn', 'sages'])")


def test_graphs_have_the_links() -> None:
    graph = SPACE.graph(SPACE.parse("Arch([0, 1, 1, 2], ['gcn', 'cheb', 'gin', 'fc'])"))
    assert graph.ops == ("input", "gcn", "cheb", "gin", "fc", "output")
    pairs = sorted(map(tuple, np.argwhere(graph.adjacency).tolist()))
    assert pairs == [(0, 1), (1, 2), (1, 3), (2, 4), (3, 5), (4, 5)]
