"""Pictures in folders and archives, whole, damaged and hostile."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from zcnas.data import ImageSet, MissingDataError, batches, load
from zcnas.errors import DataError, InputError, UnknownNameError

NAMES = ["train/cat/0.png", "train/cat/1.png", "train/dog/0.png", "test/cat/0.png"]


def png(seed: int = 0, size: tuple[int, int] = (6, 5), mode: str = "RGB") -> bytes:
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    values = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def folder(root: Path) -> Path:
    for seed, name in enumerate(NAMES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(png(seed))
    return root


def archive(path: Path, extra: dict[str, bytes] | None = None, mode: str = "w") -> Path:
    files = {name: png(seed) for seed, name in enumerate(NAMES)} | (extra or {})
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def pictures(root: Path, **options: object) -> ImageSet:
    found = load("pictures", root=root, **options)
    assert isinstance(found, ImageSet)
    return found


def test_real_jpeg_archive(data_dir: Path) -> None:
    (batch,) = batches("pictures", per_class=2, seed=1, root=data_dir / "cifar10_jpeg" / "test_2000.tar", split="test")
    assert batch.inputs.shape == (20, 3, 32, 32)
    assert batch.inputs.min() >= -1
    assert batch.inputs.max() <= 1
    # Photographs fill the range: noise or constant planes would not have this deviation.
    assert 0.3 < float(batch.inputs.std()) < 0.7
    assert batch.name == "test_2000.tar test[0] seed 1"


def test_real_jpeg_archive_is_balanced_and_in_order(data_dir: Path) -> None:
    found = pictures(data_dir / "cifar10_jpeg" / "test_2000.tar", split="test")
    assert torch.equal(found.labels, torch.arange(10).repeat_interleave(200))
    assert found.classes[:3] == ("airplane", "automobile", "bird")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_archive_and_folder_give_the_same(tmp_path: Path, mode: str) -> None:
    packed = pictures(archive(tmp_path / "some.tar", mode=mode))
    plain = pictures(folder(tmp_path / "some"))
    assert torch.equal(packed.images, plain.images)
    assert packed.images.shape == (3, 3, 5, 6)
    assert packed.labels.tolist() == plain.labels.tolist() == [0, 0, 1]
    assert packed.classes == plain.classes == ("cat", "dog")
    expected = np.array(Image.open(io.BytesIO(png(2))))
    assert np.array_equal(packed.images[2].permute(1, 2, 0).numpy(), expected)


def test_nothing_is_written(tmp_path: Path) -> None:
    path = archive(tmp_path / "some.tar", {"../cat/9.png": png()})
    pictures(path)
    assert list(tmp_path.iterdir()) == [path]


def test_conversion_to_grey_and_size(tmp_path: Path) -> None:
    found = pictures(folder(tmp_path), size=4, channels=1, mean=[0.4], std=[0.2])
    assert found.images.shape == (3, 1, 4, 4)
    assert (found.mean, found.std) == ((0.4,), (0.2,))


def test_grey_pictures_become_colour(tmp_path: Path) -> None:
    found = pictures(archive(tmp_path / "some.tar", {"train/dog/1.png": png(9, mode="L")}))
    assert found.images.shape == (4, 3, 5, 6)


def test_splits_that_are_not_there(tmp_path: Path) -> None:
    for place in (archive(tmp_path / "some.tar"), folder(tmp_path / "some")):
        with pytest.raises(UnknownNameError, match="'tests': did you mean 'test'"):
            pictures(place, split="tests")
    with pytest.raises(MissingDataError, match="nowhere: expected a folder or a tar archive"):
        pictures(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: expected files <split>/<class>/<name>.jpg, there are none"):
        pictures(tmp_path / "empty")
    (tmp_path / "some" / "none").mkdir()
    with pytest.raises(DataError, match=r"expected pictures at none/<class>/<name>.jpg, there are none"):
        pictures(tmp_path / "some", split="none")
    with pytest.raises(InputError, match="expected root="):
        load("pictures")


@pytest.mark.parametrize("options", [{"channels": 2}, {"size": 0}])
def test_bad_options(tmp_path: Path, options: dict[str, int]) -> None:
    with pytest.raises(InputError, match="channels 1 or 3 and size >= 1"):
        pictures(folder(tmp_path), **options)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("train/cat/2.png", b"no picture", "train/cat/2.png: expected a picture"),
        ("train/cat/2.png", png()[:-30], "train/cat/2.png: expected a picture"),
        ("train/cat/2.png", b"", "train/cat/2.png: expected a picture"),
        ("train/cat/2.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "expected a picture"),
        ("train/cat/2.png", png(size=(7, 5)), "expected 6 x 5 pixels.*got 7 x 5; pass size="),
        ("train/cat/readme.txt", b"hello", "got 'train/cat/readme.txt'; remove it"),
        ("train/2.png", png(), "got 'train/2.png'; remove it"),
        ("train/cat/deep/2.png", png(), "got 'train/cat/deep/2.png'; remove it"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    packed = archive(tmp_path / "some.tar", {name: data})
    plain = folder(tmp_path / "some")
    (plain / name).parent.mkdir(parents=True, exist_ok=True)
    (plain / name).write_bytes(data)
    for place in (packed, plain):
        with pytest.raises(DataError, match=message):
            pictures(place)


def _cut_at(place: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * place)]


def _garble_second_header(data: bytes) -> bytes:
    # The first picture's header and data take two or more blocks: its second header begins after them.
    begin = data.index(NAMES[1].encode())
    return data[:begin] + b"\xff" * 400 + data[begin + 400 :]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("place", [0.0, 0.02, 0.2, 0.35])
def test_truncated_archives(tmp_path: Path, mode: str, place: float) -> None:
    path = archive(tmp_path / "some.tar", mode=mode)
    path.write_bytes(_cut_at(place)(path.read_bytes()))
    with pytest.raises(DataError, match=r"some.tar: expected a complete tar archive.*fetch it again"):
        pictures(path)


def test_archives_cut_between_two_pictures(tmp_path: Path) -> None:
    path = archive(tmp_path / "some.tar")
    with tarfile.open(path) as tar:
        begin = tar.getmember(NAMES[2]).offset
    path.write_bytes(path.read_bytes()[:begin])
    with pytest.raises(DataError, match=r"cut short or garbled .no end mark"):
        pictures(path)


@pytest.mark.parametrize("damage", [_garble_second_header, lambda data: b"GIF89a" + data[6:], lambda _: b"x" * 99])
def test_garbled_archives(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = archive(tmp_path / "some.tar")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"some.tar: expected a complete tar archive"):
        pictures(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png())
    path = archive(tmp_path / "some.tar")
    with tarfile.open(path, "a") as tar:
        info = tarfile.TarInfo("train/cat/link.png")
        info.type, info.linkname = kind, str(secret)
        tar.addfile(info)
    with pytest.raises(DataError, match=r"'train/cat/link.png' is a link or device"):
        pictures(path)


def test_claimed_sizes_are_not_believed(tmp_path: Path) -> None:
    info = tarfile.TarInfo("train/cat/0.png")
    info.size = 1 << 40
    path = tmp_path / "some.tar"
    path.write_bytes(info.tobuf() + bytes(2048))
    with pytest.raises(DataError, match=r"'train/cat/0.png' is 1099511627776 bytes"):
        pictures(path)


def test_pictures_that_claim_to_be_huge_are_refused(tmp_path: Path) -> None:
    data = bytearray(png())
    data[16:24] = (20_000).to_bytes(4, "big") * 2
    with pytest.raises(DataError, match=r"train/cat/2.png: expected a picture"):
        pictures(archive(tmp_path / "some.tar", {"train/cat/2.png": bytes(data)}))
