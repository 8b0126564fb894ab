"""Layers of the macro space's networks, each by itself; the spelling is our own, as none was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zcnas.searchspaces.pieces import MAP, Kind, Kinds, Numbers, ending, mapped, shrunk, strided
from zcnas.searchspaces.transnasbench101.cells import BasicBlock
from zcnas.searchspaces.transnasbench101.decoders import Linear
from zcnas.searchspaces.transnasbench101.encoder import cells, stem

_STEM_STRIDE = 4  # of its two convolutions


def layer_keys(modules: Sequence[int], size: int, C: int, num_classes: int) -> Iterator[str]:
    """The stem, every block, and the plain classifier.

    >>> list(layer_keys((4, 1, 1, 1), 256, 64, 10))[1]
    'basic-input:64x64x64-output:32x32x128-stride:2'
    """
    yield PIECES["stem"].key(size=size, before=3, after=C)
    size = shrunk(size, _STEM_STRIDE)
    channels = C
    for before, channels, stride in cells(modules, C):
        yield PIECES["basic"].key(size=size, before=before, after=channels, stride=stride)
        size = shrunk(size, stride)
    yield PIECES["head"].key(size=size, before=channels, after=num_classes)


def _quartered(numbers: Numbers) -> dict[str, int]:
    return {"out": shrunk(numbers["size"], _STEM_STRIDE)}


def _basic(numbers: Numbers) -> BasicBlock:
    return BasicBlock(numbers["before"], numbers["after"], numbers["stride"])


PIECES = Kinds(
    "transnasbench101_macro",
    {
        "stem": mapped("stem", stem, _quartered),
        "basic": Kind(f"basic-{MAP}-stride:{{stride}}", _basic, strided),
        "head": ending("head", Linear),
    },
)
