"""``zcnas latency measure`` and ``plan`` of a mobile space, as a user calls them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import Output, answer, data
from zcnas.cli.latency_measure import _of_all
from zcnas.latency import LayerLatency, LayerTable, load_tables
from zcnas.latency.measuring import Settings, plan_architectures
from zcnas.searchspaces import get

SPACE: Any = get("fbnet")
QUICK = ["--seconds", "1e-4", "--warmup", "0", "--rounds", "1", "--resolution", "8", "--quiet"]
ARCH = SPACE.from_ops([1] + [8] * 21)


@pytest.fixture(autouse=True)
def few_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One architecture's, of which some skips do nothing."""
    monkeypatch.setattr("zcnas.cli.latency_measure._of_all", lambda *_: [ARCH])


@pytest.mark.parametrize("runtime", ["torch", "onnxruntime"])
def test_tables_measured_here_stand_for_published_ones(runtime: str, tmp_path: Path, capsys: Output) -> None:
    if runtime == "onnxruntime":
        pytest.importorskip("onnxruntime", reason="needs the extra onnx")
        pytest.importorskip("onnx", reason="needs the extra onnx")
    out = tmp_path / "table.json"
    answer(capsys, "latency", "measure", "fbnet", "--layers", "--runtime", runtime, *QUICK, "--out", out)
    (table,) = load_tables(out)
    assert isinstance(table, LayerTable)
    assert set(table.entries) == set(SPACE.layers(ARCH, resolution=8))
    assert LayerLatency(table, SPACE, 8)(ARCH) > 0


def test_folders_for_other_devices(tmp_path: Path, capsys: Output) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    pytest.importorskip("onnx", reason="needs the extra onnx")
    told = data(capsys, "latency", "plan", "fbnet", "--layers", *QUICK, "--out", tmp_path / "folder")
    assert told["networks"] == 2 * len(set(SPACE.layers(ARCH, resolution=8)))
    assert len(list((tmp_path / "folder").glob("*.onnx"))) == told["networks"]


def test_random_architectures_have_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zcnas.cli.latency_measure._SAMPLE", 200)
    space = get("ofa_mobilenetv3")
    options = Namespace(seed=0, build=[], resolution=32)
    keys = {key for arch in _of_all(space, options) for key in space.layers(arch, resolution=32)}  # type: ignore[attr-defined]
    stages, first, others = 5, 9, 9
    assert len(keys) == 1 + 1 + stages * (first + others) + 4


def test_networks_as_a_whole_are_those_that_layers_are_of() -> None:
    space: Any = get("ofa_mobilenetv3")
    arch = space.architecture((0,) * len(space.choices))
    plan = plan_architectures(space, [arch], Settings(), resolution=32)
    assert plan.settings.build == {"width": 1.2, "num_classes": 1000}
    whole, layers = plan.network(plan.jobs[0]).module, [space.layer(key).module for key in space.layers(arch)]
    assert sum(one.numel() for one in whole.parameters()) == sum(
        one.numel() for layer in layers for one in layer.parameters()
    )
    assert plan_architectures(space, [arch], Settings(build={"width": 0.5})).settings.build["width"] == 0.5
