"""Weights for use elsewhere."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from zcnas.errors import InputError
from zcnas.provenance import versions
from zcnas.space import Architecture
from zcnas.training.files import write


def export_weights(
    network: nn.Module,
    path: str | os.PathLike[str],
    *,
    arch: Architecture | None = None,
    build: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Path:
    """Writes a network's ``state_dict``, on the CPU, and what it is the state of beside it as JSON.

    ``network.load_state_dict(torch.load(path, weights_only=True))`` reads it back. Both files appear as a whole.

    Args:
        network: Whose weights and buffers.
        path: The file, such as ``network.pt``; the JSON is then ``network.json``.
        arch: Of what architecture.
        build: With which arguments of the space's ``build``.
        meta: What else to write down, such as accuracies.

    Returns:
        The path of the JSON file.

    Raises:
        InputError: A file cannot be written, or what to write down is nothing that JSON has.
    """
    target = Path(path)
    told = {"arch": arch and arch.key, "build": dict(build or {}), "meta": dict(meta or {}), "versions": versions()}
    try:
        text = json.dumps(told, indent=2)
    except (TypeError, ValueError) as error:
        raise InputError(f"export: expected numbers, texts, lists and dictionaries, got {told}: {error}") from error
    if target.suffix == ".json":
        raise InputError(f"{target}: expected another suffix than .json, which is that of the description; use .pt")
    content, state = io.BytesIO(), network.state_dict()
    torch.save(
        {name: value.cpu() if isinstance(value, torch.Tensor) else value for name, value in state.items()}, content
    )
    write(target, content.getvalue())
    write(target.with_suffix(".json"), f"{text}\n".encode())
    return target.with_suffix(".json")
