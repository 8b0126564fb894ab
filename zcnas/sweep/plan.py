"""What is to be scored, and under which settings: all that does not depend on who does it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch

from zcnas.batch import Batch
from zcnas.errors import InputError, InputTypeError, UnknownNameError
from zcnas.provenance import content, describes_itself, versions
from zcnas.proxies import Proxy
from zcnas.searchspaces import get
from zcnas.seeding import derive_seed
from zcnas.space import Architecture, Deduplicated, SearchSpace
from zcnas.store import Record

Key = tuple[str, str]
"""An architecture's key and a proxy's name."""

_MOST = 10_000_000  # More would fill memory before the first is scored.


@dataclass(frozen=True, slots=True)
class Plan:
    """What every worker needs to know once."""

    space: SearchSpace
    build: Mapping[str, Any]
    proxies: Mapping[str, Proxy]
    batches: tuple[Batch, ...]
    seed: int
    seeds: int | None
    init: str
    exact: bool
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """Architectures that are one network; the first is scored, and missing proxies by architecture."""

    scored_as: Architecture
    missing: Mapping[Architecture, tuple[str, ...]]


def architectures(
    archs: SearchSpace | Iterable[Architecture], space: SearchSpace | None
) -> tuple[list[Architecture], SearchSpace]:
    """Distinct architectures in the order given, and their space."""
    if isinstance(archs, SearchSpace):
        if archs.size > _MOST:
            raise InputError(
                f"archs: expected a space of at most {_MOST} architectures, got {archs.name} with some "
                f"10^{math.log10(archs.size):.0f}; give some of them, such as [space.sample(rng) for _ in range(1000)]"
            )
        return list(archs), archs
    listed = list(dict.fromkeys(archs))
    strangers = [arch for arch in listed if not isinstance(arch, Architecture)]
    if strangers:
        came = type(strangers[0]).__name__
        raise InputTypeError(f"archs: expected architectures, got {came}: {strangers[0]!r}; parse it with its space")
    names = {arch.space for arch in listed}
    if len(names) != 1:
        raise InputError(f"archs: expected at least one, all of one space, got {len(listed)} of {sorted(names)}")
    return listed, space or _registered(names.pop())


def _registered(name: str) -> SearchSpace:
    try:
        return get(name)
    except UnknownNameError as error:
        error.add_note("For a space that is not registered, give score_space(archs, ..., space=<the space>).")
        raise


def groups_of(
    listed: Sequence[Architecture], space: SearchSpace, deduplicate: bool
) -> dict[Architecture, list[Architecture]]:
    """Architectures by the one that is scored for them."""
    groups: dict[Architecture, list[Architecture]] = {}
    for arch in listed:
        first = space.representative(arch) if deduplicate and isinstance(space, Deduplicated) else arch
        groups.setdefault(first, []).append(arch)
    return groups


def shard_of(groups: Mapping[Architecture, list[Architecture]], shard: str) -> dict[Architecture, list[Architecture]]:
    """The groups of one part, told by their keys alone. Raises :class:`InputError` for what is no ``i/n``."""
    part, _, parts = shard.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise InputError(f"shard: expected 'i/n' with 1 <= i <= n, such as '2/5', got {shard!r}")
    wanted, whole = int(part) - 1, int(parts)
    return {arch: group for arch, group in groups.items() if derive_seed("shard", arch.key) % whole == wanted}


def settings_of(plan: Plan, deduplicate: bool) -> dict[str, Any]:
    """All that values depend on, besides architecture and proxy."""
    kinds = sorted({torch.device(name).type for name in plan.devices})
    return {
        "space": repr(plan.space) if describes_itself(plan.space) else plan.space.name,
        "build": dict(plan.build),
        "seed": plan.seed,
        "seeds": plan.seeds,
        "init": plan.init,
        "exact": plan.exact,
        "deduplicate": deduplicate,
        "device": "+".join(kinds),
        "batch": [_told(batch) for batch in plan.batches],
        "torch": versions()["torch"],
    }


def refuse_untold(space: SearchSpace) -> None:
    """Raises :class:`InputError` for a space whose arguments a store could not tell from others."""
    arguments = list(signature(type(space)).parameters)
    if arguments and not describes_itself(space):
        raise InputError(
            f"store: the space {space.name!r} is made with arguments ({', '.join(arguments)}), but its repr does not "
            "tell them, and scores of spaces made with others would be taken for its own: make it a frozen "
            "dataclass, or write its __repr__"
        )


def _told(batch: Batch) -> dict[str, Any]:
    held = content((batch.inputs, batch.targets))
    return {"name": batch.name, "shape": list(batch.inputs.shape), "content": held}


def jobs_of(
    groups: Mapping[Architecture, list[Architecture]], plan: Plan, records: Mapping[Key, Record]
) -> Iterator[Job]:
    """What is left to do, given what is known."""
    for scored_as, group in groups.items():
        missing = {arch: tuple(name for name in plan.proxies if (arch.key, name) not in records) for arch in group}
        missing = {arch: names for arch, names in missing.items() if names}
        if missing:
            yield Job(scored_as, missing)
