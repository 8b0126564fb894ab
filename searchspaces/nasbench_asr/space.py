"""NAS-Bench-ASR as a search space."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench_asr.cell import CHOICES, Genome, format_cell, parse_cell
from zcnas.searchspaces.nasbench_asr.graphs import model_hash, operation_graph
from zcnas.searchspaces.nasbench_asr.network import CELLS, FILTERS, ASRNetwork
from zcnas.space import Architecture, SearchSpace


class NASBenchASR(SearchSpace):
    """13,824 spellings of 8,242 cells (Mehrotra et al. 2021, ICLR); a genome is codes and skips in a row.

    >>> space = NASBenchASR()
    >>> arch = space.parse("[[1, 0], [2, 1, 0], [5, 0, 0, 1]]")
    >>> arch.key
    'nasbench_asr:1-0-2-1-0-5-0-0-1'
    >>> space.canonical(arch)
    '96976a2d8c6ced7917d1f2e4319e223e'
    """

    name = "nasbench_asr"
    choices = CHOICES

    def parse(self, text: str) -> Architecture:
        """Reads ``[[op, s], [op, s, s], [op, s, s, s]]``, codes of operations and skips.

        Raises:
            InputError: Another form.
        """
        return Architecture(self.name, parse_cell(text))

    def format(self, arch: Architecture) -> str:
        """Writes ``[[op, s], [op, s, s], [op, s, s, s]]``."""
        self._require(arch)
        return format_cell(arch.genome)

    def canonical(self, arch: Architecture) -> str:
        """The benchmark's hash, of which there are 8,242.

        It also is equal for some cells that compute different things: where an operation is ``zero``, skips that
        start after it are left out of the graph, though the network has what earlier skips brought there.
        """
        self._require(arch)
        return model_hash(arch.genome)

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        pooled: bool = True,
        rnn: bool = True,
        dropout: float = 0.0,
        filters: Sequence[int] = FILTERS,
        cells: Sequence[int] = CELLS,
    ) -> ASRNetwork:
        """The network of ``arch``; see :class:`ASRNetwork` for the arguments.

        With ``num_classes=48`` it has as many parameters as the benchmark records. It is that of the paper: the
        authors' TensorFlow code, as published, leaves dilation out, and reads skips the other way round.
        """
        self._require(arch)
        with drawn_for(arch, seed):
            return ASRNetwork(
                arch.genome,
                num_classes=num_classes,
                pooled=pooled,
                rnn=rnn,
                dropout=dropout,
                filters=filters,
                cells=cells,
            )

    def graph(self, arch: Architecture) -> Graph:
        """Input, the three operations, output, as the benchmark draws them; see :func:`operation_graph`."""
        self._require(arch)
        return operation_graph(arch.genome)


@cache
def classes() -> dict[str, Genome]:
    """Every hash with its first genome, in the order of iteration."""
    found: dict[str, Genome] = {}
    for genome in product(*map(range, CHOICES)):
        found.setdefault(model_hash(genome), genome)
    return found
