"""Every proxy against its oracle: slow, obvious and independent, in float64."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

import zcnas
from tests.oracles.problems import MAKERS, NoMeaning, problem
from tests.oracles.registry import ORACLES
from zcnas.proxies import PROXIES

# Both sides round to 1e-16; sums of a few hundred numbers, and eigenvalues over a condition of 1e5, lose some of it.
RELATIVE = dict.fromkeys(MAKERS, 1e-09)
# Torch's derivative of the hard sigmoid multiplies by a sixth in float32, even in float64.
RELATIVE["tied"] = 2e-7
# A layer's part may cancel to nothing where its norm makes it so in theory.
ABSOLUTE = 1e-13


def test_every_proxy_has_an_oracle() -> None:
    assert set(ORACLES) == set(PROXIES), "a new proxy needs an oracle in tests/oracles/registry.py"


@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("where", MAKERS)
def test_oracle(where: str, name: str) -> None:
    given = problem(where)
    score = zcnas.score(given.network, name, batch=given.batches, seed=given.seed, per_layer=True).details[name]
    try:
        expected = ORACLES[name](given)
    except NoMeaning:
        assert score.status == "undefined", score
        return
    assert score.status == "ok", score
    if isinstance(expected, Mapping):
        assert score.layers == pytest.approx(dict(expected), rel=RELATIVE[where], abs=ABSOLUTE)
        expected = math.fsum(expected.values())
    assert score.value == pytest.approx(expected, rel=RELATIVE[where], abs=ABSOLUTE)
