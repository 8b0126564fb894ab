"""Every registered space keeps the contract that third parties test theirs with; and so does the example."""

from __future__ import annotations

from zcnas.searchspaces import SPACES
from zcnas.testing import SpaceContract, ToySpace


class TestToySpace(SpaceContract):
    space = ToySpace()


class TestNASBench201(SpaceContract):
    space = SPACES.create("nasbench201")


def test_no_space_is_forgotten() -> None:
    tested = {contract.space.name for contract in SpaceContract.__subclasses__()}
    assert set(SPACES) <= tested
