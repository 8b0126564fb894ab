"""The caller's model, and every random state, are after a pass what they were before it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn


@contextmanager
def forked_rng(seed: int, device: torch.device) -> Iterator[None]:
    """Seeds torch, numpy and Python inside the block; restores all three afterwards."""
    devices = [device] if device.type == "cuda" else []
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=devices):
        try:
            torch.manual_seed(seed)
            np.random.seed(seed % 2**32)
            random.seed(seed)
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


@contextmanager
def mode(module: nn.Module, train: bool) -> Iterator[None]:
    """Sets every submodule's ``training`` flag; restores each to its own value afterwards."""
    before = [(child, child.training) for child in module.modules()]
    try:
        for child, _ in before:
            child.training = train
        yield
    finally:
        for child, training in before:
            child.training = training
