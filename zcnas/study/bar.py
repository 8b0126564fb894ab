"""Progress of a search, with the best so far."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tqdm import tqdm

from zcnas.study.attempt import Attempt
from zcnas.study.budget import Budget
from zcnas.study.ledger import Ledger


class Bar:
    """A progress bar of trainings, if somebody is looking.

    Args:
        budget: How many trainings there may be.
        progress: Whether to show it.
    """

    def __init__(self, budget: Budget, progress: bool) -> None:
        self._bar = tqdm(total=budget.trainings, unit=" trainings", disable=None if progress else True)
        self._shown: Attempt | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.close()

    def finished(self, one: Attempt) -> None:
        """Counts a training as soon as it is done."""
        if one.trained:
            self._bar.update()

    def told(self, ledger: Ledger) -> None:
        """Shows the incumbent, and counts what the history had."""
        if self._bar.disable:
            return
        self._bar.update(ledger.trainings - self._bar.n)
        best = ledger.incumbent
        if best is not None and best is not self._shown:
            self._shown, goal = best, ledger.goals[0]
            self._bar.set_postfix_str(f"best {goal.turned(best.values[0]):.5g} {goal.unit} {best.arch.key}")
