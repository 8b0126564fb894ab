"""What every search algorithm promises; subclass it once per algorithm."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod

import numpy as np
import pytest
from torch import nn

from zcnas.algorithm import SearchAlgorithm, Trial
from zcnas.errors import InputError
from zcnas.space import Architecture
from zcnas.testing.snapshot import changes, snapshot


class SearchAlgorithmContract(ABC):
    """Tests that hold for every search algorithm, on accuracies that are made up but always the same.

    A subclass whose name starts with ``Test`` writes :meth:`make`; pytest does the rest.

    Attributes:
        rounds: How often it is asked and told.
        count: How many architectures it is asked for at a time.
    """

    rounds: int = 3
    count: int = 2

    @abstractmethod
    def make(self, seed: int) -> SearchAlgorithm:
        """A fresh algorithm, small enough that the tests are fast."""

    def test_equal_seeds_propose_alike(self) -> None:
        assert _history(self.make(0), self.rounds, self.count) == _history(self.make(0), self.rounds, self.count)

    def test_the_order_within_a_tell_does_not_matter(self) -> None:
        straight = _history(self.make(0), self.rounds, self.count)
        assert _history(self.make(0), self.rounds, self.count, reverse=True) == straight

    def test_asking_learns_nothing(self) -> None:
        algorithm = self.make(0)
        first = algorithm.ask(self.count)
        assert algorithm.ask(self.count) == first
        assert algorithm.ask(1) == first[:1]

    def test_proposes_nothing_twice(self) -> None:
        proposed = [arch for archs in _history(self.make(0), self.rounds, self.count) for arch in archs]
        assert len(set(proposed)) == len(proposed)

    def test_goes_on_from_its_state_in_json(self) -> None:
        algorithm = self.make(0)
        algorithm.tell(_trials(algorithm.ask(self.count)))
        state = json.loads(json.dumps(algorithm.state_dict()))
        other = self.make(0)
        other.load_state_dict(state)
        assert other.state_dict() == algorithm.state_dict()
        assert _history(other, 2, self.count) == _history(algorithm, 2, self.count)

    def test_settings_are_plain_and_of_arguments_alone(self) -> None:
        algorithm = self.make(0)
        told = json.loads(json.dumps(algorithm.settings()))
        algorithm.tell(_trials(algorithm.ask(self.count)))
        assert told == algorithm.settings() == self.make(0).settings()

    def test_refuses_another_state(self) -> None:
        for state in ({}, {"algorithm": "none of this name"}, {"algorithm": 3, "told": None}):
            with pytest.raises(InputError):
                self.make(0).load_state_dict(state)

    def test_leaves_random_states_alone(self) -> None:
        bystander = nn.Identity()
        before = snapshot(bystander)
        _history(self.make(0), 2, self.count)
        assert not changes(before, snapshot(bystander))

    def test_takes_what_was_not_asked_for_and_what_failed(self) -> None:
        algorithm = self.make(0)
        first = algorithm.ask(self.count)
        algorithm.tell([Trial(first[0], (), feasible=False), *_trials(first[1:])])
        assert set(algorithm.ask(self.count)).isdisjoint(first)


def _history(algorithm: SearchAlgorithm, rounds: int, count: int, *, reverse: bool = False) -> list[list[Architecture]]:
    found = []
    for _ in range(rounds):
        found.append(algorithm.ask(count))
        trials = _trials(found[-1])
        algorithm.tell(trials[::-1] if reverse else trials)
    return found


def _trials(archs: list[Architecture]) -> list[Trial]:
    """Accuracies that depend on the architecture alone."""
    return [Trial(arch, (float(np.random.default_rng([*arch.genome]).random()),)) for arch in archs]
