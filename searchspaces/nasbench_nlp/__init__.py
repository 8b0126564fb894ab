"""NAS-Bench-NLP: recurrent cells for language modelling (Klyuchnikov et al. 2020, arXiv:2006.07116)."""

from __future__ import annotations

from zcnas.searchspaces.nasbench_nlp.logs import convert
from zcnas.searchspaces.nasbench_nlp.network import LanguageModel
from zcnas.searchspaces.nasbench_nlp.recipe import OPS, Node, Recipe
from zcnas.searchspaces.nasbench_nlp.space import NASBenchNLP

__all__ = ["OPS", "LanguageModel", "NASBenchNLP", "Node", "Recipe", "convert"]
