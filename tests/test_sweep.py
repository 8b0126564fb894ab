"""Scoring a space: the same numbers whoever computes them, and nothing lost or done twice."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import zcnas
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.proxies import PROXIES
from zcnas.searchspaces import NASBench201
from zcnas.seeding import derive_seed
from zcnas.space import Architecture
from zcnas.store import Record, ScoreStore
from zcnas.sweep import SpaceScores
from zcnas.testing import ToySpace

TOY = ToySpace()
NAMES = ["params", "snip", "synflow", "zen", "jacob_cov"]


def batch() -> zcnas.Batch:
    generator = torch.Generator().manual_seed(0)
    return zcnas.Batch(torch.randn(6, 3, 8, 8, generator=generator), torch.arange(6))


def score(archs: Any = TOY, proxies: Any = NAMES, **options: Any) -> SpaceScores:
    options = {"batch": batch(), "space": TOY, "progress": False, **options}
    return zcnas.score_space(archs, proxies, **options)


def told(scores: SpaceScores) -> dict[tuple[str, str], str]:
    """Everything but the time taken; as text, since NaN is not itself."""
    return {key: repr((one.value, one.status, one.reason, one.proxy)) for key, one in sorted(scores.records.items())}


class Cursed(ToySpace):
    """Some of its networks cannot be built, some raise, some kill their process."""

    name = "toy"

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        if arch.genome == (0, 0, 0):
            raise OSError("no such weights")
        if arch.genome == (1, 1, 1):
            return nn.Sequential(nn.Flatten(), nn.Linear(7, 10))
        return super().build(arch, num_classes=num_classes, seed=seed)


class Deadly(ToySpace):
    name = "toy"

    def build(self, arch: Architecture, *, num_classes: int = 10, seed: int | None = None) -> nn.Module:
        if arch.genome == (0, 0, 0):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().build(arch, num_classes=num_classes, seed=seed)


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], str]:
    return told(score())


def test_values_are_those_of_score(expected: dict[tuple[str, str], str]) -> None:
    for arch in list(TOY)[::5]:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        alone = zcnas.score(TOY.build(arch, seed=0), NAMES, batch=batch(), seed=0).details
        torch.set_num_threads(threads)
        for name, one in alone.items():
            assert expected[arch.key, name] == repr((one.value, one.status, one.reason, one.proxy))


def test_columns_are_in_the_order_of_architectures() -> None:
    archs = list(TOY)[::-1]
    scores = score(archs, ["params", "nwot"])
    assert list(scores) == ["params", "nwot"]
    assert scores.archs == tuple(archs)
    counts = [sum(value.numel() for value in TOY.build(arch).parameters()) for arch in archs]
    assert scores["params"].tolist() == counts
    # Without a ReLU there are no codes.
    assert [math.isnan(value) for value in scores["nwot"]] == [arch.genome[2] != 0 for arch in archs]
    assert {record.status for record in scores.failed()} == {"undefined"}
    with pytest.raises(UnknownNameError, match="did you mean 'nwot'"):
        scores["nwto"]


def test_the_number_of_workers_does_not_matter(expected: dict[tuple[str, str], str]) -> None:
    assert told(score(workers=3)) == expected


def test_threads_of_the_caller_do_not_matter(expected: dict[tuple[str, str], str]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert told(score()) == expected
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_order_and_shards_do_not_matter(tmp_path: Path, expected: dict[tuple[str, str], str]) -> None:
    archs = list(TOY)
    np.random.default_rng(0).shuffle(archs)  # type: ignore[arg-type]
    parts = [score(archs if number % 2 else TOY, shard=f"{number}/3") for number in (3, 1, 2)]
    found = [key for part in parts for key in told(part).items()]
    assert len(found) == len(expected)
    assert dict(found) == expected
    assert all(part.archs for part in parts)


def test_shards_are_of_about_equal_size() -> None:
    space = NASBench201()
    sizes = [sum(derive_seed("shard", arch.key) % 5 == part for arch in space) for part in range(5)]
    assert max(sizes) < 1.1 * min(sizes)


def test_merged_shards_are_the_whole(tmp_path: Path, expected: dict[tuple[str, str], str]) -> None:
    for number in (1, 2):
        score(shard=f"{number}/2", store=tmp_path / f"{number}.sqlite")
    with ScoreStore(tmp_path / "1.sqlite") as store, ScoreStore(tmp_path / "2.sqlite") as other:
        store.merge(other)
    scores = score(store=tmp_path / "1.sqlite")
    assert scores.scored == 0
    assert told(scores) == expected


def test_what_is_in_the_store_is_not_scored_again(tmp_path: Path, expected: dict[tuple[str, str], str]) -> None:
    store = tmp_path / "scores.sqlite"
    assert score(list(TOY)[:7], store=store).scored == 7
    again = score(store=store)
    assert again.scored == len(TOY) - 7
    assert told(again) == expected
    assert score(store=store).scored == 0
    # One more proxy: all architectures lack it, and nothing else.
    assert score(proxies=[*NAMES, "plain"], store=store).scored == len(TOY)
    with ScoreStore(store) as held:
        assert len(list(held.records())) == len(TOY) * (len(NAMES) + 1)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"seeds": 2},
        {"exact": True},
        {"build": {"num_classes": 7}},
        {"batch": zcnas.Batch(batch().inputs + 1, batch().targets)},
        {"batch": zcnas.Batch(batch().inputs, batch().targets.flip(0))},  # type: ignore[union-attr]
        {"proxies": [PROXIES.create("zen", repeats=2)]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_settings_are_scored_anew(tmp_path: Path, change: dict[str, Any]) -> None:
    archs = list(TOY)[:2]
    score(archs, ["zen"], store=tmp_path / "scores.sqlite")
    options = {"proxies": ["zen"], "store": tmp_path / "scores.sqlite", **change}
    assert score(archs, **options).scored == 2


def test_a_failing_architecture_is_recorded_and_passed_over(tmp_path: Path) -> None:
    store = tmp_path / "scores.sqlite"
    scores = score(Cursed(), ["params", "snip"], space=Cursed(), store=store)
    failed = {record.arch: record.reason for record in scores.failed() if record.name == "snip"}
    assert set(failed) == {"toy:0-0-0", "toy:1-1-1"}
    assert failed["toy:0-0-0"] == "OSError: no such weights"
    assert "shapes cannot be multiplied" in failed["toy:1-1-1"]
    assert math.isnan(scores["snip"][0])
    assert np.isfinite(scores["snip"]).sum() == len(TOY) - 2
    assert score(store=store, proxies=["snip"]).scored == 0
    mended = score(store=store, proxies=["params", "snip"], retry_failed=True)
    assert mended.scored == 2
    assert mended.failed() == []


def test_an_architecture_that_kills_its_worker_is_recorded_and_passed_over() -> None:
    scores = score(list(TOY)[:5], ["snip"], space=Deadly(), workers=2)
    (lost,) = scores.failed()
    assert (lost.arch, lost.status) == ("toy:0-0-0", "failed")
    assert "died" in lost.reason
    assert np.isfinite(scores["snip"]).sum() == 4


def test_several_initialisations_are_averaged() -> None:
    archs = list(TOY)[:2]
    mean = score(archs, ["snip"], seeds=3)["snip"]
    again = score(archs, ["snip"], seeds=3, workers=2)["snip"]
    for place, arch in enumerate(archs):
        single = [
            zcnas.score(TOY.build(arch, seed=derive_seed(0, draw)), ["snip"], batch=batch())["snip"]
            for draw in range(3)
        ]
        assert mean[place] == pytest.approx(np.mean(single), rel=1e-6)
    assert again.tolist() == mean.tolist()


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


@pytest.mark.parametrize("shard", ["", "3", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.0/2"])
def test_bad_shards(shard: str) -> None:
    with pytest.raises(InputError, match=r"shard: expected 'i/n'"):
        score(shard=shard)


def test_bad_requests() -> None:
    with pytest.raises(InputError, match="at least one"):
        score([])
    with pytest.raises(InputTypeError, match="'depth 1'"):
        score(["depth 1"])
    with pytest.raises(InputError, match=r"one space, got 2 of \['nasbench201', 'toy'\]"):
        score([TOY.architecture((0, 0, 0)), NASBench201().architecture((0,) * 6)])
    with pytest.raises(UnknownNameError, match="unknown search space 'toy'"):
        score([TOY.architecture((0, 0, 0))], space=None)
    with pytest.raises(InputError, match="workers: expected at least 1, got 0"):
        score(workers=0)
    with pytest.raises(InputError, match="labels"):
        score(batch=zcnas.Batch(batch().inputs, torch.arange(6) + 100))
    with pytest.raises(InputError, match="labels"):
        score(batch=zcnas.Batch(batch().inputs, torch.arange(6) + 100), workers=2)


SWEEP = """
import sys
sys.path.insert(0, {root!r})
import time
from zcnas import sweep
from tests.test_sweep import NAMES, TOY, score
from zcnas.sweep import work
if __name__ == "__main__":
    slowly = work.Worker.work
    def dawdle(self, job):
        time.sleep(0.2)
        return slowly(self, job)
    work.Worker.work = dawdle
    score(store=sys.argv[1], workers=int(sys.argv[2]))
