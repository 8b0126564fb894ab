"""What every search space promises; subclass it once per space."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from inspect import signature
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from zcnas.errors import InputError, ZcnasError
from zcnas.graph import Graph
from zcnas.space import Architecture, Isomorphic, SearchSpace
from zcnas.testing.snapshot import changes, snapshot

_NOTHING = nn.Identity()


class SpaceContract:
    """Tests that hold for every search space, on a sample of its architectures.

    A subclass whose name starts with ``Test`` sets :attr:`space`; pytest does the rest::

        class TestToySpace(SpaceContract):
            space = ToySpace()

    Attributes:
        space: The space under test.
        image: Shape of an image, or of another input, that its networks take.
        count: Number of architectures to try.
        iterable_up_to: Larger spaces are not iterated.
    """

    space: ClassVar[SearchSpace]
    image: ClassVar[tuple[int, ...]] = (3, 16, 16)
    count: ClassVar[int] = 20
    iterable_up_to: ClassVar[int] = 50_000

    def archs(self, seed: int = 0) -> list[Architecture]:
        """A random sample, the same for equal seeds."""
        rng = np.random.default_rng(seed)
        return [self.space.sample(rng) for _ in range(self.count)]

    def outsiders(self) -> list[Architecture]:
        """Architectures that are not in the space."""
        genome = self.archs()[0].genome
        wrong = [(), genome[:-1], (*genome, 0), (-1, *genome[1:]), (self.space.choices[0], *genome[1:])]
        others = [Architecture(self.space.name, other) for other in wrong]
        return [Architecture(f"not-{self.space.name}", genome), *others]

    def test_samples_lie_inside_and_depend_on_the_generator_alone(self) -> None:
        before = snapshot(_NOTHING)
        first, again, other = self.archs(), self.archs(), self.archs(seed=1)
        assert changes(before, snapshot(_NOTHING)) == []
        assert first == again
        assert first != other
        assert all(arch in self.space and arch.space == self.space.name for arch in first)

    def test_architectures_are_plain_values(self) -> None:
        for arch in self.archs():
            assert all(type(gene) is int for gene in arch.genome)
            assert pickle.loads(pickle.dumps(arch)) == arch  # noqa: S301
            assert arch.key == f"{self.space.name}:{'-'.join(map(str, arch.genome))}"
            assert self.space.architecture(tuple(np.array(arch.genome))) == arch

    def test_its_repr_tells_its_arguments(self) -> None:
        if signature(type(self.space)).parameters:
            again = pickle.loads(pickle.dumps(self.space))  # noqa: S301
            assert repr(again) == repr(self.space)

    def test_outsiders_are_not_members(self) -> None:
        others = [None, self.space.name, self.archs()[0].genome, *self.outsiders()]
        assert [outsider for outsider in others if outsider in self.space] == []

    def test_outsiders_are_refused(self) -> None:
        space, inside, rng = self.space, self.archs()[0], np.random.default_rng(0)
        uses: list[Callable[[Architecture], object]] = [
            *(space.format, space.graph, space.build, space.neighbours),
            lambda arch: space.mutate(arch, rng),
            lambda arch: space.crossover(inside, arch, rng),
            lambda arch: space.crossover(arch, inside, rng),
            *([space.canonical] if isinstance(space, Isomorphic) else []),
        ]
        for outsider in self.outsiders():
            for use in uses:
                with pytest.raises(InputError, match=space.name):
                    use(outsider)

    def test_spelling_goes_both_ways(self) -> None:
        archs = self.archs()
        texts = [self.space.format(arch) for arch in archs]
        assert [self.space.parse(text) for text in texts] == archs
        assert len(set(texts)) == len(set(archs))

    def test_other_spellings_are_refused(self) -> None:
        text = self.space.format(self.archs()[0])
        for wrong in ("", "nonsense", text + text, text[: len(text) // 2], "\0", "é" * 1000):
            with pytest.raises(ZcnasError) as caught:
                self.space.parse(wrong)
            assert len(str(caught.value)) > len("nonsense")

    def test_iteration_gives_every_architecture_once(self) -> None:
        if self.space.size <= self.iterable_up_to:
            archs = list(self.space)
            assert len(archs) == len(set(archs)) == len(self.space)
            assert set(self.archs()) <= set(archs)
            assert all(arch in self.space for arch in archs)

    def test_neighbours_differ_in_one_place_and_know_each_other(self) -> None:
        for arch in self.archs()[:5]:
            neighbours = self.space.neighbours(arch)
            assert len(neighbours) == len(set(neighbours)) > 0
            for other in neighbours:
                assert other in self.space
                assert sum(a != b for a, b in zip(arch.genome, other.genome, strict=True)) == 1
                assert arch in self.space.neighbours(other)

    def test_mutants_are_neighbours_and_depend_on_the_generator_alone(self) -> None:
        for seed, arch in enumerate(self.archs()):
            first, again = (self.space.mutate(arch, np.random.default_rng(seed)) for _ in range(2))
            assert first == again
            assert first in self.space.neighbours(arch)
        rng = np.random.default_rng(0)
        assert len({self.space.mutate(self.archs()[0], rng) for _ in range(50)}) > 1

    def test_children_take_every_gene_from_a_parent(self) -> None:
        for seed, (first, second) in enumerate(zip(self.archs(), self.archs(seed=1), strict=True)):
            child, again = (self.space.crossover(first, second, np.random.default_rng(seed)) for _ in range(2))
            assert child == again
            assert child in self.space
            assert all(gene in both for gene, *both in zip(child.genome, first.genome, second.genome, strict=True))
            assert self.space.crossover(first, first, np.random.default_rng(seed)) == first

    def test_networks_map_images_to_logits(self) -> None:
        images = torch.linspace(-1, 1, 2 * int(np.prod(self.image))).view(2, *self.image)
        for classes, arch in enumerate(self.archs()[:4], start=2):
            with torch.no_grad():
                logits = self.space.build(arch, num_classes=classes, seed=0)(images)
            assert logits.shape == (2, classes)
            assert torch.isfinite(logits).all()

    def test_weights_depend_on_the_seed_and_the_architecture_alone(self) -> None:
        first, *others = dict.fromkeys(self.archs())
        expected = self._weights(first, seed=0)
        torch.rand(1)
        before = snapshot(_NOTHING)
        assert self._weights(first, seed=0) == expected
        assert changes(before, snapshot(_NOTHING)) == []
        assert self._weights(first, seed=1) != expected
        assert self._weights(others[0], seed=0) != expected

    def test_without_a_seed_weights_come_from_the_global_random_state(self) -> None:
        arch = self.archs()[0]
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            first, second = self._weights(arch), self._weights(arch)
            torch.default_generator.manual_seed(0)
            assert self._weights(arch) == first != second

    def _weights(self, arch: Architecture, seed: int | None = None) -> list[tuple[str, str]]:
        """Digests: where an assertion on thousands of numbers fails, pytest spends minutes on telling them apart."""
        state = self.space.build(arch, seed=seed).state_dict()
        return [(name, hashlib.blake2b(value.numpy().tobytes()).hexdigest()) for name, value in state.items()]

    def test_graphs_are_graphs(self) -> None:
        for arch in self.archs():
            graph, again = self.space.graph(arch), self.space.graph(arch)
            assert isinstance(graph, Graph)
            assert (graph.ops[0], graph.ops[-1]) == ("input", "output")
            assert set(np.unique(graph.adjacency)) <= {0, 1}
            assert (graph.ops, graph.adjacency.tolist()) == (again.ops, again.adjacency.tolist())

    def test_canonical_forms_are_stable(self) -> None:
        if isinstance(self.space, Isomorphic):
            for arch in self.archs():
                form = self.space.canonical(arch)
                assert isinstance(form, str)
                assert self.space.canonical(self.space.parse(self.space.format(arch))) == form
