"""What operations of a trained supernet are worth: by weights, and by accuracy without them or with them alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zcnas.data import ImageSet, Stream, divide
from zcnas.opscore import Accuracy, Discretisation, Magnitude, OperationScorer, Perturbation, Run
from zcnas.searchspaces import NASBench201
from zcnas.training import recipe, train_supernet

ACCURACY_BATCHES = 20
"""Of images on which the strengths were trained, as in DARTS-PT."""


@dataclass(frozen=True, slots=True)
class Course:
    """How the supernet is trained: by DARTS's first order on halves of the images.

    Attributes:
        epochs: Passes over one half.
        C: Channels of the first stage.
        N: Cells per stage.
    """

    epochs: int = 15
    C: int = 16
    N: int = 1

    @property
    def form(self) -> str:
        """Names it in the journal."""
        return f"trained for {self.epochs} epochs, C={self.C}, N={self.N}"


def strengths(
    images: ImageSet, course: Course, seed: int, batch_size: int, folder: Path
) -> dict[str, list[list[float]]]:
    """``(E, O)`` by scorer; ``folder`` keeps checkpoints."""
    weights, others = divide(images, (0.5, 0.5), seed=seed)
    supernet = NASBench201().supernet(seed=seed, C=course.C, N=course.N)
    how = recipe("darts_search", epochs=course.epochs, batch_size=batch_size)
    done = train_supernet(supernet, weights, others, how, order=1, seed=seed, folder=folder, progress=False)
    found = {}
    accuracy = Accuracy(ACCURACY_BATCHES)
    scorers: dict[str, OperationScorer] = {
        "darts": Magnitude(),
        "darts_pt": Perturbation(accuracy),
        "disc_acc": Discretisation(accuracy),
    }
    for name, scorer in scorers.items():
        run = Run(supernet, scorer, Stream(others, batch_size).batch, seed=seed, mixing=done.mixing)
        run.advance()
        rows = run.strengths(range(len(supernet.edges)))
        found[name] = [rows[edge].tolist() for edge in range(len(supernet.edges))]
    last = done.training.last.validation_accuracy
    return {**found, "accuracy": [[float("nan") if last is None else last]]}
