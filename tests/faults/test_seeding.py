"""Seeds by name."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

from zcnas.seeding import derive_seed, generator
from zcnas.testing.snapshot import changes, snapshot


def test_a_seed_is_the_same_in_every_process() -> None:
    code = "from zcnas.seeding import derive_seed; print(derive_seed('synflow', 3, (1.5, None)))"
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(outcome.stdout) == derive_seed("synflow", 3, (1.5, None))


def test_seeds_differ_by_every_part_by_their_order_and_by_their_kind() -> None:
    parts = [(), ("a",), ("b",), ("a", "b"), ("b", "a"), ("ab",), ("a", 1), ("a", "1"), ("a", 1.0), (("a", 1),)]
    seeds = [derive_seed(*one) for one in parts]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_seeds_of_neighbouring_numbers_are_spread() -> None:
    seeds = np.array([derive_seed(number) for number in range(2000)], dtype=np.float64) / 2**63
    counts, _ = np.histogram(seeds, bins=10, range=(0, 1))
    # 200 expected per tenth, deviation 13.4: five deviations.
    assert abs(counts - 200).max() < 67


def test_a_generator_depends_on_its_parts_alone() -> None:
    first, again, other = (generator(*parts).random(5).tolist() for parts in (("a", 0), ("a", 0), ("a", 1)))
    assert first == again != other


def test_global_generators_are_left_alone() -> None:
    from torch import nn

    random.random()
    before = snapshot(nn.Identity())
    generator("x").random(10)
    assert changes(before, snapshot(nn.Identity())) == []


@pytest.mark.parametrize("seed", [-1, 2**80, "text", None, 0.5])
def test_a_seed_may_be_anything_that_prints(seed: object) -> None:
    assert derive_seed(seed) == derive_seed(seed)
