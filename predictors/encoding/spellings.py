"""What the spaces of this library call their operations."""

from __future__ import annotations

import re
from collections.abc import Callable

from zcnas.predictors.encoding.operations import Operation

_NAMES = {
    "none": Operation("zero"),
    "skip_connect": Operation("skip"),
    "identity": Operation("skip"),
    "fc": Operation("linear"),
    "activation_tanh": Operation("tanh"),
    "activation_sigm": Operation("sigmoid"),
    "activation_leaky_relu": Operation("leaky_relu"),
    "elementwise_prod": Operation("product"),
    "elementwise_sum": Operation("sum"),
    "x": Operation("input"),
}
"""Those that are neither a kind's name nor follow a pattern."""

_Make = Callable[[re.Match[str]], Operation]


def _sized(kind: str, dilation: int = 1) -> _Make:
    return lambda found: Operation(kind, kernel=int(found[1]), dilation=int(found.groupdict().get("d") or dilation))


def _inverted(found: re.Match[str]) -> Operation:
    sizes = {name: int(size) for name, size in found.groupdict().items() if size}
    return Operation("inverted", **sizes)


def _basic(found: re.Match[str]) -> Operation:
    return Operation("basic", kernel=3, wider=2 if found["wider"] else 1, stride=2 if found["smaller"] else 1)


def _block(found: re.Match[str]) -> Operation:
    return Operation(found[1], stride=2 if found[1] == "reduction" else 1, width=int(found[2]) / 16)


_PATTERNS: tuple[tuple[str, _Make], ...] = (
    (r"conv(\d)x\1-bn-relu", _sized("conv")),
    (r"nor_conv_(\d)x\1", _sized("conv")),
    (r"conv_?(\d)x\1", _sized("conv")),
    (r"conv(\d)(d(?P<d>\d))?", _sized("conv")),
    (r"sep_conv_(\d)x\1", _sized("sep_conv")),
    (r"dil_conv_(\d)x\1", _sized("dil_conv", 2)),
    (r"max_?pool_?(\d)x\1", _sized("max_pool")),
    (r"avg_?pool_?(\d)x\1", _sized("avg_pool")),
    (r"mb(?P<expansion>\d)_k(?P<kernel>\d)", _inverted),
    (r"k(?P<kernel>\d)_e(?P<expansion>\d)(_g(?P<groups>\d))?_s(?P<stride>\d)", _inverted),
    (r"basic(?P<wider>_wider)?(?P<smaller>_smaller)?", _basic),
    (r"(cell|reduction)_(\d+)", _block),
    (r"skip_s(\d)", lambda found: Operation("skip", stride=int(found[1]))),
    (r"input_\d", lambda _: Operation("state")),
    (r"h_(prev|new)_\d", lambda _: Operation("state")),
)


def meaning(spelling: str) -> Operation | None:
    """What a space's name for an operation means; ``None`` if that is not known.

    >>> meaning("nor_conv_3x3") == meaning("conv3x3-bn-relu")
    True
    >>> meaning("k5_e6_s2")
    Operation(kind='inverted', kernel=5, dilation=1, expansion=6, groups=1, stride=2, wider=1, width=1.0)
    """
    if spelling in _NAMES:
        return _NAMES[spelling]
    for pattern, make in _PATTERNS:
        if found := re.fullmatch(pattern, spelling):
            return make(found)
    return None
