"""Equal networks share scores; what counts dead edges is each one's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import zcnas
from tests.sweep.helpers import score
from zcnas.errors import InputError
from zcnas.proxies import PROXIES
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.sweep import SpaceScores

SPACE = NASBench201()
# A convolution on a dead edge, none there, a mirror image of the second, another network.
EQUAL = [
    SPACE.parse("|nor_conv_1x1~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"),
    SPACE.parse("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"),
    SPACE.parse("|skip_connect~0|+|none~0|none~1|+|none~0|nor_conv_3x3~1|none~2|"),
]
OTHER = SPACE.parse("|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|")


def score_cells(archs: list[Architecture], names: list[str], **options: Any) -> SpaceScores:
    return score(archs, names, space=SPACE, build={"C": 4, "N": 1}, **options)


def test_equal_networks_share_scores() -> None:
    names = ["params", "l2_norm", "snip", "synflow", "flops", "gradsign_released"]
    scores = score_cells([*EQUAL, OTHER], names, deduplicate=True)
    for name in ("snip", "synflow", "flops"):
        first, second, third, other = scores[name]
        assert first == second == third != other
    plain = score_cells([*EQUAL, OTHER], names)
    for name in ("params", "l2_norm", "gradsign_released"):
        assert scores[name].tolist() == plain[name].tolist()
    assert plain["params"][0] > plain["params"][1]
    assert plain["snip"][0] != plain["snip"][1]


def test_shared_scores_do_not_depend_on_who_asked_first() -> None:
    one = score_cells(EQUAL, ["snip"], deduplicate=True)
    other = score_cells(EQUAL[::-1], ["snip"], deduplicate=True, workers=2)
    assert other["snip"].tolist() == one["snip"].tolist()


def test_equal_networks_are_in_one_shard() -> None:
    parts = [score_cells(EQUAL, ["params"], deduplicate=True, shard=f"{part}/4") for part in (1, 2, 3, 4)]
    assert sorted(len(part.archs) for part in parts) == [0, 0, 0, 3]


@pytest.mark.parametrize("name", PROXIES)
def test_only_what_says_so_counts_unused_parameters(name: str) -> None:
    """With equal weights where there is a path, a network with a dead convolution scores like one without."""
    dead, live = (SPACE.build(arch, C=4, N=1, seed=0) for arch in EQUAL[:2])
    state = dead.state_dict()
    live.load_state_dict({key: state[key] for key in live.state_dict()})
    proxy = PROXIES.create(name)
    generator = torch.Generator().manual_seed(0)
    data = [zcnas.Batch(torch.randn(16, 3, 8, 8, generator=generator), torch.arange(16) % 4) for _ in range(2)]
    (one,), (other,) = (zcnas.score(network, [proxy], batch=data).details.values() for network in (dead, live))
    # Where weights are drawn, a network that has more of them draws others.
    if any(spec.weights == "gaussian" for spec, _ in proxy.passes()) and not proxy.counts_unused():
        assert one.status == other.status == "ok"
    else:
        assert (one.value == pytest.approx(other.value, rel=1e-5)) != proxy.counts_unused()


def test_a_space_that_cannot_tell_equal_networks_says_so() -> None:
    with pytest.raises(InputError, match="'toy' cannot tell equal networks"):
        score(deduplicate=True)
