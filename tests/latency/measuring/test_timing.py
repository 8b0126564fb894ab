"""Clocks, blocks and statistics, by clocks that tick as told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import torch

from zcnas.errors import InputError, UnknownNameError
from zcnas.latency.measuring import STATISTICS, Settings, summary, time_call
from zcnas.latency.measuring.clocks import EventClock, clock_named
from zcnas.latency.measuring.runner import samples


class Ticking:
    """A clock, and something that takes ``seconds`` of it the first few times and then always the last."""

    def __init__(self, *seconds: float) -> None:
        self.now, self.runs, self._seconds = 0.0, 0, seconds

    def __call__(self) -> float:
        return self.now

    def run(self) -> None:
        self.now += self._seconds[min(self.runs, len(self._seconds) - 1)]
        self.runs += 1


def test_blocks_are_long_enough_for_the_clock() -> None:
    clock = Ticking(1e-4)
    found = samples(clock.run, clock, 1.0, 0.0)
    # A block takes a hundredth of all: 128 runs is the first power of two that does.
    assert found == pytest.approx([1e-4] * len(found))
    assert len(found) == 79
    slow = Ticking(2.0)
    assert len(samples(slow.run, slow, 1.0, 0.0)) == 5


def test_the_first_runs_do_not_count() -> None:
    clock = Ticking(50.0, 30.0, 1.0)
    assert samples(clock.run, clock, 20.0, 60.0) == pytest.approx([1.0] * 20)


def test_statistics() -> None:
    values = [4.0, 1.0, 2.0, 3.0, 100.0]
    assert {name: summary(values, name).value for name in STATISTICS} == {
        "median": 3.0,
        "lower quartile": 2.0,
        "minimum": 1.0,
    }
    assert summary(values)[1:] == (2.0, 5, 1)
    assert summary([1.0]) == (1.0, 0.0, 1, 0)
    for wrong in ([], [float("nan")], [-1.0], [[1.0]]):
        with pytest.raises(InputError, match="finite and not negative"):
            summary(wrong)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="did you mean 'minimum'"):
        summary([1.0], "minimun")


def test_the_clock_of_the_thread_does_not_count_waiting() -> None:
    def wait() -> None:
        time.sleep(0.02)

    told = {
        clock: time_call(wait, clock=clock, seconds=0.02 if clock == "wall" else 1e-7, warmup=0.0).value
        for clock in ("wall", "thread")
    }
    # Asleep for 20 ms; falling asleep takes far below a millisecond of the processor.
    assert told["wall"] >= 0.02
    assert told["thread"] < 0.01


def test_ours_agrees_with_torch_on_a_steady_load() -> None:
    """Within a factor of three, as other work may come between."""
    from torch.utils.benchmark import Timer

    def work() -> int:
        return sum(range(20_000))

    ours = time_call(work, clock="thread", statistic="minimum", seconds=0.02, warmup=0.0).value
    theirs = Timer("work()", globals={"work": work}, timer=time.thread_time).blocked_autorange(min_run_time=0.02)
    assert 1 / 3 < ours / min(theirs.times) < 3


def test_threads_are_put_back_also_after_an_error() -> None:
    before, inside = torch.get_num_threads(), list[int]()

    def fail() -> None:
        inside.append(torch.get_num_threads())
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        time_call(fail, threads=before + 1)
    assert (inside, torch.get_num_threads()) == ([before + 1], before)


def test_events_tell_seconds_on_the_gpu() -> None:
    waited = list[str]()

    class Event:
        def __init__(self, at: float) -> None:
            self._at = at

        def record(self) -> None:
            waited.append("record")

        def synchronize(self) -> None:
            waited.append("synchronize")

        def elapsed_time(self, other: Event) -> float:
            return other._at - self._at

    def events() -> Iterator[Event]:
        yield from map(Event, (100.0, 350.0, 600.0))

    following = events()
    make: Callable[[], Event] = lambda: next(following)  # noqa: E731
    clock = EventClock(make)
    assert [clock(), clock()] == [0.25, 0.5]
    assert waited == ["record", "synchronize"] * 3


def test_clocks_that_do_not_fit() -> None:
    with pytest.raises(UnknownNameError, match="wall"):
        clock_named("walls")
    with pytest.raises(InputError, match="expected one thread, whose time it is, got 2"):
        clock_named("thread", threads=2)
    with pytest.raises(InputError, match="expected one thread"):
        Settings(clock="thread", threads=2)
    with pytest.raises(InputError, match="torch on cuda"):
        Settings(clock="cuda")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="expected a GPU"):
            clock_named("cuda")


@pytest.mark.parametrize(
    "wrong", [{"rounds": 0}, {"batch": 1.0}, {"threads": -1}, {"seconds": 0.0}, {"warmup": -1.0}, {"runtime": "tf"}]
)
def test_settings_out_of_range(wrong: dict[str, object]) -> None:
    with pytest.raises((InputError, UnknownNameError)):
        Settings(**wrong)  # type: ignore[arg-type]
