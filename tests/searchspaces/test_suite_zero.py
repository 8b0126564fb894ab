"""NAS-Bench-Suite-Zero's files become tables of published scores; forms without a real sample are made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.searchspaces.damage import cuts, flips, refusals
from zcnas.errors import DataError, InputError, UnknownNameError
from zcnas.searchspaces import get, load_table
from zcnas.searchspaces.nasbench101 import NASBench101
from zcnas.searchspaces.suite_zero import convert, read
from zcnas.searchspaces.suite_zero.spellings import name_of
from zcnas.table import Table

FILES = {"nasbench101": 292, "nasbench301": 725}
"""Different models; the first file has 500 spellings."""


def file_of(name: str, data_dir: Path) -> Path:
    return data_dir / name / f"zc_{name}.json"


@pytest.mark.parametrize("name", FILES)
def test_values_are_those_of_the_file(name: str, data_dir: Path, tmp_path: Path) -> None:
    converted = convert(file_of(name, data_dir), tmp_path / "table.npz")
    table = load_table(tmp_path / "table.npz", get(converted.space))
    assert len(table) == FILES[name]
    loaded = json.loads(file_of(name, data_dir).read_text())
    records = loaded.get("nasbench101", loaded)["cifar10"]
    assert table.meta["repeated"] == len(records) - len(table)
    assert table.truth() == table.find("cifar10", split="val")
    seen = set()
    for text, record in records.items():
        arch = get(table.space).parse(text)
        if arch not in table.archs[:60] or arch in seen:
            continue
        seen.add(arch)
        assert table.query(arch, "cifar10", split="val") == np.float32(record["val_accuracy"])
        for proxy in record.keys() - {"val_accuracy", "arch", "id", "idx"}:
            value = record[proxy]["score"] if isinstance(record[proxy], dict) else record[proxy]
            asked = {"split": "train", "metric": {"jacov": "jacob_cov"}.get(proxy, proxy)}
            assert table.query(arch, "cifar10", **asked) == np.float32(value)
    assert len(seen) == 60


def test_published_sizes_are_those_of_our_networks(data_dir: Path) -> None:
    space, table = NASBench101(), read(file_of("nasbench101", data_dir))
    for arch in table.archs[::10]:
        published = table.query(arch, "cifar10", split="train", metric="params")
        assert published == pytest.approx(space.parameters(arch) / 1e6, rel=1e-6)


def test_scores_are_features_and_can_be_correlated(data_dir: Path) -> None:
    table = read(file_of("nasbench301", data_dir))
    names = [one.metric for one in table.columns if one.unit == "score"]
    features = np.stack([table.values("cifar10", split="train", metric=name) for name in names], axis=1)
    assert features.shape == (725, 12)
    assert np.isfinite(features).all()
    found = spearmanr(table.values("cifar10", split="train", metric="nwot"), table.values("cifar10", split="val"))
    assert found.statistic > 0.3


def record(accuracy: float, **scores: float) -> dict[str, Any]:
    return {**{name: {"score": score, "time": 0.5} for name, score in scores.items()}, "val_accuracy": accuracy}


def read_made_up(content: Any, folder: Path, **options: Any) -> Table:
    (folder / "zc.json").write_text(json.dumps(content))
    return read(folder / "zc.json", **options)


def test_nas_bench_201_is_read_by_naslibs_numbers(tmp_path: Path) -> None:
    """Its edges are in another order than those of the benchmark's strings."""
    content = {"cifar10": {"(0, 1, 2, 3, 4, 1)": record(80, synflow=3.0)}, "svhn": {"(2, 2, 2, 2, 2, 2)": record(90)}}
    table = read_made_up(content, tmp_path)
    space = get("nasbench201")
    assert len(table) == 15_625
    arch = space.parse("|skip_connect~0|+|none~0|nor_conv_1x1~1|+|nor_conv_3x3~0|avg_pool_3x3~1|none~2|")
    assert table.query(arch, "cifar10", split="val", epochs=200) == 80
    assert table.query(arch, "cifar10", split="train", metric="synflow") == 3
    assert table.query(arch, "cifar10", split="train", metric="synflow_seconds") == 0.5
    assert not table.find("svhn", split="val").complete
    assert np.isfinite(table.values("svhn", split="val")).sum() == 1


