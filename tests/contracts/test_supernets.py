"""Every supernet keeps the contract that third parties test theirs with; and so does the example."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import Tensor

from tests.searchspaces.nasbench1shot1_naive import naive_logits
from zcnas.searchspaces import SPACES
from zcnas.searchspaces.darts.operations import Noise, Zero
from zcnas.searchspaces.mobilenet import fbnet, proxylessnas
from zcnas.searchspaces.nasbench1shot1.supernet import decided_cell
from zcnas.supernet import Decisions, HasSupernet, Supernet
from zcnas.testing import SupernetContract, ToyCells


class TestToyCells(SupernetContract):
    space = ToyCells()


class TestNASBench201(SupernetContract):
    space = SPACES.create("nasbench201")
    options: ClassVar = {"C": 4, "N": 1}


class TestProxylessNAS(SupernetContract):
    space = SPACES.create("proxylessnas")
    options: ClassVar = {"skeleton": "tiny"}
    count = 1

    @pytest.fixture(autouse=True)
    def _tiny(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(proxylessnas.SKELETONS, "tiny", proxylessnas.Widths(4, 4, (4, 6, 8, 10, 12, 14), 16))


class TestFBNet(SupernetContract):
    space = SPACES.create("fbnet")
    count = 1

    @pytest.fixture(autouse=True)
    def _tiny(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fbnet, "_STEM", 4)
        monkeypatch.setattr(fbnet, "_WIDTHS", (4, 6, 8, 10, 12, 14, 16))


class NASBench1Shot1Contract(SupernetContract):
    options: ClassVar = {"C": 4, "N": 1}
    members = SPACES.create("nasbench101")

    def expected(self, supernet: Supernet, decisions: Decisions) -> Tensor:
        with torch.no_grad():
            return naive_logits(supernet.network, decided_cell(self.space.number, decisions), 1, self.images())


class TestNASBench1Shot1Space1(NASBench1Shot1Contract):
    space = SPACES.create("nasbench1shot1_1")


class TestNASBench1Shot1Space2(NASBench1Shot1Contract):
    space = SPACES.create("nasbench1shot1_2")


class TestNASBench1Shot1Space3(NASBench1Shot1Contract):
    space = SPACES.create("nasbench1shot1_3")


class TestNASBenchMacro(SupernetContract):
    space = SPACES.create("nasbench_macro")
    options: ClassVar = {"C": 4}


class DARTSContract(SupernetContract):
    options: ClassVar = {"C": 4, "layers": 3}
    build_options: ClassVar = {**options, "affine": False}
    count = 1


class TestDARTS(DARTSContract):
    space = SPACES.create("darts")
    count = 2


class TestDARTSWithNone(DARTSContract):
    space = SPACES.create("darts_with_none")


class TestDARTSS1(DARTSContract):
    space = SPACES.create("darts_s1")


class TestDARTSS2(DARTSContract):
    space = SPACES.create("darts_s2")


class TestDARTSS3(DARTSContract):
    space = SPACES.create("darts_s3")


class TestDARTSS4(DARTSContract):
    space = SPACES.create("darts_s4")

    @pytest.fixture(autouse=True)
    def _noise_that_can_be_compared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def constant(self: Noise, x: Tensor) -> Tensor:
            return Zero.forward(self, x) + torch.linspace(-1, 1, x.shape[1], dtype=x.dtype)[:, None, None]

        monkeypatch.setattr(Noise, "forward", constant)


def test_no_supernet_is_forgotten() -> None:
    tested = {type(contract.space) for contract in _all(SupernetContract) if hasattr(contract, "space")}
    spaces = [SPACES.create(name) for name in SPACES]
    assert {type(space) for space in spaces if isinstance(space, HasSupernet)} <= tested


def _all(contract: type[SupernetContract]) -> list[type[SupernetContract]]:
    return [contract, *(other for child in contract.__subclasses__() for other in _all(child))]
