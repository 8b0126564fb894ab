"""TensorFlow's files of records, without TensorFlow: lengths, contents, and checksums of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError

Checksums = npt.NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed.
_ALL = 0xFFFFFFFF
_MASK = 0xA282EAD8  # TensorFlow masks checksums, as those of data with checksums inside behave badly.
_LONGEST = 1 << 14
_BATCH = 4096


def records(file: BinaryIO) -> Iterator[bytes]:
    """Contents of the records of a file, one after another; each is checked before it is given.

    A record is its length as an unsigned number of 8 bytes, the checksum of these bytes, that many bytes, and their
    checksum. Checksums are masked CRC-32C, in 4 bytes; the last byte of a number is its highest.

    Raises:
        DataError: Truncated, a wrong checksum, or a record of more than 16 KiB; the message tells the record.
    """
    number = 0
    while batch := _batch(file, number):
        contents = [content for content, _ in batch]
        told = np.array([checksum for _, checksum in batch], dtype=np.uint32)
        wrong = np.flatnonzero(masked(crc32c(contents)) != told)
        if len(wrong):
            raise DataError(f"the content of record {number + wrong[0]} does not fit its checksum")
        yield from contents
        number += len(batch)


def crc32c(contents: Sequence[bytes]) -> Checksums:
    """CRC-32C of each, all at once: a byte of all in one step.

    >>> hex(crc32c([b"123456789"])[0])
    '0xe3069283'
    """
    lengths = np.array([len(content) for content in contents], dtype=np.intp)
    width = max(int(lengths.max(initial=0)), 1)
    # A register of zeros ignores leading zeros, so shorter ones get some. What the usual start of all ones
    # leaves in the register does not depend on the content, and is added at the end.
    padded = np.frombuffer(b"".join(content.rjust(width, b"\0") for content in contents), dtype=np.uint8)
    register = np.zeros(len(contents), dtype=np.uint32)
    table = _table()
    for column in np.ascontiguousarray(padded.reshape(-1, width).T):
        register = table[(register ^ column) & np.uint32(0xFF)] ^ (register >> np.uint32(8))
    return register ^ _starts(width)[lengths]


def masked(checksums: Checksums) -> Checksums:
    """As files hold checksums: turned by 15 bits, and a constant added."""
    turned = (checksums >> np.uint32(15)) | (checksums << np.uint32(17))
    return turned + np.uint32(_MASK)


def _batch(file: BinaryIO, number: int) -> list[tuple[bytes, int]]:
    """Some records and what they say their checksums are."""
    found: list[tuple[bytes, int]] = []
    headers: list[bytes] = []
    fault = ""
    while not fault and len(found) < _BATCH and (header := file.read(12)):
        length = int.from_bytes(header[:8], "little")
        body = file.read(length + 4) if length <= _LONGEST else b""
        if len(header) < 12 or len(body) < length + 4:
            fault = "the file ends inside record {}" if length <= _LONGEST else f"record {{}} has over {_LONGEST} bytes"
        headers.append(header)
        found.append((body[:length], int.from_bytes(body[length:], "little")))
    _check_lengths([header for header in headers if len(header) == 12], number)
    if fault:
        raise DataError(fault.format(number + len(found) - 1))
    return found


def _check_lengths(headers: Sequence[bytes], number: int) -> None:
    told = np.array([int.from_bytes(header[8:], "little") for header in headers], dtype=np.uint32)
    wrong = np.flatnonzero(masked(crc32c([header[:8] for header in headers])) != told)
    if len(wrong):
        raise DataError(f"the length of record {number + wrong[0]} does not fit its checksum")


@cache
def _table() -> Checksums:
    """What each value of a byte does to the register."""
    register = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        register = (register >> np.uint32(1)) ^ np.where(register & np.uint32(1), np.uint32(_POLYNOMIAL), np.uint32(0))
    return register


@lru_cache(maxsize=4)
def _starts(width: int) -> Checksums:
    """For lengths from 0 to ``width``: the register after as many zeros, started and ended with all ones."""
    table, register, found = _table().tolist(), _ALL, []
    for _ in range(width + 1):
        found.append(register ^ _ALL)
        register = table[register & 0xFF] ^ (register >> 8)
    return np.array(found, dtype=np.uint32)
