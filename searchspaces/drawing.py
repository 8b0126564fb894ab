"""Initial weights that depend on a seed and an architecture alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from zcnas.seeding import derive_seed
from zcnas.space import Architecture


@contextmanager
def drawn_for(arch: Architecture | str, seed: int | None) -> Iterator[None]:
    """Networks that are made inside draw their weights on the CPU from ``derive_seed(seed, arch.key)``.

    A supernet, which is no architecture, draws them from ``derive_seed(seed, name of its space)``.

    The global random state is as before afterwards. With ``None`` nothing is changed.
    """
    if seed is None:
        yield
        return
    # A device context is slow, even one that changes nothing.
    usual = torch.get_default_device().type == "cpu"
    with torch.random.fork_rng(devices=[]), nullcontext() if usual else torch.device("cpu"):
        # The CPU's generator alone: torch.manual_seed would reseed the accelerators as well.
        torch.default_generator.manual_seed(derive_seed(seed, arch if isinstance(arch, str) else arch.key))
        yield
