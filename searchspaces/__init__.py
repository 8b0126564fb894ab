"""Search spaces: adapters that turn a benchmark's spelling into architectures and networks, and spaces of your own."""

from __future__ import annotations

from zcnas.registry import Registry
from zcnas.searchspaces.choice import ChoiceSpace
from zcnas.searchspaces.darts import DARTS, DARTSS1, DARTSS2, DARTSS3, DARTSS4, DARTSWithNone
from zcnas.searchspaces.nasbench101 import NASBench101
from zcnas.searchspaces.nasbench201 import NASBench201
from zcnas.space import SearchSpace

__all__ = ["DARTS", "SPACES", "ChoiceSpace", "NASBench101", "NASBench201", "get"]

SPACES: Registry[SearchSpace] = Registry("search space", group="searchspaces")
SPACES.register(NASBench101.name, NASBench101)
SPACES.register(NASBench201.name, NASBench201)
for _space in (DARTS, DARTSWithNone, DARTSS1, DARTSS2, DARTSS3, DARTSS4):
    SPACES.register(_space.name, _space)


def get(name: str) -> SearchSpace:
    """The search space registered under ``name``.

    Raises:
        UnknownNameError: No such space; the message lists those that there are.

    >>> len(get("nasbench201"))
    15625
    """
    return SPACES.create(name)
