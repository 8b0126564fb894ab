"""Algorithms around another one."""

from __future__ import annotations

from zcnas.algorithm import SearchAlgorithm


class Wrapper(SearchAlgorithm):
    """Changes what another algorithm proposes.

    Args:
        algorithm: The other one, which learns everything that this one is told.
    """

    name: str

    def __init__(self, algorithm: SearchAlgorithm) -> None:
        self.algorithm = algorithm


def innermost(algorithm: SearchAlgorithm) -> SearchAlgorithm:
    """The algorithm within all wrappers."""
    while isinstance(algorithm, Wrapper):
        algorithm = algorithm.algorithm
    return algorithm
