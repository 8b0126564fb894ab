"""The network of priors: how it sees graphs, how large it is, and the learner around it."""

from __future__ import annotations

from dataclasses import dataclass

from zcnas.errors import InputError
from zcnas.predictors.encoding.graphs import WIDTH, GraphEncoder
from zcnas.predictors.encoding.vocabulary import TYPES, Vocabulary
from zcnas.predictors.meta.deep_kernel import DeepKernel
from zcnas.predictors.networks.flan import FlowNetwork
from zcnas.predictors.networks.training import seeded
from zcnas.seeding import derive_seed

ENCODER = GraphEncoder(fold_skips=True)
"""How priors see graphs, but for names of one's own; see :func:`encoder`."""


@dataclass(frozen=True)
class Sizes:
    """Of a prior's network.

    Attributes:
        hidden: Width of its layers.
        layers: How many.
        width: Features.
    """

    hidden: int = 64
    layers: int = 3
    width: int = 64


def encoder(vocabulary: Vocabulary | None) -> GraphEncoder:
    """How priors see graphs, with names of one's own.

    Raises:
        InputError: A name that means an operation of one's own.
    """
    if vocabulary is None:
        return ENCODER
    if len(vocabulary) > len(TYPES):
        raise InputError(
            f"vocabulary: expected names of operations that priors know, got {vocabulary.types[len(TYPES)]}; "
            "fit another predictor, such as gcn"
        )
    return GraphEncoder(vocabulary, fold_skips=True)


def learner(sizes: Sizes, seed: int = 0, *, conditions: int = 0) -> DeepKernel:
    """A new learner over tasks, which have as many features as ``conditions`` says."""
    return DeepKernel(seeded_network(sizes, seed, conditions=conditions), sizes.width, seed=seed)


def network(sizes: Sizes, *, conditions: int = 0) -> FlowNetwork:
    """What gives features, new, with weights from the global random state."""
    width, hidden, layers = sizes.width, sizes.hidden, sizes.layers
    return FlowNetwork(len(TYPES), WIDTH, 0, width, hidden=hidden, layers=layers, conditions=conditions)


def seeded_network(sizes: Sizes, seed: int = 0, *, conditions: int = 0) -> FlowNetwork:
    """Likewise, with weights from a seed."""
    with seeded(derive_seed("prior", seed)):
        return network(sizes, conditions=conditions)
