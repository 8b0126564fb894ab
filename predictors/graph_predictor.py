"""What predictors on graphs have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from zcnas.errors import InputError
from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.graphs import WIDTH, GraphEncoder
from zcnas.predictors.encoding.memory import Memory
from zcnas.predictors.encoding.scores import Scores, learn_scale, scaled, score_matrix
from zcnas.predictors.encoding.vocabulary import Vocabulary
from zcnas.predictors.network import NetworkPredictor
from zcnas.predictors.networks.gcn import GraphNetwork
from zcnas.space import Architecture, SearchSpace

Floats = npt.NDArray[np.float64]


class GraphPredictor(NetworkPredictor[GraphBatch]):
    """A graph network on the graphs of architectures.

    Args:
        space: Whose architectures it knows.
        hidden: Width of all layers; BRP-NAS has 600.
        layers: How many.
        dropout: Probability; BRP-NAS has 0.2, with which small networks learn less.
        both_ways: Whether nodes are told what they read, too; BRP-NAS tells them only what they feed.
        fold_skips: Whether skips become edges, as in BRP-NAS, or stay nodes.
        epochs: Rounds over all examples.
        least: Steps that are taken at least.
        batch: Examples a step.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW.
        vocabulary: Of operations, for spaces of one's own.
        scores: Zero-cost scores by name, put behind the embedding.
        seed: Of weights, batches and dropout.
    """

    outputs: ClassVar[int] = 1
    network: ClassVar[Callable[..., nn.Module]] = GraphNetwork

    def __init__(
        self,
        space: SearchSpace,
        *,
        hidden: int = 128,
        layers: int = 4,
        dropout: float = 0.0,
        both_ways: bool = True,
        fold_skips: bool = True,
        epochs: int = 100,
        least: int = 300,
        batch: int = 16,
        learning_rate: float = 1e-3,
        weight_decay: float = 5e-4,
        vocabulary: Vocabulary | None = None,
        scores: Scores | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(space, seed=seed)
        self.hidden, self.layers, self.dropout = hidden, layers, dropout
        self.both_ways, self.fold_skips = both_ways, fold_skips
        self.epochs, self.least, self.batch = epochs, least, batch
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.vocabulary, self.scores = vocabulary, scores
        self._graphs = Memory(space, GraphEncoder(vocabulary or Vocabulary(), fold_skips))

    def clone(self, **changes: Any) -> Self:
        copy = super().clone(**changes)
        if not changes.keys() - {"seed"}:
            copy._graphs = self._graphs
        return copy

    def encode(self, archs: Sequence[Architecture], facts: Mapping[str, Any]) -> GraphBatch:
        batch = self._graphs(archs)
        if int(batch.types.max()) >= facts["types"]:
            op = (self.vocabulary or Vocabulary()).types[int(batch.types.max())]
            raise InputError(
                f"{self.name}: expected one of the {facts['types']} operations of fit(), got {op}; fit anew"
            )
        extras = scaled(score_matrix(self.scores or {}, archs), facts["scores"])
        return replace(batch, extras=torch.from_numpy(extras).float())

    def _outputs(self, module: nn.Module, examples: GraphBatch) -> Floats:
        places, numbers = examples.distinct()
        outputs: Floats = super()._outputs(module, examples.select(places))[numbers.numpy()]
        return outputs

    def _prepared(self, archs: Sequence[Architecture]) -> dict[str, Any]:
        return {
            "scores": learn_scale(score_matrix(self.scores or {}, archs)),
            "types": len(self.vocabulary or Vocabulary()),
        }

    def _network(self, facts: Mapping[str, Any]) -> nn.Module:
        return type(self).network(
            facts["types"],
            WIDTH,
            len(facts["scores"]["mean"]),
            self.outputs,
            hidden=self.hidden,
            layers=self.layers,
            dropout=self.dropout,
            both_ways=self.both_ways,
        )
