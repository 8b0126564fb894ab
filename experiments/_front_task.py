"""What searches for fronts are compared on: accuracies, latencies of devices, proxies, and what fronts are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _correlations_scores import read_scores

from zcnas.analysis import front, hypervolume_ratio
from zcnas.objectives import Lookup
from zcnas.searchspaces import NASBench201, load_table
from zcnas.space import Architecture

Floats = npt.NDArray[np.float64]
SPACE = NASBench201()
DATASET = "cifar100"


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One device.

    Attributes:
        device: Its name.
        archs: All architectures.
        scores: Proxy -> a score of each, higher is better.
        seen: Validation accuracies, which searches are told.
        judged: Test accuracies, means over training seeds.
        latency: In ms.
    """

    device: str
    archs: Sequence[Architecture]
    scores: Mapping[str, Floats]
    seen: Lookup
    judged: Lookup
    latency: Lookup

    def points(self, accuracy: Lookup, archs: Sequence[Architecture] | None = None) -> Floats:
        """``(n, 2)``: accuracy and minus latency, of all architectures or some."""
        return np.array([(accuracy(arch), -self.latency(arch)) for arch in (self.archs if archs is None else archs)])


def tasks(accuracies: Path, latencies: Path, scores: Path, devices: Sequence[str]) -> list[Task]:
    """Reads tables and the score store, of which every proxy is taken."""
    table, measured = load_table(accuracies, SPACE), load_table(latencies, SPACE)
    found = read_scores(scores, space=SPACE)
    columns = {name: column.turned for name, column in found.columns.items() if column.kind != "aggregate"}
    seen = Lookup(table, DATASET, split="val", metric="accuracy", epochs=200)
    judged = Lookup(table, DATASET, split="test", metric="accuracy", epochs=200, seed="mean")
    return [
        Task(device, found.archs, columns, seen, judged, Lookup(measured, DATASET, metric="latency", device=device))
        for device in devices
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Hypervolume ratios of what was trained, against the front of all architectures.

    The reference point is the true front's worst accuracy and worst latency; the strict one has the median accuracy of
    all architectures in the place of the former, so that only what is better than half of them counts.

    Attributes:
        truth: ``(n, 2)``: the true front by test accuracy.
        seen_truth: The same by validation accuracy.
        median: Test accuracy.
    """

    truth: Floats
    seen_truth: Floats
    median: float

    @classmethod
    def of(cls, task: Task) -> Judge:
        """From all architectures."""
        judged, seen = task.points(task.judged), task.points(task.seen)
        return cls(judged[front(judged)], seen[front(seen)], float(np.median(judged[:, 0])))

    def ratios(self, judged: Floats, seen: Floats) -> dict[str, float]:
        """By measure, of the points ``(t, 2)`` of all that was trained, by test and by validation accuracy."""
        corner = self.truth.min(axis=0)
        strict = np.array([self.median, corner[1]])
        chosen = judged[front(seen)]
        return {
            "all": hypervolume_ratio(judged, self.truth, corner),
            "chosen": hypervolume_ratio(chosen, self.truth, corner),
            "strict": hypervolume_ratio(chosen, self.truth, strict),
            "seen": hypervolume_ratio(seen, self.seen_truth, self.seen_truth.min(axis=0)),
        }
