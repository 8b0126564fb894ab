"""Which NAS-Bench-201 cells the digits benchmark trains."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from zcnas.searchspaces import NASBench201
from zcnas.searchspaces.nasbench201 import EDGES, OPS
from zcnas.seeding import generator

NONE, CONV1, CONV3 = (OPS.index(op) for op in ("none", "nor_conv_1x1", "nor_conv_3x3"))
INPUT, OUTPUT = 0, 3

Genome = tuple[int, ...]


def draw(count: int, seed: int = 0) -> list[str]:
    """``count`` architecture strings of different networks, spread over sizes.

    Strata are the numbers of 3x3 and of 1x1 convolutions, and are taken in turn, one cell at random from
    each, until they run dry. Cells with an operation that lies on no path from input to output are left
    out: the same network has a spelling without it. So are, by that, cells without any path.
    """
    space = NASBench201()
    strata: dict[tuple[int, int], list[Genome]] = {}
    for genome in _different(space, seed):
        strata.setdefault((genome.count(CONV3), genome.count(CONV1)), []).append(genome)
    drawn: list[Genome] = []
    while len(drawn) < count and any(strata.values()):
        drawn += [strata[key].pop() for key in sorted(strata) if strata[key]]
    return [space.format(space.architecture(genome)) for genome in drawn[:count]]


def _different(space: NASBench201, seed: int) -> Iterator[Genome]:
    """Cells without idle operations in random order, no two alike by either key."""
    genomes = [genome for genome in product(*map(range, space.choices)) if _all_on_paths(genome)]
    strict: set[str] = set()
    canonical: set[str] = set()
    for index in generator("digits-cells", seed).permutation(len(genomes)):
        arch = space.architecture(genomes[index])
        keys = space.strict_key(arch), space.canonical(arch)
        if keys[0] not in strict and keys[1] not in canonical:
            strict.add(keys[0])
            canonical.add(keys[1])
            yield genomes[index]


def _all_on_paths(genome: Genome) -> bool:
    used = [edge for op, edge in zip(genome, EDGES, strict=True) if op != NONE]
    fed, read = {INPUT}, {OUTPUT}
    for source, target in used:
        fed |= {target} if source in fed else set()
    for source, target in reversed(used):
        read |= {source} if target in read else set()
    return bool(used) and all(source in fed and target in read for source, target in used)
