"""Histories: whatever interrupts a search, the same call ends with the same result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.study.algorithms import Climber, Worth, toy
from tests.study.test_loop import told
from zcnas.errors import DataError, InputError
from zcnas.objectives import Bound
from zcnas.study import Budget, Result, run_search

SPACE = toy()


def search(
    history: Path | None, budget: Budget | int = 8, *, seed: int = 0, batch: int = 3, **options: object
) -> Result:
    objective = options.pop("objective", Worth())
    algorithm = options.pop("algorithm", Climber(SPACE, seed))
    constraints = Bound(lambda arch: sum(arch.genome), at_most=3, name="sum")
    settings = {"constraints": constraints, "observe": {"test": _test}, "batch": batch, "history": history, **options}
    return run_search(SPACE, algorithm, objective, budget, progress=False, **settings)  # type: ignore[arg-type]


def _test(arch: object) -> float:
    return float(len(str(arch)))


def whole(result: Result) -> list[tuple[object, ...]]:
    return [(*row, one.seconds, dict(one.measured)) for row, one in zip(told(result), result.attempts, strict=True)]


def keys(content: bytes) -> set[str]:
    return {json.loads(line)[0] for line in content.splitlines()[1:]}


def trained(content: bytes) -> int:
    pieces = [json.loads(line)[1] for line in content.splitlines()[2:]]
    return sum(piece["feasible"] and not piece["repeated"] for piece in pieces)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def test_a_history_changes_nothing(path: Path) -> None:
    assert whole(search(path)) == whole(search(None))
    assert not list(path.parent.glob("*.partial"))


def test_cut_at_any_line_it_ends_alike(path: Path, tmp_path: Path) -> None:
    expected = search(path)
    content = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    for end in [0, *ends]:
        # After the line, and in the midst of the next.
        for size in {end, min(end + 5, len(content))}:
            path.write_bytes(content[:size])
            diary = tmp_path / f"diary-{size}"
            again = search(path, objective=Worth(diary))
            assert whole(again) == whole(expected)
            assert again.stopped == expected.stopped
            assert len(Worth(diary).evaluated()) == len(expected.trained) - trained(content[:end])
            assert keys(path.read_bytes()) == keys(content)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_line_may_be_taken_out(path: Path, batch: int) -> None:
    expected = search(path, batch=batch)
    lines = path.read_bytes().splitlines(keepends=True)
    for place in range(2, len(lines)):
        path.write_bytes(b"".join(lines[:place] + lines[place + 1 :]))
        assert whole(search(path, batch=batch)) == whole(expected)


def test_it_is_finished_without_an_evaluation(path: Path, tmp_path: Path) -> None:
    expected = search(path)
    before = path.read_bytes()
    again = search(path, objective=Worth(tmp_path / "diary"))
    assert whole(again) == whole(expected)
    assert again.resumed == len(expected.attempts)
    assert not (tmp_path / "diary").exists()
    assert path.read_bytes() == before


@pytest.mark.parametrize("first", [Budget(trainings=1), Budget(trainings=4), Budget(trainings=4, training_seconds=10)])
def test_a_larger_budget_goes_on_and_a_smaller_one_stops(path: Path, first: Budget) -> None:
    expected = search(None)
    short = search(path, first)
    assert whole(short) == whole(expected)[: len(short.attempts)]
    assert whole(search(path)) == whole(expected)
    assert whole(search(path, first)) == whole(short)


def test_wall_clock_goes_on(path: Path) -> None:
    search(path)
    found = search(path, Budget(wall_seconds=1e-9))
    assert found.stopped == "the budget of 1e-09 seconds is spent"
    assert len(search(path, Budget(wall_seconds=1e6, trainings=8)).trained) == 8


def test_rounds_that_are_known_are_not_asked_for(path: Path) -> None:
    search(path, batch=1)
    algorithm = Climber(SPACE)
    search(path, batch=1, algorithm=algorithm)
    assert algorithm.asked == 2  # once to see that it is the same, and once for the last round


def test_another_search_is_refused(path: Path) -> None:
    search(path)
    before = path.read_bytes()
    for other in ({"seed": 1}, {"batch": 2}, {"observe": {}}, {"constraints": ()}):
        with pytest.raises(InputError, match=r"belongs to other work"):
            search(path, **other)  # type: ignore[arg-type]
    assert path.read_bytes() == before


def test_an_algorithm_that_hides_its_seed_is_found_out(path: Path) -> None:
    class Secretive(Climber):
        hidden: int

        def __repr__(self) -> str:
            return "Secretive()"

        def state_dict(self) -> dict[str, object]:
            return {"told": [], "seed": None}

        def load_state_dict(self, _: object) -> None:
            pass

        def ask(self, count: int = 1) -> list[object]:  # type: ignore[override]
            return list(SPACE)[self.hidden :][:count]  # type: ignore[return-value]

    def hidden(seed: int) -> Secretive:
        algorithm = Secretive(SPACE)
        algorithm.hidden = seed
        return algorithm

    def one(seed: int) -> Result:
        return run_search(SPACE, hidden(seed), Worth(), 2, history=path, progress=False)

    one(0)
    with pytest.raises(InputError, match=r"expected an algorithm that proposes toy:0-0-0 in round 0, got .*toy:0-0-1"):
        one(1)


def test_a_file_that_is_no_history(path: Path) -> None:
    search(path)
    head, state, *lines = path.read_bytes().splitlines(keepends=True)
    for wrong in (b'["zero", 1]\n', b'["0.0", {"arch": 3}]\n', b'["0.x", {}]\n'):
        path.write_bytes(b"".join([head, state, wrong, *lines[1:]]))
        with pytest.raises(DataError, match=r"history.jsonl: expected the history of a search, got "):
            search(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_told_at_once(tmp_path: Path) -> None:
    objective = Worth(tmp_path / "diary")
    with pytest.raises(InputError, match=r"/dev/full: cannot be written .*make room"):
        search(Path("/dev/full"), objective=objective)
    assert objective.evaluated() == []


SCRIPT = """
import sys, time
from pathlib import Path
from tests.study.algorithms import Climber, Worth, toy
from zcnas.study import run_search

class Slow(Worth):
    def evaluate(self, arch):
        found = super().evaluate(arch)
        if len(self.evaluated()) == 4:
            Path(sys.argv[2]).touch()
            time.sleep(600)
        return found

run_search(toy(), Climber(toy()), Slow(Path(sys.argv[3])), 8, batch=3, history=sys.argv[1], progress=False)
"""


def test_kill_minus_nine(path: Path, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SCRIPT, str(path), str(tmp_path / "here"), str(tmp_path / "diary")]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    from tests.sweep.processes import wait_until

    with subprocess.Popen(command, env=environment, cwd=root) as process:
        wait_until(lambda: (tmp_path / "here").exists() or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
    objective = Worth(tmp_path / "later")
    again = run_search(SPACE, Climber(SPACE), objective, 8, batch=3, history=path, progress=False)
    alone = run_search(SPACE, Climber(SPACE), Worth(), 8, batch=3, progress=False)
    assert told(again) == told(alone)
    assert len(objective.evaluated()) == 8 - 3
