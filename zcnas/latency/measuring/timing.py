"""Times anything that can be called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from zcnas.latency.measuring.clocks import clock_named
from zcnas.latency.measuring.runner import samples
from zcnas.latency.measuring.statistic import Summary, summary


def time_call(
    run: Callable[[], object],
    *,
    clock: str = "wall",
    statistic: str = "median",
    seconds: float = 0.2,
    warmup: float = 0.05,
    threads: int = 1,
) -> Summary:
    """Seconds of one call, by blocked autorange, as :mod:`torch.utils.benchmark` has it.

    Calls are timed in blocks of so many that the clock's own cost does not show. Not by torch's ``Timer`` itself, so
    that the same lines run on devices without torch.

    Args:
        run: What to time.
        clock: One of :data:`~zcnas.latency.measuring.CLOCKS`.
        statistic: One of :data:`~zcnas.latency.measuring.STATISTICS`.
        seconds: How long to measure, by the clock.
        warmup: How long to run before.
        threads: Of torch, in which the caller's setting is put back afterwards.

    Raises:
        UnknownNameError: Another clock or statistic.
        InputError: A clock that does not fit; see :func:`~zcnas.latency.measuring.clocks.clock_named`.
    """
    with torch_threads(threads):
        return summary(samples(run, clock_named(clock, threads=threads), seconds, warmup), statistic)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Torch computes with so many threads inside, and as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
