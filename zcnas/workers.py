"""Jobs on several cores: one process per worker, one thread per process; a worker that dies costs its job only."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection
from typing import Any, TypeVar

import torch

from zcnas.errors import InputError, ZcnasError

Job = TypeVar("Job")
Result = TypeVar("Result")
Prepare = Callable[[int], None]

# Read by numpy, torch and their like when they are first imported, which a worker does after this.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
# A job in whose company a worker died is tried again by itself this often.
_TRIES_ALONE = 2
_REASON = (
    f"its worker process died {_TRIES_ALONE} times: perhaps it ran out of memory (a smaller batch or fewer workers "
    "need less), or a library crashed"
)


class WorkerDied(ZcnasError, RuntimeError):
    """A worker process was killed, or crashed, while it had this job."""


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int, *, prepare: Prepare | None = None
) -> Iterator[tuple[Job, Result | WorkerDied]]:
    """Pairs of a job and its result, in the order of completion.

    Workers are spawned, so a script must start its work under ``if __name__ == "__main__":``. They ignore Ctrl-C,
    which reaches all processes of a terminal, and end with their parent, and at once when the run is given up.
    When a worker dies, the jobs that were under way are done again one by one; one that takes its worker along
    even then has a :class:`WorkerDied` as its result.

    Args:
        function: What to do; importable, like ``prepare``. An exception ends the run.
        jobs: What to do it with; picklable.
        workers: Number of processes.
        prepare: Called once in every worker, with the worker's number from 0.

    Raises:
        InputError: Fewer than one worker.
    """
    if workers < 1:
        raise InputError(f"workers: expected at least 1, got {workers}")
    waiting, suspects = deque(jobs), deque[Job]()
    while waiting or suspects:
        if suspects:
            yield from _alone(function, suspects, prepare)
        else:
            suspects.extend((yield from _together(function, waiting, workers, prepare)))


def here(function: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[tuple[Job, Result]]:
    """As :func:`run`, one after the other in this process; with one thread, since rounding depends on their number."""
    threads = torch.get_num_threads()
    for job in jobs:
        try:
            torch.set_num_threads(1)
            found = function(job)
        finally:
            torch.set_num_threads(threads)
        yield job, found


def _together(
    function: Callable[[Job], Result], waiting: deque[Job], workers: int, prepare: Prepare | None
) -> Generator[tuple[Job, Result], None, list[Job]]:
    """Works ``waiting`` off; returns the jobs that were under way when a worker died, if one did."""
    running: dict[Future[Result], Job] = {}
    with _pool(workers, prepare) as pool:
        try:
            while waiting or running:
                # Two for each worker, so that none waits for the parent; the rest stays here, should a worker die.
                while waiting and len(running) < 2 * workers:
                    running[_submitted(pool, function, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    yield running.pop(future), result
        except BrokenProcessPool:
            # Whoever finished before the crash still counts.
            finished = [future for future in running if future.done() and future.exception() is None]
            yield from [(running.pop(future), future.result()) for future in finished]
    return list(running.values())


def _alone(
    function: Callable[[Job], Result], suspects: deque[Job], prepare: Prepare | None
) -> Iterator[tuple[Job, Result | WorkerDied]]:
    """Works ``suspects`` off one by one, in one worker for as long as it lives."""
    deaths = 0
    while suspects:
        with _pool(1, prepare) as pool:
            try:
                while suspects:
                    result = _submitted(pool, function, suspects[0]).result()
                    deaths = 0
                    yield suspects.popleft(), result
            except BrokenProcessPool:
                deaths += 1
        if deaths == _TRIES_ALONE:
            deaths = 0
            yield suspects.popleft(), WorkerDied(_REASON)


def _submitted(pool: ProcessPoolExecutor, function: Callable[[Job], Result], job: Job) -> Future[Result]:
    """Submits while Ctrl-C is held back: a worker that this starts inherits that, and imports undisturbed."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        return pool.submit(function, job)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(function, job)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _pool(workers: int, prepare: Prepare | None) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    numbers = context.SimpleQueue()
    for number in range(workers):
        numbers.put(number)
    watched, lifeline = context.Pipe(duplex=False)
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=partial(_begin, numbers, watched, prepare))
    try:
        yield pool
    except BaseException:
        # Nobody waits for the jobs under way any more.
        lifeline.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        lifeline.close()
        watched.close()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin(numbers: Any, watched: Any, prepare: Prepare | None) -> None:
    """What a worker does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
    if prepare is not None:
        prepare(numbers.get())


def _end_with_parent(watched: Any) -> None:
    """Ends this process when its parent has ended, or has let go of its end of the pipe ``watched``."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel, watched])
        os._exit(1)
