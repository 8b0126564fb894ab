"""NAS-Bench-Macro's published file becomes a table: published anchors, and damage is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kendalltau, spearmanr

from tests.searchspaces.damage import cuts, flips, refusals
from zcnas.errors import DataError, InputError
from zcnas.searchspaces.nasbench_macro import NASBenchMacro, convert, costs, read
from zcnas.table import Table

SPACE = NASBenchMacro()


@pytest.fixture(scope="module")
def file(data_dir: Path) -> Path:
    return data_dir / "nasbench_macro" / "nas-bench-macro_cifar10.json"


@pytest.fixture(scope="module")
def table(file: Path) -> Table:
    return read(file)


def made_up() -> dict[str, Any]:
    """A file like the published one."""
    rng = np.random.default_rng(0)
    found = {}
    for arch in SPACE:
        accuracies = rng.uniform(80, 94, 3).tolist()
        params, flops = costs(arch.genome)
        found[SPACE.format(arch)] = {
            "test_acc": accuracies,
            "mean_acc": float(np.mean(accuracies)),
            "std": float(np.std(accuracies)),
            "params": params,
            "flops": flops,
        }
    return found


@pytest.fixture(scope="module")
def text() -> str:
    return json.dumps(made_up())


def test_the_optimum_is_the_published_one(table: Table) -> None:
    accuracy = table.values("cifar10")
    assert SPACE.canonical(table.archs[int(accuracy.argmax())]) == "22212220"
    assert accuracy.max() == pytest.approx(93.127, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "spearman", "kendall"),
    [("params", 0.3179, 0.2176), ("flops", 0.7478, 0.5560), ("blocks", 0.8323, 0.6933)],
)
def test_sizes_correlate_with_accuracy_as_published(table: Table, name: str, spearman: float, kendall: float) -> None:
    sizes: dict[str, Callable[[], npt.NDArray[Any]]] = {
        "params": lambda: table.values("cifar10", metric="params"),
        "flops": lambda: table.values("cifar10", metric="flops"),
        "blocks": lambda: np.array([np.count_nonzero(arch.genome) for arch in table.archs]),
    }
    accuracy = table.values("cifar10")
    assert round(spearmanr(sizes[name](), accuracy).statistic, 4) == spearman
    assert round(kendalltau(sizes[name](), accuracy).statistic, 4) == kendall


def test_values_are_those_of_the_file(file: Path, tmp_path: Path) -> None:
    table = convert(file, tmp_path / "table.npz")
    records = json.loads(file.read_text("utf-8"))
    assert set(table.archs) == set(SPACE)
    by_seed = table.by_seed("cifar10")
    for row, arch in enumerate(table.archs):
        record = records[SPACE.format(arch)]
        assert by_seed[row].tolist() == np.float32(record["test_acc"]).tolist()
    arch = SPACE.parse("02012100")
    record = records["02012100"]
    assert table.query(arch, "cifar10", seed="mean", epochs=50) == np.float32(record["mean_acc"])
    # Exact in float32: whole numbers below 2**24, and multiples of a power of two.
    assert table.query(arch, "cifar10", metric="params") == record["params"]
    for row, each in enumerate(table.archs):
        assert table.values("cifar10", metric="flops")[row] == records[SPACE.format(each)]["flops"]
    assert table.meta["source"] == file.name
    assert "best" in table.meta["accuracy"]


def test_a_made_up_file_is_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    content = json.loads(text)
    assert read(path).query(SPACE.parse("12012012"), "cifar10", seed=2) == content["12012012"]["test_acc"][2]


def test_truncated_files_are_data_errors(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    for data in cuts(text.encode(), 5):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"file\.json: expected a complete NAS-Bench-Macro.*fetch it again"):
            convert(path, tmp_path / "table.npz")
    assert not (tmp_path / "table.npz").exists()


def test_flipped_bits_never_give_a_wrong_table(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)
    expected = read(path)

    def check(found: Table) -> None:
        # Far behind the point, digits change less than the check of the mean allows for.
        for column in expected.columns:
            np.testing.assert_allclose(found._values[column], expected._values[column], rtol=0, atol=3e-9)

    assert refusals(path, flips(text.encode(), 70), read, check) > 35


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "no row": (lambda one: one.pop("00000000"), "6560 of 6561"),
    "unknown cell": (lambda one: one.update({"33333333": one.pop("00000000")}), "'33333333'"),
    "two seeds": (lambda one: one["00000000"]["test_acc"].pop(), "expected 3 accuracies"),
    "another mean": (lambda one: one["00000000"].update(mean_acc=90), "expected mean and deviation"),
    "NaN": (lambda one: one["00000000"].update(test_acc=[float("nan")] * 3), "0 to 100 %, got nan"),
    "text": (lambda one: one["00000000"].update(test_acc=["93"] * 3), "0 to 100 %, got '93'"),
    "above 100 %": (lambda one: one["00000000"].update(test_acc=[101.0] * 3), "0 to 100 %, got 101"),
    "another size": (lambda one: one["00000000"].update(params=5), r"\[387882.0, 7713280.0\].*got \[5.0, 7713280.0\]"),
    "a size in text": (lambda one: one["00000000"].update(params="5"), "expected numbers"),
    "no size": (lambda one: one["00000000"].pop("flops"), "flops"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_wrong_contents_are_data_errors(kind: str, text: str, tmp_path: Path) -> None:
    change, message = CHANGES[kind]
    content = json.loads(text)
    change(content)
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"wrong\.json: expected.*{message}"):
        read(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[1, 2]", b"5", b"{}", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_other_files_are_data_errors(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_bytes(data)
    with pytest.raises(DataError, match=r"other\.json: expected.*fetch it again"):
        read(tmp_path / "other.json")


def test_paths_are_checked(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    with pytest.raises(InputError, match=r"file\.json: expected a NAS-Bench-Macro .*No such file"):
        convert(path, tmp_path / "table.npz")
    path.write_text(text)
    with pytest.raises(InputError, match="expected another file than the one that is read"):
        convert(path, path)
    with pytest.raises(InputError, match="can be written"):
        convert(path, tmp_path / "none" / "table.npz")
