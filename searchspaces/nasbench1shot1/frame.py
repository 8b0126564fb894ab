"""The columns of a pickled pandas frame, read without pandas, and without running what the pickle says."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zcnas.errors import DataError
from zcnas.unpickle import NUMPY, load


class _Inert:
    """Stands in for the classes of pandas: keeps what it is given and does nothing."""

    arguments: tuple[Any, ...] = ()
    state: Any = None

    def __init__(self, *arguments: object, **_: object) -> None:
        self.arguments = arguments

    def __call__(self, *arguments: object) -> _Inert:
        return _Inert(*arguments)

    def __setstate__(self, state: object) -> None:
        self.state = state


_NAMES = (
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.internals.managers", "BlockManager"),
    ("pandas.core.internals.blocks", "new_block"),
    ("pandas.core.indexes.base", "_new_Index"),
    ("pandas.core.indexes.base", "Index"),
    ("pandas.core.indexes.range", "RangeIndex"),
    ("functools", "partial"),
    ("builtins", "slice"),
)
_ALLOWED = {**NUMPY, **dict.fromkeys(_NAMES, _Inert)}


def columns(content: bytes, name: str) -> dict[str, npt.NDArray[Any]]:
    """The columns by their names, as pandas 1.3 wrote them.

    Args:
        content: The pickle.
        name: What errors call it.

    Raises:
        DataError: Truncated, garbled, or not such a frame.
    """
    frame = load(content, allowed=_ALLOWED, name=name)
    try:
        return _columns(frame)
    except Exception as error:
        raise DataError(f"{name}: expected a frame of pandas 1.3, got something else ({error!r})") from error


def _columns(frame: Any) -> dict[str, npt.NDArray[Any]]:
    """A frame keeps the columns of one type together, with the places where they belong."""
    blocks, axes = frame.state["_mgr"].arguments[:2]
    names = axes[0].arguments[1]["data"].tolist()
    found: dict[str, npt.NDArray[Any]] = {}
    for values, places in (block.arguments[:2] for block in blocks):
        # A slice of more places than there are columns would take for ever to list.
        where = range(*places.arguments)[: len(names)] if isinstance(places, _Inert) else places.tolist()
        found.update({names[place]: np.asarray(row) for place, row in zip(where, values, strict=True)})
    return found
