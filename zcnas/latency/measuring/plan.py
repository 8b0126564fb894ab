"""Which networks to run, so that a table can be made of how long they took."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch

from zcnas.errors import DataError, InputError
from zcnas.latency.measuring.repeated import Repeated
from zcnas.latency.measuring.settings import Settings, settings_of
from zcnas.searchspaces import get
from zcnas.space import Architecture, Layer, LayerBuilder, Layered, SearchSpace

FEW, MANY = 2, 8
"""Copies of a layer in the two networks whose difference tells what one takes."""


class Job(NamedTuple):
    """A network to run.

    Attributes:
        name: For files.
        key: Of the layer, or of the architecture.
        copies: Of the layer; 0 for an architecture, and 1 for a layer that is a network by itself.
    """

    name: str
    key: str
    copies: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Networks to run, and what a table of them is.

    Attributes:
        space: Of the layers or architectures.
        settings: How they are measured.
        jobs: The networks.
        options: For tables of layers: further arguments of the space's ``layers``.
        resolution: Height and width of images; ``None`` if architectures have their own.
    """

    space: SearchSpace
    settings: Settings
    jobs: tuple[Job, ...]
    options: Mapping[str, Any]
    resolution: int | None = None

    @property
    def of_layers(self) -> bool:
        """Whether a table of layers comes of it, rather than one of architectures."""
        return self.jobs[0].copies > 0

    def network(self, job: Job) -> Layer:
        """The network of a job, in eval mode, and the shapes of its inputs with the batch."""
        one = self._repeated(job) if job.copies else self._whole(Architecture.of_key(job.key))
        return Layer(one.module.eval(), tuple((self.settings.batch, *shape) for shape in one.shapes))

    def plain(self) -> dict[str, Any]:
        """As JSON has it; the inverse of :func:`plan_of`."""
        jobs = [{**one._asdict(), "file": f"{one.name}.onnx"} for one in self.jobs]
        further = {"space": self.space.name, "options": dict(self.options), "resolution": self.resolution}
        return {"settings": self.settings.plain(), "jobs": jobs, **further}

    def _repeated(self, job: Job) -> Layer:
        builder: Any = self.space
        layers = [builder.layer(job.key, seed=number) for number in range(job.copies)]
        repeated = Repeated([one.module for one in layers], chained=_keeps_shape(layers[0]))
        return Layer(repeated, layers[0].shapes)

    def _whole(self, arch: Architecture) -> Layer:
        layered: Any = self.space
        size = self.resolution or layered.resolution(arch)
        return Layer(self.space.build(arch, seed=0, **self.settings.build), ((3, size, size),))


def plan_layers(
    space: SearchSpace, archs: Iterable[Architecture], settings: Settings, *, resolution: int | None = None
) -> Plan:
    """For a table of all layers of these architectures, each once.

    Where the space can say what is left of a network that a runtime optimises (an option ``folded`` of its ``layers``),
    the table for ONNX Runtime is of those layers.

    Raises:
        InputError: A space that does not make single layers.
    """
    if not (isinstance(space, Layered) and isinstance(space, LayerBuilder)):
        raise InputError(f"{space.name}: expected a space that makes single layers, such as nasbench201 or fbnet")
    layered: Any = space
    options = dict(settings.build)
    if settings.runtime == "onnxruntime" and "folded" in inspect.signature(layered.layers).parameters:
        options["folded"] = True
    found = (key for arch in archs for key in layered.layers(arch, resolution=resolution, **options))
    counted = [(key, copies) for key in dict.fromkeys(found) for copies in _copies(space.layer(key, seed=0))]
    jobs = tuple(Job(f"{number:05d}", key, copies) for number, (key, copies) in enumerate(counted))
    return _checked(Plan(space, settings, jobs, options, resolution))


def plan_architectures(
    space: SearchSpace, archs: Sequence[Architecture], settings: Settings, *, resolution: int | None = None
) -> Plan:
    """For a table of these architectures as a whole, by default as the space's ``layers`` describes them.

    Raises:
        InputError: No resolution, and a space that does not tell it.
    """
    if resolution is None and not isinstance(space, Layered):
        raise InputError(f"{space.name}: expected the height and width of images, which this space does not tell")
    settings = replace(settings, build={**_described(space), **settings.build})
    jobs = tuple(Job(f"{number:05d}", arch.key, 0) for number, arch in enumerate(dict.fromkeys(archs)))
    return _checked(Plan(space, settings, jobs, {}, resolution))


def _described(space: SearchSpace) -> dict[str, Any]:
    """Arguments of ``build`` for which ``layers`` has another default: that of published tables, such as the width."""
    told = inspect.signature(getattr(space, "layers", space.build)).parameters
    built = inspect.signature(space.build).parameters
    shared = {name: one.default for name, one in told.items() if name in built and one.default is not None}
    return {name: default for name, default in shared.items() if default != built[name].default}


def plan_of(content: Any) -> Plan:
    """A plan of what a file says.

    Raises:
        DataError: Another form, or of a space that is not known here.
        InputError: As :class:`Settings`.
    """
    try:
        jobs = tuple(Job(one["name"], one["key"], one["copies"]) for one in content["jobs"])
        space, settings = get(content["space"]), settings_of(content["settings"])
        if not all(isinstance(one.key, str) and type(one.copies) is int for one in jobs):
            raise DataError(f"expected jobs with a key and a number of copies, got {jobs!r:.200}")
        return _checked(Plan(space, settings, jobs, dict(content["options"]), content["resolution"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"expected a plan of zcnas latency, got {content!r:.200}") from error


def _checked(plan: Plan) -> Plan:
    if not plan.jobs:
        raise InputError("expected architectures to measure, got none")
    return plan


def _copies(layer: Layer) -> tuple[int, ...]:
    return (1,) if layer.alone else (FEW, MANY)


def _keeps_shape(layer: Layer) -> bool:
    inputs = [torch.zeros(1, *shape) for shape in layer.shapes]
    with torch.inference_mode():
        out: torch.Tensor = layer.module.eval()(*inputs)
    return out.shape == inputs[0].shape
