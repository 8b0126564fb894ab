"""What a whole sweep gives."""

from __future__ import annotations

import pytest

from tests.sweep.helpers import score, told


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], str]:
    return told(score())
