"""Architectures as numbers: graphs of all spaces in one vocabulary, without padding, and vectors. Tasks, too."""

from __future__ import annotations

from zcnas.predictors.encoding.batch import GraphBatch
from zcnas.predictors.encoding.graphs import WIDTH, GraphEncoder
from zcnas.predictors.encoding.operations import Operation
from zcnas.predictors.encoding.scores import Score, Scores
from zcnas.predictors.encoding.tasks import task_features
from zcnas.predictors.encoding.vocabulary import TYPES, Vocabulary

__all__ = [
    "TYPES",
    "WIDTH",
    "GraphBatch",
    "GraphEncoder",
    "Operation",
    "Score",
    "Scores",
    "Vocabulary",
    "task_features",
]
