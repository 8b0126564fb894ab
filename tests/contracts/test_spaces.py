"""Every registered space keeps the contract that third parties test theirs with; and so does the example."""

from __future__ import annotations

import numpy as np
import pytest

from tests.searchspaces.choice_networks import network
from zcnas.errors import InputError
from zcnas.searchspaces import SPACES, ChoiceSpace
from zcnas.testing import SpaceContract, ToyCells, ToySpace


class TestToySpace(SpaceContract):
    space = ToySpace()


class TestToyCells(SpaceContract):
    space = ToyCells()


class TestChoiceSpace(SpaceContract):
    space = ChoiceSpace("mine", {"depth": [1, 2, 3], "width": [4, 8], "kernel": [3, 5]}, build=network)


class TestDARTS(SpaceContract):
    space = SPACES.create("darts")


class TestDARTSWithNone(SpaceContract):
    space = SPACES.create("darts_with_none")


class TestDARTSS1(SpaceContract):
    space = SPACES.create("darts_s1")


class TestDARTSS2(SpaceContract):
    space = SPACES.create("darts_s2")


class TestDARTSS3(SpaceContract):
    space = SPACES.create("darts_s3")


class TestDARTSS4(SpaceContract):
    space = SPACES.create("darts_s4")


class TestFBNet(SpaceContract):
    space = SPACES.create("fbnet")


class TestOFAMobileNetV3(SpaceContract):
    space = SPACES.create("ofa_mobilenetv3")


class TestProxylessNAS(SpaceContract):
    space = SPACES.create("proxylessnas")


class TestNASBench101(SpaceContract):
    space = SPACES.create("nasbench101")


class TestNASBench1Shot1Space1(SpaceContract):
    space = SPACES.create("nasbench1shot1_1")


class TestNASBench1Shot1Space2(SpaceContract):
    space = SPACES.create("nasbench1shot1_2")


class TestNASBench1Shot1Space3(SpaceContract):
    space = SPACES.create("nasbench1shot1_3")


class TestNASBench201(SpaceContract):
    space = SPACES.create("nasbench201")


class TestNASBenchASR(SpaceContract):
    space = SPACES.create("nasbench_asr")
    image = (80, 16)


class TestNASBenchGraph(SpaceContract):
    space = SPACES.create("nasbench_graph")
    image = (1433,)


class TestNASBenchNLP(SpaceContract):
    space = SPACES.create("nasbench_nlp")
    image = (3, 400)


class TestNASBenchMacro(SpaceContract):
    space = SPACES.create("nasbench_macro")


class TestNATSBenchSize(SpaceContract):
    space = SPACES.create("natsbench_size")


class TestTransNASBench101Micro(SpaceContract):
    space = SPACES.create("transnasbench101_micro")


class TestTransNASBench101Macro(SpaceContract):
    space = SPACES.create("transnasbench101_macro")


def test_no_space_is_forgotten() -> None:
    tested = {contract.space.name for contract in SpaceContract.__subclasses__()}
    assert set(SPACES) <= tested


class Lonely(ToySpace):
    """One architecture only."""

    name = "lonely"
    choices = (1, 1, 1)


def test_an_architecture_without_neighbours_cannot_be_mutated() -> None:
    (arch,) = Lonely()
    assert Lonely().neighbours(arch) == []
    with pytest.raises(InputError, match="lonely: lonely:0-0-0 has no neighbour"):
        Lonely().mutate(arch, np.random.default_rng(0))
