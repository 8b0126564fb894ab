"""The loop: ask, check, evaluate, tell."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from zcnas.errors import InputError, InputTypeError
from zcnas.space import Architecture
from zcnas.study.attempt import Attempt
from zcnas.study.bar import Bar
from zcnas.study.evaluating import Outcome, evaluate_all, verdict_of
from zcnas.study.history import History
from zcnas.study.ledger import Ledger
from zcnas.study.plan import Plan


@dataclass(slots=True)
class Loop:
    """One search.

    Attributes:
        plan: What it is made of.
        history: What is known from before, and where all is kept.
        bar: Where progress is shown.
        ledger: What it has come to.
    """

    plan: Plan
    history: History
    bar: Bar
    ledger: Ledger
    _begin: float = field(default_factory=time.perf_counter)
    _before: float = 0.0

    def run(self) -> str:
        """Goes on until the budget is spent or nothing is proposed; says which."""
        first = self.history.begin(self.plan.algorithm, self.plan.batch)
        known, round_ = self.history.last, 0
        while not (stopped := self.ledger.reached(self.plan.budget, self._passed(round_ <= known))):
            asked = self._proposed(round_, first if round_ == 0 else None)
            if not asked:
                return "the algorithm has nothing left to propose"
            self._round(round_, asked)
            if round_ <= known:
                self._begin, self._before = time.perf_counter(), self.ledger.elapsed
            round_ += 1
        return stopped

    def _passed(self, replaying: bool = False) -> float:
        """Seconds since the search began; as the history tells, while it is told again."""
        return self._before if replaying else self._before + time.perf_counter() - self._begin

    def _proposed(self, round_: int, asked: list[Architecture] | None) -> list[Architecture]:
        """What is proposed, from the history where that has all of it."""
        whole = self.history.whole(round_, self.plan.batch)
        if whole is not None:
            return whole
        asked = self.plan.algorithm.ask(self.plan.batch) if asked is None else asked
        for arch in asked:
            self.plan.check_proposal(arch)
        self.history.compare(round_, asked)
        return asked

    def _round(self, round_: int, asked: Sequence[Architecture]) -> None:
        """Finishes a round: what is known or infeasible at once, the rest by evaluation; then tells in order."""
        done: dict[int, Attempt] = {}
        waiting: dict[Architecture, tuple[int, Attempt]] = {}
        left = self._trainings_left()
        for place, arch in enumerate(asked):
            if left <= 0:  # what follows is for a larger budget
                break
            known = self.history[round_].get(place)
            one = known or self._checked(arch, round_, repeated=arch in asked[:place])
            left -= one.trained
            if known is None and one.trained:
                waiting[arch] = place, one
            else:
                done[place] = known or self._kept(place, one)
        with closing(self._evaluated(waiting)) as finished:
            done.update(finished)
        self._tell([done[place] for place in sorted(done)])

    def _trainings_left(self) -> float:
        limit = self.plan.budget.trainings
        return math.inf if limit is None else limit - self.ledger.trainings

    def _checked(self, arch: Architecture, round_: int, repeated: bool) -> Attempt:
        """The attempt as far as constraints, and what came before, decide it."""
        if repeated or self.ledger.known(arch) is not None:
            return Attempt(arch, repeated=True, elapsed=self._passed(), round=round_)
        measured: dict[str, float] = {}
        for constraint in self.plan.constraints:
            verdict = verdict_of(constraint, arch)
            if verdict.measured is not None:
                measured[constraint.name] = verdict.measured
            if verdict.objection:
                return Attempt(arch, (), False, False, verdict.objection, 0.0, self._passed(), measured, round_)
        return Attempt(arch, measured=measured, round=round_)

    def _evaluated(
        self, waiting: dict[Architecture, tuple[int, Attempt]]
    ) -> Generator[tuple[int, Attempt], None, None]:
        """Attempts by place, each kept as soon as it is finished."""
        with closing(evaluate_all(self.plan.objective, list(waiting), self.plan.workers)) as found:
            for arch, outcome in found:
                place, one = waiting[arch]
                yield place, self._kept(place, self._finished(one, outcome))

    def _finished(self, one: Attempt, outcome: Outcome) -> Attempt:
        seen = {name: self._observed(name, one.arch) for name in self.plan.observe} if outcome.values else {}
        return replace(
            one,
            values=outcome.values,
            seconds=outcome.seconds,
            reason=outcome.reason,
            elapsed=self._passed(),
            measured={**one.measured, **seen},
        )

    def _observed(self, name: str, arch: Architecture) -> float:
        try:
            return float(self.plan.observe[name](arch))
        except (InputError, InputTypeError):
            raise
        except Exception:
            return math.nan

    def _kept(self, place: int, one: Attempt) -> Attempt:
        self.history.add(place, one)
        self.bar.finished(one)
        return one

    def _tell(self, attempts: Sequence[Attempt]) -> None:
        told = []
        for one in attempts:
            before = self.ledger.known(one.arch) if one.repeated else None
            told.append(one if before is None else replace(before, elapsed=one.elapsed, round=one.round))
            self.ledger.add(told[-1])
        self.bar.told(self.ledger)
        self.plan.algorithm.tell([one.trial for one in told])