@pytest.mark.parametrize(
    ("spelling", "key", "options"),
    [
        ("(3, 0, 2, 1, 3, 1)", "transnasbench101_micro:3-0-2-1-3-1", {}),
        ("(1, 2, 3, 1, 1, 1)", "transnasbench101_macro:1-2-3-1-1-1", {"space": "transbench101_macro"}),
        ("(1, 2, 3, 4)", "transnasbench101_macro:1-2-3-4-0-0", {}),
    ],
)
def test_tasks_of_transnas_bench_have_their_own_measures(
    spelling: str, key: str, options: dict[str, Any], tmp_path: Path
) -> None:
    content = {"room_layout": {spelling: record(-0.7, zen=1.0)}, "jigsaw": {spelling: record(90, zen=2.0)}}
    table = read_made_up(content, tmp_path, **options)
    (arch,) = table.archs
    assert arch.key == key
    assert table.query(arch, "room_layout", split="val", metric="neg_loss") == -0.7
    assert table.query(arch, "jigsaw", split="val") == 90
    assert table.query(arch, "jigsaw", split="train", metric="zen") == 2


def test_scores_that_are_not_finite_are_missing(tmp_path: Path) -> None:
    content = {
        "cifar10": {"(0, 0, 0, 0, 0, 0)": record(80, zen=float("-inf")), "(1, 1, 1, 1, 1, 1)": record(10, zen=1)}
    }
    table = read_made_up(content, tmp_path)
    assert np.isfinite(table.values("cifar10", split="train", metric="zen")).sum() == 1


KEY = "(0, 0, 0, 0, 0, 0)"
WRONG: dict[str, tuple[Any, str]] = {
    "a list": ([], "no object of data sets"),
    "nothing": ({}, "no object of data sets"),
    "a list of records": ({"cifar10": [1]}, "cifar10 is no object"),
    "no record": ({"cifar10": {KEY: 5}}, "cifar10 is no object"),
    "no accuracy": ({"cifar10": {KEY: {"zen": 1}}}, "without val_accuracy"),
    "no architecture": ({"cifar10": {}}, "no architectures"),
    "above 100": ({"cifar10": {KEY: record(101)}}, "from 0 to 100, got 101"),
    "text": ({"cifar10": {KEY: {"zen": "1", "val_accuracy": 1}}}, "expected a number as score"),
    "another spelling": ({"cifar10": {"nonsense": record(1)}}, "got 'nonsense'"),
    "an unknown operation": ({"cifar10": {"(0, 0, 0, 0, 0, 5)": record(1)}}, "6 numbers below 5"),
    "too many": ({"cifar10": {KEY: record(1), "(0, 0, 0, 0, 0, 0, 0)": record(1)}}, "6 numbers below 5"),
    "twice": ({"cifar10": {KEY: record(1), "[0, 0, 0, 0, 0, 0]": record(1)}}, "occurs twice"),
    "a positive loss": ({"room_layout": {KEY: record(0.7)}}, "from -inf to 0, got 0.7"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_contents_are_data_errors(kind: str, tmp_path: Path) -> None:
    content, message = WRONG[kind]
    with pytest.raises(DataError, match=rf"zc\.json: expected a complete zc_.*{message}"):
        read_made_up(content, tmp_path)


def test_damage_is_told_or_stays_in_one_value(data_dir: Path, tmp_path: Path) -> None:
    """JSON has no checksum: a digit can become another one, which nothing can find."""
    records = json.loads(file_of("nasbench301", data_dir).read_text())["cifar10"]
    data, path = json.dumps({"cifar10": dict(list(records.items())[:5])}).encode(), tmp_path / "zc.json"
    path.write_bytes(data)
    expected = len(read(path))

    def check(table: Table) -> None:
        assert abs(len(table) - expected) <= 1

    assert refusals(path, flips(data), read, check) > 60
    short = list(cuts(data, 50))
    assert refusals(path, short, read, check) == len(short)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"PK\x03\x04", b"[" * 100_000, b'{"a": 1, "a": 2}'])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_bytes(data)
    with pytest.raises(DataError, match=r"other\.json: expected.*fetch it again"):
        read(tmp_path / "other.json")


def test_paths_and_names_are_checked(data_dir: Path, tmp_path: Path) -> None:
    calls: list[tuple[type[Exception], str, Callable[[], Table]]] = [
        (InputError, r"none\.json: expected a zc_", lambda: read(tmp_path / "none.json")),
        (UnknownNameError, "nasbench102", lambda: read(tmp_path / "none.json", space="nasbench102")),
        (
            InputError,
            "expected a file of nasbench201, got one of nasbench101",
            lambda: read(file_of("nasbench101", data_dir), space="nasbench201"),
        ),
    ]
    for error, message, call in calls:
        with pytest.raises(error, match=message):
            call()


def test_spellings_of_two_spaces_need_its_name() -> None:
    assert name_of(["jigsaw"], ["(1, 2, 3, 1)", "(1, 2, 3, 1, 1, 1)"]) == "transbench101_macro"
    assert name_of(["jigsaw"], ["(1, 2, 3, 1, 1, 1)", "(0, 2, 3, 1, 1, 1)"]) == "transbench101_micro"
    with pytest.raises(DataError, match="give space="):
        name_of(["jigsaw"], ["(1, 2, 3, 1, 1, 1)"])
