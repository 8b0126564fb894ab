"""Searches a space with an algorithm for what an objective values."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence

from zcnas.algorithm import SearchAlgorithm
from zcnas.objectives import Given, Objective, Quantity, as_constraints, as_objective
from zcnas.space import SearchSpace
from zcnas.study.bar import Bar
from zcnas.study.budget import Budget
from zcnas.study.history import History
from zcnas.study.ledger import Ledger
from zcnas.study.loop import Loop
from zcnas.study.plan import Plan
from zcnas.study.result import Result

_log = logging.getLogger(__name__)


def run_search(
    space: SearchSpace,
    algorithm: SearchAlgorithm,
    objective: Objective | Sequence[Objective],
    budget: Budget | int,
    constraints: Given | Sequence[Given] = (),
    *,
    observe: Mapping[str, Quantity] | None = None,
    batch: int = 1,
    workers: int = 1,
    history: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Result:
    """Asks an algorithm, checks constraints, evaluates what keeps them, and tells, until the budget is spent.

    A proposal that breaks a constraint is told as infeasible, and costs no training. One whose evaluation fails, or is
    not finite, is told without values, and counts as a training; the reason is recorded. What was told before is told
    again, and not evaluated again.

    The result depends on the arguments alone, but for ``workers`` and what is only shown or kept; with a budget of
    wall-clock time, or a training objective, on the machine too.

    Args:
        space: Where architectures come from.
        algorithm: A fresh one; it is left with all that it has learned.
        objective: What they are worth; several are optimised at once.
        budget: A :class:`~zcnas.study.Budget`, or a number of trainings.
        constraints: :class:`~zcnas.objectives.Bound` s, and functions of an architecture that say whether it may be
            tried. They are checked in this order, until one is not kept.
        observe: Functions whose numbers are recorded for every evaluated architecture and told to nobody, such as
            test accuracies.
        batch: How many architectures are asked for at a time. Of a batch all are evaluated before any is told.
        workers: Processes that evaluate a batch, so more than ``batch`` idle. They start anew for each batch, which
            takes seconds, and are for costly objectives; a script must call this under ``if __name__ == "__main__":``.
        history: File that keeps every attempt as soon as it is finished. After an interruption, also by kill -9, the
            same call goes on where it stopped, and one with a larger budget goes on where that was spent.
        progress: Show a progress bar with the best so far, if somebody is looking.

    Raises:
        InputError: Arguments that do not fit each other, a history of another search, or one that cannot be written;
            and what objectives and constraints raise as the caller's mistake.
        InputTypeError: An argument of the wrong type.
        UnknownNameError: A budget of training seconds, and a table without; the message lists what there is.
        DataError: A file that is no history.

    >>> from zcnas.benchmarks import digits
    >>> from zcnas.objectives import TableObjective
    >>> from zcnas.searchspaces import Subspace, get
    >>> space = Subspace(get("nasbench201"), digits().archs)
    >>> class InOrder(SearchAlgorithm):
    ...     place = 0
    ...     def ask(self, count=1): return list(space)[self.place : self.place + count]
    ...     def tell(self, trials): self.place += len(trials)
    ...     def state_dict(self): return {"place": self.place}
    ...     def load_state_dict(self, state): self.place = state["place"]
    >>> found = run_search(space, InOrder(), TableObjective(digits(), "digits"), budget=20)
    >>> len(found.trained), found.stopped
    (20, 'the budget of 20 trainings is spent')
    """
    plan = Plan(
        space,
        algorithm,
        as_objective(objective),
        Budget(trainings=budget) if isinstance(budget, int) else budget,
        as_constraints(constraints, space),
        dict(observe or {}),
        batch,
        workers,
    )
    plan.check()
    provenance = plan.settings()
    kept = History(history, provenance)
    ledger = Ledger(plan.objective.goals)
    with Bar(plan.budget, progress) as bar:
        stopped = Loop(plan, kept, bar, ledger).run()
    _log.info("search ended: %s", stopped)
    return Result(tuple(ledger.attempts), plan.objective.goals, stopped, kept.resumed, provenance)
