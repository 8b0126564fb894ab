"""What needs an extra says so, and the rest does without."""

from __future__ import annotations

import sys

import pytest

from zcnas.errors import MissingExtraError
from zcnas.search import ALGORITHMS
from zcnas.testing import ToySpace


@pytest.mark.parametrize(("name", "package"), [("nsga2", "pymoo"), ("nsga3", "pymoo"), ("optuna", "optuna")])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    for module in [module for module in sys.modules if module.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"expected " + package + r".*zcnas\[search\]"):
        ALGORITHMS.create(name, ToySpace())
