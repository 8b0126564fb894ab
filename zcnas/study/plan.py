"""All that a search is made of, and how it is told from others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zcnas.algorithm import SearchAlgorithm
from zcnas.errors import InputError, InputTypeError
from zcnas.objectives import Constraint, Objective, Quantity
from zcnas.provenance import digest, named, versions
from zcnas.space import Architecture, SearchSpace
from zcnas.study.budget import Budget
from zcnas.study.evaluating import check_travels


@dataclass(frozen=True, slots=True)
class Plan:
    """See :func:`zcnas.run_search`."""

    space: SearchSpace
    algorithm: SearchAlgorithm
    objective: Objective
    budget: Budget
    constraints: tuple[Constraint, ...]
    observe: Mapping[str, Quantity]
    batch: int
    workers: int

    def check(self) -> None:
        """Raises an error for what cannot work, before anything is asked or written."""
        self._check_types()
        for name, number in {"batch": self.batch, "workers": self.workers}.items():
            if number < 1:
                raise InputError(f"{name}: expected at least 1, got {number}")
        twice = {one.name for one in self.constraints} & self.observe.keys()
        if twice:
            raise InputError(f"observe: expected other names than those of constraints, got {sorted(twice)}")
        self.budget.check(self.objective)
        if self.workers > 1:
            check_travels(self.objective)

    def _check_types(self) -> None:
        expected: tuple[tuple[str, object, type], ...] = (
            ("space", self.space, SearchSpace),
            ("algorithm", self.algorithm, SearchAlgorithm),
            ("budget", self.budget, Budget),
        )
        for name, given, kind in expected:
            if not isinstance(given, kind):
                raise InputTypeError(f"{name}: expected a {kind.__name__}, got {type(given).__name__}: {given!r}")
        for name, function in self.observe.items():
            if not callable(function):
                raise InputTypeError(f"observe: {name}: expected a function, got {type(function).__name__}")

    def check_proposal(self, arch: Architecture) -> None:
        """Raises for one that claims to be of this space and is not; a supernet may find architectures of others."""
        if not isinstance(arch, Architecture) or (arch.space == self.space.name and arch not in self.space):
            kind = type(self.algorithm).__name__
            raise InputError(f"{kind}: expected it to propose architectures of {self.space.name}, got {arch!r}")

    def settings(self) -> dict[str, Any]:
        """All that attempts depend on, as plain JSON: not the budget, so that a longer search goes on from a shorter.

        An algorithm is known by its class, its own settings, and what it knows at the start; the history compares what
        it proposes, besides.
        """
        told: dict[str, Any] = {
            "space": named(self.space),
            "algorithm": self._told(),
            "objective": self.objective.settings(),
            "constraints": [one.settings() for one in self.constraints],
            "observe": {name: named(function) for name, function in self.observe.items()},
            "batch": self.batch,
            "versions": versions(),
        }
        plain: dict[str, Any] = json.loads(json.dumps(told))
        return plain

    def _told(self) -> dict[str, Any]:
        state = digest([json.dumps(self.algorithm.state_dict(), sort_keys=True)])
        return {"class": named(type(self.algorithm)), "settings": self.algorithm.settings(), "state": state}
