"""Writes frames as pandas 1.3 pickled them, without pandas."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np


class DataFrame:
    """Only its name and its state are written."""


def block_manager() -> None: ...


def new_block() -> None: ...


def new_index() -> None: ...


class Index: ...


class RangeIndex: ...


_NAMES: dict[Any, tuple[str, str]] = {
    DataFrame: ("pandas.core.frame", "DataFrame"),
    block_manager: ("pandas.core.internals.managers", "BlockManager"),
    new_block: ("pandas.core.internals.blocks", "new_block"),
    new_index: ("pandas.core.indexes.base", "_new_Index"),
    Index: ("pandas.core.indexes.base", "Index"),
    RangeIndex: ("pandas.core.indexes.range", "RangeIndex"),
}


class _Made:
    """Is written as what a call gives."""

    def __init__(self, made_by: Any, *arguments: Any) -> None:
        self._made_by, self._arguments = made_by, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self._made_by, self._arguments


class _Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]
    """Writes pandas' names in the place of those above."""

    def save_global(self, obj: Any, name: str | None = None) -> None:
        if obj not in _NAMES:
            super().save_global(obj, name)
            return
        for text in _NAMES[obj]:
            self.save(text)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)

    # Functions and classes go their own way there.
    dispatch: ClassVar[dict[Any, Any]] = {
        **pickle._Pickler.dispatch,  # type: ignore[attr-defined]
        **dict.fromkeys((type(new_block), type), save_global),
    }


def _places(places: list[int]) -> Any:
    """As pandas does, a slice where that can be."""
    first, last = places[0], places[-1]
    return slice(first, last + 1, 1) if places == list(range(first, last + 1)) else np.array(places)


def pickled(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """A frame with these columns, numbers in one block and everything else in another."""
    names, arrays = list(columns), [np.array(values) for values in columns.values()]
    numbers = [place for place, array in enumerate(arrays) if array.dtype == np.float64]
    others = [place for place in range(len(names)) if place not in numbers]
    blocks = tuple(
        _Made(new_block, np.array([arrays[place] for place in places], dtype=kind), _places(places))
        for places, kind in ((numbers, np.float64), (others, object))
    )
    rows = len(arrays[0])
    axes = [
        _Made(new_index, Index, {"data": np.array(names, dtype=object), "name": None}),
        _Made(new_index, RangeIndex, {"name": None, "start": 0, "stop": rows, "step": 1}),
    ]
    frame = DataFrame()
    frame.__dict__.update({"_mgr": _Made(block_manager, blocks, axes), "_typ": "dataframe", "attrs": {}})
    file = io.BytesIO()
    _Pickler(file, protocol=4).dump(frame)
    return file.getvalue()
