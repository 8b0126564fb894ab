"""Contract tests to subclass: for a proxy, space, supernet, predictor or search algorithm; and what they are made of.

They need pytest.
"""

from __future__ import annotations

import pytest

# Failed assertions then show their values; pytest does this by itself only for test files.
pytest.register_assert_rewrite(
    *(f"zcnas.testing.{name}" for name in ("algorithms", "predictors", "proxies", "spaces", "supernets"))
)

from zcnas.testing.algorithms import SearchAlgorithmContract  # noqa: E402
from zcnas.testing.predictors import PredictorContract  # noqa: E402
from zcnas.testing.proxies import ProxyContract  # noqa: E402
from zcnas.testing.spaces import SpaceContract  # noqa: E402
from zcnas.testing.supernets import SupernetContract  # noqa: E402
from zcnas.testing.toy import ToySpace  # noqa: E402
from zcnas.testing.toy_cells import ToyCells  # noqa: E402

__all__ = [
    "PredictorContract",
    "ProxyContract",
    "SearchAlgorithmContract",
    "SpaceContract",
    "SupernetContract",
    "ToyCells",
    "ToySpace",
]
