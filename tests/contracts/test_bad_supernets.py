"""The contract for supernets finds what it should: each of these breaks one promise."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from zcnas.space import Architecture
from zcnas.supernet import Decisions, Edge, Masking, Mixing, Mixture, Supernet
from zcnas.testing import SupernetContract, ToyCells


class Hoarder(Mixture):
    """Keeps what is masked, times 0."""

    def masked(self, weights: Sequence[float], masking: Masking = "skip") -> Mixture:
        other = copy.copy(self)
        other.weights = weights
        return other


class Deaf(Mixture):
    """Does not listen to its weights."""

    def forward(self, x: Tensor) -> Tensor | None:
        return sum((op(x) for op in self.operations.values()), start=torch.zeros_like(x))


class Noisy(Mixture):
    """Where masked operations compute on zeros, there is something else in the sum."""

    def masked(self, weights: Sequence[float], masking: Masking = "skip") -> Mixture:
        return super().masked([weight or 0.1 * (masking == "zeros") for weight in weights], masking)


class Copier(Supernet):
    def view(self, mixing: Mixing, masking: Masking = "skip") -> nn.Module:
        return copy.deepcopy(super().view(mixing, masking))


class Editor(Supernet):
    def view(self, mixing: Mixing, masking: Masking = "skip") -> nn.Module:
        self.check(mixing)
        self.mix(mixing)
        return super().view(mixing, masking)


class Unchecked(Supernet):
    def check(self, mixing: Mixing) -> None:
        pass


class Changed(ToyCells):
    """Has mixtures and a supernet of another class."""

    def __init__(self, mixture: type[Mixture] = Mixture, supernet: type[Supernet] = Supernet) -> None:
        self.kinds = mixture, supernet

    def supernet(self, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> Supernet:
        made = super().supernet(num_classes=num_classes, seed=seed, width=width)
        for mixture in made.mixtures():
            mixture.__class__ = self.kinds[0]
        made.__class__ = self.kinds[1]
        return made


class Unseeded(ToyCells):
    def supernet(self, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> Supernet:
        return super().supernet(num_classes=num_classes, width=width)


class TenClasses(ToyCells):
    def supernet(self, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> Supernet:
        return super().supernet(seed=seed, width=width)


class Mirrored(ToyCells):
    def _decided(self, decisions: Decisions) -> Architecture:
        first, second, source = super()._decided(decisions).genome
        return self.architecture((second, first, source))


class Abroad(ToyCells):
    def _decided(self, decisions: Decisions) -> Architecture:
        return Architecture("elsewhere", super()._decided(decisions).genome)


class Monotonous(ToyCells):
    def _decided(self, _: Decisions) -> Architecture:
        return self.architecture((0, 0, 0))


class Ambiguous(ToyCells):
    def supernet(self, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> Supernet:
        made = super().supernet(num_classes=num_classes, seed=seed, width=width)
        made.edges = tuple(Edge(edge.name, (*edge.operations[:-1], "skip")) for edge in made.edges)
        return made


class Misnamed(ToyCells):
    def supernet(self, *, num_classes: int = 10, seed: int | None = None, width: int = 4) -> Supernet:
        made = super().supernet(num_classes=num_classes, seed=seed, width=width)
        # What is masked has no place in a view.
        network = made.network
        network.block_names, network.last_map_name = ("0", "1.edges.0.operations.2"), "2"  # type: ignore[assignment]
        return made


@pytest.mark.parametrize(
    ("space", "name", "arguments"),
    [
        (Changed(Hoarder), "test_masked_operations_are_neither_there_nor_run_nor_differentiated", ()),
        (Changed(Deaf), "test_weights_of_the_network_itself_are_differentiated", ()),
        (Changed(Noisy), "test_masking_by_zeros_gives_the_same_output", ()),
        (Changed(supernet=Copier), "test_views_share_parameters_and_leave_the_supernet", ("skip",)),
        (Changed(supernet=Editor), "test_views_share_parameters_and_leave_the_supernet", ("zeros",)),
        (Unseeded(), "test_parameters_depend_on_the_seed_alone", ()),
        (TenClasses(), "test_the_space_has_a_supernet", ()),
        (Mirrored(), "test_what_is_decided_computes_what_the_architecture_does", ()),
        (Abroad(), "test_decisions_are_members_of_the_space", ()),
        (Monotonous(), "test_decisions_are_members_of_the_space", ()),
        (Ambiguous(), "test_choices_have_names_of_their_own", ()),
    ],
)
def test_a_bad_supernet_is_found_out(space: ToyCells, name: str, arguments: tuple[str, ...]) -> None:
    contract = type("Contract", (SupernetContract,), {"space": space})()
    with pytest.raises((AssertionError, RuntimeError, ValueError)):
        getattr(contract, name)(*arguments)


@pytest.mark.parametrize(
    ("space", "name"),
    [
        (Monotonous(), "test_other_decisions_are_refused"),
        (Changed(supernet=Unchecked), "test_other_weights_are_refused"),
    ],
)
def test_a_supernet_that_takes_anything_is_found_out(space: ToyCells, name: str) -> None:
    contract = type("Contract", (SupernetContract,), {"space": space})()
    with pytest.raises((pytest.fail.Exception, IndexError)):
        getattr(contract, name)()


def test_names_of_blocks_that_views_lack_are_found_out() -> None:
    contract = type("Contract", (SupernetContract,), {"space": Misnamed()})()
    with pytest.raises(AttributeError):
        contract.test_named_blocks_are_in_every_view()
