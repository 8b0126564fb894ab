"""Tasks as vectors: what untrained reference cells are worth on their data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zcnas.errors import InputError
from zcnas.predictors.encoding.scores import Scores, score_matrix
from zcnas.space import Architecture

Floats = npt.NDArray[np.float64]


def task_features(scores: Scores, references: Sequence[Architecture], noise: Scores | None = None) -> Floats:
    r"""``(P R,)``: P scores of R reference cells on a task's data, of each score those of all cells in a row.

    They are :math:`\operatorname{sign}(s) \log(1 + |s|)`. With ``noise`` its scores, likewise, are taken off: what is
    left says what the data have to do with it, and not how large inputs are or how many classes there are. Of a score
    that does not depend on data, nothing is left.

    What is not finite is NaN, which counts as unknown wherever features are used.

    Reference: Zero-cost scores as features of tasks are proposed by Krishnakumar et al. 2022, NAS-Bench-Suite-Zero,
    arXiv:2210.03230; which cells, which scores, and that noise is taken off, are our own.

    Args:
        scores: By name, such as ``{"nwot": zcnas.ProxyScores(space, "nwot", batch)}``, with the task's batch.
        references: Cells that are the same for all tasks, such as those with one operation throughout.
        noise: The same scores with a batch of Gaussian noise of equal shape.

    Raises:
        InputError: No scores, no cells, or the names in ``noise`` are others.
        UnknownNameError: A mapping lacks a cell.

    >>> cells = [Architecture("toy", (gene,)) for gene in range(2)]
    >>> task_features({"nwot": lambda archs: [0.0, 1.0]}, cells, {"nwot": lambda archs: [0.0, 0.0]}).round(3).tolist()
    [0.0, 0.693]
    """
    if not scores or not references:
        raise InputError(f"task features: expected scores of cells, got {len(scores)} of {len(references)}")
    if noise is not None and noise.keys() != scores.keys():
        raise InputError(f"task features: expected {sorted(scores)} of noise, too, got {sorted(noise)}")
    found = score_matrix(scores, references)
    if noise is not None:
        found = found - score_matrix({name: noise[name] for name in scores}, references)
    return found.T.flatten()
