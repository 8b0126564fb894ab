"""Plans, and what comes of running them: here, and in a folder by its own runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.latency.published import write_results
from zcnas.errors import DataError, InputError, MissingExtraError, ModelError
from zcnas.latency import IMPORTERS, ArchitectureTable, LayerLatency, LayerTable, find_tables, load_tables, save_tables
from zcnas.latency.measuring import (
    Plan,
    Settings,
    measure,
    plan_architectures,
    plan_layers,
    profile_nodes,
    read_results,
    results,
    write_folder,
)
from zcnas.latency.measuring.export import exported
from zcnas.latency.measuring.plan import plan_of
from zcnas.latency.measuring.repeated import Repeated
from zcnas.latency.measuring.runtimes import eager
from zcnas.searchspaces import get
from zcnas.space import Layer

SPACE = get("nasbench201")
CELL, CONSTANT = SPACE.architecture((3, 2, 4, 0, 3, 4)), SPACE.architecture((0, 0, 0, 0, 0, 0))
QUICK = Settings(seconds=1e-4, warmup=0.0, rounds=1, clock="thread", statistic="minimum", build={"C": 2, "N": 1})
ONNX = replace(QUICK, runtime="onnxruntime")


def layers(settings: Settings = QUICK) -> Plan:
    return plan_layers(SPACE, [CELL, CONSTANT], settings, resolution=4)


def whole(settings: Settings = QUICK) -> Plan:
    return plan_architectures(SPACE, [CELL, CONSTANT], settings, resolution=4)


def test_a_layer_several_times_over() -> None:
    x = torch.ones(1, 2, 4, 4)
    doubled = Repeated([nn.Upsample(scale_factor=2)] * 3, chained=False)
    assert [tuple(one.shape) for one in doubled(x)] == [(1, 2, 8, 8)] * 3
    plan = layers()
    chained = {job.key: plan.network(job) for job in plan.jobs if job.copies == 8}
    (out,) = chained["add-input:4x4x2-output:4x4x2"].module(x, x)
    assert torch.equal(out, 9 * x)
    assert len(chained["reduction-input:4x4x2-output:2x2x4"].module(x)) == 8


def test_plans_list_each_layer_once_and_survive_files() -> None:
    plan = layers(ONNX)
    assert len(plan.jobs) == len(set(plan.jobs))
    assert {job.copies for job in plan.jobs if job.key.startswith("constant")} == {1}
    assert plan.options == {"C": 2, "N": 1, "folded": True}
    assert plan_of(json.loads(json.dumps(plan.plain()))).plain() == plan.plain()
    for wrong in (None, {}, {**plan.plain(), "jobs": [1]}, {**plan.plain(), "settings": {}}):
        with pytest.raises(DataError, match="expected"):
            plan_of(wrong)
    with pytest.raises(InputError, match="single layers, such as nasbench201"):
        plan_layers(get("nasbench101"), [], QUICK)
    with pytest.raises(InputError, match="height and width"):
        plan_architectures(get("nasbench101"), [], QUICK)
    with pytest.raises(InputError, match="got none"):
        plan_layers(SPACE, [], QUICK)


def test_tables_that_are_measured_here(tmp_path: Path) -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    table, measured = measure(layers(), whole(), device="here", progress=False)
    assert isinstance(table, LayerTable)
    assert isinstance(measured, ArchitectureTable)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert measured(CELL) > 0
    assert table.conditions.details["settings"]["clock"] == "thread"
    assert (table.conditions.device, table.conditions.statistic, table.conditions.batch) == ("here", "minimum", 1)
    assert {"governor", "processor", "cores"} <= set(table.conditions.details["surroundings"])
    assert LayerLatency(table, SPACE, 4)(CELL) > 0
    for one, name in ((table, "layers.json"), (measured, "whole.npz")):
        save_tables([one], tmp_path / name)
        assert load_tables(tmp_path / name) == [one]


def test_interrupted_work_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal, done = tmp_path / "journal", list[Any]()

    def counted(run: Any, clock: Any, seconds: float, warmup: float) -> list[float]:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(run())
        return [1.0 + len(done)] * 5

    monkeypatch.setattr("zcnas.latency.measuring.execution.samples", counted)
    plan = whole(replace(QUICK, rounds=3))
    with pytest.raises(KeyboardInterrupt):
        measure(plan, journal=journal, progress=False)
    assert len(journal.read_text().splitlines()) == 1 + 3
    done.clear()
    (found,) = results(plan, journal=journal, progress=False)
    assert len(done) == 3
    assert [found.pieces[f"{turn}/00000"]["seconds"][0] for turn in range(3)] == [2.0, 4.0, 3.0]
    with pytest.raises(InputError, match="belongs to other work"):
        measure(layers(), journal=journal, progress=False)
    with pytest.raises(DataError, match=r"2/00001 is missing"):
        replace(found, pieces={key: one for key, one in found.pieces.items() if key != "2/00001"}).table()


def test_an_entry_is_what_one_more_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zcnas.latency.measuring.execution.samples", lambda *_: [0.0])
    (found,) = results(layers(), progress=False)
    seconds = {job.name: 0.001 * (5 + job.copies) for job in found.plan.jobs}
    (shrinking,) = (job.name for job in found.plan.jobs if job.key.startswith("head") and job.copies == 8)
    pieces = {f"0/{name}": {"seconds": [one], "load": None} for name, one in {**seconds, shrinking: 0.0}.items()}
    table = replace(found, pieces=pieces).table()
    assert isinstance(table, LayerTable)
    assert {round(one.value, 9) for key, one in table.entries.items() if not key.startswith("head")} == {1.0}
    assert (table.entries["head-input:1x1x8-output:10"].value, len(table.notes)) == (0.0, 2)


def test_models_are_left_as_they_are() -> None:
    model = SPACE.build(CELL, seed=0, C=2, N=1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    eager(Layer(model, ((2, 3, 4, 4),)))()
    if _has_onnx():
        exported(Layer(model, ((2, 3, 4, 4),)))
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def _has_onnx() -> bool:
    from importlib.util import find_spec

    return find_spec("onnx") is not None and find_spec("onnxruntime") is not None


needs_onnx = pytest.mark.skipif(not _has_onnx(), reason="needs the extra onnx")


@needs_onnx
def test_onnx_runtime_exports_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Any]()

    def counted(network: Layer) -> bytes:
        made.append(network)
        return exported(network)

    monkeypatch.setattr("zcnas.latency.measuring.runtimes.exported", counted)
    (table,) = measure(whole(replace(ONNX, rounds=2)), progress=False)
    assert len(made) == 2
    assert table.conditions.runtime.startswith("ONNX Runtime ")


@needs_onnx
def test_a_profile_has_every_node() -> None:
    plan = whole(ONNX)
    nodes = profile_nodes(plan.network(plan.jobs[0]), runs=3, warmup=1)
    kinds = [one.op for one in nodes]
    # A stem, three in each of three cells and of two reductions; the last batch norm may run as a convolution.
    assert kinds.count("Conv") + kinds.count("FusedConv") in (16, 17)
    assert all(one.entry.samples == 3 and one.entry.value >= 0 for one in nodes)
    with pytest.raises(InputError, match="runs from 1 on"):
        profile_nodes(plan.network(plan.jobs[0]), runs=0)


class Rude(nn.Module):
    """Cannot be traced."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.svdvals(x)


