"""Every search algorithm keeps the contract that third parties test theirs with."""

from __future__ import annotations

from zcnas.algorithm import SearchAlgorithm
from zcnas.data import load
from zcnas.opscore import ZeroCostPT
from zcnas.testing import SearchAlgorithmContract, ToyCells


class TestZeroCostPT(SearchAlgorithmContract):
    count = 1

    def make(self, seed: int) -> SearchAlgorithm:
        images = load("noise", channels=3, size=8)
        return ZeroCostPT(ToyCells(), images, proposals=6, validations=1, batch_size=8, seed=seed, progress=False)
