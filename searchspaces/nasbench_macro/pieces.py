"""Layers of NAS-Bench-Macro's networks, each by itself; the spelling is our own, as none was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from zcnas.searchspaces.nasbench_macro.blocks import IDENTITY, OPS, Place, block, places
from zcnas.searchspaces.nasbench_macro.network import HEAD, pooled, stem
from zcnas.searchspaces.pieces import Kind, Kinds, Numbers, ending, halved, mapped, same, shrunk


def layer_keys(codes: Sequence[int], size: int, C: int, num_classes: int) -> Iterator[str]:
    """The stem, the blocks, and all after them in one; identities that keep the size compute nothing.

    >>> list(layer_keys((0,) * 8, 32, 32, 10))[:2]
    ['stem-input:32x32x3-output:32x32x32', 'identity-input:32x32x32-output:16x16x64']
    """
    yield PIECES["stem"].key(size=size, before=3, after=C)
    channels = C
    for code, (before, channels, stride) in zip(codes, places(C), strict=True):
        if code != IDENTITY or stride != 1:
            yield PIECES[OPS[code]].key(size=size, before=before, after=channels)
        size = shrunk(size, stride)
    yield PIECES["head"].key(size=size, before=channels, after=num_classes)


def _resized(numbers: Numbers) -> dict[str, int]:
    """Channels change where the size does."""
    return same(numbers) if numbers["before"] == numbers["after"] else halved(numbers)


def _op(code: int) -> Kind:
    return mapped(OPS[code], lambda before, after: block(code, Place(before, after, 1 + (before != after))), _resized)


def _head(before: int, num_classes: int) -> nn.Module:
    return nn.Sequential(*pooled(before), nn.Flatten(), nn.Linear(HEAD, num_classes))


PIECES = Kinds(
    "nasbench_macro",
    {"stem": mapped("stem", stem), "head": ending("head", _head), **{op: _op(code) for code, op in enumerate(OPS)}},
)
