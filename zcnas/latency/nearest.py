"""Which entries of a table come nearest to one that is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nsmallest
from math import log

from zcnas.errors import UnknownNameError

_NUMBER = re.compile(r"\d+")
_SHOWN = 3


class MissingEntryError(UnknownNameError):
    """A table has no such entry: nothing is put in its place."""

    def __init__(self, kind: str, name: object, near: Iterable[object], remedy: str = "") -> None:
        listed = ", ".join(map(str, near)) or "none"
        Exception.__init__(self, f"no {kind} {str(name)!r}; nearest: {listed}{remedy and f'; {remedy}'}")


def skeleton(key: str) -> tuple[str, tuple[int, ...]]:
    """A key with its numbers taken out.

    >>> skeleton("conv-input:56x56x24")
    ('conv-input:#x#x#', (56, 56, 24))
    """
    return _NUMBER.sub("#", key), tuple(map(int, _NUMBER.findall(key)))


def nearest(key: str, known: Iterable[str], count: int = _SHOWN) -> list[str]:
    """Keys that differ from ``key`` in their numbers only, those with the closest first; failing these, similar ones.

    >>> nearest("conv:24-kernel:5", ["conv:16-kernel:5", "conv:240-kernel:5", "pool:24"], 2)
    ['conv:16-kernel:5', 'conv:240-kernel:5']
    """
    keys = list(known)
    form, numbers = skeleton(key)
    alike = [(skeleton(one)[1], one) for one in keys if skeleton(one)[0] == form]
    if alike:
        return [one for _, one in nsmallest(count, alike, key=lambda pair: _distance(numbers, pair[0]))]
    matcher = SequenceMatcher(b=key, autojunk=False)

    def likeness(one: str) -> float:
        matcher.set_seq1(one)
        return -matcher.ratio()

    return nsmallest(count, keys, key=likeness)


def _distance(ours: tuple[int, ...], theirs: tuple[int, ...]) -> tuple[int, float]:
    """How many numbers differ, and by what factors."""
    pairs = list(zip(ours, theirs, strict=True))
    return sum(a != b for a, b in pairs), sum(abs(log((1 + a) / (1 + b))) for a, b in pairs)
