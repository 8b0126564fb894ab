"""Which submodules are a network's blocks: the model says so itself, or a rule finds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from torch import nn

from zcnas.errors import ModelError
from zcnas.features import HasFeatures
from zcnas.passes.roles import roles


def block_names(module: nn.Module) -> tuple[str, ...]:
    """Names of the blocks in order of definition, stem first.

    A model that implements :class:`~zcnas.features.HasFeatures` is taken at its word. Otherwise the rule is:
    a child that holds weights is a block, unless it contains a chain (a plain ``nn.Sequential`` or
    ``nn.ModuleList`` of at least two children of one type with weights), which is opened instead.
    """
    if isinstance(module, HasFeatures):
        return tuple(module.block_names)
    return tuple(_blocks(module, ""))


def named_block(module: nn.Module, name: str) -> nn.Module:
    """The submodule called ``name``. Raises :class:`~zcnas.errors.ModelError` if there is none."""
    try:
        return module.get_submodule(name)
    except AttributeError as error:
        raise ModelError(
            f"the model names {name!r} in block_names or last_map_name, but has no such submodule: correct the name"
        ) from error


def last_map_name(module: nn.Module) -> str | None:
    """The submodule that gives the last map before pooling, if the model names it."""
    return module.last_map_name if isinstance(module, HasFeatures) else None


def _blocks(module: nn.Module, prefix: str) -> Iterator[str]:
    for name, child in module.named_children():
        if not _has_weights(child):
            continue
        full = f"{prefix}{name}"
        if _is_chain(child) or any(_is_chain(inner) for inner in child.modules()):
            yield from _blocks(child, f"{full}.")
        else:
            yield full


def _is_chain(module: nn.Module) -> bool:
    if type(module) not in (nn.Sequential, nn.ModuleList):
        return False
    types = Counter(type(child) for child in module.children() if _has_weights(child))
    return bool(types) and max(types.values()) >= 2


def _has_weights(module: nn.Module) -> bool:
    return bool(roles(module).weights)
