"""Small classifiers, each with one habit that real models have and that scoring must live with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint


class Tied(nn.Module):
    """Two layers share one weight tensor."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(features, features), nn.Linear(features, features)
        self.second.weight = self.first.weight
        self.head = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.second(self.first(x.flatten(1)).relu()).relu())
        return logits


class Unused(nn.Module):
    """Some layers never run, and one runs for nothing."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.never = nn.Conv2d(3, channels, 3)
        self.stem = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU())
        self.vain = nn.Conv2d(channels, channels, 1)
        self.head = nn.Linear(channels, classes)
        self.register_parameter("spare", nn.Parameter(torch.zeros(3, 3)))

    def forward(self, x: Tensor) -> Tensor:
        features = self.stem(x)
        self.vain(features)
        logits: Tensor = self.head(features.mean((2, 3)))
        return logits


class UsedTwice(nn.Module):
    """One convolution with its norm runs twice."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.block = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU())
        self.head = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.block(self.block(self.stem(x))).mean((2, 3)))
        return logits


class Views(nn.Module):
    """Flattens by ``view``, which knows one memory layout only."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.body, self.head = nn.Conv2d(3, channels, 3, stride=4), nn.Linear(16 * channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(x).relu()
        logits: Tensor = self.head(x.view(x.size(0), -1))
        return logits


class TwoHeads(nn.Module):
    """Returns features beside the logits."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(features, 16), nn.Linear(16, classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(x.flatten(1)).relu()
        return self.head(features), features


class Functional(nn.Module):
    """Parameters and functions, no layers."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(channels, 3, 3, 3) / 5)
        self.deep = nn.Parameter(torch.randn(channels, channels, 3, 3) / 7)
        self.matrix = nn.Parameter(torch.randn(classes, channels) / 3)
        self.offset = nn.Parameter(torch.zeros(classes))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(F.conv2d(x, self.kernel, padding=1))
        x = torch.relu(F.conv2d(x, self.deep, stride=2))
        return F.linear(F.adaptive_avg_pool2d(x, 1).flatten(1), self.matrix, self.offset)


class Tokens(nn.Module):
    """Embeds integers and lets them attend to each other."""

    def __init__(self, vocabulary: int, length: int, classes: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 8)
        self.position = nn.Parameter(torch.randn(1, length, 8) / 3)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.head = nn.Linear(8, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layer(self.embedding(x) + self.position).mean(1))
        return logits


class Recurrent(nn.Module):
    """A recurrent layer, which keeps its weights in a list of its own."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.cell, self.head = nn.GRU(features, 8, batch_first=True), nn.Linear(8, classes)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.cell(x)
        logits: Tensor = self.head(states[:, -1])
        return logits


class EditsItsInput(nn.Module):
    """Normalises the images that it gets in place."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(features, classes))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.body(x.sub_(0.25).mul_(2.0))
        return logits


class Checkpointed(nn.Module):
    """Runs its block again during the backward pass, to save memory; or not, as a reference."""

    def __init__(self, channels: int, classes: int, *, saving: bool = True) -> None:
        super().__init__()
        self.saving = saving
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        first, second = nn.Conv2d(channels, channels, 3, padding=1), nn.Conv2d(channels, channels, 1)
        self.block = nn.Sequential(first, nn.BatchNorm2d(channels), nn.ReLU(), second)
        self.head = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = checkpoint(self.block, x, use_reentrant=False) if self.saving else self.block(x)
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits


class Remembers(nn.Module):
    """Keeps activations, a count, a table made in its first pass, and a running mean that it assigns anew."""

    running: Tensor

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.body, self.head = nn.Linear(features, 16), nn.Linear(16, classes)
        self.calls = 0
        self.register_buffer("running", torch.zeros(16))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        if self.calls == 1:
            self.register_buffer("table", torch.linspace(0, 1, 16, dtype=x.dtype), persistent=False)
        self.seen = self.body(x.flatten(1)).relu()
        self.running = 0.9 * self.running + 0.1 * self.seen.detach().mean(0)
        logits: Tensor = self.head(self.seen - self.running + self.get_buffer("table"))
        return logits
