"""Reading a pickle of many records in bounded memory, running nothing that it says.

The usual unpickler builds everything before it gives anything back, and remembers everything that a later part
could refer to: some 29 GB for the benchmark's largest file. Here a watcher takes each record as soon as it is
complete, and what only that record could refer to is then forgotten.
"""

from __future__ import annotations

import pickle
import struct
import zlib
from array import array
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from zcnas.errors import DataError
from zcnas.unpickle import NUMPY, stand_in

Watcher = Callable[[dict[Any, Any], list[Any]], bool]
"""Sees every dict with the keys and values just put in (alternating); true where a record is complete."""

_PAGE = 1 << 16
_OPEN_PAGES = 8
_GAP = 16  # Old picklers number from 1; larger gaps would reserve memory for nothing.
_FORGOTTEN = 0
_FLOAT = struct.Struct(">d").unpack
_SIZE = struct.Struct("<I").unpack
_CONTAINERS = (dict, list, set, tuple, bytes, np.generic, np.ndarray)


class StreamUnpickler(pickle._Unpickler):
    """Python's own unpickler, with stand-ins for names, a watcher and a short memory.

    Args:
        file: Read from its present place to the end of one pickle.
        watch: See :data:`Watcher`.
        trust: Also import and call what else the pickle names, as plain unpickling does.
    """

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, file: BinaryIO, watch: Watcher = lambda *_: False, *, trust: bool = False) -> None:
        super().__init__(file)
        self._file = file
        self.memo = _Memo()
        self._watch = watch
        self._trust = trust

    def load(self) -> Any:
        """Reads one object: as the base class, but with short ways for the commonest instructions.

        Frames are left aside, which only say how much to read at once.
        """
        self.read, self.readline = self._file.read, self._file.readline
        self.metastack: list[Any] = []
        self.stack, self.proto = [], 0
        self.append = self.stack.append
        read, remember, dispatch = self._file.read, self.memo.remember, self.dispatch
        try:
            while code := read(1):
                if code == pickle.BINFLOAT:
                    self.append(_FLOAT(read(8))[0])
                elif code == pickle.SHORT_BINUNICODE:
                    self.append(str(read(read(1)[0]), "utf-8", "surrogatepass"))
                elif code == pickle.MEMOIZE:
                    remember(self.stack[-1])
                elif code == pickle.BINUNICODE:
                    self.append(str(read(_SIZE(read(4))[0]), "utf-8", "surrogatepass"))
                elif code == pickle.LONG_BINPUT:
                    remember(self.stack[-1], _SIZE(read(4))[0])
                elif code == pickle.BININT1:
                    self.append(read(1)[0])
                else:
                    dispatch[code[0]](self)  # type: ignore[arg-type]
        except pickle._Stop as stop:  # type: ignore[attr-defined]
            return stop.value
        raise EOFError("the pickle has no end")

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle gets for a name; see :func:`zcnas.unpickle.stand_in`."""
        if self._trust and (module, name) not in NUMPY:
            return super().find_class(module, name)
        return stand_in(module, name)

    def _put(self, items: list[Any]) -> None:
        target = self.stack[-1]
        for place in range(0, len(items), 2):
            target[items[place]] = items[place + 1]
        if isinstance(target, dict) and self._watch(target, items):
            self.memo.forget()

    def _load_setitem(self) -> None:
        value = self.stack.pop()
        self._put([self.stack.pop(), value])

    def _load_setitems(self) -> None:
        self._put(self.pop_mark())

    def _load_frame(self) -> None:
        self._file.read(8)

    dispatch = {  # noqa: RUF012 - as in the base class
        **pickle._Unpickler.dispatch,
        pickle.FRAME[0]: _load_frame,  # type: ignore[dict-item]
        pickle.SETITEM[0]: _load_setitem,  # type: ignore[dict-item]
        pickle.SETITEMS[0]: _load_setitems,  # type: ignore[dict-item]
    }


class _Memo:
    """What later parts of the pickle may refer to, by number.

    Texts are kept for good, equal ones once; the list of which number means which text is compressed page by
    page. Containers are kept until :meth:`forget`. Everything else (types, functions) is kept for good.
    """

    def __init__(self) -> None:
        self._kept: list[Any] = [None]
        self._numbers: dict[object, int] = {}
        self._containers: dict[int, Any] = {}
        self._page = array("I")
        self._pages: list[bytes] = []
        self._opened: dict[int, array[int]] = {}

    def __len__(self) -> int:
        return len(self._pages) * _PAGE + len(self._page)

    def __setitem__(self, place: int, value: Any) -> None:
        self.remember(value, place)

    def remember(self, value: Any, place: int | None = None) -> None:
        """Gives ``value`` the next number, or that of ``place``."""
        if place is not None and place != len(self):
            self._skip(place)
        if type(value) is str or _is_name(value):
            number = self._numbers.get(value) or self._keep(value)
        elif isinstance(value, _CONTAINERS):
            self._containers[len(self)] = value
            number = _FORGOTTEN
        else:
            self._kept.append(value)
            number = len(self._kept) - 1
        self._page.append(number)
        if len(self._page) == _PAGE:
            self._turn_page()

    def __getitem__(self, place: int) -> Any:
        if place in self._containers:
            return self._containers[place]
        if not 0 <= place < len(self):
            raise KeyError(place)
        page, offset = divmod(place, _PAGE)
        number = (self._page if page == len(self._pages) else self._open(page))[offset]
        if number == _FORGOTTEN:
            raise DataError("a record refers to a part of an earlier one, which is already forgotten")
        return self._kept[number]

    def forget(self) -> None:
        """Forgets all containers so far."""
        self._containers.clear()

    def _keep(self, value: object) -> int:
        self._kept.append(value)
        self._numbers[value] = len(self._kept) - 1
        return len(self._kept) - 1

    def _turn_page(self) -> None:
        self._pages.append(zlib.compress(self._page.tobytes(), 1))
        self._page = array("I")

    def _open(self, page: int) -> array[int]:
        if page not in self._opened:
            if len(self._opened) == _OPEN_PAGES:
                del self._opened[next(iter(self._opened))]
            self._opened[page] = array("I", zlib.decompress(self._pages[page]))
        return self._opened[page]

    def _skip(self, place: int) -> None:
        if not 0 < place - len(self) <= _GAP:
            raise DataError(f"memo place {place} follows {len(self) - 1}")
        while len(self) < place:
            self._page.append(_FORGOTTEN)
            if len(self._page) == _PAGE:
                self._turn_page()


def _is_name(value: object) -> bool:
    """Whether it is a tuple of texts and whole numbers, such as the key of a run."""
    return type(value) is tuple and all(type(item) in (str, int) for item in value)
