"""The latency of an architecture by its layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zcnas.errors import DataError, InputError
from zcnas.latency.calibration import calibrate
from zcnas.latency.conditions import Conditions
from zcnas.latency.layers import LayerTable
from zcnas.provenance import digest
from zcnas.space import Architecture, Layered, SearchSpace


@dataclass(frozen=True)
class LayerLatency:
    """From an architecture to the sum over its layers, in ms (mJ for energy).

    Args:
        table: Entries by layer.
        space: Of the architectures: one that has ``layers``.
        resolution: Height and width of images; by default the architecture's own.

    Raises:
        InputError: A space without layers, or another than the table is of.

    >>> from zcnas.latency import Entry
    >>> from zcnas.searchspaces import get
    >>> space = get("nasbench201")
    >>> arch = space.architecture((0, 0, 0, 1, 0, 0))
    >>> table = LayerTable({key: Entry(0.25) for key in space.layers(arch)}, Conditions("toaster"), "nasbench201")
    >>> LayerLatency(table, space)(arch)
    1.0
    """

    table: LayerTable
    space: SearchSpace
    resolution: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.space, Layered):
            raise InputError(f"{self.space.name}: expected a space that tells its layers, such as proxylessnas")
        if self.table.space not in ("", self.space.name):
            raise InputError(f"expected the space of the table, {self.table.space}, got {self.space.name}")

    @property
    def conditions(self) -> Conditions:
        """Of the table."""
        return self.table.conditions

    def keys(self, arch: Architecture) -> tuple[str, ...]:
        """Keys of the layers of ``arch``, as the table spells them."""
        layered: Any = self.space  # spaces have options of their own
        keys: tuple[str, ...] = layered.layers(arch, resolution=self.resolution, **self.table.options)
        if not self.table.by_image:
            return keys
        size = layered.resolution(arch) if self.resolution is None else self.resolution
        return tuple(f"{size}/{key}" for key in keys)

    def __call__(self, arch: Architecture) -> float:
        """In ms or mJ.

        Raises:
            MissingEntryError: The table lacks a layer; the message names the nearest.
            DataError: The calibration makes it 0 or less.
        """
        total = self.table.total(self.keys(arch))
        if not total > 0:
            raise DataError(
                f"{arch.key}: expected a {self.table.title} above 0, got {total:g}: calibrate with networks of its size"
            )
        return total * self.conditions.factor

    def calibrated(self, measured: Mapping[Architecture, float], *, robust: bool = False) -> LayerLatency:
        """The same, corrected by networks that were measured as a whole.

        Args:
            measured: Architecture -> what was measured, in ms (mJ for energy).
            robust: See :func:`~zcnas.latency.calibrate`.

        Raises:
            InputError: As :func:`~zcnas.latency.calibrate`.
            MissingEntryError: The table lacks a layer of theirs.
        """
        sums = [self.table.total(self.keys(arch), calibrated=False) for arch in measured]
        line = calibrate(sums, [value / self.conditions.factor for value in measured.values()], robust=robust)
        return replace(self, table=replace(self.table, calibration=line))

    def __repr__(self) -> str:
        """The table by its content, which tells histories apart."""
        content = digest([self.table.entries, self.table.axes, self.table.calibration, self.table.options])
        return f"LayerLatency({self.table.title}, {self.space.name}, {self.resolution}, {content})"
