"""NAS-Bench-NLP as a search space."""

from __future__ import annotations

import numpy as np

from zcnas.graph import Graph
from zcnas.searchspaces.drawing import drawn_for
from zcnas.searchspaces.nasbench_nlp.drawing import HIDDEN, NODES, draw
from zcnas.searchspaces.nasbench_nlp.edits import edits
from zcnas.searchspaces.nasbench_nlp.network import LanguageModel
from zcnas.searchspaces.nasbench_nlp.recipe import FIRST_NODE, H_PREV, MOST_HIDDEN, MOST_NODES, OPS, Recipe
from zcnas.searchspaces.nasbench_nlp.spelling import CHOICES, WIDTH, format_recipe, genome_of, parse_recipe, recipe_from
from zcnas.space import Architecture, SearchSpace

_TRIES = 50


class NASBenchNLP(SearchSpace):
    """Recurrent cells of up to 25 nodes and three hidden states (Klyuchnikov et al. 2020, arXiv:2006.07116).

    A genome names the nodes that are new hidden states, and for each node its operation and up to three sources.
    Nodes come after what they read, all are needed, and only linear maps read the input. How many genomes are valid is
    not known: the length is the number of all, valid or not.

    >>> space = NASBenchNLP()
    >>> arch = space.parse('{"f": {"op": "linear", "input": ["x", "h_prev_0"]}, '
    ...                    '"h_new_0": {"op": "activation_tanh", "input": ["f"]}}')
    >>> arch.genome[:11]
    (2, 0, 0, 1, 1, 2, 0, 5, 5, 0, 0)
    """

    name = "nasbench_nlp"
    choices = CHOICES

    def __contains__(self, arch: object) -> bool:
        if not (super().__contains__(arch) and isinstance(arch, Architecture)):
            return False
        recipe = recipe_from(arch.genome)
        return recipe is not None and recipe.problem() is None

    def sample(self, rng: np.random.Generator) -> Architecture:
        """One architecture as the paper draws them, which is not uniform; see :func:`draw`."""
        hidden, nodes = (int(rng.choice(options)) for options in (HIDDEN, NODES))
        return Architecture(self.name, genome_of(draw(rng, hidden, nodes)))

    def neighbours(self, arch: Architecture) -> list[Architecture]:
        """All valid architectures with another operation, source or new hidden state; never another node."""
        genome = arch.genome
        genomes = ((*genome[:place], gene, *genome[place + 1 :]) for place, gene in edits(self.recipe(arch)))
        return [Architecture(self.name, other) for other in genomes]

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """The nodes of one parent up to a random place, and of the other after it; a parent, if 50 are no cells."""
        self._require(first)
        self._require(second)
        for _ in range(_TRIES):
            one, other = (first, second) if rng.integers(2) else (second, first)
            place = MOST_HIDDEN + WIDTH * int(rng.integers(1, MOST_NODES))
            hidden = (one, other)[int(rng.integers(2))].genome[:MOST_HIDDEN]
            child = Architecture(self.name, (*hidden, *one.genome[MOST_HIDDEN:place], *other.genome[place:]))
            if child in self:
                return child
        return first if rng.integers(2) else second

    def parse(self, text: str) -> Architecture:
        """Reads a recipe in JSON: ``{"node_0": {"op": "linear", "input": ["x", "h_prev_0"]}, ...}``.

        Raises:
            InputError: Another form, or no cell.
            UnknownNameError: An unknown operation.
        """
        return Architecture(self.name, genome_of(parse_recipe(text)))

    def format(self, arch: Architecture) -> str:
        """Writes a recipe in JSON."""
        return format_recipe(self.recipe(arch))

    def recipe(self, arch: Architecture) -> Recipe:
        """The nodes of ``arch``."""
        self._require(arch)
        recipe = recipe_from(arch.genome)
        assert recipe is not None
        return recipe

    def build(
        self,
        arch: Architecture,
        *,
        num_classes: int = 10,
        seed: int | None = None,
        embedding: int = 400,
        hidden: int = 600,
        layers: int = 3,
        every: bool = False,
    ) -> LanguageModel:
        """The language model of ``arch``; see :class:`LanguageModel` for the arguments.

        It takes tokens, or, for proxies that need real inputs, their embeddings.
        """
        recipe = self.recipe(arch)
        with drawn_for(arch, seed):
            return LanguageModel(
                recipe, num_classes=num_classes, embedding=embedding, hidden=hidden, layers=layers, every=every
            )

    def graph(self, arch: Architecture) -> Graph:
        """Input; ``x`` and the old hidden states, which read it; the nodes; the new hidden states; output."""
        recipe = self.recipe(arch)
        count, size = len(recipe.hidden), len(recipe.nodes)
        states = [f"h_prev_{place}" for place in range(count)]
        ops = ["input", "x", *states, *(OPS[node.op] for node in recipe.nodes)]
        ops += [*(f"h_new_{place}" for place in range(count)), "output"]

        def vertex(source: int) -> int:
            return 1 + source if source < H_PREV + count else 2 + count + source - FIRST_NODE

        adjacency = np.zeros((len(ops), len(ops)), dtype=np.int8)
        adjacency[0, 1 : 2 + count] = 1
        for place, node in enumerate(recipe.nodes):
            adjacency[[vertex(source) for source in node.inputs], vertex(FIRST_NODE + place)] = 1
        for place, new in enumerate(recipe.hidden):
            adjacency[vertex(FIRST_NODE + new), 2 + count + size + place] = 1
        adjacency[2 + count + size : -1, -1] = 1
        return Graph(adjacency, tuple(ops))