"""


@pytest.fixture
def sweeping(tmp_path: Path) -> tuple[Path, Path]:
    script = tmp_path / "sweep.py"
    script.write_text(SWEEP.format(root=str(Path(__file__).parent.parent)))
    return script, tmp_path / "scores.sqlite"


@pytest.mark.parametrize(("workers", "how"), [(1, signal.SIGKILL), (2, signal.SIGKILL), (1, signal.SIGINT)])
def test_a_sweep_goes_on_where_it_was_stopped(
    sweeping: tuple[Path, Path], workers: int, how: signal.Signals, expected: dict[tuple[str, str], str]
) -> None:
    script, store = sweeping
    with subprocess.Popen([sys.executable, str(script), str(store), str(workers)], stderr=subprocess.PIPE) as running:
        while not (found := _records(store)):
            assert running.poll() is None, running.stderr and running.stderr.read()
            time.sleep(0.02)
        running.send_signal(how)
        running.communicate()
    kept = _records(store)
    assert {record.arch for record in found} <= {record.arch for record in kept}
    whole = {record.arch for record in kept}
    assert len(kept) == len(whole) * len(NAMES), "an architecture is written as a whole"
    scores = score(store=store)
    assert scores.scored == len(TOY) - len(whole)
    assert told(scores) == expected


def _records(store: Path) -> list[Record]:
    if not store.exists() or not store.stat().st_size:
        return []
    with ScoreStore(store) as held:
        return list(held.records())
