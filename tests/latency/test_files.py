"""Files of tables: what they say, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.latency.published import write_once_for_all
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.latency import (
    IMPORTERS,
    ArchitectureTable,
    Calibration,
    Conditions,
    Entry,
    LayerTable,
    MissingEntryError,
    architecture_tables,
    find_tables,
    latency_model,
    load_tables,
    save_tables,
)
from zcnas.searchspaces import get
from zcnas.table import Column, Table

NB201 = get("nasbench201")
ARCHS = [NB201.architecture((3, 3, 3, 3, 3, gene)) for gene in range(5)]
STATED = Conditions(
    "this laptop", "latency", "us", "ONNX Runtime 1.22", 1, "float32", "2026-11-30", "we", "median",
    "interquartile range", {"threads": 1, "governor": "performance", "load": [0.5, 0.25]},
)  # fmt: skip
TABLE = LayerTable(
    {"conv-expand:8": Entry(12.5, 0.5, 100), "conv-expand:16": Entry(0.1 + 0.2), "pool": Entry(0.0)},
    STATED,
    "nasbench201",
    {"C": 8, "N": 1},
    True,
    calibration=Calibration(1.5, 0.25, 10, True),
    notes=("noisy",),
).along("width")


def measured(values: list[float] | None = None, *, dataset: str = "cifar10", **column: Any) -> Table:
    """Five architectures, two of whose columns are latencies."""
    latency = Column(dataset, metric="latency", unit="ms", device="laptop", higher_is_better=False, **column)
    spread = Column("cifar10", metric="latency_iqr", unit="ms", device="laptop", higher_is_better=False)
    return Table(ARCHS, {Column("cifar10"): range(5), latency: values or [1.5, 2, 3, 4, 5], spread: [0.1] * 5})


def test_everything_survives_saving(tmp_path: Path) -> None:
    save_tables([TABLE, TABLE], tmp_path / "a.json")
    assert load_tables(tmp_path / "a.json") == [TABLE, TABLE]
    assert load_tables(tmp_path / "a.json")[0].value("conv-expand:12") == pytest.approx(6.4)  # type: ignore[union-attr]


def test_tables_of_architectures_keep_their_conditions(tmp_path: Path) -> None:
    (table,) = architecture_tables(measured())
    stated = Conditions("laptop", runtime="PyTorch 2.15", batch=1, details={"threads": 1})
    stating = ArchitectureTable(table.table, table.column, stated)
    save_tables([stating], tmp_path / "a.npz")
    (loaded,) = load_tables(tmp_path / "a.npz")
    assert loaded == stating != table
    assert loaded.conditions == stated
    assert isinstance(loaded, ArchitectureTable)
    assert loaded(ARCHS[0]) == 1.5
    assert hash(loaded) == hash(stating)
    assert repr(loaded) == repr(stating)


def test_a_converted_table_is_one_of_latencies(tmp_path: Path) -> None:
    measured().save(tmp_path / "a.npz")
    Table(ARCHS, {Column("cifar10"): range(5)}).save(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", values=[1])
    (tmp_path / "d.npz").write_bytes(b"PK\x03\x04 no archive")
    (tmp_path / "e.json").write_text("{}")
    assert [one.path.name for one in find_tables(tmp_path)] == ["a.npz"]
    for name in ("c.npz", "d.npz", "e.json"):
        with pytest.raises(DataError, match=name):
            find_tables(tmp_path / name)


def test_an_architecture_that_nobody_measured() -> None:
    (table,) = architecture_tables(measured([1, 2, float("nan"), 4, 5], complete=False))
    assert len(table) == 4
    with pytest.raises(MissingEntryError, match=r"on laptop, cifar10.*nearest: nasbench201:3-3-3-3-3-0, .*predict it"):
        table(ARCHS[2])
    with pytest.raises(MissingEntryError, match="nearest"):
        table(NB201.architecture((0, 0, 0, 0, 0, 0)))
    with pytest.raises(MissingEntryError, match="nearest"):
        table(get("fbnet").sample(np.random.default_rng(0)))


def test_conditions_must_be_those_of_the_column() -> None:
    table = measured()
    (found,) = architecture_tables(table)
    for wrong in (Conditions("phone"), Conditions("laptop", unit="s"), Conditions("laptop", "energy", "mJ")):
        with pytest.raises(InputError, match="unit and device"):
            ArchitectureTable(table, found.column, wrong)
    with pytest.raises(InputError, match="expected values above 0, got 0"):
        architecture_tables(measured([0, 1, 2, 3, 4]))


def test_saving_what_does_not_fit(tmp_path: Path) -> None:
    whole = architecture_tables(measured())
    for tables, name in (([], "a.json"), ([TABLE], "a.npz"), (whole, "a.json"), ([TABLE, *whole], "a.json")):
        with pytest.raises(InputError, match=name):
            save_tables(tables, tmp_path / name)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="columns of one table"):
        save_tables([*whole, *architecture_tables(measured())], tmp_path / "a.npz")
    with pytest.raises(InputError, match="can be written"):
        save_tables([TABLE], tmp_path / "none" / "a.json")
    assert not list(tmp_path.iterdir())


CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "version": (lambda one: one.update(version=2), "expected version 1, got 2"),
    "format": (lambda one: one.update(format="others"), "'format'"),
    "no tables": (lambda one: one.update(tables=[]), "list 'tables'"),
    "nan": (lambda one: one["tables"][0]["entries"].update(pool=[float("nan"), None, None]), "'pool': expected"),
    "negative": (lambda one: one["tables"][0]["entries"].update(pool=[-1.0, None, None]), "'pool': expected"),
    "text": (lambda one: one["tables"][0]["entries"].update(pool=["1", None, None]), "'pool': expected"),
    "unit": (lambda one: one["tables"][0]["conditions"].update(unit="mJ"), "unknown unit of latency 'mJ'"),
    "metric": (lambda one: one["tables"][0]["conditions"].update(metric="power"), "unknown metric"),
    "no device": (lambda one: one["tables"][0]["conditions"].pop("device"), "with 'device'"),
    "details": (lambda one: one["tables"][0]["conditions"].update(details=3), "details: expected"),
    "another field": (lambda one: one["tables"][0].update(colour="red"), "expected a table with"),
    "a field less": (lambda one: one["tables"][0].pop("axes"), "expected a table with"),
    "an axis": (lambda one: one["tables"][0].update(axes=[["width", {"pool": [0]}]]), "places of numbers"),
    "calibration": (lambda one: one["tables"][0].update(calibration=[-1.0, 0.0, 9, False]), "grow with the sums"),
    "space": (lambda one: one["tables"][0].update(space=3), "expected a text"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_files_that_cannot_be_right(change: Callable[[Any], object], message: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    save_tables([TABLE], file)
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=f"a.json: .*{message}"):
        load_tables(file)


def test_damaged_files(tmp_path: Path) -> None:
    json_file, npz_file = tmp_path / "a.json", tmp_path / "a.npz"
    save_tables([TABLE], json_file)
    save_tables(architecture_tables(measured()), npz_file)
    for file in (json_file, npz_file):
        content = file.read_bytes()
        for size in (0, 1, len(content) // 2, len(content) - 3):
            file.write_bytes(content[:size])
            with pytest.raises(DataError, match=file.name):
                load_tables(file)
    twice = json.dumps({"format": "zcnas latency tables"})[:-1] + ', "format": "others"}'
    json_file.write_text(twice)
    with pytest.raises(DataError, match="a key occurs twice"):
        load_tables(json_file)
    with pytest.raises(InputError, match=r"b\.json"):
        load_tables(tmp_path / "b.json")


def test_another_version_of_npz(tmp_path: Path) -> None:
    (table,) = architecture_tables(measured())
    table.table.meta["latency"] = {"version": 2, "conditions": {}}
    table.table.save(tmp_path / "a.npz")
    with pytest.raises(DataError, match="expected version 1, got 2"):
        load_tables(tmp_path / "a.npz")


def test_the_table_of_a_device(tmp_path: Path) -> None:
    tables = [*IMPORTERS["once_for_all"].read(write_once_for_all(tmp_path / "a")), *architecture_tables(measured())]
    assert latency_model(tables, NB201, "laptop", dataset="cifar10")(ARCHS[1]) == 2
    with pytest.raises(
        UnknownNameError, match=r"latency of nasbench201, 'lptop': did you mean 'laptop'\? known: laptop"
    ):
        latency_model(tables, NB201, "lptop")
    with pytest.raises(UnknownNameError, match="energy of nasbench201, 'laptop': known: none"):
        latency_model(tables, NB201, "laptop", metric="energy")
    with pytest.raises(UnknownNameError, match="on cifar100"):
        latency_model(tables, NB201, "laptop", dataset="cifar100")
    with pytest.raises(InputError, match="got nothing there"):
        find_tables(tmp_path / "none")


def test_data_sets_are_not_chosen_silently() -> None:
    tables = [*architecture_tables(measured()), *architecture_tables(measured(dataset="cifar100"))]
    assert latency_model(tables, NB201, "laptop", dataset="cifar100") is tables[-1]
    with pytest.raises(InputError, match="expected one of cifar10, cifar100, of which laptop has tables, got None"):
        latency_model(tables, NB201, "laptop")
