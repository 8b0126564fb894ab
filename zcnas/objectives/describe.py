"""Descriptions as plain JSON, by which histories are told apart."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from zcnas.batch import Batch
from zcnas.provenance import digest, named
from zcnas.space import Architecture
from zcnas.table import Table


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON has them."""
    found: dict[str, Any] = json.loads(json.dumps(dict(options), default=named))
    return found


def of_column(table: Table, dataset: str, choice: Mapping[str, Any]) -> dict[str, Any]:
    """The column that :meth:`Table.find` gives, and what it holds."""
    column = table.find(dataset, **choice)
    values = table.values(dataset, **column.choice)
    return {"space": table.space, "column": column.title, "rows": len(table), "content": digest([values])}


def of_batches(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """Names and contents."""
    return [{"name": one.name, "content": digest([one.inputs, one.targets])} for one in batches]


def of_architectures(archs: Iterable[Architecture]) -> str:
    """One short text for many."""
    return digest([arch.key for arch in archs])
