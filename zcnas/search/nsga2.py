"""NSGA-II: many generations towards a front, by dominance and crowding."""

from __future__ import annotations

from typing import Any

from zcnas.search.front import FrontSearch


class NSGA2(FrontSearch):
    """Parents win a binary tournament by dominance, then by crowding distance; so survive children and parents.

    Reference: Deb et al. 2002, IEEE Transactions on Evolutionary Computation 6(2); survival and tournament are those of
    pymoo (Blank and Deb 2020), which needs the extra ``search``. Arguments are those of
    :class:`~zcnas.search.front.FrontSearch`.
    """

    name = "nsga2"

    def _algorithm(self) -> Any:
        from pymoo.algorithms.moo.nsga2 import NSGA2 as NSGA

        return NSGA(pop_size=self.initial)
