"""What every supernet promises; subclass it once per space."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from zcnas.errors import InputError
from zcnas.features import HasFeatures
from zcnas.scoring import score
from zcnas.supernet import Decisions, HasSupernet, Masking, Mixing, Supernet
from zcnas.testing.choices import copied_weights, only, some_decisions, some_masks
from zcnas.testing.snapshot import changes, snapshot

_NOTHING = nn.Identity()
_PROXIES = ("params", "nwot", "synflow", "grad_norm")


class SupernetContract:
    """Tests that hold for every supernet, on random masks and decisions.

    A subclass whose name starts with ``Test`` sets :attr:`space`; pytest does the rest::

        class TestToyCells(SupernetContract):
            space = ToyCells()

    Attributes:
        space: The space under test, which has ``supernet``.
        options: For its ``supernet``: small sizes make the tests fast.
        build_options: For its ``build``, where they differ: they give networks of the same size.
        members: The space of what is decided, where it is another.
        image: Shape of an image, or of another input, that its networks take.
        count: Number of masks and of decisions to try.
    """

    space: ClassVar[Any]
    options: ClassVar[Mapping[str, Any]] = {}
    build_options: ClassVar[Mapping[str, Any] | None] = None
    members: ClassVar[Any] = None
    image: ClassVar[tuple[int, ...]] = (3, 8, 8)
    count: ClassVar[int] = 4
    _shared: ClassVar[Supernet]

    def supernet(self, seed: int | None = 0) -> Supernet:
        """A small one, in double precision so that little is lost to rounding."""
        made: Supernet = self.space.supernet(seed=seed, **self.options)
        made.network.double()
        return made

    @property
    def shared(self) -> Supernet:
        """One for all tests that change no more of it than running statistics and its own weights."""
        cls = type(self)
        if "_shared" not in vars(cls):
            cls._shared = self.supernet()
        return cls._shared

    def images(self) -> Tensor:
        """A few, the same each time."""
        return torch.randn(3, *self.image, generator=torch.Generator().manual_seed(0)).double()

    def logits(self, network: nn.Module) -> Tensor:
        """What it makes of the images in train mode, where norms read the images alone."""
        with torch.no_grad():
            logits: Tensor = network(self.images())
        return logits

    def expected(self, supernet: Supernet, decisions: Decisions) -> Tensor:
        """What the decided architecture makes of the images with the supernet's weights, by other means than a view.

        Here the space builds its network. Where this is another one by construction, override this.
        """
        options = self.options if self.build_options is None else self.build_options
        network = self.space.build(supernet.decode(decisions), seed=0, **options).double()
        return self.logits(copied_weights(supernet.view(only(supernet, decisions)), network))

    def mixings(self, supernet: Supernet) -> list[Mixing]:
        """Random ones, the same each time."""
        rng = np.random.default_rng(0)
        return [some_masks(supernet, rng) for _ in range(self.count)]

    def decisions(self, supernet: Supernet) -> list[Decisions]:
        """Random ones, the same each time."""
        rng = np.random.default_rng(1)
        return [some_decisions(supernet, rng) for _ in range(self.count)]

    def test_the_space_has_a_supernet(self) -> None:
        assert isinstance(self.space, HasSupernet)
        with torch.no_grad():
            logits = self.space.supernet(num_classes=7, seed=0, **self.options).network(self.images().float())
        assert logits.shape == (3, 7)
        assert torch.isfinite(logits).all()

    def test_choices_have_names_of_their_own(self) -> None:
        supernet = self.shared
        assert len({edge.name for edge in supernet.edges}) == len(supernet.edges)
        assert all(len(set(edge.operations)) == len(edge.operations) for edge in supernet.edges)
        ends = [edge for node in supernet.nodes for edge in node.edges]
        assert len(ends) == len(set(ends))

    @pytest.mark.parametrize("masking", ["skip", "zeros"])
    def test_views_share_parameters_and_leave_the_supernet(self, masking: Masking) -> None:
        supernet = self.shared
        before, own = snapshot(supernet.network), {id(one) for one in supernet.network.parameters()}
        for mixing in [supernet.uniform(), *self.mixings(supernet)]:
            view = supernet.view(mixing, masking)
            assert {id(one) for one in view.parameters()} <= own
            assert {id(one) for one in view.buffers()} <= {id(one) for one in supernet.network.buffers()}
        assert changes(before, snapshot(supernet.network)) == []
        assert {id(one) for one in supernet.view(supernet.uniform()).parameters()} == own

    def test_masked_operations_are_neither_there_nor_run_nor_differentiated(self) -> None:
        for mixing in self.mixings(supernet := self.shared):
            masked = [op for weight, op in _operations(supernet, mixing) if not weight]
            ran: list[nn.Module] = []
            hooks = [op.register_forward_hook(lambda op, *_, ran=ran: ran.append(op)) for op in masked]
            view, lost = supernet.view(mixing), {one for op in masked for one in op.parameters()}
            view(self.images()).sum().backward()
            graded = [one for one in supernet.network.parameters() if one.grad is not None]
            for hook in hooks:
                hook.remove()
            supernet.network.zero_grad()
            assert ran == []
            assert graded
            assert not set(masked) & set(view.modules())
            assert not lost & ({*graded} | {*view.parameters()})

    def test_masking_by_zeros_gives_the_same_output(self) -> None:
        for mixing in self.mixings(supernet := self.shared):
            outputs = [self.logits(supernet.view(mixing, masking)) for masking in _MASKINGS]
            assert torch.equal(*outputs)

    def test_what_carries_nothing_can_be_masked_without_a_change(self) -> None:
        empty = _empty(supernet := self.shared)
        for mixing in self.mixings(supernet):
            without = [
                [0.0 if (edge, op) in empty else weight for op, weight in enumerate(row)]
                for edge, row in enumerate(mixing)
            ]
            outputs = [self.logits(supernet.view(one)) for one in (mixing, tuple(map(tuple, without)))]
            assert torch.equal(*outputs)

    def test_weights_of_the_network_itself_are_differentiated(self) -> None:
        for mixing in self.mixings(supernet := self.shared):
            weights = [torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in mixing]
            expected = self.logits(supernet.view(mixing))
            supernet.mix(weights)
            torch.testing.assert_close(self.logits(supernet.network), expected)
            supernet.network(self.images()).square().sum().backward()
            supernet.network.zero_grad()
            assert any(row.grad is not None and bool(row.grad.any()) for row in weights)

    def test_what_is_decided_computes_what_the_architecture_does(self) -> None:
        for decisions in self.decisions(supernet := self.shared):
            view = supernet.view(only(supernet, decisions))
            torch.testing.assert_close(self.logits(view), self.expected(supernet, decisions))

    def test_decisions_are_members_of_the_space(self) -> None:
        supernet, space = self.shared, self.members or self.space
        rng = np.random.default_rng(2)
        found = [supernet.decode(some_decisions(supernet, rng)) for _ in range(50)]
        assert all(arch in space for arch in found)
        assert len(set(found)) > 1

    def test_other_decisions_are_refused(self) -> None:
        supernet = self.shared
        (good, *_) = self.decisions(supernet)
        kept = next(edge for edge, op in enumerate(good) if op is not None)
        for wrong in ((), good[:-1], (*good, 0), (*good[:kept], 99, *good[kept + 1 :])):
            with pytest.raises(InputError):
                supernet.decode(wrong)

    def test_other_weights_are_refused(self) -> None:
        supernet = self.shared
        (first, *rest) = supernet.uniform()
        for wrong in ((), (first,), ((*first, 1.0), *rest), ((float("nan"), *first[1:]), *rest)):
            with pytest.raises(InputError, match=r"mixing: expected"):
                supernet.view(wrong)

    def test_starting_weights_depend_on_the_generator_alone(self) -> None:
        supernet = self.shared
        drawn = [supernet.drawn(np.random.default_rng(seed)) for seed in (0, 0, 1)]
        assert drawn[0] == drawn[1] != drawn[2]
        for mixing in (supernet.uniform(), *drawn):
            supernet.check(mixing)
            assert all(weight > 0 for row in mixing for weight in row)

    def test_parameters_depend_on_the_seed_alone(self) -> None:
        torch.rand(1)
        before = snapshot(_NOTHING)
        again, other = (_digest(self.supernet(seed)) for seed in (0, 1))
        assert changes(before, snapshot(_NOTHING)) == []
        assert _digest(self.shared) == again != other
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            third, fourth = _digest(self.supernet(None)), _digest(self.supernet(None))
            assert third != fourth

    def test_named_blocks_are_in_every_view(self) -> None:
        supernet = self.shared
        for mixing in (*self.mixings(supernet), *(only(supernet, one) for one in self.decisions(supernet))):
            view = supernet.view(mixing)
            if isinstance(view, HasFeatures):
                seen = [view.get_submodule(name) for name in (*view.block_names, view.last_map_name)]
                assert len(set(seen)) >= len(view.block_names)

    def test_views_can_be_scored(self) -> None:
        supernet = self.shared
        before, batch = snapshot(supernet.network), (self.images(), torch.arange(3))
        for mixing in (supernet.uniform(), only(supernet, self.decisions(supernet)[0])):
            scores = score(supernet.view(mixing), _PROXIES, batch=batch)
            assert {name: scores.details[name].reason for name in scores if scores.status(name) != "ok"} == {}
        assert changes(before, snapshot(supernet.network)) == []

    def test_copies_are_equal_and_apart(self) -> None:
        supernet = self.shared
        other, mixing = pickle.loads(pickle.dumps(supernet)), self.mixings(supernet)[0]  # noqa: S301
        assert torch.equal(self.logits(other.view(mixing)), self.logits(supernet.view(mixing)))
        assert (other.edges, other.nodes) == (supernet.edges, supernet.nodes)
        assert other.decode(self.decisions(supernet)[0]) == supernet.decode(self.decisions(supernet)[0])
        assert not set(other.network.parameters()) & set(supernet.network.parameters())


_MASKINGS: tuple[Masking, ...] = ("skip", "zeros")


def _operations(supernet: Supernet, mixing: Mixing) -> list[tuple[float, nn.Module]]:
    return [
        (mixing[mixture.edge][int(place)], op)
        for mixture in supernet.mixtures()
        for place, op in mixture.operations.items()
    ]


def _empty(supernet: Supernet) -> set[tuple[int, int]]:
    """Edges and operations without a module."""
    return {
        (mixture.edge, op)
        for mixture in supernet.mixtures()
        for op in range(len(mixture.weights))
        if str(op) not in mixture.operations
    }


def _digest(supernet: Supernet) -> list[tuple[str, float]]:
    return [(name, value.sum().item()) for name, value in supernet.network.named_parameters()]
