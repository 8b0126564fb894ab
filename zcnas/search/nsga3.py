"""NSGA-III: many generations towards a front, by dominance and reference directions."""

from __future__ import annotations

from itertools import count
from math import comb
from typing import Any

from zcnas.errors import InputError
from zcnas.search.front import FrontSearch


class NSGA3(FrontSearch):
    """As NSGA-II, but equally good ones survive where few are near the same direction; meant for three and more.

    There are as many directions, evenly spread, as the population has room for.

    Reference: Deb and Jain 2014, IEEE Transactions on Evolutionary Computation 18(4), with directions of Das and Dennis
    1998; survival and selection are those of pymoo (Blank and Deb 2020), which needs the extra ``search``. Arguments
    are those of :class:`~zcnas.search.front.FrontSearch`.

    Raises:
        InputError: Also with one objective, or with a population smaller than the number of objectives.
    """

    name = "nsga3"

    def _algorithm(self) -> Any:
        from pymoo.algorithms.moo.nsga3 import NSGA3 as NSGA
        from pymoo.util.ref_dirs import get_reference_directions

        if not 2 <= self.objectives <= self.initial:
            raise InputError(
                f"nsga3: expected at least 2 objectives and a population of at least as many, got {self.objectives} "
                f"and {self.initial}; for one objective use another algorithm"
            )
        # Directions in the simplex, with so many parts to a side.
        parts = next(n for n in count(1) if comb(n + self.objectives, self.objectives - 1) > self.initial)
        directions = get_reference_directions("das-dennis", self.objectives, n_partitions=parts)
        return NSGA(directions, pop_size=self.initial)
