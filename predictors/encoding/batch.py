"""Many graphs one behind the other, without padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class GraphBatch:
    """Nodes of all graphs in a row; edges and graphs are numbers of nodes in it.

    Attributes:
        types: ``(V,)``: indices in the vocabulary.
        attributes: ``(V, A)``: sizes and places of operations.
        sources: ``(E,)``: nodes that feed.
        targets: ``(E,)``: nodes that are fed.
        graphs: ``(V,)``: the graph of a node, ascending.
        count: How many graphs G there are.
        extras: ``(G, P)``: further features of graphs, such as zero-cost scores.
    """

    types: Tensor
    attributes: Tensor
    sources: Tensor
    targets: Tensor
    graphs: Tensor
    count: int
    extras: Tensor

    def __len__(self) -> int:
        return self.count

    def distinct(self) -> tuple[Tensor, Tensor]:
        """Places of graphs that no earlier one equals, and for every graph where among them its equal stands.

        Half of a space may be spellings of the other half once skips are edges and dead nodes are gone. Graphs whose
        nodes are equal but in another order count as different.
        """
        found: dict[bytes, int] = {}
        numbers = [found.setdefault(told, len(found)) for told in self._told()]
        first = dict[int, int]()
        for place, number in enumerate(numbers):
            first.setdefault(number, place)
        return torch.tensor(list(first.values())), torch.tensor(numbers)

    def _told(self) -> Iterator[bytes]:
        """All that there is to know of each graph."""
        starts = torch.searchsorted(self.graphs, torch.arange(self.count + 1))
        owners = self.graphs[self.sources]
        cuts = torch.searchsorted(owners, torch.arange(self.count + 1)).tolist()
        ends = torch.stack([self.sources, self.targets], dim=1) - starts[owners, None]
        edges = memoryview(ends.to(torch.int16).numpy().tobytes())
        nodes = memoryview(np.concatenate([_bytes(self.types), _bytes(self.attributes)], axis=1).tobytes())
        extras, places = memoryview(_bytes(self.extras).tobytes()), starts.tolist()
        width, extra = len(nodes) // max(len(self.types), 1), len(extras) // max(self.count, 1)
        for graph, (start, end) in enumerate(pairwise(places)):
            own = (nodes[start * width : end * width], edges[4 * cuts[graph] : 4 * cuts[graph + 1]])
            yield b"".join(((end - start).to_bytes(4, "little"), *own, extras[graph * extra : (graph + 1) * extra]))

    def split(self, size: int) -> list[GraphBatch]:
        """Batches of up to ``size`` graphs, in order."""
        return [self.select(torch.arange(start, min(start + size, self.count))) for start in range(0, self.count, size)]

    def select(self, places: Tensor) -> GraphBatch:
        """The graphs at ``places``, ``(K,)``, in this order; one may occur several times."""
        starts = torch.searchsorted(self.graphs, torch.arange(self.count + 1))
        owners = self.graphs[self.sources]
        nodes, graphs, shifts = _taken(starts, places)
        # Edges lie in the order of their graphs as well.
        edges, _, _ = _taken(torch.searchsorted(owners, torch.arange(self.count + 1)), places)
        of_edge = torch.repeat_interleave(shifts, torch.bincount(owners, minlength=self.count)[places])
        return GraphBatch(
            self.types[nodes],
            self.attributes[nodes],
            self.sources[edges] + of_edge,
            self.targets[edges] + of_edge,
            graphs,
            len(places),
            self.extras[places],
        )


def _bytes(rows: Tensor) -> npt.NDArray[np.uint8]:
    return rows.contiguous().numpy().reshape(len(rows), -1).view(np.uint8)


def _taken(starts: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of the picked groups, the new group of each, and how far each group moves."""
    sizes = starts[places + 1] - starts[places]
    ends = sizes.cumsum(0)
    shifts = ends - sizes - starts[places]
    groups = torch.repeat_interleave(torch.arange(len(places)), sizes)
    return torch.arange(len(groups)) - shifts[groups], groups, shifts
