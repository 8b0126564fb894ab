"""Every example in a docstring is true."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from tests.static.layout import library

WITH_EXAMPLES = [name for name, path in library().items() if ">>> " in path.read_text("utf-8")]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name: str) -> None:
    outcome = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)
    assert outcome.attempted > 0
    assert outcome.failed == 0
