"""A builder that spawned workers can import."""

from __future__ import annotations

from torch import nn


def network(depth: int, width: int, kernel: int, num_classes: int, channels: int = 3) -> nn.Module:
    layers: list[nn.Module] = []
    for level in range(depth):
        layers += [nn.Conv2d(width if level else channels, width, kernel, padding=kernel // 2), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes))
