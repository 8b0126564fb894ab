"""REINFORCE against autograd and torch's optimisers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from tests.search.landscapes import additive, fraction_better, run
from zcnas.algorithm import Trial
from zcnas.errors import InputError
from zcnas.search import Reinforce
from zcnas.search.policy import Policy
from zcnas.searchspaces import NASBench201
from zcnas.space import Architecture
from zcnas.testing import ToySpace

SPACE, TOY = NASBench201(), ToySpace()
GENOMES = [(0, 1, 2), (2, 0, 2), (1, 1, 0), (0, 1, 2), (2, 1, 1)]
REWARDS = [70.0, 71.5, 10.0, 70.0, 72.0]


@pytest.mark.parametrize(("optimiser", "made"), [("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)])
def test_steps_are_those_of_autograd(optimiser: str, made: type[torch.optim.Optimizer]) -> None:
    policy = Policy(TOY.choices, 0.1, 0.9, optimiser)
    logits = [torch.zeros(options, dtype=torch.float64, requires_grad=True) for options in TOY.choices]
    theirs = made(logits, lr=0.1)
    numerator = denominator = 0.0
    for genome, reward in zip(GENOMES, REWARDS, strict=True):
        policy.step(genome, reward)
        numerator, denominator = 0.9 * numerator + 0.1 * reward, 0.9 * denominator + 0.1
        draws = [torch.distributions.Categorical(logits=row) for row in logits]
        chances = torch.stack([draw.log_prob(torch.tensor(gene)) for draw, gene in zip(draws, genome, strict=True)])
        theirs.zero_grad()
        (-chances.sum() * (reward - numerator / denominator)).backward()
        theirs.step()
        for row, expected in zip(policy.probabilities(), logits, strict=True):
            # Both in float64: a few hundred roundings.
            np.testing.assert_allclose(row, torch.softmax(expected, 0).detach().numpy(), rtol=1e-12)


def test_draws_as_often_as_the_probabilities_say() -> None:
    policy, rng = Policy(TOY.choices, 0.5, 0.9, "adam"), np.random.default_rng(0)
    for genome, reward in zip(GENOMES, REWARDS, strict=True):
        policy.step(genome, reward)
    draws = np.array([policy.draw(rng) for _ in range(4000)])
    for gene, expected in enumerate(policy.probabilities()):
        found = np.bincount(draws[:, gene], minlength=TOY.choices[gene]) / 4000
        # Five standard deviations of a fraction of 4000 draws are below 0.04.
        np.testing.assert_allclose(found, expected, atol=0.04)


def test_learns_which_genes_are_good() -> None:
    value = additive(SPACE.choices)
    algorithm = Reinforce(SPACE, learning_rate=0.1)
    run(algorithm, value, 200)
    assert fraction_better(algorithm, value) < 0.01


def test_what_is_known_is_learned_from_again() -> None:
    patient, hasty = Reinforce(TOY, repeats=100), Reinforce(TOY, repeats=0)
    for algorithm in (patient, hasty):
        algorithm.tell([Trial(arch, (float(arch.genome[0] == 2),)) for arch in list(TOY)[1:]])
    assert patient.probabilities[0][2] > hasty.probabilities[0][2] > 1 / 3


def test_failures_change_no_probability() -> None:
    algorithm = Reinforce(TOY)
    algorithm.tell([Trial(arch) for arch in TOY])
    assert [row.tolist() for row in algorithm.probabilities] == [[1 / 3] * 3, [1 / 2] * 2, [1 / 3] * 3]


def test_scores_teach_before_any_training() -> None:
    asked: list[Architecture] = []

    def score(archs: Sequence[Architecture]) -> list[float]:
        asked.extend(archs)
        # Over more orders of magnitude than floats of 32 bits have.
        return [10.0 ** (20 * sum(gene == 3 for gene in arch.genome)) for arch in archs]

    algorithm = Reinforce(SPACE, learning_rate=0.05)
    algorithm.pretrain(score, 300)
    assert [int(np.argmax(row)) for row in algorithm.probabilities] == [3] * 6
    assert len(asked) == len(set(asked)) <= 300
    other = Reinforce(SPACE, learning_rate=0.05)
    other.load_state_dict(algorithm.state_dict())
    assert other.ask(5) == algorithm.ask(5)
    algorithm.tell([Trial(algorithm.ask()[0], (1.0,))])
    with pytest.raises(InputError, match="after 1"):
        algorithm.pretrain(score, 1)
