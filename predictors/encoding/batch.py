"""Many graphs one behind the other, without padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from zcnas.predictors.encoding.rows import first_equal


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
        first = np.empty(self.count, dtype=np.int64)
        for places, rows in self._told():
            first[places] = places[first_equal(rows)]
        kept, numbers = np.unique(first, return_inverse=True)
        return torch.from_numpy(kept), torch.from_numpy(numbers)

    def _told(self) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]:
        """All that there is to know of graphs, together for those with equally many nodes and edges, and which."""
        starts, cuts = (bounds.numpy() for bounds in self._bounds())
        nodes = np.concatenate([_bytes(self.types), _bytes(self.attributes)], axis=1)
        owners = self.graphs[self.sources]
        ends = torch.stack([self.sources, self.targets], dim=1) - torch.from_numpy(starts)[owners, None]
        edges, extras = _bytes(ends.to(torch.int16)), _bytes(self.extras)
        node_counts, edge_counts = np.diff(starts), np.diff(cuts)
        kinds = node_counts * (len(edges) + 1) + edge_counts
        for kind in np.unique(kinds):
            places = np.flatnonzero(kinds == kind)
            first = places[0]
            own = (
                nodes[starts[places, None] + np.arange(node_counts[first])],
                edges[cuts[places, None] + np.arange(edge_counts[first])],
                extras[places],
            )
            yield places, np.concatenate([part.reshape(len(places), -1) for part in own], axis=1)

    def split(self, size: int) -> list[GraphBatch]:
        """Batches of up to ``size`` graphs, in order."""
        starts, cuts = (bounds.tolist() for bounds in self._bounds())
        return [
            self._between(first, last, slice(starts[first], starts[last]), slice(cuts[first], cuts[last]))
            for first in range(0, self.count, size)
            for last in (min(first + size, self.count),)
        ]

    def _between(self, first: int, last: int, nodes: slice, edges: slice) -> GraphBatch:
        return GraphBatch(
            self.types[nodes],
            self.attributes[nodes],
            self.sources[edges] - nodes.start,
            self.targets[edges] - nodes.start,
            self.graphs[nodes] - first,
            last - first,
            self.extras[first:last],
        )

    def _bounds(self) -> tuple[Tensor, Tensor]:
        """Where the nodes and the edges of every graph begin, ``(G + 1,)`` each: edges lie in the order of graphs."""
        graphs = torch.arange(self.count + 1)
        return torch.searchsorted(self.graphs, graphs), torch.searchsorted(self.graphs[self.sources], graphs)

    def select(self, places: Tensor) -> GraphBatch:
        """The graphs at ``places``, ``(K,)``, in this order; one may occur several times."""
        starts, cuts = self._bounds()
        nodes, graphs, shifts = _taken(starts, places)
        edges, _, _ = _taken(cuts, places)
        of_edge = torch.repeat_interleave(shifts, torch.diff(cuts)[places])
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
    flat = rows.contiguous().numpy().reshape(len(rows), -1 if len(rows) else 0)
    return flat.view(np.uint8)


def _taken(starts: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of the picked groups, the new group of each, and how far each group moves."""
    sizes = starts[places + 1] - starts[places]
    ends = sizes.cumsum(0)
    shifts = ends - sizes - starts[places]
    groups = torch.repeat_interleave(torch.arange(len(places)), sizes)
    return torch.arange(len(groups)) - shifts[groups], groups, shifts