@needs_onnx
def test_what_cannot_be_exported() -> None:
    with pytest.raises(ModelError, match="Rude: expected a network that torch can export to ONNX"):
        exported(Layer(Rude(), ((1, 3, 4, 4),)))


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    for call in (lambda: measure(whole(ONNX), progress=False), lambda: write_folder(whole(ONNX), tmp_path / "folder")):
        with pytest.raises(MissingExtraError, match=r"pip install 'zcnas\[onnx\]'"):
            call()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    plan = layers(replace(ONNX, rounds=2))
    few = replace(plan, jobs=tuple(job for job in plan.jobs if job.key.startswith(("stem", "constant"))))
    return write_folder(few, tmp_path_factory.mktemp("plan") / "folder", progress=False)


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """The runner as a user calls it, without our library."""
    command = [sys.executable, "-I", "runner.py", *arguments]
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert outcome.returncode == code, outcome.stderr
    return outcome.stderr


@needs_onnx
def test_a_folder_is_run_elsewhere_and_brought_back(folder: Path) -> None:
    source = (folder / "runner.py").read_text()
    assert "zcnas." not in source.replace("zcnas.latency", "") or "import zcnas" not in source
    assert "wrote results.json" in run(folder, "--device", "toaster")
    file = folder / "results.json"
    (table,) = IMPORTERS["measured"].read(file)
    assert isinstance(table, LayerTable)
    assert (table.conditions.device, table.space, len(table)) == ("toaster", "nasbench201", 2)
    assert table.conditions.details["surroundings"]["numpy"]
    assert [one.table for one in find_tables(folder, "nasbench201")] == [table]
    assert find_tables(folder, "fbnet") == []
    # What is there is not measured again; what is missing is.
    content = json.loads(file.read_text())
    kept = {key: one for key, one in content["pieces"].items() if not key.startswith("1/")}
    kept["0/00000"] = {"seconds": [123.0], "load": None}
    file.write_text(json.dumps({**content, "pieces": kept}))
    with pytest.raises(DataError, match="is missing; run the same call again"):
        read_results(file)
    run(folder, "--device", "toaster")
    again = json.loads(file.read_text())
    assert again["pieces"]["0/00000"]["seconds"] == [123.0]
    assert set(again["pieces"]) == set(content["pieces"])
    assert "belongs to another plan, device or version" in run(folder, "--device", "kettle", code=1)
    assert [one.name for one in folder.iterdir() if "partial" in one.name] == []


@needs_onnx
def test_folders_are_complete_or_not_there(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="not there yet"):
        write_folder(layers(ONNX), folder)
    with pytest.raises(InputError, match="expected onnxruntime, which runs folders, got torch"):
        write_folder(layers(), tmp_path / "other")

    def interrupted(_network: Layer) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("zcnas.latency.measuring.folder.exported", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder(layers(ONNX), tmp_path / "other", progress=False)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"plan": None},
        {"device": 3},
        {"pieces": {"0/00000": {"seconds": [-1.0], "load": 1.0}}},
        {"pieces": {"0/00000": {}}},
        {"pieces": []},
    ],
)
def test_garbled_results_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    file = write_results(tmp_path / "results.json")
    (table,) = read_results(file)
    assert isinstance(table, ArchitectureTable)
    assert table(SPACE.architecture((3,) * 6)) == 250.0
    write_results(file, **change)
    with pytest.raises(DataError, match=r"results\.json"):
        read_results(file)
