"""What a record of the benchmark's files says: a JSON list with a protocol buffer in it."""

from __future__ import annotations

import base64
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from zcnas.errors import DataError

EPOCHS = (4, 12, 36, 108)
"""Lengths of training."""

_EVALUATION, _PARAMETERS = 1, 2  # Fields of the authors' ModelMetrics.
_SECONDS, _ACCURACIES = 2, (3, 4, 5)  # Of their EvaluationData; accuracies on train, validation and test images.
_LAST = 2  # Evaluated before training, half-way and at the end.

_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_SIZES = {_DOUBLE: 8, _FLOAT: 4}


@dataclass(frozen=True, slots=True)
class Training:
    """One training of one model.

    Attributes:
        key: The model's hash.
        epochs: Length of training.
        text: The cell, as :func:`zcnas.searchspaces.nasbench101.spelling.parse_cell` reads it.
        parameters: Trainable ones.
        results: After training: accuracy on train, validation and test images as fractions, seconds of training.
    """

    key: str
    epochs: int
    text: str
    parameters: int
    results: tuple[float, float, float, float]


def training(record: bytes) -> Training:
    """Reads ``[hash, epochs, adjacency, operations, metrics]``.

    Raises:
        DataError: Another form, or values that cannot be.
    """
    fields = json.loads(record)
    kinds = [type(field) for field in fields] if isinstance(fields, list) else []
    if kinds != [str, int, str, str, str]:
        raise DataError(f"expected [hash, epochs, adjacency, operations, metrics], got {record[:60]!r}")
    key, epochs, adjacency, ops, metrics = fields
    if not re.fullmatch("[0-9a-f]{32}", key):
        raise DataError(f"expected a hash of 32 hexadecimal digits, got {key!r}")
    if epochs not in EPOCHS:
        raise DataError(f"expected a training of {EPOCHS} epochs, got {epochs}")
    return Training(key, epochs, f"{adjacency}:{ops}", *_metrics(base64.b64decode(metrics, validate=True)))


def _metrics(message: bytes) -> tuple[int, tuple[float, float, float, float]]:
    """The number of parameters, and what the last evaluation found."""
    evaluations, parameters = [], 0
    for number, kind, value in _fields(message):
        if (number, kind) == (_EVALUATION, _BYTES):
            evaluations.append(value)
        elif (number, kind) == (_PARAMETERS, _VARINT):
            parameters = int.from_bytes(value, "little")
    if len(evaluations) <= _LAST or not 0 < parameters < 2**31:
        raise DataError(f"expected {_LAST + 1} evaluations and parameters, got {len(evaluations)} and {parameters}")
    found = {number: struct.unpack("<d", value)[0] for number, kind, value in _fields(evaluations[_LAST]) if kind == 1}
    accuracies, seconds = [found.get(field, math.nan) for field in _ACCURACIES], found.get(_SECONDS, math.nan)
    if not (all(0 <= one <= 1 for one in accuracies) and 0 <= seconds < math.inf):
        raise DataError(f"expected accuracies from 0 to 1 and seconds, got {accuracies} and {seconds}")
    train, val, test = accuracies
    return parameters, (train, val, test, seconds)


def _fields(message: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(number, kind, content) of each field of a protocol buffer; whole numbers as bytes, the highest last."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            number, end = _varint(message, place)
            content = number.to_bytes(10, "little")
        else:
            size, place = (_SIZES[kind], place) if kind in _SIZES else _size(message, place, kind)
            end = place + size
            content = message[place:end]
        if end > len(message):
            raise DataError("a message ends inside a field")
        yield key >> 3, kind, content
        place = end


def _size(message: bytes, place: int, kind: int) -> tuple[int, int]:
    if kind != _BYTES:
        raise DataError(f"a message has a field of unknown kind {kind}")
    return _varint(message, place)


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A whole number in bytes of which all but the last have their highest bit set, and where it ends."""
    number = shift = 0
    while place < len(message) and shift < 70:
        byte = message[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
    raise DataError("a message ends inside a number, or has one of more than ten bytes")
