"""Writes NAS-Bench-101's files from their public description, without anything of the library.

https://www.tensorflow.org/tutorials/load_data/tfrecord says how records are framed, the authors' ``api.py`` and
``model_metrics.proto`` what is in them.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable
from typing import Any


def crc32c(content: bytes) -> int:
    """Bit by bit, as RFC 3720 defines it."""
    register = 0xFFFFFFFF
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def masked(content: bytes) -> bytes:
    crc = crc32c(content)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def framed(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + masked(length) + content + masked(content)


def varint(number: int) -> bytes:
    head = b""
    while number > 127:
        head, number = head + bytes([number & 127 | 128]), number >> 7
    return head + bytes([number])


def evaluation(epoch: float, seconds: float, accuracies: Iterable[float], checkpoint: str = "") -> bytes:
    """EvaluationData: doubles in fields 1 to 5, a string in field 6."""
    doubles = (epoch, seconds, *accuracies)
    content = b"".join(varint(field << 3 | 1) + struct.pack("<d", value) for field, value in enumerate(doubles, 1))
    return content + (varint(6 << 3 | 2) + varint(len(checkpoint)) + checkpoint.encode() if checkpoint else b"")


def metrics(evaluations: Iterable[bytes], parameters: int) -> bytes:
    """ModelMetrics: messages in field 1, a whole number in field 2, a double in field 3."""
    content = b"".join(varint(1 << 3 | 2) + varint(len(one)) + one for one in evaluations)
    return content + varint(2 << 3 | 0) + varint(parameters) + varint(3 << 3 | 1) + struct.pack("<d", 1234.5)


def record(key: str, epochs: int, text: str, parameters: int, final: tuple[float, ...], **options: Any) -> bytes:
    """One training; ``final`` is accuracy on train, validation and test images, and seconds."""
    *accuracies, seconds = final
    half = [one / 2 for one in accuracies]
    evaluations = [
        evaluation(0, 0, (0.1, 0.1, 0.1), **options),
        evaluation(epochs / 2, seconds / 2, half, **options),
        evaluation(epochs, seconds, accuracies, **options),
    ]
    adjacency, ops = text.split(":")
    encoded = base64.b64encode(metrics(evaluations, parameters)).decode("ascii")
    return json.dumps([key, epochs, adjacency, ops, encoded]).encode()
