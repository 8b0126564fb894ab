"""Kinds of layers in published latency tables, as these spell them."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from zcnas.searchspaces.mobilenet.blocks import Block, InvertedResidual
from zcnas.searchspaces.mobilenet.stages import Step
from zcnas.searchspaces.mobilenet.units import (
    EPSILON,
    classifier,
    hardswish_unit,
    mixing,
    pooled_classifier,
    relu6_unit,
    relu_unit,
    skip,
)
from zcnas.searchspaces.pieces import MAP, Kind, Kinds, Numbers, halved, same

_SHAPE = "kernel:{kernel}-stride:{stride}-idskip:{idskip:b}"
_SQUARE = "H{size}_W{size}_Cin{before}_Cout{after}"


def pixel1_block(numbers: Numbers) -> Block:
    """ProxylessNAS's, told by its ratio of expansion; only the first does not expand."""
    expand = numbers["expand"]
    return Block(*_ends(numbers, numbers["before"] * expand), expands=expand > 1)


def note10_block(numbers: Numbers) -> Block:
    """Once-for-all's, told by its middle channels; only the first does not expand."""
    middle, squeeze, act = numbers["expand"], numbers["se"] == 1, "hardswish" if numbers["hs"] else "relu"
    return Block(*_ends(numbers, middle), expands=middle != numbers["before"], squeeze=squeeze, activation=act)


def _hw_nas_bench_block(numbers: Numbers) -> Block:
    ends = _ends(numbers, numbers["before"] * numbers["exp"])
    return Block(*ends, groups=numbers["group"], activation="relu")


def _ends(numbers: Numbers, middle: int) -> tuple[int, int, int, int, int]:
    return numbers["kernel"], numbers["stride"], numbers["before"], middle, numbers["after"]


def _shrunk(block_of: Callable[[Numbers], Block]) -> Callable[[Numbers], Numbers]:
    """Size of the output, and whether the input is added, as they follow from the block."""

    def implied(numbers: Numbers) -> dict[str, int]:
        block = block_of(numbers)
        return {"out": block.shrunk(numbers["size"]), "idskip": int(block.residual)}

    return implied


def _expanded(marks: str, block_of: Callable[[Numbers], Block], epsilon: float) -> Kind:
    form = f"expanded_conv-{MAP}-expand:{{expand}}-{_SHAPE}{marks}"
    return Kind(form, lambda numbers: InvertedResidual(block_of(numbers), epsilon), _shrunk(block_of))


def _pooled(numbers: Numbers) -> dict[str, int]:
    return {"out": 1, "after": numbers["before"]}


def _whole(numbers: Numbers) -> dict[str, int]:
    return {"kernel": numbers["size"], "after": numbers["before"]}


def _skipped(numbers: Numbers) -> nn.Module:
    return skip(Step(numbers["before"], numbers["after"], numbers["stride"]))


def _pool(_: Numbers) -> nn.Module:
    return nn.AdaptiveAvgPool2d(1)


PIXEL1 = Kinds(
    "proxylessnas",
    {
        "stem": Kind(f"Conv-{MAP}", lambda n: relu6_unit(n["before"], n["after"], 3, stride=2), halved),
        "block": _expanded("", pixel1_block, EPSILON),
        "last": Kind(f"Conv_1-{MAP}", lambda n: relu6_unit(n["before"], n["after"]), same),
        "logits": Kind(
            "Logits-input:{size}x{size}x{before}-output:{after}", lambda n: pooled_classifier(n["before"], n["after"])
        ),
    },
)
"""ProxylessNAS's: blocks by their ratio of expansion, and all after the last convolution in one."""

NOTE10 = Kinds(
    "ofa_mobilenetv3",
    {
        "stem": Kind(f"Conv-{MAP}", lambda n: hardswish_unit(n["before"], n["after"], 3, stride=2), halved),
        "block": _expanded("-se:{se:b}-hs:{hs:b}", note10_block, 1e-5),
        "last": Kind(f"Conv_1-{MAP}", lambda n: hardswish_unit(n["before"], n["after"]), same),
        "pool": Kind(f"AvgPool2D-{MAP}", _pool, _pooled),
        "mixing": Kind("Conv_2-input:1x1x{before}-output:1x1x{after}", lambda n: mixing(n["before"], n["after"])),
        "logits": Kind("Logits-input:1x1x{before}-output:{after}", lambda n: classifier(n["before"], n["after"])),
    },
)
"""Once-for-all's: blocks by their middle channels, and the head in its parts."""

HW_NAS_BENCH = Kinds(
    "fbnet",
    {
        "convolution": Kind(
            f"ConvNorm_{_SQUARE}_kernel{{kernel}}_stride{{stride}}_group1",
            lambda n: relu_unit(n["before"], n["after"], n["kernel"], stride=n["stride"]),
        ),
        "block": Kind(
            f"ConvBlock_{_SQUARE}_exp{{exp}}_kernel{{kernel}}_stride{{stride}}_group{{group}}",
            lambda n: InvertedResidual(_hw_nas_bench_block(n)),
        ),
        "skip": Kind(f"Skip_{_SQUARE}_stride{{stride}}", _skipped),
        "pool": Kind(f"AvgP_{_SQUARE}_kernel{{kernel}}_stride1", _pool, _whole),
        "logits": Kind("FC_Cin{before}_Cout{after}", lambda n: classifier(n["before"], n["after"])),
    },
)
"""HW-NAS-Bench's of FBNet."""
