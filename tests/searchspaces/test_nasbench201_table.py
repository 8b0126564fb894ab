"""The benchmark's table: published optima and the anchors that need no network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from scipy.stats import kendalltau, spearmanr

from zcnas.errors import DataError, UnknownNameError
from zcnas.searchspaces.nasbench201 import OPS, NASBench201, NASBench201Table
from zcnas.space import Architecture
from zcnas.unpickle import load

SPACE = NASBench201()
DATASETS = ("cifar10", "cifar100", "ImageNet16-120")


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    return data_dir / "nasbench201"


@pytest.fixture(scope="module")
def table(folder: Path) -> NASBench201Table:
    return NASBench201Table.load(folder / "nb201_table.npz")


def parameters(arch: Architecture, C: int = 16, N: int = 5) -> int:
    """All weights of the network with 10 classes, from the benchmark's description."""
    kernel = {"nor_conv_1x1": 1, "nor_conv_3x3": 9}
    total = 27 * C + 2 * C + 2 * 4 * C + 10 * 4 * C + 10
    for width in (C, 2 * C, 4 * C):
        total += N * sum(kernel[OPS[code]] * width**2 + 2 * width for code in arch.genome if OPS[code] in kernel)
    for width in (2 * C, 4 * C):
        total += 9 * width**2 // 2 + 9 * width**2 + 4 * width + width**2 // 2
    return total


@pytest.fixture(scope="module")
def sizes() -> npt.NDArray[np.int64]:
    """Parameters of every architecture in the official order."""
    return np.array([parameters(SPACE.from_official_index(index)) for index in range(len(SPACE))])


def test_rows_are_in_the_official_order(table: NASBench201Table) -> None:
    assert len(table) == len(SPACE)
    assert all(SPACE.official_index(arch) == row for row, arch in enumerate(table.archs))


@pytest.mark.parametrize(
    ("dataset", "index", "accuracy"),
    [("cifar10", 6111, 94.373), ("cifar100", 9930, 73.513), ("ImageNet16-120", 857, 47.311)],
)
def test_the_optimum_is_the_published_one(table: NASBench201Table, dataset: str, index: int, accuracy: float) -> None:
    assert int(table.values(dataset).argmax()) == index
    assert table.query(SPACE.from_official_index(index), dataset) == pytest.approx(accuracy, abs=5e-4)


@pytest.mark.parametrize(("dataset", "file"), [("cifar10", "cf10"), ("cifar100", "cf100"), ("ImageNet16-120", "im120")])
def test_published_accuracy_is_that_of_the_published_files(
    table: NASBench201Table, folder: Path, dataset: str, file: str
) -> None:
    published = load(folder / f"nb2_{file}_test_accuracy.p")
    np.testing.assert_array_equal(table.values(dataset, seed="published", epochs=200), published)


def test_the_short_training_is_that_of_the_published_file(table: NASBench201Table, folder: Path) -> None:
    info = load(folder / "nb2_cf10_hp12_info.p")
    assert [SPACE.parse(record["arch"]) for record in info] == list(table.archs)
    accuracy = table.values("cifar10", split="val", epochs=12)
    np.testing.assert_array_equal(accuracy, [record["valacc"] for record in info])
    seconds = table.values("cifar10", split="train", metric="seconds")
    np.testing.assert_array_equal(seconds, [record["cost"] for record in info])


def test_sizes_are_those_of_the_networks() -> None:
    rng = np.random.default_rng(0)
    for arch in [SPACE.sample(rng) for _ in range(10)]:
        with torch.device("meta"):
            net = SPACE.build(arch)
        assert sum(parameter.numel() for parameter in net.parameters()) == parameters(arch)


@pytest.mark.parametrize(
    ("dataset", "spearman", "kendall"),
    [("cifar10", 0.7513, 0.5764), ("cifar100", 0.7265, 0.5518), ("ImageNet16-120", 0.6904, 0.5191)],
)
def test_sizes_correlate_with_accuracy_as_published(
    table: NASBench201Table, sizes: npt.NDArray[np.int64], dataset: str, spearman: float, kendall: float
) -> None:
    accuracy = table.values(dataset, seed="published")
    assert round(spearmanr(sizes, accuracy).statistic, 4) == spearman
    assert round(kendalltau(sizes, accuracy).statistic, 4) == kendall


def test_the_short_training_correlates_with_accuracy_as_published(table: NASBench201Table) -> None:
    short, accuracy = table.values("cifar10", split="val", epochs=12), table.values("cifar10")
    assert round(spearmanr(short, accuracy).statistic, 4) == 0.7715
    assert round(kendalltau(short, accuracy).statistic, 4) == 0.5939


def test_means_over_all_seeds_are_near_but_not_the_same(table: NASBench201Table) -> None:
    for dataset in DATASETS:
        published, mean = (table.values(dataset, seed=seed) for seed in ("published", "mean"))
        assert not np.array_equal(published, mean)
        assert spearmanr(published, mean).statistic > 0.99


@pytest.mark.parametrize("options", [{"seed": 777}, {"split": "valid"}, {"epochs": 12}, {"metric": "loss"}])
def test_unknown_records_list_what_there_is(table: NASBench201Table, options: dict[str, object]) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean.*ImageNet16-120"):
        table.query(table.archs[0], "cifar10", **options)  # type: ignore[arg-type]


def test_rows_in_another_order_are_sorted(table: NASBench201Table) -> None:
    order = np.random.default_rng(0).permutation(len(table))
    columns = {column: table._values[column][order] for column in table.columns}
    shuffled = NASBench201Table([table.archs[row] for row in order], columns)
    assert shuffled.archs == table.archs
    np.testing.assert_array_equal(shuffled.values("cifar10"), table.values("cifar10"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (slice(0, 100), "15625 architectures, got 100"),
        ([0, *range(15_624)], "15625 distinct architectures, got 15624"),
    ],
)
def test_missing_and_repeated_rows_are_data_errors(
    folder: Path, tmp_path: Path, row: slice | list[int], message: str
) -> None:
    with np.load(folder / "nb201_table.npz") as arrays:
        np.savez(tmp_path / "part.npz", **{name: arrays[name][row] for name in arrays.files})
    with pytest.raises(DataError, match=rf"part\.npz.*{message}"):
        NASBench201Table.load(tmp_path / "part.npz")
