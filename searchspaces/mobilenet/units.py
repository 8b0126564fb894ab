"""What surrounds the blocks of mobile networks, and what stands for a block that is skipped."""

from __future__ import annotations

from functools import partial

from torch import nn

from zcnas.searchspaces.mobilenet.blocks import convolution
from zcnas.searchspaces.mobilenet.stages import Step

EPSILON = 1e-3
"""Of ProxylessNAS's batch norms."""

relu6_unit = partial(convolution, activation="relu6", epsilon=EPSILON)
hardswish_unit = partial(convolution, activation="hardswish")
relu_unit = partial(convolution, activation="relu")
"""ProxylessNAS's, once-for-all's and FBNet's convolutions before and after the blocks."""


def skip(step: Step) -> nn.Module:
    """FBNet's: a 1x1 convolution where the shape changes."""
    return nn.Identity() if step.keeps else relu_unit(step.before, step.after, stride=step.stride)


def mixing(before: int, after: int) -> nn.Sequential:
    """Once-for-all's convolution of what is pooled, ``(N, C, 1, 1)``."""
    return nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.Hardswish())


def classifier(before: int, num_classes: int) -> nn.Sequential:
    """From what is pooled, ``(N, C, 1, 1)``, to logits ``(N, K)``."""
    return nn.Sequential(nn.Flatten(), nn.Linear(before, num_classes))


def pooled_classifier(before: int, num_classes: int) -> nn.Sequential:
    """From maps ``(N, C, H, W)`` to logits ``(N, K)``."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), *classifier(before, num_classes))
