"""Search spaces by name."""

from __future__ import annotations

import pytest

from zcnas.errors import UnknownNameError
from zcnas.searchspaces import SPACES, NASBench201, get


def test_a_space_is_found_by_its_name() -> None:
    assert isinstance(get("nasbench201"), NASBench201)
    assert all(get(name).name == name for name in SPACES)


def test_an_unknown_name_brings_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'nasbench201'"):
        get("nasbench-201")
