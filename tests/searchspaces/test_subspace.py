"""Some architectures as a space of their own."""

from __future__ import annotations

import numpy as np
import pytest

from zcnas.benchmarks import digits
from zcnas.errors import InputError
from zcnas.searchspaces import Subspace, get
from zcnas.space import Architecture

TABLE = digits()


def test_a_subspace_keeps_to_its_members() -> None:
    space = Subspace(get("nasbench201"), TABLE.archs)
    rng = np.random.default_rng(0)
    assert len(space) == len(list(space)) == len(TABLE)
    for arch in [space.sample(rng) for _ in range(20)]:
        near = space.neighbours(arch)
        assert near
        assert all(other in space and arch in space.neighbours(other) for other in near)
        assert space.mutate(arch, rng) in near
        assert space.parse(space.format(arch)) == arch
    outsider = next(arch for arch in get("nasbench201") if arch not in space)
    for use in (space.build, space.format, space.graph, space.neighbours):
        with pytest.raises(InputError, match="nasbench201"):
            use(outsider)
    assert repr(space) == repr(Subspace(get("nasbench201"), TABLE.archs)) != repr(Subspace(space, TABLE.archs[:9]))
    for wrong in ([], TABLE.archs[:1], [TABLE.archs[0], Architecture("toy", (0, 0, 0))]):
        with pytest.raises(InputError, match="at least 2 different architectures of nasbench201"):
            Subspace(get("nasbench201"), wrong)
    with pytest.raises(InputError, match="radius"):
        Subspace(get("nasbench201"), TABLE.archs, radius=0)
    assert Subspace(get("nasbench201"), TABLE.archs[:2], radius=6).radius == 6
