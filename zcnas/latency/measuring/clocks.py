"""Clocks that measurements may read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from zcnas.errors import InputError, UnknownNameError
from zcnas.latency.measuring.runner import CLOCKS as _HERE

Clock = Callable[[], float]

CLOCKS = (*_HERE, "cuda")
"""Names: ``wall`` is what users wait; ``thread`` and ``process`` are processor time of the calling thread and of all
threads, to which waiting for a busy processor does not count; ``cuda`` is time on the GPU by its events."""


class EventClock:
    """Seconds on the GPU since it was made, by events in the current stream.

    Reading it waits until the GPU has done all that was asked of it before.

    Args:
        event: Makes an event; by default one of CUDA.
    """

    def __init__(self, event: Callable[[], Any] | None = None) -> None:
        self._event = event or (lambda: torch.cuda.Event(enable_timing=True))
        self._start = self._now()

    def __call__(self) -> float:
        return float(self._start.elapsed_time(self._now())) / 1e3  # events tell milliseconds

    def _now(self) -> Any:
        event = self._event()
        event.record()
        event.synchronize()
        return event


def clock_named(name: str, *, threads: int = 1) -> Clock:
    """The clock of this name.

    Raises:
        UnknownNameError: Another than :data:`CLOCKS`.
        InputError: ``thread`` where several threads compute, or ``cuda`` without a GPU.
    """
    if name not in CLOCKS:
        raise UnknownNameError("clock", name, CLOCKS)
    if name == "thread" and threads != 1:
        raise InputError(f"clock 'thread': expected one thread, whose time it is, got {threads}; use 'wall'")
    if name != "cuda":
        return _HERE[name]
    if not torch.cuda.is_available():
        raise InputError("clock 'cuda': expected a GPU, got none; use 'wall'")
    return EventClock()
