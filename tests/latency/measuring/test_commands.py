"""``zcnas latency measure`` and ``plan``, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import CELL, Output, answer, data, refused
from zcnas.latency import ArchitectureTable, LayerTable, load_tables

QUICK = ["--build", "C=2", "N=1", "--resolution", "4", "--seconds", "1e-4", "--warmup", "0", "--rounds", "1", "--quiet"]


def test_layers_are_measured_and_calibrated(tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zcnas.cli.latency_measure._LARGE", 100)
    monkeypatch.setattr("zcnas.cli.latency_measure._SAMPLE", 100)
    found = iter(range(1, 100_000))
    monkeypatch.setattr("zcnas.latency.measuring.execution.samples", lambda *_: [float(next(found))] * 5)
    out = tmp_path / "table.json"
    given = ["latency", "measure", "nasbench201", "--layers", *QUICK, "--device", "here", "--out", out]
    told = data(capsys, *given)
    (table,) = load_tables(out)
    assert isinstance(table, LayerTable)
    assert (told["entries"], told["conditions"]["device"], table.calibration) == (len(table), "here", None)
    assert [one.name for one in tmp_path.iterdir()] == ["table.json"]
    text = answer(capsys, *given, "--calibrate", 3)
    assert "samples are far out" in text
    (table,) = load_tables(out)
    assert isinstance(table, LayerTable)
    assert table.calibration is not None
    assert table.calibration.count == 3


def test_architectures_are_measured(tmp_path: Path, capsys: Output) -> None:
    out, listed = tmp_path / "table.npz", tmp_path / "archs.txt"
    listed.write_text(f"{CELL}\n")
    answer(capsys, "latency", "measure", "nasbench201", "--archs", listed, *QUICK, "--out", out)
    (table,) = load_tables(out)
    assert isinstance(table, ArchitectureTable)
    assert len(table) == 1
    estimated = data(
        capsys, "latency", "estimate", f"nasbench201:{CELL}", "--device", table.conditions.device, "--tables", out
    )
    assert estimated[0]["value"] > 0


def test_nodes_and_folders(tmp_path: Path, capsys: Output) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    pytest.importorskip("onnx", reason="needs the extra onnx")
    nodes = tmp_path / "nodes.json"
    chosen = ["--sample", 1, "--runtime", "onnxruntime", "--nodes", nodes, "--out", tmp_path / "table.npz"]
    answer(capsys, "latency", "measure", "nasbench201", *chosen, *QUICK)
    ((key, found),) = json.loads(nodes.read_text()).items()
    assert key.startswith("nasbench201:")
    assert len(found[0]) == 5
    told = data(capsys, "latency", "plan", "nasbench201", "--sample", 1, *QUICK, "--out", tmp_path / "folder")
    assert told["networks"] == 1
    assert sorted(one.name for one in (tmp_path / "folder").iterdir()) == ["00000.onnx", "plan.json", "runner.py"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--layers", "--out", "a.npz"], "a name in .json"),
        (["--sample", "1", "--out", "a.json"], "a name in .npz"),
        (["--sample", "1", "--out", "nowhere/a.npz"], "in a folder that is there"),
        (["--sample", "1", "--out", "a.npz", "--calibrate", "3"], "2 or more beside --layers"),
        (["--layers", "--out", "a.json", "--nodes", "b"], "--nodes: expected whole networks"),
        (["--sample", "0", "--out", "a.npz"], "--sample: expected 1 to 15625"),
        (["--sample", "1", "--out", "a.npz", "--clock", "thread", "--threads", "2"], "expected one thread"),
        (["--sample", "1", "--out", "a.npz", "--statistic", "mean"], "unknown statistic 'mean'"),
    ],
)
def test_wrong_calls(
    given: list[str], message: str, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in refused(capsys, "latency", "measure", "nasbench201", *given)
    assert list(tmp_path.iterdir()) == []
