"""Restricted unpickling: plain values come back, everything else is refused before it can act."""

from __future__ import annotations

import collections
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from zcnas.errors import DataError
from zcnas.unpickle import NUMPY, PLAIN, load

ARRAYS = {
    "float": np.arange(6.0).reshape(2, 3),
    "column_major": np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(2, 3)),
    "big_endian": np.arange(4, dtype=">i4"),
    "text": np.array(["none", "skip"]),
    "bytes": np.array([b"ab", b"c"]),
    "objects": np.array([None, "x", 3], dtype=object),
    "empty": np.zeros((0, 3)),
    "zero_dimensional": np.array(3.5),
    "bool": np.array([True, False]),
}


class Bad:
    """Pickles as a call of ``function(*arguments)``."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_come_back(kind: str, protocol: int) -> None:
    array = ARRAYS[kind]
    back = load(pickle.dumps(array, protocol=protocol))
    assert type(back) is np.ndarray
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.flags.writeable
    assert back.flags.f_contiguous == array.flags.f_contiguous
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_come_back(protocol: int) -> None:
    value = {
        "list": [1, 2.5, None, True, "ä", b"\xff\x00", 10**30],
        ("tuple", 1): ({"nested": (1, 2)}, {3, 4}, frozenset({5})),
        "scalars": [np.float64(1.5), np.float32(2.5), np.int64(-3), np.bool_(True)],
        "ordered": collections.OrderedDict(a=1, b=2),
    }
    back = load(pickle.dumps(value, protocol=protocol))
    assert back == value
    assert [type(x) for x in back["scalars"]] == [type(x) for x in value["scalars"]]


def test_arrays_inside_containers_are_real_and_stay_shared() -> None:
    array = np.arange(3)
    back = load(pickle.dumps({"a": [array, (array,)], "b": array, "type": array.dtype}))
    assert type(back["a"][0]) is np.ndarray
    assert back["a"][0] is back["a"][1][0] is back["b"]
    assert back["type"] == array.dtype


def test_a_list_that_holds_itself_comes_back() -> None:
    value: list[object] = [1]
    value.append(value)
    back = load(pickle.dumps(value))
    assert back[1] is back


def test_python_2_batches_need_latin1() -> None:
    # What Python 2 writes for {"data": numpy.array([[255, 1]], "u1"), "labels": [6]} with protocol 2.
    data = (
        b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x01K\x02\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x02\xff\x01tbU\x06labels]K\x06au."
    )
    back = load(data, encoding="latin1")
    assert back["data"].dtype == np.uint8
    assert back["data"].tolist() == [[255, 1]]
    assert back["labels"] == [6]
    assert load(data, encoding="bytes")[b"data"].tolist() == [[255, 1]]
    with pytest.raises(DataError, match="ascii"):
        load(data)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_command_runs(tmp_path: Path, protocol: int) -> None:
    mark = tmp_path / "mark"
    file = tmp_path / "table.p"
    file.write_bytes(pickle.dumps([Bad(os.system, f"touch {mark}")], protocol=protocol))
    with pytest.raises(DataError, match=r"table\.p.*(posix|nt)\.system.*not allowed"):
        load(file)
    assert not mark.exists()
    pickle.loads(file.read_bytes())
    assert mark.exists(), "the pickle is harmless, so the test proves nothing"


@pytest.mark.parametrize(
    "call", [Bad(eval, "1+1"), Bad(bytearray, 10), Bad(getattr, [], "append"), Bad(print, 1), Bad(bytes, 10)]
)
def test_builtins_are_refused(call: Bad) -> None:
    with pytest.raises(DataError, match=r"not allowed|with arguments"):
        load(pickle.dumps(call))


def test_the_allow_list_is_exact() -> None:
    data = pickle.dumps(np.float64(1.0))
    assert load(data, allowed=NUMPY) == 1.0
    with pytest.raises(DataError, match="not allowed"):
        load(data, allowed=PLAIN)
    assert load(pickle.dumps(Bad(os.getcwd)), allowed={("posix", "getcwd"): lambda: "stand-in"}) == "stand-in"


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x80\x04", b"PK\x03\x04", pickle.dumps([1, 2, 3])[:-1]])
def test_garbage_is_a_data_error(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "batch_1"
    file.write_bytes(data)
    with pytest.raises(DataError, match=r"batch_1.*complete pickle.*fetch the file again"):
        load(file)


def test_every_truncation_is_a_data_error() -> None:
    data = pickle.dumps({"data": np.arange(5), "labels": [1, 2, 3]})
    for length in range(len(data)):
        with pytest.raises(DataError):
            load(data[:length])


def test_flipped_bytes_give_a_value_or_a_data_error() -> None:
    value = {"data": np.arange(40.0), "names": np.array(["a", "b"]), "x": np.float32(1)}
    data = pickle.dumps(value, protocol=4)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(3000):
        garbled = bytearray(data)
        garbled[rng.integers(len(data))] = rng.integers(256)
        try:
            load(bytes(garbled))
        except DataError:
            refused += 1
    assert 0 < refused < 3000


def test_memory_is_not_reserved_for_nothing() -> None:
    with pytest.raises(DataError, match="memo place"):
        load(b"\x80\x02Nr" + struct.pack("<I", 2**32 - 1) + b".")
    with pytest.raises(DataError):
        load(b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.")
    shape = pickle.dumps(np.zeros(1), protocol=2).replace(b"K\x01\x85", b"J\xff\xff\xff\x7f\x85")
    with pytest.raises(DataError, match="does not fit"):
        load(shape)


def test_types_cannot_claim_to_hold_objects() -> None:
    # The state of a type with numpy's object flags set would make it read the file's bytes as addresses.
    array = np.zeros(1)
    flags = b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t"
    data = pickle.dumps(array, protocol=2)
    assert flags in data
    back = load(data.replace(flags, flags.replace(b"K\x00", b"K\x3f")))
    assert back.tolist() == [0.0]
    assert not back.dtype.hasobject
    with pytest.raises(DataError, match="fields"):
        load(data.replace(b"NNNJ", b"NNK\x01J"))
    with pytest.raises(DataError, match="'V8'"):
        load(pickle.dumps(np.zeros(2, dtype=[("a", "f8")])))


def test_stand_ins_keep_their_attributes() -> None:
    def stand_in() -> int:
        return 1

    # A state (None, {"__doc__": "changed"}) is set attribute by attribute.
    data = b"\x80\x02cm\nf\nN}X\x07\x00\x00\x00__doc__X\x07\x00\x00\x00changeds\x86b."
    with pytest.raises(DataError):
        load(data, allowed={("m", "f"): stand_in})
    assert stand_in.__doc__ is None


def test_the_published_tables_load(data_dir: Path) -> None:
    accuracy = load(data_dir / "nasbench201" / "nb2_cf10_test_accuracy.p")
    assert len(accuracy) == 15_625
    assert round(max(accuracy), 3) == 94.373
    per_seed = load(data_dir / "nasbench201" / "nb2_test_acc_cf10.p")
    assert len(per_seed) == 15_625
    assert {len(seeds) for seeds in per_seed.values()} == {1, 2, 3}
