"""NAS-Bench-101's official files, damaged or wrong: an error that tells where, never a wrong table."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.damage import flips
from tests.searchspaces.nasbench101_files import SMALLEST, SPACE, converted, records_of, runs, written
from tests.searchspaces.tfrecords import crc32c, evaluation, framed, metrics, record
from zcnas.errors import DataError
from zcnas.searchspaces.nasbench101 import tfrecord, trainings
from zcnas.searchspaces.nasbench101.metrics import EPOCHS, training


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven models are a whole benchmark."""
    monkeypatch.setattr(trainings, "_SIZE", 7)


@pytest.mark.parametrize(
    ("content", "expected"),
    # RFC 3720, B.4.
    [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)],
)
def test_checksums_are_the_standards(content: bytes, expected: int) -> None:
    assert tfrecord.crc32c([content])[0] == crc32c(content) == expected


def test_checksums_of_many_are_those_of_each() -> None:
    rng = np.random.default_rng(0)
    contents = [rng.bytes(int(size)) for size in rng.integers(0, 400, 50)] + [b""]
    assert tfrecord.crc32c(contents).tolist() == [crc32c(content) for content in contents]


def test_many_batches_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfrecord, "_BATCH", 4)
    found = runs(EPOCHS)
    path = written(tmp_path / "nasbench.tfrecord", found)
    with path.open("rb") as file:
        assert list(tfrecord.records(file)) == list(records_of(found))
    # The number is counted across batches.
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="content of record 83 does not fit its checksum"):
        converted(path, tmp_path)


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "nasbench.tfrecord", runs())
    # The first record's frame as well.
    for damaged in flips(path.read_bytes(), 240, more=range(14)):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"nasbench\.tfrecord.*(does not fit its checksum|ends inside record)"):
            converted(path, tmp_path)
    assert not (tmp_path / "table.npz").exists()


def test_every_truncation_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "nasbench.tfrecord", runs())
    data = path.read_bytes()
    ends = np.cumsum([len(framed(one)) for one in records_of(runs())])
    for length in [*range(20), *np.linspace(20, len(data) - 1, 60, dtype=int), *ends[:-1:4]]:
        path.write_bytes(data[:length])
        with pytest.raises(DataError, match=r"nasbench\.tfrecord.*(ends inside record|only `partial` allows)"):
            converted(path, tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 of 7 models"),
        (b"PK\x03\x04" + bytes(500), "does not fit its checksum"),
        (b"BZh9" + b"1AY&SY" * 90, "does not fit its checksum"),
        (bytes(1000), "does not fit its checksum"),
        (framed(b"x" * 20_000), "record 0 has over 16384 bytes"),
        (framed(b"\x0a\x05image"), "record 0: "),
        (framed(b"[]"), r"record 0: expected \[hash, epochs, adjacency, operations, metrics\]"),
        (framed(b"1" * 5000), "record 0: "),
        (framed(b"[" * 10_000), "record 0: "),
        (framed(b'{"a": 1}'), r"record 0: expected \[hash"),
    ],
)
def test_other_files_are_data_errors(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "other.tfrecord"
    path.write_bytes(content)
    for partial in (False, True):
        with pytest.raises(DataError, match=rf"other\.tfrecord: expected a complete NAS-Bench-101 .*{message}"):
            converted(path, tmp_path, partial=partial)


TEXT = SPACE.format(SMALLEST[1])
KEY = SPACE.canonical(SMALLEST[1])
FINAL = (0.9, 0.8, 0.7, 1000.0)


def changed(place: int, value: Any) -> bytes:
    fields = json.loads(record(KEY, 108, TEXT, 1000, FINAL))
    fields[place] = value
    return json.dumps(fields).encode()


def encoded(message: bytes) -> str:
    return base64.b64encode(message).decode()


LAST = evaluation(108, 1000.0, FINAL[:3])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(0, "02E5"), "a hash of 32 hexadecimal digits, got '02E5'"),
        (changed(0, "0" * 32), f"the hash of {TEXT} is {KEY}, not 0000"),
        (changed(1, 109), r"a training of \(4, 12, 36, 108\) epochs, got 109"),
        (changed(1, 108.0), r"expected \[hash, epochs"),
        (changed(1, True), r"expected \[hash, epochs"),
        (changed(2, "0101"), r"expected a \(V, V\) matrix and V names"),
        (changed(3, "input,conv5x5,output"), "conv5x5"),
        (changed(4, "?"), "base64"),
        (changed(4, ""), "expected 3 evaluations and parameters, got 0 and 0"),
        (changed(4, encoded(metrics([LAST] * 2, 1000))), "got 2 and 1000"),
        (changed(4, encoded(metrics([LAST] * 3, 0))), "got 3 and 0"),
        (changed(4, encoded(metrics([LAST] * 3, 2**40))), "got 3 and 1099511627776"),
        (changed(4, encoded(metrics([LAST] * 3, 1000)[:-1])), "a message ends inside a field"),
        (changed(4, encoded(b"\xff" * 12)), "more than ten bytes"),
        (changed(4, encoded(b"\x0b")), "a field of unknown kind 3"),
        (record(KEY, 108, TEXT, 1000, (0.9, 0.8, 1.7, 1.0)), "accuracies from 0 to 1"),
        (record(KEY, 108, TEXT, 1000, (0.9, float("nan"), 0.7, 1.0)), "accuracies from 0 to 1"),
        (record(KEY, 108, TEXT, 1000, (0.9, 0.8, 0.7, -1.0)), "and seconds, got"),
        (record(KEY, 108, TEXT, 1000, (0.9, 0.8, 0.7, float("inf"))), "and seconds, got"),
        (changed(4, encoded(metrics([LAST, LAST, LAST[:9]], 1000))), "accuracies from 0 to 1"),
    ],
)
def test_wrong_records_are_data_errors(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.tfrecord"
    path.write_bytes(b"".join(map(framed, [*records_of(runs(models=1)[:1]), content])))
    with pytest.raises(DataError, match=rf"wrong\.tfrecord.*record 1: .*{message}"):
        converted(path, tmp_path, partial=True)


def test_contradictions_are_data_errors(tmp_path: Path) -> None:
    path = tmp_path / "wrong.tfrecord"
    good = record(KEY, 108, TEXT, 1000, FINAL)
    for content, message in (
        ([good, record(KEY, 108, TEXT, 1001, FINAL)], "record 1: model .* has another cell or size than before"),
        ([good] * 4, "record 3: model .* has more than 3 trainings of 108 epochs"),
        (list(records_of(runs(models=8))), "it has more than 7 models"),
    ):
        path.write_bytes(b"".join(map(framed, content)))
        with pytest.raises(DataError, match=message):
            converted(path, tmp_path, partial=True)


def test_fields_that_nobody_knows_are_passed_over() -> None:
    message = b"\x3d1234" + b"\x45abcd" + metrics([LAST] * 3, 1000) + b"\x98\x06\x01"
    found = training(changed(4, encoded(message)))
    assert (found.parameters, found.results) == (1000, FINAL)


def test_random_bits_of_messages_bring_no_other_error() -> None:
    for damaged in flips(metrics([LAST] * 3, 1000), 500):
        try:
            training(changed(4, encoded(damaged)))
        except DataError:
            continue
