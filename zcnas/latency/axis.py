"""Interpolation between entries, along the numbers in their keys that a table declares."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from zcnas.errors import InputError, UnknownNameError
from zcnas.latency.nearest import skeleton

Spans = Callable[[str], list[int]]

_MAP = re.compile(r"(\d+)x(\d+)x\d+")
_MIDDLE = re.compile(r"(?:-expand:|/mid=)(\d+)")
_IMAGE = re.compile(r"^(\d+)/")


@dataclass(frozen=True, slots=True)
class Axis:
    """Says that entries may be interpolated linearly along a number in their keys.

    Attributes:
        name: Of what varies, such as ``"resolution"``.
        places: Skeleton of a key (see :func:`~zcnas.latency.nearest.skeleton`) -> which of its numbers vary. The first
            is what is interpolated along; the others follow from it, such as the sizes of maps from that of images.

    >>> widths = Axis("width", {"conv-expand:#-kernel:#": (0,)})
    >>> widths.place("conv-expand:48-kernel:3")
    Place(family='conv-expand:*-kernel:3', coordinate=48)
    """

    name: str
    places: Mapping[str, tuple[int, ...]]

    def __post_init__(self) -> None:
        for form, places in self.places.items():
            if not places or len(set(places)) != len(places) or not all(0 <= one < form.count("#") for one in places):
                raise InputError(
                    f"axis {self.name!r}: expected places of numbers in {form!r}, from 0 to {form.count('#') - 1}, "
                    f"got {list(places)}"
                )

    def place(self, key: str) -> Place | None:
        """Where on the axis an entry lies; ``None`` where the axis says nothing of such entries."""
        form, numbers = skeleton(key)
        if form not in self.places:
            return None
        places = self.places[form]
        shown = iter("*" if place in places else str(number) for place, number in enumerate(numbers))
        return Place("".join(next(shown) if part == "#" else part for part in form), numbers[places[0]])


class Place(NamedTuple):
    """Entries of one family differ in their coordinate only."""

    family: str
    coordinate: int


class Interpolation:
    """Entries along one axis, ready to be looked between.

    Args:
        axis: What varies.
        entries: Key -> value.

    >>> Interpolation(Axis("width", {"conv:#": (0,)}), {"conv:16": 1.0, "conv:32": 2.0}).value("conv:24")
    1.5
    """

    def __init__(self, axis: Axis, entries: Mapping[str, float]) -> None:
        self._axis = axis
        self._families: dict[str, list[tuple[int, float]]] = {}
        for key, value in entries.items():
            if place := axis.place(key):
                self._families.setdefault(place.family, []).append((place.coordinate, value))
        for family in self._families.values():
            family.sort()

    def value(self, key: str) -> float | None:
        """On the line between the neighbours of ``key``; ``None`` where it has none on either side."""
        place = self._axis.place(key)
        known = self._families.get(place.family, []) if place else []
        right = bisect_left(known, (place.coordinate,)) if place else 0
        if place is None or right in (0, len(known)):
            return None
        (low, before), (high, after) = known[right - 1], known[right]
        return before + (after - before) * (place.coordinate - low) / (high - low)


def axis_of(name: str, keys: Iterable[str]) -> Axis:
    """The axis called ``name`` for keys as importers spell them.

    Args:
        name: ``"resolution"``: of images, which stands before a slash, and with it the sizes of all maps; or
            ``"width"``: the middle channels of blocks, or their ratio of expansion.
        keys: Of a table.

    Raises:
        UnknownNameError: Another name.
        InputError: No key has such numbers.
    """
    if name not in _SPANS:
        raise UnknownNameError("axis", name, _SPANS)
    found = {skeleton(key)[0]: _numbered(key, places) for key in keys if (places := _SPANS[name](key))}
    if not found:
        raise InputError(f"axis {name!r}: expected keys with such numbers, which this table has not; leave it out")
    return Axis(name, found)


def _sizes(key: str) -> list[int]:
    image = _IMAGE.match(key)
    maps = (match.start(group) for match in _MAP.finditer(key) for group in (1, 2))
    return [image.start(1), *maps] if image else []


def _middles(key: str) -> list[int]:
    return [match.start(1) for match in _MIDDLE.finditer(key)]


_SPANS: dict[str, Spans] = {"resolution": _sizes, "width": _middles}
"""Name of an axis -> where in a key its numbers begin."""


def _numbered(key: str, starts: list[int]) -> tuple[int, ...]:
    begin = [match.start() for match in re.finditer(r"\d+", key)]
    return tuple(begin.index(start) for start in starts)
