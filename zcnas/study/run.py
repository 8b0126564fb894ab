"""Searches a space with an algorithm for what an objective values."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from zcnas.algorithm import SearchAlgorithm
from zcnas.objectives import Given, Objective, Quantity, as_constraints, as_objective
from zcnas.search import Score
from zcnas.space import SearchSpace
from zcnas.study.bar import Bar
from zcnas.study.budget import Budget
from zcnas.study.history import History
from zcnas.study.ledger import Ledger
from zcnas.study.loop import Loop
from zcnas.study.naming import algorithm_of, guided, space_of
from zcnas.study.plan import Plan
from zcnas.study.result import Result

_log = logging.getLogger(__name__)


def run_search(
    space: SearchSpace | str,
    algorithm: SearchAlgorithm | str,
    objective: Objective | Sequence[Objective],
    budget: Budget | int,
    constraints: Given | Sequence[Given] = (),
    *,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    score: Score | Objective | None = None,
    warm_up: int | None = None,
    move: int | None = None,
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
        space: Where architectures come from, or its name.
        algorithm: A name, see :func:`~zcnas.study.named_algorithm`; or a fresh algorithm, which is left with all that
            it has learned.
        objective: What they are worth; several are optimised at once.
        budget: A :class:`~zcnas.study.Budget`, or a number of trainings.
        constraints: :class:`~zcnas.objectives.Bound` s, and functions of an architecture that say whether it may be
            tried. They are checked in this order, until one is not kept.
        seed: Of an algorithm that is named, of warm-up and move; by default 0. One that is made has its own.
        options: Further arguments of an algorithm that is named, such as ``{"population": 32}``.
        score: What warm-up and move rank by: :class:`zcnas.ProxyScores`, :func:`~zcnas.study.stored_scores` of a sweep,
            an objective such as a column of a table, a mapping, or a function of many architectures. What breaks a
            constraint is not scored, and ranks last.
        warm_up: How many random architectures are scored, of which the best are trained first; see
            :class:`zcnas.search.WarmUp`.
        move: Of how many candidates the one with the best score is trained; evolution and local search compare all
            untrained neighbours, whatever the number. See :class:`zcnas.search.Move`.
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
        UnknownNameError: No such space, algorithm or option of it; a budget of training seconds, and a table without.
            The message lists what there is.
        DataError: A file that is no history.

    >>> from zcnas.benchmarks import digits
    >>> from zcnas.objectives import TableObjective
    >>> from zcnas.searchspaces import Subspace, get
    >>> space = Subspace(get("nasbench201"), digits().archs)
    >>> size = dict(zip(space, digits().values("digits", split="train", metric="params"), strict=True))
    >>> found = run_search(space, "local_search", TableObjective(digits(), "digits"), 20, score=size, warm_up=100)
    >>> len(found.trained), found.stopped
    (20, 'the budget of 20 trainings is spent')
    """
    space, goal = space_of(space), as_objective(objective)
    bounds = as_constraints(constraints, space)
    made = algorithm_of(algorithm, space, options, seed, goal, scored=score is not None)
    plan = Plan(
        space,
        guided(made, space, bounds, score, warm_up, move, seed),
        goal,
        Budget(trainings=budget) if isinstance(budget, int) else budget,
        bounds,
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
