"""CIFAR and ImageNet16-120 from small files in the official layouts."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from zcnas.data import ImageSet, MissingDataError, batches, load
from zcnas.errors import DataError, InputError, UnknownNameError

Pixels = npt.NDArray[np.uint8]


def pixels(count: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (count, width), dtype=np.uint8)


def save(path: Path, held: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(held, protocol=2))


def cifar10_files(root: Path) -> list[Pixels]:
    names = [f"data_batch_{number}" for number in range(1, 6)]
    parts = [pixels(4, 3072, seed) for seed in range(5)]
    for name, data in zip(names, parts, strict=True):
        save(root / "cifar-10-batches-py" / name, {"data": data, "labels": [0, 3, 9, 3], "batch_label": name})
    return parts


def cifar100_files(root: Path) -> list[Pixels]:
    parts = [pixels(6, 3072, 7)]
    held = {"data": parts[0], "fine_labels": [5, 99, 0, 1, 2, 3], "coarse_labels": [1] * 6}
    save(root / "cifar-100-python" / "test", held)
    return parts


def imagenet16_files(root: Path) -> list[Pixels]:
    parts = [pixels(3, 768, seed) for seed in range(10)]
    for number, data in enumerate(parts):
        held = {"data": data, "labels": [1, 121, 120], "mean": np.zeros(768)}
        save(root / f"train_data_batch_{number + 1}", held)
    return parts


def images_of(name: str, **options: Any) -> ImageSet:
    found = load(name, **options)
    assert isinstance(found, ImageSet)
    return found


def test_cifar10_is_what_torchvision_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10

    cifar10_files(tmp_path)
    save(tmp_path / "cifar-10-batches-py" / "batches.meta", {"label_names": list("abcdefghij")})
    # Its check sums are those of the whole dataset.
    monkeypatch.setattr(CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    theirs = CIFAR10(tmp_path, train=True)
    ours = images_of("cifar10", root=tmp_path)
    assert np.array_equal(ours.images.permute(0, 2, 3, 1).numpy(), theirs.data)
    assert ours.labels.tolist() == theirs.targets
    assert len(ours.classes) == 10


def test_cifar100_takes_the_fine_labels(tmp_path: Path) -> None:
    (data,) = cifar100_files(tmp_path)
    found = images_of("cifar100", root=str(tmp_path), split="test")
    assert np.array_equal(found.images.flatten(1).numpy(), data)
    assert found.labels.tolist() == [5, 99, 0, 1, 2, 3]
    assert len(found.classes) == 100


def test_imagenet16_keeps_the_first_120_classes_and_counts_from_zero(tmp_path: Path) -> None:
    parts = imagenet16_files(tmp_path)
    found = images_of("imagenet16-120", root=tmp_path)
    assert found.labels.tolist() == [0, 119] * 10
    assert np.array_equal(found.images.flatten(1).numpy(), np.concatenate([part[[0, 2]] for part in parts]))
    assert found.images.shape == (20, 3, 16, 16)


def test_normalisation_gives_published_statistics_mean_zero(tmp_path: Path) -> None:
    grey = np.full((4, 768), 128, dtype=np.uint8)
    save(tmp_path / "val_data", {"data": grey, "labels": np.array([1, 2, 3, 4])})
    (batch,) = batches("imagenet16-120", batch_size=4, root=tmp_path, split="val")
    expected = torch.tensor([(128 - 122.68) / 63.22, (128 - 116.66) / 61.26, (128 - 104.01) / 65.09])
    torch.testing.assert_close(batch.inputs[0, :, 3, 5], expected)


@pytest.mark.parametrize(
    ("name", "file", "remedy"),
    [
        ("cifar10", "cifar-10-batches-py/data_batch_1", "download=True to fetch CIFAR10"),
        ("cifar100", "cifar-100-python/train", "download=True to fetch CIFAR100"),
        ("imagenet16-120", "train_data_batch_1", "image-net.org"),
    ],
)
def test_missing_files_are_named_with_a_remedy(tmp_path: Path, name: str, file: str, remedy: str) -> None:
    with pytest.raises(MissingDataError, match=f"{file}: expected this file.*{remedy}") as caught:
        load(name, root=tmp_path)
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(InputError, match=f"{name}: expected root="):
        load(name)
    with pytest.raises(UnknownNameError, match=r"split 'tran'.*did you mean 'train'"):
        load(name, root=tmp_path, split="tran")


def test_nothing_is_downloaded_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def fetch(url: str, root: str, filename: str, md5: str) -> None:
        asked.append((url.rsplit("/", 1)[1], md5))
        cifar10_files(Path(root))

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", fetch)
    with pytest.raises(MissingDataError):
        load("cifar10", root=tmp_path)
    assert asked == []
    assert len(images_of("cifar10", root=tmp_path, download=True)) == 20
    assert asked == [("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a")]
    load("cifar10", root=tmp_path, download=True)
    assert len(asked) == 1, "what is there is not fetched again"


def test_a_download_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", fail)
    with pytest.raises(DataError, match=r"python.tar.gz: could not be fetched.*no network.*by hand"):
        load("cifar100", root=tmp_path, download=True)


class Malicious:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (self.command,)


@pytest.mark.parametrize("name", ["cifar10", "imagenet16-120"])
def test_files_cannot_run_code(tmp_path: Path, name: str) -> None:
    trace = tmp_path / "ran"
    path = {"cifar10": "cifar-10-batches-py/data_batch_3", "imagenet16-120": "train_data_batch_3"}[name]
    (cifar10_files if name == "cifar10" else imagenet16_files)(tmp_path)
    save(tmp_path / path, {"data": Malicious(f"touch {trace}"), "labels": []})
    with pytest.raises(DataError, match=f"{path}.*system"):
        load(name, root=tmp_path)
    assert not trace.exists()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _holds(held: object) -> Callable[[Path], None]:
    return lambda path: save(path, held)


DATA = pixels(4, 3072)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_cut, "complete pickle"),
        (lambda path: path.write_bytes(b""), "complete pickle"),
        (lambda path: path.write_bytes(b"<html>not found</html>"), "complete pickle"),
        (_holds([1, 2]), "expected a dict with 'data' and 'labels', got a list of 2"),
        (_holds({"data": DATA}), "expected a dict with 'data' and 'labels', got a dict with 'data'"),
        (_holds({"data": DATA[:, 1:], "labels": [0] * 4}), r"bytes of shape \(n, 3072\)"),
        (_holds({"data": DATA.astype(float), "labels": [0] * 4}), "got an array of float64"),
        (_holds({"data": "text", "labels": [0] * 4}), "got a str of 4"),
        (_holds({"data": DATA, "labels": [0] * 3}), "4 whole numbers as labels, got a list of 3"),
        (_holds({"data": DATA, "labels": ["0"] * 4}), "4 whole numbers as labels"),
        (_holds({"data": DATA, "labels": [0.0] * 4}), "4 whole numbers as labels"),
        (_holds({"data": DATA, "labels": [0, 0, 0, 10**30]}), "4 whole numbers as labels"),
        (_holds({"data": DATA, "labels": [0, 1, 2, 10]}), "labels from 0 to 9, got 0 to 10"),
        (_holds({"data": DATA, "labels": [0, 1, -1, 2]}), "labels from 0 to 9, got -1 to 2"),
    ],
)
def test_damaged_files_are_named_with_a_remedy(tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    cifar10_files(tmp_path)
    damage(tmp_path / "cifar-10-batches-py" / "data_batch_2")
    with pytest.raises(DataError, match=f"data_batch_2.*{message}.*(again|trust)"):
        load("cifar10", root=tmp_path)


def test_imagenet16_labels_count_from_one(tmp_path: Path) -> None:
    save(tmp_path / "val_data", {"data": pixels(2, 768), "labels": [0, 1]})
    with pytest.raises(DataError, match="val_data: expected labels from 1 to 1000, got 0 to 1"):
        load("imagenet16-120", root=tmp_path, split="val")
