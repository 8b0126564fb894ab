"""How a model names the block outputs that feature proxies read (AZ-NAS, Zen-score)."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class HasFeatures(Protocol):
    """A module that names its blocks; zcnas falls back to an automatic rule for modules that do not.

    Attributes:
        block_names: Names of the submodules whose outputs are the features ``f_0`` (stem), ``f_1`` ...
            ``f_L`` (every block, in the order of execution; ``f_l`` depends on ``f_{l-1}``).
        last_map_name: Name of the submodule whose output is the last map before global pooling.
    """

    block_names: tuple[str, ...]
    last_map_name: str
