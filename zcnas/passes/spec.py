"""What a traversal of a network is: values that can be compared, so that equal ones run once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Functional = Literal["loss", "logits"]


@dataclass(frozen=True, slots=True)
class Pass:
    """One forward pass of the network and the backward passes on its graph.

    Attributes:
        inputs: ``data`` (the caller's batches), ``ones``, ``gaussian`` (N(0, 1), the batch's shape) or
            ``line`` (equally spaced points between two Gaussian inputs).
        batch: Which data batch.
        draw: Which independent draw, where inputs or weights are random.
        size: Number of samples; ``None`` is the batch's.
        train: Train mode (batch statistics, dropout) or eval mode.
        norms: Whether normalisation layers work or pass their input through; ``reductions``: only those work
            that lie in the reduction blocks of NAS-Bench-201.
        weights: ``given``, ``absolute`` (of every parameter and buffer) or ``gaussian``
            (N(0, 1), biases 0, norm scales 1).
        double: Compute in float64.
        perturbation: Gaussian noise of this scale is added to the input. With 0 it is drawn all the same, so
            that a pass and its perturbed twin share all other draws.
        second_order: Also differentiate the gradient: Hessian times gradient.
    """

    inputs: Literal["data", "ones", "gaussian", "line"] = "data"
    batch: int = 0
    draw: int = 0
    size: int | None = None
    train: bool = True
    norms: Literal["kept", "bypassed", "reductions"] = "kept"
    weights: Literal["given", "absolute", "gaussian"] = "given"
    double: bool = False
    perturbation: float | None = None
    second_order: bool = False

    def seed_parts(self) -> str:
        """What the random draws of this pass depend on.

        The perturbation is left out: a pass and its perturbed twin share weights and inputs.
        """
        return repr(replace(self, perturbation=None))

    def describe(self) -> str:
        """Only what differs from the default, e.g. ``Pass(inputs='ones', double=True)``."""
        default = Pass()
        names = [name for name in self.__slots__ if getattr(self, name) != getattr(default, name)]
        return f"Pass({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"
