"""Reading record by record: what comes back is what plain unpickling gives, and memory does not grow."""

from __future__ import annotations

import io
import pickle
import tracemalloc
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.searchspaces.official_files import WRITERS, benchmark, converted
from zcnas.errors import DataError
from zcnas.searchspaces.nasbench201 import stream
from zcnas.searchspaces.nasbench201.stream import StreamUnpickler

SHARED = ["shared"]
VALUES = {
    "texts": [f"text {number % 7}" for number in range(100)],
    "keys": {("cifar10", seed): OrderedDict(a=1.5, b=-2) for seed in (777, 888)},
    "numbers": [0, 255, 256, -1, 10**30, 1.5, True, None, np.float64(2.5), np.int64(3)],
    "sets": {1, 2},
    "long": "ä" * 300,
    "twice": [SHARED, SHARED, (1.0, SHARED)],
    "one": {"single": "item"},
}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that pages are compressed and opened again."""
    monkeypatch.setattr(stream, "_PAGE", 8)
    monkeypatch.setattr(stream, "_OPEN_PAGES", 2)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.usefixtures("small_pages")
def test_values_come_back(protocol: int) -> None:
    back = StreamUnpickler(io.BytesIO(pickle.dumps(VALUES, protocol=protocol))).load()
    assert back == VALUES
    assert back["twice"][0] is back["twice"][1] is back["twice"][2][1]
    assert type(back["keys"]["cifar10", 777]) is OrderedDict
    assert type(back["numbers"][6]) is bool


def test_only_one_pickle_is_read() -> None:
    file = io.BytesIO(pickle.dumps([1]) + pickle.dumps([2]))
    assert [StreamUnpickler(file).load(), StreamUnpickler(file).load()] == [[1], [2]]


def taking(container: dict[Any, Any], items: list[Any]) -> bool:
    """Takes dicts with a number, and leaves that in their place."""
    complete = False
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(value, dict) and "number" in value:
            container[key], complete = value["number"], True
    return complete


def test_what_is_taken_is_forgotten_and_names_are_kept() -> None:
    separate = {"first": {"a": {"number": 1, "text": "same"}}, "second": {"b": {"number": 2, "text": "same"}}}
    expected = {"first": {"a": 1}, "second": {"b": 2}}
    assert StreamUnpickler(io.BytesIO(pickle.dumps(separate)), taking).load() == expected


def test_parts_of_a_forgotten_record_are_no_silent_gaps() -> None:
    shared = {"first": {"a": {"number": 1, "part": SHARED}}, "second": {"b": {"number": 2, "part": SHARED}}}
    with pytest.raises(DataError, match="part of an earlier one"):
        StreamUnpickler(io.BytesIO(pickle.dumps(shared)), taking).load()


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"\x80\x02]r\xff\xff\xff\x7f.", DataError, "memo place 2147483647"),
        (b"\x80\x02]q\x00]q\x00.", DataError, "memo place 0"),
        (b"\x80\x02h\x05.", pickle.UnpicklingError, "Memo value not found"),
        (b"\x80\x02]q\x00", EOFError, "no end"),
        (b"", EOFError, "no end"),
    ],
)
def test_garbled_pickles_are_errors(data: bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        StreamUnpickler(io.BytesIO(data)).load()


def test_numbering_from_one_is_read() -> None:
    assert StreamUnpickler(io.BytesIO(b"\x80\x02]q\x01(h\x01X\x01\x00\x00\x00aq\x02h\x02e.")).load()[1:] == ["a", "a"]


@pytest.mark.parametrize("form", ["zip", "pbz2"])
def test_memory_does_not_grow_with_the_file(form: str, tmp_path: Path) -> None:
    peaks = []
    for number in (4, 16):
        path = WRITERS[form](tmp_path, benchmark(range(number)))
        converted(path, tmp_path)  # what is made once and kept, such as the order of all architectures
        tracemalloc.start()
        converted(path, tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # An architecture's curves take about 2 MB, and those of one have to be held; 12 more would take 24 MB.
    assert peaks[1] - peaks[0] < 2e6
